"""Compensation (BPMN 2.0.2 §10.7): handlers outside the normal flow, each tied to one boundary event."""

from __future__ import annotations

from collections.abc import Iterator

from engine import xml
from engine.bpmn.check.shapes import ACTIVITY_TAGS
from engine.bpmn.events import definition_nodes
from engine.bpmn.findings import found, place_in
from engine.bpmn.source import Source, container_around, in_executable, unprefixed
from engine.model.records import Finding

_COMPENSATION = "compensateEventDefinition"


def check_compensation(source: Source) -> Iterator[Finding]:
    """Yield what is wrong with compensation handlers and with what throws compensation."""
    ties = _ties(source)
    handlers: set[str] = set()
    for boundary in source.tags.get("boundaryEvent", ()):
        if in_executable(boundary) and _compensates(source, boundary):
            tied = ties.get(xml.attribute(boundary, "id"), [])
            handlers.update(xml.attribute(handler, "id") for handler in tied)
            yield from _check_boundary(source, boundary, tied)
    for tag in sorted(ACTIVITY_TAGS):
        for activity in source.tags.get(tag, ()):
            if xml.boolean(activity, "isForCompensation", False) and in_executable(activity):
                identity = xml.attribute(activity, "id")
                if identity not in handlers:
                    yield found(
                        place_in(source.name, activity), "compensation-handler/loose", element=identity
                    )
    yield from _check_throws(source)


def _ties(source: Source) -> dict[str, list[xml.Node]]:
    """Return by boundary event what its associations lead to, artifacts left out."""
    ties: dict[str, list[xml.Node]] = {}
    for association in source.tags.get("association", ()):
        ends = [unprefixed(xml.attribute(association, name)) for name in ("sourceRef", "targetRef")]
        for near, far in (ends, reversed(ends)):
            node = source.ids.get(far)
            if node is not None and xml.local_name(node) in ACTIVITY_TAGS:
                ties.setdefault(near, []).append(node)
    return ties


def _compensates(source: Source, event: xml.Node) -> bool:
    return any(xml.local_name(part) == _COMPENSATION for part in definition_nodes(source, event))


def _check_boundary(source: Source, boundary: xml.Node, handlers: list[xml.Node]) -> Iterator[Finding]:
    place, identity = place_in(source.name, boundary), xml.attribute(boundary, "id")
    if len(handlers) != 1:
        key = "compensation-handler/several" if handlers else "compensation-handler/none"
        yield found(place, key, element=identity, count=len(handlers))
    for handler in handlers:
        other = xml.attribute(handler, "id")
        if not xml.boolean(handler, "isForCompensation", False):
            yield found(place, "compensation-handler/unmarked", element=identity, handler=other)
        if container_around(handler) is not container_around(boundary):
            yield found(place, "compensation-handler/elsewhere", element=identity, handler=other)


def _check_throws(source: Source) -> Iterator[Finding]:
    for definition in source.tags.get(_COMPENSATION, ()):
        reference = unprefixed(xml.attribute(definition, "activityRef"))
        activity = source.ids.get(reference)
        event = definition.getparent()
        if activity is None or event is None or not in_executable(event):
            continue
        place = place_in(source.name, definition)
        values = {"element": xml.attribute(event, "id"), "activity": reference}
        if not any(scope is container_around(activity) for scope in _visible_scopes(event)):
            yield found(place, "compensation-scope", **values)
        elif not _is_compensable(source, activity):
            yield found(place, "compensation-nothing", **values)


def _visible_scopes(event: xml.Node) -> Iterator[xml.Node]:
    """Yield the container of a throwing event and, through event sub-processes, those around it."""
    scope = container_around(event)
    while scope is not None:
        yield scope
        if not xml.boolean(scope, "triggeredByEvent", False):
            return
        scope = container_around(scope)


def _is_compensable(source: Source, activity: xml.Node) -> bool:
    """Tell whether an activity has a handler; what is inside a sub-process may have one of its own."""
    identity = xml.attribute(activity, "id")
    if activity.find(f".//{xml.qname(xml.BPMN, _COMPENSATION)}") is not None:
        return True
    return any(
        unprefixed(xml.attribute(boundary, "attachedToRef")) == identity and _compensates(source, boundary)
        for boundary in source.tags.get("boundaryEvent", ())
    )
