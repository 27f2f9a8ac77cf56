"""Reading lanes (BPMN 2.0.2 §10.8): which lane and which candidate group an element belongs to."""

from __future__ import annotations

import msgspec

from engine import xml
from engine.bpmn import extensions
from engine.model.definition import Lane


class Lanes(msgspec.Struct, frozen=True, kw_only=True):
    """The lanes of one process, and the innermost one of each element as (lane id, group)."""

    lanes: tuple[Lane, ...]
    by_element: dict[str, tuple[str, str]]

    def of(self, element_id: str) -> tuple[str, str]:
        """Return the lane id and group of an element, empty where it is in no lane."""
        return self.by_element.get(element_id, ("", ""))


def read_lanes(process: xml.Node) -> Lanes:
    """Read all lane sets below a process, those of sub-processes included; inner lanes win over outer."""
    lanes: list[Lane] = []
    by_element: dict[str, tuple[str, str]] = {}
    for node in process.iter(xml.qname(xml.BPMN, "lane")):
        group = _group(node)
        elements = tuple(xml.text(part).strip() for part in xml.children(node, xml.BPMN, "flowNodeRef"))
        lane = Lane(
            id=xml.attribute(node, "id"), name=xml.attribute(node, "name"), group=group, elements=elements
        )
        lanes.append(lane)
        by_element.update(dict.fromkeys(elements, (lane.id, group)))
    return Lanes(lanes=tuple(lanes), by_element=by_element)


def _group(lane: xml.Node) -> str:
    """Return the lane's own ``obieg:group``, else the nearest one of the lanes around it."""
    around: xml.Node | None = lane
    while around is not None and xml.local_name(around) in {"lane", "childLaneSet"}:
        group = extensions.properties(around).get("obieg:group", "").strip()
        if group:
            return group
        around = around.getparent()
    return ""
