"""Hints for the reader of a diagram: names that are missing, elements that are not drawn or lie on others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from engine import xml
from engine.bpmn.findings import found, place_in
from engine.bpmn.reader import FLOW_NODES
from engine.bpmn.source import Source, in_executable, unprefixed
from engine.model.records import Finding

_MOST_OVERLAPS = 20
_DECIDING = ("exclusiveGateway", "inclusiveGateway")


class _Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float


def check_readability(source: Source) -> Iterator[Finding]:
    """Yield a hint per nameless user task or question, and per element of a diagram that cannot be seen."""
    shapes = _shapes(source)
    yield from _check_names(source)
    if not shapes:
        return
    for tag in FLOW_NODES:
        for node in source.tags.get(tag, ()):
            identity = xml.attribute(node, "id")
            if identity not in shapes and in_executable(node):
                yield found(place_in(source.name, node), "not-drawn", element=identity)
    yield from _check_overlaps(source, shapes)


def _check_names(source: Source) -> Iterator[Finding]:
    forks: dict[str, int] = {}
    for flow in source.tags.get("sequenceFlow", ()):
        identity = xml.attribute(flow, "sourceRef")
        forks[identity] = forks.get(identity, 0) + 1
    for tag, rule in (
        (_DECIDING[0], "gateway-unnamed"),
        (_DECIDING[1], "gateway-unnamed"),
        ("userTask", "unnamed"),
    ):
        for node in source.tags.get(tag, ()):
            identity = xml.attribute(node, "id")
            decides = tag == "userTask" or forks.get(identity, 0) > 1
            if decides and not xml.attribute(node, "name") and in_executable(node):
                yield found(place_in(source.name, node), rule, element=identity)


def _shapes(source: Source) -> dict[str, _Box]:
    shapes: dict[str, _Box] = {}
    for shape in source.root.iter(xml.qname(xml.BPMNDI, "BPMNShape")):
        bounds = xml.child(shape, "Bounds", xml.DC)
        if bounds is not None:
            left, top = _number(bounds, "x"), _number(bounds, "y")
            right, bottom = left + _number(bounds, "width"), top + _number(bounds, "height")
            shapes[unprefixed(xml.attribute(shape, "bpmnElement"))] = _Box(left, top, right, bottom)
    return shapes


def _number(node: xml.Node, name: str) -> float:
    return float(xml.attribute(node, name) or 0)


def _check_overlaps(source: Source, shapes: dict[str, _Box]) -> Iterator[Finding]:
    """Compare the elements of each container from left to right; boundary events lie on their hosts."""
    containers: dict[xml.Node | None, list[tuple[_Box, xml.Node]]] = {}
    for tag in FLOW_NODES:
        for node in source.tags.get(tag, ()) if tag != "boundaryEvent" else ():
            box = shapes.get(xml.attribute(node, "id"))
            if box is not None and in_executable(node):
                containers.setdefault(node.getparent(), []).append((box, node))
    said = 0
    for drawn in containers.values():
        for one, other in _overlapping(drawn):
            if said == _MOST_OVERLAPS:
                return
            said += 1
            place = place_in(source.name, other)
            yield found(place, "overlap", one=xml.attribute(one, "id"), other=xml.attribute(other, "id"))


def _overlapping(drawn: list[tuple[_Box, xml.Node]]) -> Iterator[tuple[xml.Node, xml.Node]]:
    near: list[tuple[_Box, xml.Node]] = []
    for box, node in sorted(drawn, key=lambda entry: entry[0]):
        near = [entry for entry in near if entry[0].right > box.left]
        for other, earlier in near:
            if box.top < other.bottom and other.top < box.bottom:
                yield earlier, node
                break
        near.append((box, node))
