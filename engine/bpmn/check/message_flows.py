"""Pools and message flows (BPMN 2.0.2 §7.6.2, §9): between two pools, from what sends to what receives."""

from __future__ import annotations

from collections.abc import Iterator

from engine import xml
from engine.bpmn.check.shapes import ACTIVITY_TAGS
from engine.bpmn.events import definition_nodes
from engine.bpmn.findings import found, place_in
from engine.bpmn.source import Source, process_around, unprefixed
from engine.model.records import Finding

_THROWS = {"endEvent", "intermediateThrowEvent"}
_CATCHES = {"startEvent", "intermediateCatchEvent", "boundaryEvent"}
_POOLS = {"participant", "conversation", "subConversation", "callConversation"}
_SENDERS = (ACTIVITY_TAGS | _THROWS | _POOLS) - {"receiveTask"}
_RECEIVERS = (ACTIVITY_TAGS | _CATCHES | _POOLS) - {"sendTask"}


def check_message_flows(source: Source) -> Iterator[Finding]:
    """Yield a finding per pool that contradicts another, and per message flow that may not be drawn."""
    yield from _check_pools(source)
    pools = {
        unprefixed(xml.attribute(pool, "processRef")): xml.attribute(pool, "id")
        for pool in source.tags.get("participant", ())
    }
    for flow in source.tags.get("messageFlow", ()):
        yield from _check_flow(source, flow, pools)


def _check_pools(source: Source) -> Iterator[Finding]:
    shown: dict[tuple[xml.Node | None, str], str] = {}
    for pool in source.tags.get("participant", ()):
        process = unprefixed(xml.attribute(pool, "processRef"))
        identity = xml.attribute(pool, "id")
        if process:
            earlier = shown.setdefault((pool.getparent(), process), identity)
            if earlier != identity:
                yield found(
                    place_in(source.name, pool), "pool-shared", process=process, one=earlier, other=identity
                )
    for limits in source.tags.get("participantMultiplicity", ()):
        least, most = xml.integer(limits, "minimum", 0), xml.integer(limits, "maximum", 1)
        if least < 0 or most < max(least, 1):
            yield found(place_in(source.name, limits), "pool-multiplicity", least=least, most=most)


def _check_flow(source: Source, flow: xml.Node, pools: dict[str, str]) -> Iterator[Finding]:
    ends = [source.ids.get(unprefixed(xml.attribute(flow, name))) for name in ("sourceRef", "targetRef")]
    sender, receiver = ends
    if sender is None or receiver is None:
        return  # said by the references
    place = place_in(source.name, flow)
    for end, allowed, events, key in (
        (sender, _SENDERS, _THROWS, "message-flow-source"),
        (receiver, _RECEIVERS, _CATCHES, "message-flow-target"),
    ):
        tag = xml.local_name(end)
        if tag not in allowed or (tag in events and _waits_for_something_else(source, end)):
            yield found(place, key, flow=xml.attribute(flow, "id"), end=xml.attribute(end, "id"), tag=tag)
    one, other = _pool(sender, pools), _pool(receiver, pools)
    if one and one == other:
        yield found(place, "message-flow-inside", flow=xml.attribute(flow, "id"), pool=one)


def _waits_for_something_else(source: Source, event: xml.Node) -> bool:
    """Tell whether an event has definitions and none of them is a message: none events are let pass."""
    kinds = {xml.local_name(part) for part in definition_nodes(source, event)}
    return bool(kinds) and "messageEventDefinition" not in kinds


def _pool(end: xml.Node, pools: dict[str, str]) -> str:
    """Return the pool an end is in: its own id, that of the process' pool, or the process' id without one."""
    if xml.local_name(end) in _POOLS:
        return xml.attribute(end, "id")
    process = process_around(end)
    identity = "" if process is None else xml.attribute(process, "id")
    return pools.get(identity, identity)
