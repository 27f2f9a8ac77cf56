"""Data that would not be moved exactly: data stores, ends out of sight, names that mean something else."""

from __future__ import annotations

from collections.abc import Iterator

from engine import xml
from engine.bpmn import data
from engine.bpmn.data import Association
from engine.bpmn.findings import error, place_in
from engine.bpmn.source import Source, is_executable
from engine.model.records import Finding

_WHILE_EXECUTING = ("whileExecutingInputRefs", "whileExecutingOutputRefs")
_STORED = "a data store is shared by all instances and outlives them: let a task write to a register"
_SETS = "which of several sets of data a task takes is not decided by this engine: draw one set"
_REMEDY = "correct the association in the modeler, or remove what it moves to leave it a drawing"


def check_data(source: Source) -> Iterator[Finding]:
    """Yield what is wrong with the data associations and data sets of a file's executable processes."""
    for process in source.processes():
        if is_executable(process):
            moved = data.used(source)
            for node in xml.descendants(process):
                yield from _check_sets(source, node)
                yield from _check_names(source, node, moved)
                yield from _check_associations(source, node, moved)


def _check_sets(source: Source, node: xml.Node) -> Iterator[Finding]:
    if node.tag != xml.qname(xml.BPMN, "ioSpecification"):
        return
    for tag in ("inputSet", "outputSet"):
        sets = xml.children(node, xml.BPMN, tag)
        late = [
            ref for each in sets for name in _WHILE_EXECUTING for ref in xml.children(each, xml.BPMN, name)
        ]
        if len(sets) > 1:
            yield error(
                place_in(source.name, node), "unsupported", f"expected one <{tag}>, but {_SETS}", _REMEDY
            )
        elif late:
            yield error(
                place_in(source.name, node),
                "unsupported",
                f"expected data to move when an activity begins and ends, but <{xml.local_name(late[0])}> "
                "lets it move meanwhile",
                _REMEDY,
            )


def _check_names(source: Source, node: xml.Node, moved: frozenset[str]) -> Iterator[Finding]:
    """Two data objects of one name in one container would be one variable."""
    if xml.namespace(node) != xml.BPMN or xml.local_name(node) not in data.CONTAINERS:
        return
    names = data.declared(source, node, moved)
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield error(
            place_in(source.name, node),
            "data-name",
            f"expected one data object or property {name!r} in {xml.attribute(node, 'id')!r}, "
            f"but there are {names.count(name)}",
            "give each its own name, or draw references to one data object",
        )


def _check_associations(source: Source, node: xml.Node, moved: frozenset[str]) -> Iterator[Finding]:
    if xml.namespace(node) != xml.BPMN:
        return
    filled: dict[str, xml.Node] = {}
    for tag in (data.INPUT, data.OUTPUT):
        for association in data.associations(source, node, tag):
            reason = _what_is_wrong(source, node, association, tag, moved)
            if not reason and tag == data.INPUT:
                reason = _is_overwritten(source, association, filled)
            if reason:
                yield error(
                    place_in(source.name, association.node),
                    "data-association",
                    f"expected <{tag}> to move data exactly, but {reason}",
                    _REMEDY,
                )


def _what_is_wrong(
    source: Source, node: xml.Node, association: Association, tag: str, moved: frozenset[str]
) -> str:
    reason = _is_incomplete(association)
    if reason:
        return reason
    own, others = _ends(node, association, tag)
    for each in own:
        if data.owner_of(each) is not node:
            return f"{xml.attribute(each, 'id')!r} does not belong to {xml.attribute(node, 'id')!r}"
    reasons = (_out_of_sight(source, node, each, moved) for each in others)
    collects = tag == data.OUTPUT and data.loop_data(source, node, "loopDataOutputRef") in association.sources
    if collects and not association.copies:
        return "the outputs of a multi-instance activity can only be copied as they are"
    return next((reason for reason in reasons if reason), "")


def _is_incomplete(association: Association) -> str:
    ends = [each for each in (*association.sources, association.target) if each is not None]
    if any(xml.local_name(each) in data.STORES for each in ends):
        return _STORED
    if association.copies and len(association.sources) != 1:
        return f"it copies {len(association.sources)} sources: say with a transformation what becomes of them"
    if association.transformation is not None and not _is_target(association):
        return "its transformation has no target: let targetRef mean a data element"
    return ""


def _is_target(association: Association) -> bool:
    return association.target is not None and xml.local_name(association.target) in data.DATA


def _ends(node: xml.Node, association: Association, tag: str) -> tuple[list[xml.Node], list[xml.Node]]:
    """Return the ends inside the activity or event, and those around it."""
    target = [association.target] if association.target is not None and _is_target(association) else []
    sources = [each for each in association.sources if xml.local_name(each) in data.DATA]
    if tag == data.OUTPUT:
        return sources, target
    inside = [each for each in sources if data.owner_of(each) is node]
    return target + inside, [each for each in sources if each not in inside]


def _out_of_sight(source: Source, node: xml.Node, end: xml.Node, moved: frozenset[str]) -> str:
    """Return why a data element cannot be read or written from a node, "" when it can."""
    end = data.data_object(source, end)
    name, owner = data.variable_of(source, end), data.owner_of(end)
    if not data.is_variable(name):
        return f"{name!r} cannot name a variable: give the data element a name of letters, digits and '_'"
    around = node.getparent()
    while around is not None and around is not owner:
        if xml.local_name(around) in data.CONTAINERS and name in data.declared(source, around, moved):
            return f"the data object {name!r} of {xml.attribute(around, 'id')!r} hides it: rename one of them"
        around = around.getparent()
    return "" if around is not None else f"{name!r} is not in sight of {xml.attribute(node, 'id')!r}"


def _is_overwritten(source: Source, association: Association, filled: dict[str, xml.Node]) -> str:
    """A copy reads the data around the activity, not an input of the same name that was filled before."""
    reason = ""
    for each in association.sources:
        name = data.variable_of(source, each)
        if name in filled and filled[name] is not each:
            reason = f"the data input {name!r} was filled before: give it another name than the data object's"
    if association.target is not None:
        filled[data.variable_of(source, association.target)] = association.target
    return reason
