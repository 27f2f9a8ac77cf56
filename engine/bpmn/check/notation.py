"""What an element says about itself against what is drawn: flow lists, directions, empty expressions."""

from __future__ import annotations

from collections.abc import Iterator

from engine import xml
from engine.bpmn.findings import found, place_in
from engine.bpmn.reader import FLOW_NODES
from engine.bpmn.source import Source, in_executable, unprefixed
from engine.model.records import Finding

_ENDS = {"incoming": "targetRef", "outgoing": "sourceRef"}
_EXPRESSIONS = ("conditionExpression", "completionCondition", "loopCondition", "loopCardinality")


def check_notation(source: Source) -> Iterator[Finding]:
    """Yield a finding per contradiction between the attributes and lists of a file and its flows."""
    count: dict[tuple[str, str], int] = {}
    for flow in source.tags.get("sequenceFlow", ()):
        for side, end in _ENDS.items():
            key = side, xml.attribute(flow, end)
            count[key] = count.get(key, 0) + 1
        yield from _check_home(source, flow)
    for side in _ENDS:
        yield from _check_lists(source, side, count)
    for tag in FLOW_NODES:
        for node in source.tags.get(tag, ()):
            yield from _check_direction(source, node, count)
    yield from _check_empty(source)


def _check_home(source: Source, flow: xml.Node) -> Iterator[Finding]:
    """A flow is written where both its ends are; where the ends part, the structure says so."""
    nodes = [source.ids.get(unprefixed(xml.attribute(flow, end))) for end in _ENDS.values()]
    homes = [node.getparent() for node in nodes if node is not None]
    if len(homes) == 2 and homes[0] is homes[1] and flow.getparent() is not homes[0] and in_executable(flow):
        yield found(place_in(source.name, flow), "flow-misplaced", flow=xml.attribute(flow, "id"))


def _check_lists(source: Source, side: str, count: dict[tuple[str, str], int]) -> Iterator[Finding]:
    listed: dict[str, int] = {}
    nodes: dict[str, xml.Node] = {}
    for part in source.tags.get(side, ()):
        node = part.getparent()
        if node is None or xml.local_name(node) not in FLOW_NODES or not in_executable(node):
            continue
        identity, text = xml.attribute(node, "id"), unprefixed(xml.text(part).strip())
        flow = source.ids.get(text)
        if flow is None or xml.local_name(flow) != "sequenceFlow":
            continue  # said by the references
        if unprefixed(xml.attribute(flow, _ENDS[side])) != identity:
            place = place_in(source.name, part)
            yield found(place, f"flow-list/{side}", element=identity, flow=text)
            continue
        listed[identity] = listed.get(identity, 0) + 1
        nodes[identity] = node
    for identity, number in listed.items():
        if number != count.get((side, identity), number):
            yield found(
                place_in(source.name, nodes[identity]), "flow-list-partial", element=identity, side=side
            )


def _check_direction(source: Source, node: xml.Node, count: dict[tuple[str, str], int]) -> Iterator[Finding]:
    direction = xml.attribute(node, "gatewayDirection")
    if not direction or not in_executable(node):
        return
    identity = xml.attribute(node, "id")
    coming, going = count.get(("incoming", identity), 0), count.get(("outgoing", identity), 0)
    contradicts = {
        "Converging": going > 1,
        "Diverging": coming > 1,
        "Mixed": coming < 2 or going < 2,
    }
    if contradicts.get(direction, False):
        yield found(
            place_in(source.name, node),
            "gateway-direction",
            element=identity,
            direction=direction,
            coming=coming,
            going=going,
        )


def _check_empty(source: Source) -> Iterator[Finding]:
    defaults = _defaults(source)
    for tag in _EXPRESSIONS:
        for node in source.tags.get(tag, ()):
            around = node.getparent()
            if around is None or not in_executable(node):
                continue
            place, identity = place_in(source.name, node), xml.attribute(around, "id")
            if identity in defaults:
                yield found(place, "default-conditional", flow=identity)
            elif not xml.text(node).strip().removeprefix("="):
                yield found(place, "expression-empty", tag=tag)


def _defaults(source: Source) -> set[str]:
    """Return the default flows: their conditions are ignored (BPMN 2.0.2 §8.3.13)."""
    return {
        xml.attribute(node, "default")
        for tag in FLOW_NODES
        for node in source.tags.get(tag, ())
        if xml.attribute(node, "default")
    }
