"""Identifiers and references: missing, duplicate, unusable, leading nowhere (BPMN 2.0.2 §8, §10)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine import xml
from engine.bpmn.events import EVENT_TYPES
from engine.bpmn.findings import ID, Place, error, place_in, unusable_id, warning
from engine.bpmn.reader import FLOW_NODES
from engine.bpmn.source import GLOBAL_TASKS, Source, is_executable, unprefixed
from engine.model.records import Finding

_NEEDS_ID = {*FLOW_NODES, *GLOBAL_TASKS, "process", "sequenceFlow", "lane"}

# attribute or child element with a reference → tags it may mean; None: any element of the file
_REFERENCES: dict[str, frozenset[str] | None] = {
    "messageRef": frozenset({"message"}),
    "signalRef": frozenset({"signal"}),
    "errorRef": frozenset({"error"}),
    "escalationRef": frozenset({"escalation"}),
    "eventDefinitionRef": frozenset(EVENT_TYPES),
    "attachedToRef": frozenset(FLOW_NODES),
    "flowNodeRef": frozenset(FLOW_NODES),
    "activityRef": frozenset(FLOW_NODES),
    "dataObjectRef": frozenset({"dataObject"}),
    "dataStoreRef": frozenset({"dataStore"}),
    "processRef": frozenset({"process"}),
    "default": frozenset({"sequenceFlow"}),
    "correlationKeyRef": frozenset({"correlationKey"}),
    "correlationPropertyRef": frozenset({"correlationProperty"}),
    "dataInputRefs": None,
    "dataOutputRefs": None,
}
_CONNECTIONS = {"association", "messageFlow"}


def check_ids(sources: Sequence[Source]) -> Iterator[Finding]:
    """Yield a finding per missing or unusable id, per process defined twice and per file sent twice."""
    files: set[str] = set()
    processes: dict[str, str] = {}
    for source in sources:
        if source.name in files:
            yield error(
                Place(source.name),
                "file-duplicate",
                f"expected each file once, but {source.name!r} was sent twice",
                "remove or rename one of the two",
            )
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
            yield error(
                place_in(source.name, node),
                "id-missing",
                f"expected <{tag}> to have an id, but it has none",
                "give the element an id in the modeler",
            )
        elif identity and not ID.fullmatch(identity):
            yield unusable_id(Place(source.name, xml.line(node), identity))


def _check_process_ids(source: Source, processes: dict[str, str]) -> Iterator[Finding]:
    for process in (*source.processes(), *source.global_tasks()):
        identity = xml.attribute(process, "id")
        if identity in processes:
            yield error(
                place_in(source.name, process),
                "process-duplicate",
                f"expected one process or global task {identity!r}, but {processes[identity]} defines it too",
                "give one of the two another id",
            )
        processes[identity] = source.name


def check_executable(sources: Sequence[Source]) -> Iterator[Finding]:
    """Yield a warning for every file with processes none of which is executable."""
    for source in sources:
        processes = source.processes()
        if processes and not any(is_executable(process) for process in processes):
            yield warning(
                place_in(source.name, processes[0]),
                "not-executable",
                'expected an executable process, but no process of the file has isExecutable="true"',
                "tick 'executable' in the modeler if the process is to be run; otherwise it is only stored",
            )


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
        if name in _REFERENCES and reference:
            yield name, reference


def _check_reference(source: Source, node: xml.Node, name: str, reference: str) -> Iterator[Finding]:
    tag = xml.local_name(node)
    expected = frozenset(FLOW_NODES) if tag == "sequenceFlow" else _REFERENCES.get(name)
    target = source.ids.get(unprefixed(reference))
    if target is None:
        yield error(
            place_in(source.name, node),
            "reference-dangling",
            _dangling(node, name, reference),
            "draw what is missing, or remove the reference",
        )
    elif expected is not None and xml.local_name(target) not in expected:
        yield error(
            place_in(source.name, node),
            "reference-wrong",
            f"expected {name} of <{tag}> to mean {_either(expected)}, "
            f"but {reference!r} is a <{xml.local_name(target)}>",
            "choose another element in the modeler",
        )


def _either(tags: frozenset[str]) -> str:
    return "a flow node" if tags == frozenset(FLOW_NODES) else " or ".join(f"<{tag}>" for tag in sorted(tags))


def _dangling(node: xml.Node, name: str, reference: str) -> str:
    if xml.local_name(node) != "sequenceFlow":
        return f"expected {name} to mean an element of the file, but {reference!r} does not exist"
    verb = "leads to" if name == "targetRef" else "comes from"
    return f"flow {xml.attribute(node, 'id')!r} {verb} {reference!r}, which does not exist"
