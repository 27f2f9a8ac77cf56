"""Reading data (BPMN 2.0.2 §10.4): every data element is a variable, every data association a mapping.

A data object is a variable of the process, or local to each instance of the sub-process it is drawn in. What
modelers draw as documentation (an association without a second end, or with a placeholder as one) moves
nothing. Data the kernel could not move exactly is refused by the check (``engine.bpmn.check.data``).
"""

from __future__ import annotations

import re

import msgspec

from engine import xml
from engine.bpmn import values
from engine.bpmn.source import GLOBAL_TASKS, Source, unprefixed
from engine.feel import is_name
from engine.model.definition import ElementType, Expression, Mapping

DATA = frozenset(
    [
        "dataObject",
        "dataObjectReference",
        "dataInput",
        "dataOutput",
        "property",
        "inputDataItem",
        "outputDataItem",
    ]
)
STORES = frozenset(["dataStoreReference", "dataStore"])
INPUT, OUTPUT = "dataInputAssociation", "dataOutputAssociation"
CONTAINERS = frozenset(["process", "subProcess", "transaction", "adHocSubProcess"])
_WORD = re.compile(r"[^\W\d]\w*")
_PLACEHOLDER = re.compile(r"__\w+_placeholder")
_OWNERS = frozenset(str(kind) for kind in ElementType) | GLOBAL_TASKS.keys()


class Association(msgspec.Struct, frozen=True, kw_only=True):
    """One data association as drawn; ``sources`` and ``target`` are what its references lead to."""

    node: xml.Node
    sources: tuple[xml.Node, ...]
    target: xml.Node | None
    transformation: Expression | None
    assignments: tuple[tuple[Expression, str], ...]

    @property
    def copies(self) -> bool:
        """Return whether it moves its source as it is."""
        return self.transformation is None and not self.assignments

    @property
    def moves_data(self) -> bool:
        """Return whether it moves anything, or only is a line in the drawing."""
        if not self.copies:
            return True
        ends = (*self.sources, self.target)
        return bool(self.sources) and all(each is not None and _is_data(each) for each in ends)


def associations(source: Source, node: xml.Node, tag: str) -> list[Association]:
    """Return the input or output associations of a node that move data, in document order."""
    drawn = (_association(source, each) for each in xml.children(node, xml.BPMN, tag))
    return [each for each in drawn if each.moves_data]


def variable_of(source: Source, data: xml.Node) -> str:
    """Return the variable a data element is: its name where that can name one, else its id.

    A data object without a name has that of the first reference to it.
    """
    data = data_object(source, data)
    identity = xml.attribute(data, "id")
    for name in (xml.attribute(data, "name"), source.labels.get(identity, "")):
        if is_variable(name):
            return name
    return identity


def data_object(source: Source, data: xml.Node) -> xml.Node:
    """Return the data object a reference shows; any other data element is itself."""
    shown = source.find(xml.attribute(data, "dataObjectRef"), "dataObject")
    return data if shown is None else shown


def is_variable(name: str) -> bool:
    """Return whether an expression reads a text as one variable."""
    return bool(_WORD.fullmatch(name)) and is_name(name)


def owner_of(data: xml.Node) -> xml.Node | None:
    """Return the activity, event, process or sub-process that a data element belongs to."""
    around = data.getparent()
    while around is not None and xml.local_name(around) not in _OWNERS:
        around = around.getparent()
    return around


def used(source: Source) -> frozenset[str]:
    """Return the variables of data objects that some data association or loop of the file moves."""
    moved: list[xml.Node] = []
    for tag in (INPUT, OUTPUT):
        for node in source.root.iter(xml.qname(xml.BPMN, tag)):
            association = _association(source, node)
            if association.moves_data:
                moved += [each for each in (*association.sources, association.target) if each is not None]
    for tag in ("loopDataInputRef", "loopDataOutputRef"):
        for node in source.root.iter(xml.qname(xml.BPMN, tag)):
            moved += _meant(source, node)
    return frozenset(variable_of(source, each) for each in moved if _is_data(each))


def declared(source: Source, container: xml.Node, moved: frozenset[str]) -> list[str]:
    """Return the variables that are local to a container: its data objects and properties.

    A data object that has no name, is drawn, and takes part in nothing that is executed, is a drawing.
    """
    found = []
    for data in xml.children(container):
        tag = xml.local_name(data)
        if tag not in ("dataObject", "property") or not _is_data(data):
            continue
        name = variable_of(source, data)
        drawn = xml.attribute(data, "id") in source.labels and not xml.attribute(data, "name")
        if is_variable(name) and (name in moved or not drawn):
            found.append(name)
    return found


