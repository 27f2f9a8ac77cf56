"""Multi-instance activities (BPMN 2.0.2 §10.3.8): counts that are none, attributes that contradict."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine import xml
from engine.bpmn.check.limits import MAX_INSTANCES
from engine.bpmn.findings import Place, found, place_in
from engine.bpmn.source import Source, in_executable
from engine.model.records import Finding

_NUMBER = re.compile(r"\s*=?\s*(-?\d+(?:\.\d+)?)\s*")
_TEXT = re.compile(r'\s*=?\s*"[^"]*"\s*|\s*=?\s*(?:true|false|null)\s*')
# behavior → what belongs to it; every other one of these parts contradicts it
_BEHAVIOR = {
    "None": "noneBehaviorEventRef",
    "One": "oneBehaviorEventRef",
    "Complex": "complexBehaviorDefinition",
}


def check_repetition(source: Source) -> Iterator[Finding]:
    """Yield what contradicts itself in the multi-instance activities of a file's executable processes."""
    for loop in source.tags.get("multiInstanceLoopCharacteristics", ()):
        if in_executable(loop):
            place = place_in(source.name, loop)
            yield from _check_cardinality(place, xml.child(loop, "loopCardinality"))
            yield from _check_behavior(place, loop)


def _check_cardinality(place: Place, cardinality: xml.Node | None) -> Iterator[Finding]:
    text = xml.text(cardinality)
    number = _NUMBER.fullmatch(text)
    if number is not None and ("-" in number[1] or "." in number[1]):
        yield found(place, "multi-instance-cardinality", cardinality=number[1][:20], most=MAX_INSTANCES)
    elif _TEXT.fullmatch(text):
        yield found(place, "multi-instance-cardinality", cardinality=text.strip()[:20], most=MAX_INSTANCES)


def _check_behavior(place: Place, loop: xml.Node) -> Iterator[Finding]:
    behavior = xml.attribute(loop, "behavior") or "All"
    needed = _BEHAVIOR.get(behavior)
    for part in _BEHAVIOR.values():
        given = bool(xml.attribute(loop, part)) or xml.child(loop, part) is not None
        if part != needed and given:
            yield found(place, "behavior-contradiction", behavior=behavior, part=part)
