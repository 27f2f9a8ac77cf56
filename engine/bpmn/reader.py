"""Compiling one process of a parsed file into the records the kernel walks.

The reader is total: whatever passed the schema and has ids compiles to something, and the check says what is
wrong with it. It therefore also reads what the kernel cannot execute yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from engine import xml
from engine.bpmn import data, extensions, values
from engine.bpmn.ad_hoc import read_ad_hoc
from engine.bpmn.compensation import read_compensation
from engine.bpmn.events import read_events
from engine.bpmn.lanes import Lanes, read_lanes
from engine.bpmn.links import link_pairs
from engine.bpmn.loops import read_loop
from engine.bpmn.paths import read_joins, read_paths
from engine.bpmn.source import GLOBAL_TASKS, Source
from engine.model.definition import (
    CalledElement,
    Element,
    ElementType,
    ProcessDefinition,
    SequenceFlow,
    UserTaskDefinition,
)

FLOW_NODES = {kind.value: kind for kind in ElementType if kind is not ElementType.PROCESS}
CONTAINERS = {ElementType.SUB_PROCESS, ElementType.TRANSACTION, ElementType.AD_HOC_SUB_PROCESS}


class _Wiring(msgspec.Struct, frozen=True, kw_only=True):
    """What all elements of one process are compiled with."""

    source: Source
    lanes: Lanes
    incoming: dict[str, list[str]]
    outgoing: dict[str, list[str]]
    moved: frozenset[str] = frozenset()


def read_process(source: Source, process: xml.Node) -> ProcessDefinition:
    """Compile one process; every flow node in it must have an id."""
    flows = _read_flows(process)
    incoming: dict[str, list[str]] = {}
    outgoing: dict[str, list[str]] = {}
    for flow in flows.values():
        outgoing.setdefault(flow.source, []).append(flow.id)
        incoming.setdefault(flow.target, []).append(flow.id)
    wiring = _Wiring(
        source=source,
        lanes=read_lanes(process),
        incoming=incoming,
        outgoing=outgoing,
        moved=data.used(source),
    )
    root = Element(
        id=xml.attribute(process, "id"),
        type=ElementType.PROCESS,
        name=xml.attribute(process, "name"),
        line=xml.line(process),
        documentation=_documentation(process),
        properties=extensions.properties(process),
    )
    elements = {root.id: root, **{element.id: element for element in _read_nodes(wiring, process, root)}}
    version_tag = extensions.extension(process, "versionTag")
    return ProcessDefinition(
        id=root.id,
        name=root.name or _participant_name(source, root.id) or root.id,
        file=source.name,
        version_tag="" if version_tag is None else xml.attribute(version_tag, "value"),
        elements=elements,
        flows=flows,
        children=_group(elements, lambda element: element.parent),
        starts=_group(
            elements, lambda element: element.parent if element.type is ElementType.START_EVENT else ""
        ),
        boundaries=_group(elements, lambda element: element.attached_to or ""),
        event_sub_processes=_group(
            elements, lambda element: element.parent if element.triggered_by_event else ""
        ),
        links=link_pairs(elements),
        compensation=read_compensation(process, elements),
        lanes=wiring.lanes.lanes,
        properties=root.properties,
        joins=read_joins(elements),
        paths=read_paths(elements, flows),
        ad_hoc=read_ad_hoc(process),
    )


def read_global_task(source: Source, node: xml.Node) -> ProcessDefinition:
    """Compile a global task as a process of its own id with that one task inside (BPMN 2.0.2 §10.3.6).

    So versions, bindings, variables and history are those of a called process.
    """
    wiring = _Wiring(source=source, lanes=Lanes(lanes=(), by_element={}), incoming={}, outgoing={})
    identity, name = xml.attribute(node, "id"), xml.attribute(node, "name")
    root = Element(id=identity, type=ElementType.PROCESS, name=name, line=xml.line(node))
    task = msgspec.structs.replace(_read_node(wiring, node, root), id=f"{identity}_task")
    return ProcessDefinition(
        id=identity,
        name=name or identity,
        file=source.name,
        elements={root.id: root, task.id: task},
        flows={},
        children={root.id: (task.id,)},
        starts={},
        boundaries={},
        event_sub_processes={},
    )


def _group(elements: dict[str, Element], key: Callable[[Element], str]) -> dict[str, tuple[str, ...]]:
    """Index element ids by a key in document order; elements with an empty key are left out."""
    groups: dict[str, list[str]] = {}
    for element in elements.values():
        if key(element):
            groups.setdefault(key(element), []).append(element.id)
    return {name: tuple(ids) for name, ids in groups.items()}


def _participant_name(source: Source, process_id: str) -> str:
    """Return the name of the pool that shows the process."""
    for participant in source.root.iter(xml.qname(xml.BPMN, "participant")):
        if xml.attribute(participant, "processRef").rpartition(":")[2] == process_id:
            return xml.attribute(participant, "name")
    return ""


def _read_flows(process: xml.Node) -> dict[str, SequenceFlow]:
    nodes = list(process.iter(xml.qname(xml.BPMN, "sequenceFlow")))
    defaults = {xml.attribute(node, "default") for node in xml.descendants(process)}
    return {flow.id: flow for flow in (_read_flow(node, defaults) for node in nodes)}


def _read_flow(node: xml.Node, defaults: set[str]) -> SequenceFlow:
    identity = xml.attribute(node, "id")
    condition = values.body_feel(xml.child(node, "conditionExpression"))
    return SequenceFlow(
        id=identity,
        source=xml.attribute(node, "sourceRef"),
        target=xml.attribute(node, "targetRef"),
        name=xml.attribute(node, "name"),
        # BPMN 2.0.2 §10.5.1: the condition of a default flow is ignored
        condition=None if identity in defaults else condition,
        line=xml.line(node),
    )


def _read_nodes(wiring: _Wiring, container: xml.Node, parent: Element) -> Iterator[Element]:
    """Yield the flow nodes of a container and, after each sub-process, what is inside it."""
    for node in xml.children(container):
        if xml.local_name(node) in FLOW_NODES:
            element = _read_node(wiring, node, parent)
            yield element
            if element.type in CONTAINERS:
                yield from _read_nodes(wiring, node, element)


def _read_node(wiring: _Wiring, node: xml.Node, parent: Element) -> Element:
    """Compile one flow node; fields another type of element has are simply empty."""
    tag = xml.local_name(node)
    kind = FLOW_NODES[GLOBAL_TASKS.get(tag, tag)]
    identity = xml.attribute(node, "id")
    lane, group = wiring.lanes.of(identity)
    named = extensions.properties(node)
    return Element(
        id=identity,
        type=kind,
        name=xml.attribute(node, "name"),
        parent=parent.id,
        line=xml.line(node),
        incoming=tuple(wiring.incoming.get(identity, ())),
        outgoing=tuple(wiring.outgoing.get(identity, ())),
        default_flow=xml.attribute(node, "default") or None,
        events=read_events(wiring.source, node),
        parallel_multiple=xml.boolean(node, "parallelMultiple", False),
        attached_to=xml.attribute(node, "attachedToRef").rpartition(":")[2] or None,
        interrupting=_interrupting(node, kind),
        triggered_by_event=xml.boolean(node, "triggeredByEvent", False),
        instantiate=xml.boolean(node, "instantiate", False),
        event_gateway_parallel=xml.attribute(node, "eventGatewayType") == "Parallel",
        activation_condition=values.body_feel(xml.child(node, "activationCondition")),
        job=extensions.job(node),
        user_task=_user_task(node, kind),
        script=extensions.script(node) if kind is ElementType.SCRIPT_TASK else None,
        called_element=_called_element(wiring.source, node) if kind is ElementType.CALL_ACTIVITY else None,
        called_decision=extensions.called_decision(node),
        inputs=data.read_inputs(wiring.source, node, wiring.moved) + extensions.mappings(node, "input"),
        outputs=data.read_outputs(wiring.source, node) + extensions.mappings(node, "output"),
        loop=read_loop(wiring.source, node),
        is_for_compensation=xml.boolean(node, "isForCompensation", False),
        start_quantity=xml.integer(node, "startQuantity", 1),
        completion_quantity=xml.integer(node, "completionQuantity", 1),
        lane=lane or parent.lane,
        group=named.get("obieg:group") or group or parent.group,
        documentation=_documentation(node),
        properties=named,
        entries=extensions.entries(node),
    )


def _user_task(node: xml.Node, kind: ElementType) -> UserTaskDefinition | None:
    """Return what a user task asks of people; a start event that shows a form has one too."""
    shows_form = kind is ElementType.START_EVENT and extensions.extension(node, "formDefinition") is not None
    return extensions.user_task(node) if kind is ElementType.USER_TASK or shows_form else None


def _called_element(source: Source, node: xml.Node) -> CalledElement | None:
    """Return what a call activity calls; data associations of plain BPMN bring all data there and back."""
    called = extensions.called_element(node)
    if called is None or extensions.extension(node, "calledElement") is not None:
        return called
    if not any(data.associations(source, node, tag) for tag in (data.INPUT, data.OUTPUT)):
        return called
    return msgspec.structs.replace(
        called, propagate_all_child_variables=False, propagate_all_parent_variables=False
    )


def _interrupting(node: xml.Node, kind: ElementType) -> bool:
    return xml.boolean(
        node, "cancelActivity" if kind is ElementType.BOUNDARY_EVENT else "isInterrupting", True
    )


def _documentation(node: xml.Node) -> str:
    texts = (xml.text(part).strip() for part in xml.children(node, xml.BPMN, "documentation"))
    return "\n\n".join(text for text in texts if text)