def read_inputs(source: Source, node: xml.Node, moved: frozenset[str]) -> tuple[Mapping, ...]:
    """Return the input mappings that a node's data is: what is local to a sub-process, then associations."""
    found = []
    if xml.local_name(node) in CONTAINERS:
        found += [Mapping(source=values.NULL, target=name) for name in declared(source, node, moved)]
    collection = loop_data(source, node, "loopDataInputRef")
    for association in associations(source, node, INPUT):
        if collection is None or association.target is not collection:
            found += _mappings(source, association)
    return tuple(found)


def read_outputs(source: Source, node: xml.Node) -> tuple[Mapping, ...]:
    """Return the output mappings that a node's data associations are."""
    collection = loop_data(source, node, "loopDataOutputRef")
    found: list[Mapping] = []
    for association in associations(source, node, OUTPUT):
        if collection is None or collection not in association.sources:
            found += _mappings(source, association)
    return tuple(found)


def loop_data(source: Source, node: xml.Node, tag: str) -> xml.Node | None:
    """Return the data element a multi-instance activity takes its items from, or collects its outputs in."""
    loop = xml.child(node, "multiInstanceLoopCharacteristics")
    reference = None if loop is None else xml.child(loop, tag)
    return next(iter(() if reference is None else _meant(source, reference)), None)


def collection_of(source: Source, node: xml.Node) -> Expression | None:
    """Return the items of a multi-instance activity: what reaches the data input it names (§10.3.8)."""
    data = loop_data(source, node, "loopDataInputRef")
    if data is None:
        return None
    for association in associations(source, node, INPUT):
        if association.target is data:
            return next(iter(_mappings(source, association))).source
    return Expression(source=variable_of(source, data), line=xml.line(data))


def collected_in(source: Source, node: xml.Node) -> str | None:
    """Return the variable a multi-instance activity's outputs go to, by the data output it names."""
    data = loop_data(source, node, "loopDataOutputRef")
    if data is None:
        return None
    for association in associations(source, node, OUTPUT):
        if data in association.sources and association.target is not None:
            return variable_of(source, association.target)
    return variable_of(source, data)


def _is_data(node: xml.Node) -> bool:
    tag = xml.local_name(node)
    if tag == "property" and _PLACEHOLDER.fullmatch(xml.attribute(node, "name")):
        return False
    return tag in DATA or tag in STORES


def _association(source: Source, node: xml.Node) -> Association:
    targets = [each for part in xml.children(node, xml.BPMN, "targetRef") for each in _meant(source, part)]
    assignments = []
    for part in xml.children(node, xml.BPMN, "assignment"):
        value = values.body_feel(xml.child(part, "from"))
        assignments.append((value or values.NULL, _path(source, xml.text(xml.child(part, "to")))))
    return Association(
        node=node,
        sources=tuple(
            each for part in xml.children(node, xml.BPMN, "sourceRef") for each in _meant(source, part)
        ),
        target=targets[0] if targets else None,
        transformation=values.body_feel(xml.child(node, "transformation")),
        assignments=tuple(assignments),
    )


def _meant(source: Source, reference: xml.Node) -> list[xml.Node]:
    node = source.ids.get(unprefixed(xml.text(reference).strip()))
    return [] if node is None else [node]


def _path(source: Source, text: str) -> str:
    """Return a place to assign to as a dotted path; a data element may be meant by its id."""
    path = text.strip().removeprefix("=").strip()
    first, dot, rest = path.partition(".")
    node = source.ids.get(first)
    return f"{variable_of(source, node)}{dot}{rest}" if node is not None and _is_data(node) else path


def _mappings(source: Source, association: Association) -> list[Mapping]:
    """Return what an association does, in the order of §10.4.2: transformation, assignments; else a copy."""
    found = []
    line = xml.line(association.node)
    target = "" if association.target is None else variable_of(source, association.target)
    if association.transformation is not None:
        found.append(Mapping(source=association.transformation, target=target))
    found += [Mapping(source=value, target=path) for value, path in association.assignments]
    if not found:
        copied = Expression(source=variable_of(source, association.sources[0]), line=line)
        found.append(Mapping(source=copied, target=target))
    return found
