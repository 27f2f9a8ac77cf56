"""Our diagrams as pictures: an official must be able to read them, so nothing overlaps, hides or crosses."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine import xml

DIAGRAMS = sorted((Path(__file__).parents[3] / "processes").rglob("*.bpmn"))
CONTAINERS = {"participant", "lane", "subProcess"}
CHARACTER, LINE = 5.7, 13.0  # what a label's 11 px font needs
Point = tuple[float, float]
Segment = tuple[Point, Point]


@dataclass(frozen=True)
class Box:
    """A rectangle: where a shape or a label is."""

    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: Box) -> bool:
        apart_x = self.x + self.width <= other.x or other.x + other.width <= self.x
        return not apart_x and self.y < other.y + other.height and other.y < self.y + self.height

    def contains(self, other: Box) -> bool:
        inside_x = self.x <= other.x and other.x + other.width <= self.x + self.width
        return inside_x and self.y <= other.y and other.y + other.height <= self.y + self.height

    def has_on_border(self, point: Point) -> bool:
        x, y = point
        on_side = x in (self.x, self.x + self.width) and self.y <= y <= self.y + self.height
        return on_side or (y in (self.y, self.y + self.height) and self.x <= x <= self.x + self.width)

    def is_crossed_by(self, segment: Segment) -> bool:
        (x1, y1), (x2, y2) = segment
        line = Box(min(x1, x2), min(y1, y2), abs(x1 - x2), abs(y1 - y2))
        across_x = line.x < self.x + self.width and self.x < line.x + line.width
        return across_x and line.y < self.y + self.height and self.y < line.y + line.height

    @property
    def centre(self) -> Point:
        return self.x + self.width / 2, self.y + self.height / 2


class Picture:
    """One diagram: elements by id, the boxes of shapes and labels, the points of flows."""

    def __init__(self, path: Path) -> None:
        root = xml.parse(path.name, path.read_bytes()).root
        drawn = {xml.local_name(node) for node in xml.descendants(root)}
        assert "BPMNPlane" in drawn, f"{path} has no picture"
        self.elements = {node.get("id", ""): node for node in xml.descendants(root) if _is_model(node)}
        self.shapes: dict[str, Box] = {}
        self.labels: dict[str, Box] = {}
        self.flows: dict[str, list[Point]] = {}
        for node in xml.descendants(root):
            if xml.local_name(node) in ("BPMNShape", "BPMNEdge"):
                self._take(node)

    def _take(self, node: xml.Node) -> None:
        element = node.get("bpmnElement", "")
        for part in xml.descendants(node):
            if xml.local_name(part) == "Bounds":
                around = part.getparent()
                labelled = around is not None and xml.local_name(around) == "BPMNLabel"
                boxes = self.labels if labelled else self.shapes
                boxes[element] = Box(
                    *(float(part.get(name, "nan")) for name in ("x", "y", "width", "height"))
                )
            elif xml.local_name(part) == "waypoint":
                point = float(part.get("x", "nan")), float(part.get("y", "nan"))
                self.flows.setdefault(element, []).append(point)

    def tag(self, element: str) -> str:
        return xml.local_name(self.elements[element])

    def solid(self) -> dict[str, Box]:
        """Return the shapes nothing may lie on: all but pools, lanes and sub-processes."""
        return {
            element: box
            for element, box in self.shapes.items()
            if self.tag(element) not in CONTAINERS
            or (self.tag(element) == "participant" and self.is_black_box(element))
        }

    def is_black_box(self, element: str) -> bool:
        return not self.elements[element].get("processRef")

    def segments(self, flow: str) -> Iterator[Segment]:
        return iter(itertools.pairwise(self.flows[flow]))

    def ends(self, flow: str) -> tuple[str, str]:
        node = self.elements[flow]
        return node.get("sourceRef", ""), node.get("targetRef", "")

    def label_boxes(self) -> dict[str, Box]:
        """Return what the labels' texts cover: as wide as given, as high as the lines need."""
        return {
            element: Box(
                box.x, box.y, box.width, max(box.height, LINE * _lines(self.elements[element], box.width))
            )
            for element, box in self.labels.items()
        }


def _is_model(node: xml.Node) -> bool:
    return xml.namespace(node) == xml.BPMN and node.get("id") is not None


def _lines(node: xml.Node, width: float) -> int:
    return len(textwrap.wrap(node.get("name", ""), int(width / CHARACTER)))


@pytest.fixture(params=DIAGRAMS, ids=lambda path: path.stem, scope="module")
def picture(request: pytest.FixtureRequest) -> Picture:
    return Picture(request.param)


def test_there_are_diagrams() -> None:
    assert DIAGRAMS


