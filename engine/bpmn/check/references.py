"""Identifiers and references: missing, duplicate, unusable, leading nowhere (BPMN 2.0.2 §8, §10)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine import xml
from engine.bpmn.check.shapes import ACTIVITY_TAGS
from engine.bpmn.events import EVENT_TYPES
from engine.bpmn.findings import ID, Place, Words, found, place_in
from engine.bpmn.reader import FLOW_NODES
from engine.bpmn.source import GLOBAL_TASKS, Source, is_executable, unprefixed
from engine.model.records import Finding

_NEEDS_ID = {*FLOW_NODES, *GLOBAL_TASKS, "process", "sequenceFlow", "lane"}

# attribute or child element with a reference → tags it may mean; None: any element of the file
_REFERENCES: dict[str, frozenset[str] | None] = {
    "messageRef": frozenset({"message"}),
    "inMessageRef": frozenset({"message"}),
    "outMessageRef": frozenset({"message"}),
    "signalRef": frozenset({"signal"}),
    "errorRef": frozenset({"error"}),
    "escalationRef": frozenset({"escalation"}),
    "operationRef": frozenset({"operation"}),
    "supportedInterfaceRef": frozenset({"interface"}),
    "resourceRef": frozenset({"resource"}),
    "itemSubjectRef": frozenset({"itemDefinition"}),
    "itemRef": frozenset({"itemDefinition"}),
    "eventDefinitionRef": frozenset(EVENT_TYPES),
    "noneBehaviorEventRef": frozenset(EVENT_TYPES),
    "oneBehaviorEventRef": frozenset(EVENT_TYPES),
    "attachedToRef": frozenset(FLOW_NODES),
    "flowNodeRef": frozenset(FLOW_NODES),
    "activityRef": ACTIVITY_TAGS,
    "dataObjectRef": frozenset({"dataObject"}),
    "dataStoreRef": frozenset({"dataStore"}),
    "categoryValueRef": frozenset({"categoryValue"}),
    "processRef": frozenset({"process"}),
    "participantRef": frozenset({"participant"}),
    "definitionalCollaborationRef": frozenset({"collaboration", "globalConversation", "choreography"}),
    "correlationKeyRef": frozenset({"correlationKey"}),
    "correlationPropertyRef": frozenset({"correlationProperty"}),
    "default": frozenset({"sequenceFlow"}),
    "incoming": frozenset({"sequenceFlow"}),
    "outgoing": frozenset({"sequenceFlow"}),
    "dataInputRefs": None,
    "dataOutputRefs": None,
    "optionalInputRefs": None,
    "optionalOutputRefs": None,
    "whileExecutingInputRefs": None,
    "whileExecutingOutputRefs": None,
    "inputSetRefs": frozenset({"inputSet"}),
    "outputSetRefs": frozenset({"outputSet"}),
}
_CONNECTIONS = {"association", "messageFlow"}
# of these the attribute ``structureRef`` means an item definition; elsewhere a type outside the file
_STRUCTURED = {"signal", "error", "escalation"}
_ITEM = frozenset({"itemDefinition"})


def check_ids(sources: Sequence[Source]) -> Iterator[Finding]:
    """Yield a finding per missing or unusable id, per process defined twice and per file sent twice."""
    files: set[str] = set()
    processes: dict[str, str] = {}
    for source in sources:
        if source.name in files:
            yield found(Place(source.name), "file-duplicate", file=source.name)
        files.add(source.name)
        yield from _check_ids_of(source)
        yield from _check_process_ids(source, processes)


def _check_ids_of(source: Source) -> Iterator[Finding]:
    for node in xml.descendants(source.root):
        if xml.namespace(node) != xml.BPMN:
            continue
        identity = xml.attribute(node, "id")
        tag = xml.local_name(node)
        if not identity and tag in _NEEDS_ID:
            yield found(place_in(source.name, node), "id-missing", tag=tag)
        elif identity and not ID.fullmatch(identity):
            yield found(Place(source.name, xml.line(node), identity), "id-unusable", id=identity[:60])


def _check_process_ids(source: Source, processes: dict[str, str]) -> Iterator[Finding]:
    for process in (*source.processes(), *source.global_tasks()):
        identity = xml.attribute(process, "id")
        if identity in processes:
            place = place_in(source.name, process)
            yield found(place, "process-duplicate", process=identity, file=processes[identity])
        processes[identity] = source.name


def check_executable(sources: Sequence[Source]) -> Iterator[Finding]:
    """Yield a warning for every file with processes none of which is executable."""
    for source in sources:
        processes = source.processes()
        if processes and not any(is_executable(process) for process in processes):
            yield found(place_in(source.name, processes[0]), "not-executable")


def check_references(source: Source) -> Iterator[Finding]:
    """Yield a finding per reference that leads nowhere or to something of the wrong kind."""
    imported = xml.child(source.root, "import") is not None
    for node in xml.descendants(source.root):
        if xml.namespace(node) == xml.BPMN:
            for name, reference in _references_of(node):
                if not (imported and ":" in reference):
                    yield from _check_reference(source, node, name, reference)


def _references_of(node: xml.Node) -> Iterator[tuple[str, str]]:
    """Yield (what refers, text of the reference) of an element."""
    tag = xml.local_name(node)
    if tag == "sequenceFlow" or tag in _CONNECTIONS:
        yield "sourceRef", xml.attribute(node, "sourceRef")
        yield "targetRef", xml.attribute(node, "targetRef")
        return
    if tag in _REFERENCES:
        yield tag, xml.text(node).strip()
    for name, reference in xml.attributes(node):
        if reference and (name in _REFERENCES or (name == "structureRef" and tag in _STRUCTURED)):
            yield name, reference


def _check_reference(source: Source, node: xml.Node, name: str, reference: str) -> Iterator[Finding]:
    tag = xml.local_name(node)
    target = source.ids.get(unprefixed(reference))
    if target is None:
        flow = xml.attribute(node, "id")
        key = f"reference-dangling{_SIDES[name] if tag == 'sequenceFlow' and name in _SIDES else ''}"
        yield found(place_in(source.name, node), key, name=name, reference=reference, flow=flow)
        return
    expected = _expected(tag, name)
    if expected is not None and xml.local_name(target) not in expected:
        yield found(
            place_in(source.name, node),
            "reference-wrong",
            name=name,
            tag=tag,
            expected=_one_of(expected),
            reference=reference,
            other=xml.local_name(target),
        )


_SIDES = {"sourceRef": "/from", "targetRef": "/to"}


def _expected(tag: str, name: str) -> frozenset[str] | None:
    if tag == "sequenceFlow":
        return frozenset(FLOW_NODES)
    return _ITEM if name == "structureRef" else _REFERENCES.get(name)


def _one_of(tags: frozenset[str]) -> Words:
    if tags == frozenset(FLOW_NODES):
        return Words(("a flow node",))
    return Words(tuple(f"<{tag}>" for tag in sorted(tags)))
