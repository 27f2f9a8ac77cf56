"""What differs between two versions of a file, element by element: what they mean, not how drawn."""

from __future__ import annotations

from typing import Any

from engine import xml
from engine.bpmn.findings import is_drawn
from engine.model.drafting import ChangedElement, ElementChange

# What modelers leave out when it is what BPMN 2.0.2 takes for granted
_DEFAULTS = {
    "cancelActivity": "true",
    "isInterrupting": "true",
    "propagateAllParentVariables": "true",
    "isForCompensation": "false",
    "startQuantity": "1",
    "completionQuantity": "1",
    "triggeredByEvent": "false",
    "parallelMultiple": "false",
    "instantiate": "false",
    "isSequential": "false",
    "isClosed": "false",
    "isCollection": "false",
    "waitForCompletion": "true",
    "eventGatewayType": "Exclusive",
    "processType": "None",
    "associationDirection": "None",
    "gatewayDirection": "Unspecified",
    "behavior": "All",
    "ordering": "Parallel",
    "cancelRemainingInstances": "true",
    "implementation": "##unspecified",
}
_SAID_ELSEWHERE = {"incoming", "outgoing", "flowNodeRef"}  # by the flows, and by the lanes' places
_WITHOUT_MEANING = {xml.BPMNDI, xml.DC, xml.DI}


def changed_elements(before: bytes, after: bytes) -> list[ChangedElement]:
    """Return the elements two files differ in: the new file's in its order, then those that are gone.

    Raises ``InvalidDefinition`` for a file that cannot be read.
    """
    old, new = _elements(xml.parse("before", before)), _elements(xml.parse("after", after))
    found = [
        _changed(node, ElementChange.CHANGED if id_ in old else ElementChange.ADDED)
        for id_, node in new.items()
        if id_ not in old or _meaning(old[id_]) != _meaning(node)
    ]
    return found + [_changed(node, ElementChange.REMOVED) for id_, node in old.items() if id_ not in new]


def _changed(node: xml.Node, change: ElementChange) -> ChangedElement:
    return ChangedElement(
        element_id=xml.attribute(node, "id"),
        element_type=xml.local_name(node),
        name=" ".join(xml.attribute(node, "name").split()),
        change=change,
    )


def _elements(document: xml.Document) -> dict[str, xml.Node]:
    drawn = [
        node
        for node in document.root.iter(xml.qname(xml.BPMN, "*"))
        if node is not document.root and is_drawn(node)
    ]
    return {xml.attribute(node, "id"): node for node in drawn}


def _meaning(node: xml.Node) -> tuple[Any, ...]:
    """Return what an element says, without the elements drawn inside it."""
    parts = [
        _meaning(part)
        for part in node.iterchildren("*")
        if not is_drawn(part)
        and xml.local_name(part) not in _SAID_ELSEWHERE
        and xml.namespace(part) not in _WITHOUT_MEANING
    ]
    said = [
        (name, " ".join(value.split()))
        for name, value in xml.attributes(node)
        if _DEFAULTS.get(name) != value and name != xml.qname(xml.XSI, "type")
    ]
    text = " ".join(xml.text(node).split())
    return node.tag, tuple(sorted(said)), text, tuple(part for part in parts if part != _EMPTY)


_EMPTY = (xml.qname(xml.BPMN, "extensionElements"), (), "", ())