def test_everything_in_the_model_is_in_the_picture(picture: Picture) -> None:
    nodes = {e for e in picture.elements if picture.tag(e).endswith(("Event", "Task", "Gateway", "task"))}
    flows = {e for e in picture.elements if picture.tag(e) in ("sequenceFlow", "messageFlow")}
    assert nodes | flows <= picture.shapes.keys() | picture.flows.keys()


def test_shapes_do_not_overlap(picture: Picture) -> None:
    solid = picture.solid()
    for (one, box), (other, another) in itertools.combinations(solid.items(), 2):
        hosted = {picture.elements[one].get("attachedToRef"), picture.elements[other].get("attachedToRef")}
        assert hosted & {one, other} or not box.overlaps(another), f"{one} lies on {other}"


def test_boundary_events_sit_on_the_border_of_their_host(picture: Picture) -> None:
    for element, box in picture.shapes.items():
        host = picture.elements[element].get("attachedToRef")
        if host is not None:
            assert picture.shapes[host].has_on_border(box.centre), f"{element} is not on the border of {host}"


def test_everything_is_inside_its_lane_and_pool(picture: Picture) -> None:
    for element, node in picture.elements.items():
        if picture.tag(element) in ("lane", "childLaneSet"):
            for part in xml.children(node, xml.BPMN, "flowNodeRef"):
                member = (part.text or "").strip()
                assert picture.shapes[element].contains(picture.shapes[member]), (
                    f"{member} sticks out of {element}"
                )
        if picture.tag(element) == "lane":
            for outer in _lanes_around(node):
                inside = picture.shapes[outer].contains(picture.shapes[element])
                assert inside, f"lane {element} sticks out of {outer}"
        if picture.tag(element) == "subProcess":
            inner = [e for e in picture.shapes if picture.elements[e].getparent() is node]
            assert inner
            assert all(picture.shapes[element].contains(picture.shapes[e]) for e in inner), element


def _lanes_around(node: xml.Node) -> Iterator[str]:
    around = node.getparent()
    while around is not None:
        if xml.local_name(around) == "lane":
            yield around.get("id", "")
        around = around.getparent()


def test_flows_start_and_end_on_their_elements_and_run_straight(picture: Picture) -> None:
    for flow in picture.flows:
        source, target = picture.ends(flow)
        points = picture.flows[flow]
        if picture.tag(flow) == "association":
            continue
        assert picture.shapes[source].has_on_border(points[0]), f"{flow} does not start at {source}"
        assert picture.shapes[target].has_on_border(points[-1]), f"{flow} does not end at {target}"
        for (x1, y1), (x2, y2) in picture.segments(flow):
            assert x1 == x2 or y1 == y2, f"{flow} is slanted"


def test_flows_pass_no_shape_on_their_way(picture: Picture) -> None:
    solid = picture.solid()
    for flow in picture.flows:
        for segment, (element, box) in itertools.product(picture.segments(flow), solid.items()):
            assert not box.is_crossed_by(segment) or element in picture.ends(flow), (
                f"{flow} runs through {element}"
            )


def test_sequence_flows_do_not_cross(picture: Picture) -> None:
    flows = [flow for flow in picture.flows if picture.tag(flow) == "sequenceFlow"]
    for one, other in itertools.combinations(flows, 2):
        for segment, another in itertools.product(picture.segments(one), picture.segments(other)):
            assert not _cross(segment, another), f"{one} crosses {other}"


def _cross(one: Segment, other: Segment) -> bool:
    """Say whether one horizontal and one vertical segment meet away from their ends."""
    for (start, end), (low, high) in ((one, other), (other, one)):
        if start[1] == end[1] and low[0] == high[0]:
            across_x = min(start[0], end[0]) < low[0] < max(start[0], end[0])
            return across_x and min(low[1], high[1]) < start[1] < max(low[1], high[1])
    return False


def test_labels_cover_nothing(picture: Picture) -> None:
    labels, solid = picture.label_boxes(), picture.solid()
    for (one, box), (other, another) in itertools.combinations(labels.items(), 2):
        assert not box.overlaps(another), f"the labels of {one} and {other} overlap"
    for (one, box), (other, shape) in itertools.product(labels.items(), solid.items()):
        assert not box.overlaps(shape), f"the label of {one} lies on {other}"
    for (one, box), flow in itertools.product(labels.items(), picture.flows):
        crossed = any(box.is_crossed_by(segment) for segment in picture.segments(flow))
        assert not crossed, f"{flow} runs through the label of {one}"


def test_every_event_and_gateway_with_a_name_says_where_its_label_is(picture: Picture) -> None:
    for element in picture.shapes:
        if picture.tag(element).endswith(("Event", "Gateway")) and picture.elements[element].get("name"):
            assert element in picture.labels, f"the label of {element} is wherever the viewer puts it"
