"""Events in the flow (BPMN 2.0.2 §10.5.4): what leads to them and away, conditions, events nothing throws."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.check.shapes import is_container
from engine.bpmn.findings import found, place_of
from engine.errors import InvalidExpression
from engine.feel import compile_unkept
from engine.model.definition import Element, ElementType, EventDefinition, EventType, ProcessDefinition
from engine.model.records import Finding

_T = ElementType
_INTERMEDIATE = {_T.INTERMEDIATE_CATCH_EVENT, _T.INTERMEDIATE_THROW_EVENT}
_SILENT = {_T.TASK, _T.MANUAL_TASK, _T.SCRIPT_TASK}


def check_event_flows(definition: ProcessDefinition) -> Iterator[Finding]:
    """Yield what is wrong with events beyond their place and their definitions."""
    for element in definition.elements.values():
        if element.type in _INTERMEDIATE:
            yield from _check_flows(definition, element)
        for event in element.events:
            if event.type is EventType.CONDITIONAL and event.condition is not None:
                yield from _check_condition(definition, element, event.condition.source)
        if element.type is _T.BOUNDARY_EVENT:
            yield from _check_thrown(definition, element)


def _check_flows(definition: ProcessDefinition, element: Element) -> Iterator[Finding]:
    """Flows lead to an intermediate event and away from it, but for links and inside ad-hoc sub-processes."""
    around = definition.elements[element.parent]
    if around.type is _T.AD_HOC_SUB_PROCESS or any(event.type is EventType.LINK for event in element.events):
        return
    place = place_of(definition.file, element)
    if not element.incoming:
        yield found(place, "event-flow/none-in", element=element.id)
    if not element.outgoing:
        yield found(place, "event-flow/none-out", element=element.id)


def _check_condition(definition: ProcessDefinition, element: Element, source: str) -> Iterator[Finding]:
    place = place_of(definition.file, element)
    try:
        reads = compile_unkept(source).variables
    except InvalidExpression:
        return  # said by the expressions
    if not reads:
        yield found(place, "event-condition-constant", element=element.id)


def _check_thrown(definition: ProcessDefinition, boundary: Element) -> Iterator[Finding]:
    host = definition.elements.get(boundary.attached_to or "")
    if host is None or host.loop is not None:
        return
    for event in boundary.events:
        if event.type in _THROWN and not _may_throw(definition, host, event):
            yield found(
                place_of(definition.file, boundary),
                "event-never",
                host=host.id,
                event=event.type,
                code=event.code or "*",
                element=boundary.id,
            )


_THROWN = {EventType.ERROR, EventType.ESCALATION}


def _may_throw(definition: ProcessDefinition, host: Element, wanted: EventDefinition) -> bool:
    """Tell whether a host, or anything inside it, may throw what a boundary event waits for."""
    if is_container(host):
        members = (definition.elements[member] for member in definition.children.get(host.id, ()))
        return any(_may_throw(definition, member, wanted) for member in members)
    if host.type in {_T.END_EVENT, _T.INTERMEDIATE_THROW_EVENT}:
        same = (event for event in host.events if event.type is wanted.type)
        return host.job is not None or any(wanted.code in (None, event.code) for event in same)
    return host.job is not None or host.type not in _QUIET


_QUIET = _SILENT | {
    _T.START_EVENT,
    _T.INTERMEDIATE_CATCH_EVENT,
    _T.BOUNDARY_EVENT,
    _T.EXCLUSIVE_GATEWAY,
    _T.PARALLEL_GATEWAY,
    _T.INCLUSIVE_GATEWAY,
    _T.COMPLEX_GATEWAY,
    _T.EVENT_BASED_GATEWAY,
}
