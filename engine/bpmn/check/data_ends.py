"""What refers to data means data (BPMN 2.0.2 §10.4): ends of associations, members of sets, references."""

from __future__ import annotations

from collections.abc import Iterator

from engine import xml
from engine.bpmn.findings import found, place_in
from engine.bpmn.source import Source, container_around, in_executable, unprefixed
from engine.model.records import Finding

_HOLDERS = {
    "dataObject",
    "dataObjectReference",
    "dataStore",
    "dataStoreReference",
    "property",
    "dataInput",
    "dataOutput",
    "inputDataItem",
    "outputDataItem",
}
_SETS = {
    "dataInputRefs": "dataInput",
    "optionalInputRefs": "dataInput",
    "whileExecutingInputRefs": "dataInput",
    "dataOutputRefs": "dataOutput",
    "optionalOutputRefs": "dataOutput",
    "whileExecutingOutputRefs": "dataOutput",
}
_ASSOCIATIONS = ("dataInputAssociation", "dataOutputAssociation")


def check_data_ends(source: Source) -> Iterator[Finding]:
    """Yield a finding per end of an association, member of a set and reference that means no data here."""
    for tag in _ASSOCIATIONS:
        for association in _executable(source, tag):
            yield from _check_association(source, association, tag)
    for tag in _SETS:
        for member in _executable(source, tag):
            yield from _check_member(source, member, tag)
    for reference in _executable(source, "dataObjectReference"):
        yield from _check_object(source, reference)
    yield from _check_loop_data(source)


def _executable(source: Source, tag: str) -> Iterator[xml.Node]:
    return (node for node in source.tags.get(tag, ()) if in_executable(node))


def _check_association(source: Source, association: xml.Node, tag: str) -> Iterator[Finding]:
    """An end at the activity itself is how some modelers draw that no data input is meant."""
    place = place_in(source.name, association)
    for part in (*xml.children(association, xml.BPMN, "sourceRef"), *_targets(association)):
        text = xml.text(part).strip()
        node = source.ids.get(unprefixed(text))
        if node is None:
            if text:
                yield found(place, "reference-dangling", name=xml.local_name(part), reference=text)
        elif xml.local_name(node) not in _HOLDERS and node is not association.getparent():
            yield found(place, "data-end", tag=tag, reference=text, other=xml.local_name(node))


def _targets(association: xml.Node) -> list[xml.Node]:
    return xml.children(association, xml.BPMN, "targetRef")


def _is_visible(node: xml.Node, place: xml.Node) -> bool:
    owner = container_around(node)
    return any(around is owner for around in place.iterancestors())


def _check_member(source: Source, member: xml.Node, tag: str) -> Iterator[Finding]:
    """The members of an input or output set are inputs or outputs of the same specification."""
    node = source.ids.get(unprefixed(xml.text(member).strip()))
    if node is None:
        return  # said by the references
    around = member.getparent()
    owner = None if around is None else around.getparent()
    if xml.local_name(node) != _SETS[tag] or node.getparent() is not owner:
        yield found(
            place_in(source.name, member),
            "data-set",
            tag=tag,
            expected=_SETS[tag],
            reference=xml.attribute(node, "id"),
        )


def _check_object(source: Source, reference: xml.Node) -> Iterator[Finding]:
    name = xml.attribute(reference, "dataObjectRef")
    node = source.ids.get(unprefixed(name))
    if node is not None and xml.local_name(node) == "dataObject" and not _is_visible(node, reference):
        yield found(place_in(source.name, reference), "data-scope", reference=name)


def _check_loop_data(source: Source) -> Iterator[Finding]:
    """What a multi-instance activity iterates holds data; a name that is no id is taken for a variable."""
    for tag in ("loopDataInputRef", "loopDataOutputRef"):
        for part in _executable(source, tag):
            text = xml.text(part).strip()
            node = source.ids.get(unprefixed(text))
            if text and node is None:
                continue
            if node is None or xml.local_name(node) not in _HOLDERS:
                other = "" if node is None else xml.local_name(node)
                yield found(place_in(source.name, part), "data-end", tag=tag, reference=text, other=other)
