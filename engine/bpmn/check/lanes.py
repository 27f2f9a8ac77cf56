"""Lanes (BPMN 2.0.2 §10.8): each element in one lane of a lane set, and only elements of the same process."""

from __future__ import annotations

from collections.abc import Iterator

from engine import xml
from engine.bpmn.findings import found, place_in
from engine.bpmn.source import Source, process_around, unprefixed
from engine.model.records import Finding


def check_lanes(source: Source) -> Iterator[Finding]:
    """Yield a finding per element of another process in a lane, and per element in two lanes."""
    taken: dict[tuple[xml.Node, str], xml.Node] = {}
    for lane in source.tags.get("lane", ()):
        process, outermost = process_around(lane), _outermost(lane)
        for reference in xml.children(lane, xml.BPMN, "flowNodeRef"):
            identity = unprefixed(xml.text(reference).strip())
            node = source.ids.get(identity)
            if node is None:
                continue
            if process_around(node) is not process:
                yield found(
                    place_in(source.name, lane),
                    "lane-foreign",
                    lane=xml.attribute(lane, "id"),
                    element=identity,
                )
            earlier = taken.setdefault((outermost, identity), lane)
            if earlier is not lane and not _nested(earlier, lane):
                yield found(
                    place_in(source.name, lane),
                    "lane-twice",
                    element=identity,
                    one=xml.attribute(earlier, "id"),
                    other=xml.attribute(lane, "id"),
                )


def _outermost(lane: xml.Node) -> xml.Node:
    """Return the lane set drawn directly in the process or sub-process: another one is another partition."""
    around = lane
    while around.getparent() is not None and xml.local_name(around) != "laneSet":
        around = around.getparent()  # type: ignore[assignment]
    return around


def _nested(one: xml.Node, other: xml.Node) -> bool:
    return any(around is one for around in other.iterancestors()) or any(
        around is other for around in one.iterancestors()
    )
