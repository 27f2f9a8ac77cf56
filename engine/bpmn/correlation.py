"""Correlation keys by the standard (BPMN 2.0.2 §8.4.2): properties of messages, bound to a process' data.

What a process sends carries the values its message paths have there; what it waits for must carry those its
correlation subscription finds in its data. Several properties are one key: the list of their texts.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine import xml
from engine.bpmn import values
from engine.bpmn.source import Source, unprefixed
from engine.model.definition import Expression

MOST_KEYS = 20  # of one file: each is compared with each message
_CATCHES = frozenset(["receiveTask", "startEvent", "intermediateCatchEvent", "boundaryEvent"])


def correlation_key(source: Source, message: xml.Node, node: xml.Node) -> Expression | None:
    """Return the key an event or task sends a message with, or waits for; None where it has none."""
    keys = keys_of(source, message)
    if not keys:
        return None
    if xml.local_name(node) not in _CATCHES:
        return _joined([_retrieved(source, each, message) for each in _properties(source, keys[0])])
    bound = _bindings(source, keys[0], node)
    return _joined([bound.get(xml.attribute(each, "id")) for each in _properties(source, keys[0])])


def keys_of(source: Source, message: xml.Node) -> list[xml.Node]:
    """Return the correlation keys all properties of which can be retrieved from a message."""
    found = []
    for key in source.correlation_keys[:MOST_KEYS]:
        properties = _properties(source, key)
        if properties and all(_retrieved(source, each, message) is not None for each in properties):
            found.append(key)
    return found


def waits_without_key(source: Source, message: xml.Node, node: xml.Node) -> bool:
    """Return whether a node waits in an instance for a message with a key that nothing binds to its data."""
    tag = xml.local_name(node)
    if tag not in _CATCHES or not keys_of(source, message) or _creates_instances(source, node):
        return False
    return correlation_key(source, message, node) is None


def _creates_instances(source: Source, node: xml.Node) -> bool:
    around = node.getparent()
    in_process = around is not None and xml.local_name(around) == "process"
    if xml.local_name(node) == "startEvent":
        return in_process and not xml.boolean(node, "parallelMultiple", False)
    if xml.boolean(node, "instantiate", False):
        return True
    flows = (
        source.ids.get(unprefixed(xml.text(each).strip()))
        for each in xml.children(node, xml.BPMN, "incoming")
    )
    before = [source.ids.get(xml.attribute(flow, "sourceRef")) for flow in flows if flow is not None]
    return any(
        each is not None
        and xml.boolean(each, "instantiate", False)
        and xml.attribute(each, "eventGatewayType") != "Parallel"
        for each in before
    )


def _properties(source: Source, key: xml.Node) -> list[xml.Node]:
    references = (xml.text(each) for each in xml.children(key, xml.BPMN, "correlationPropertyRef"))
    found = (source.find(each.strip(), "correlationProperty") for each in references)
    return [each for each in found if each is not None]


def _retrieved(source: Source, property_: xml.Node, message: xml.Node) -> Expression | None:
    place = (xml.attribute(property_, "id"), xml.attribute(message, "id"))
    retrieval = source.retrievals.get(place)
    return None if retrieval is None else values.body_feel(xml.child(retrieval, "messagePath"))


def _bindings(source: Source, key: xml.Node, node: xml.Node) -> dict[str, Expression]:
    """Return, by correlation property, where the process around a node finds its value."""
    bound: dict[str, Expression] = {}
    for subscription in _subscriptions(node):
        if source.find(xml.attribute(subscription, "correlationKeyRef"), "correlationKey") is not key:
            continue
        for binding in xml.children(subscription, xml.BPMN, "correlationPropertyBinding"):
            path = values.body_feel(xml.child(binding, "dataPath"))
            if path is not None:
                bound[unprefixed(xml.attribute(binding, "correlationPropertyRef"))] = path
    return bound


def _subscriptions(node: xml.Node) -> Iterator[xml.Node]:
    for around in node.iterancestors(xml.qname(xml.BPMN, "process")):
        yield from xml.children(around, xml.BPMN, "correlationSubscription")


def _joined(parts: list[Expression | None]) -> Expression | None:
    """Return one key of several values; one that is null is no key, and stops who needs it."""
    known = [part for part in parts if part is not None]
    if not known or len(known) < len(parts):
        return None
    if len(known) == 1:
        return known[0]
    missing = " or ".join(f"({part.source}) = null" for part in known)
    texts = ", ".join(f"string({part.source})" for part in known)
    return Expression(source=f"if {missing} then null else string([{texts}])", line=known[0].line)
