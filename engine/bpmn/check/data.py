"""Data that would not be moved exactly: data stores, ends out of sight, names that mean something else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from engine import xml
from engine.bpmn import data
from engine.bpmn.data import Association
from engine.bpmn.findings import found, place_in
from engine.bpmn.source import Source, is_executable
from engine.model.records import Finding

Locals: TypeAlias = dict[str, list[str]]  # by container, the variables its data objects and properties are
_WHILE_EXECUTING = ("whileExecutingInputRefs", "whileExecutingOutputRefs")


class _Flaw(NamedTuple):
    """Which variant of the rule ``data-association`` is broken, and what its sentence names."""

    variant: str
    values: dict[str, object]


def check_data(source: Source) -> Iterator[Finding]:
    """Yield what is wrong with the data associations and data sets of a file's executable processes."""
    for process in source.processes():
        if is_executable(process):
            local = _locals(source, process)
            yield from _check_names(source, process, local)
            for node in xml.descendants(process):
                yield from _check_sets(source, node)
                yield from _check_associations(source, node, local)


def _locals(source: Source, process: xml.Node) -> Locals:
    moved = data.used(source)
    nodes = (each for each in xml.descendants(process) if xml.namespace(each) == xml.BPMN)
    containers = (each for each in nodes if xml.local_name(each) in data.CONTAINERS)
    return {xml.attribute(each, "id"): data.declared(source, each, moved) for each in containers}


def _check_sets(source: Source, node: xml.Node) -> Iterator[Finding]:
    if node.tag != xml.qname(xml.BPMN, "ioSpecification"):
        return
    for tag in ("inputSet", "outputSet"):
        sets = xml.children(node, xml.BPMN, tag)
        late = [
            ref for each in sets for name in _WHILE_EXECUTING for ref in xml.children(each, xml.BPMN, name)
        ]
        if len(sets) > 1:
            yield found(place_in(source.name, node), "unsupported/data-sets", tag=tag)
        elif late:
            place = place_in(source.name, node)
            yield found(place, "unsupported/data-meanwhile", tag=xml.local_name(late[0]))


def _check_names(source: Source, process: xml.Node, local: Locals) -> Iterator[Finding]:
    """Two data objects of one name in one container would be one variable."""
    for container, names in local.items():
        place = place_in(source.name, source.ids.get(container, process))
        for name, times in Counter(names).items():
            if times > 1:
                yield found(place, "data-name", name=name, container=container, count=times)


def _check_associations(source: Source, node: xml.Node, local: Locals) -> Iterator[Finding]:
    if xml.namespace(node) != xml.BPMN:
        return
    filled: dict[str, xml.Node] = {}
    for tag in (data.INPUT, data.OUTPUT):
        for association in data.associations(source, node, tag):
            flaw = _what_is_wrong(source, node, association, tag, local)
            if flaw is None and tag == data.INPUT:
                flaw = _is_overwritten(source, association, filled)
            if flaw is not None:
                place = place_in(source.name, association.node)
                yield found(place, f"data-association/{flaw.variant}", tag=tag, **flaw.values)


def _what_is_wrong(
    source: Source, node: xml.Node, association: Association, tag: str, local: Locals
) -> _Flaw | None:
    flaw = _is_incomplete(association)
    if flaw is not None:
        return flaw
    own, others = _ends(node, association, tag)
    for each in own:
        if data.owner_of(each) is not node:
            return _Flaw("owner", {"data": xml.attribute(each, "id"), "element": xml.attribute(node, "id")})
    flaws = (_out_of_sight(source, node, each, local) for each in others)
    return next((flaw for flaw in flaws if flaw is not None), None) or _as_collection(
        source, node, association
    )


def _as_collection(source: Source, node: xml.Node, association: Association) -> _Flaw | None:
    """Return why an association cannot bring a multi-instance activity its items, or take its outputs."""
    items = data.loop_data(source, node, "loopDataInputRef")
    if items is not None and items is association.target and association.assignments:
        return _Flaw("items", {})
    collected = data.loop_data(source, node, "loopDataOutputRef")
    if collected in association.sources and not association.copies:
        return _Flaw("collected", {})
    return None


def _is_incomplete(association: Association) -> _Flaw | None:
    ends = [each for each in (*association.sources, association.target) if each is not None]
    if any(xml.local_name(each) in data.STORES for each in ends):
        return _Flaw("store", {})
    if association.copies and len(association.sources) != 1:
        return _Flaw("sources", {"count": len(association.sources)})
    if association.transformation is not None and not _is_target(association):
        return _Flaw("target", {})
    return None


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


def _out_of_sight(source: Source, node: xml.Node, end: xml.Node, local: Locals) -> _Flaw | None:
    """Return why a data element cannot be read or written from a node, None when it can."""
    end = data.data_object(source, end)
    name, owner = data.variable_of(source, end), data.owner_of(end)
    if not data.is_variable(name):
        return _Flaw("name", {"data": name})
    around = node.getparent()
    while around is not None and around is not owner:
        if name in local.get(xml.attribute(around, "id"), ()):
            return _Flaw("hidden", {"data": name, "container": xml.attribute(around, "id")})
        around = around.getparent()
    return (
        None if around is not None else _Flaw("sight", {"data": name, "element": xml.attribute(node, "id")})
    )


def _is_overwritten(source: Source, association: Association, filled: dict[str, xml.Node]) -> _Flaw | None:
    """A copy reads the data around the activity, not an input of the same name that was filled before."""
    flaw = None
    for each in association.sources:
        name = data.variable_of(source, each)
        if name in filled and filled[name] is not each:
            flaw = _Flaw("filled", {"data": name})
    if association.target is not None:
        filled[data.variable_of(source, association.target)] = association.target
    return flaw
