"""Timers: a body is given, literals parse and lie within the limits (``security.md`` §4.5)."""

from __future__ import annotations

from collections.abc import Iterator

from engine import recurrence
from engine.bpmn.findings import found, place_of
from engine.model.definition import Element, EventDefinition, EventType, ProcessDefinition, TimerType
from engine.model.records import Finding


def check_timers(definition: ProcessDefinition) -> Iterator[Finding]:
    """Yield a finding per timer that cannot be scheduled, due dates and back-off of tasks included."""
    for element in definition.elements.values():
        for event in element.events:
            if event.type is EventType.TIMER:
                yield from _check_timer(definition, element, event)
        yield from _check_dates(definition, element)
        yield from _check_back_off(definition, element)


def _check_timer(
    definition: ProcessDefinition, element: Element, event: EventDefinition
) -> Iterator[Finding]:
    if event.timer is None or event.timer_type is None:
        yield found(place_of(definition.file, element), "timer-missing")
    elif event.timer.literal:
        yield from _check_literal(definition, element, event.timer_type, event.timer.source)


def _check_dates(definition: ProcessDefinition, element: Element) -> Iterator[Finding]:
    task = element.user_task
    for expression in (task.due_date, task.follow_up_date) if task else ():
        if expression is not None and expression.literal:
            yield from _check_literal(definition, element, TimerType.DATE, expression.source)


def _check_back_off(definition: ProcessDefinition, element: Element) -> Iterator[Finding]:
    back_off = element.job.back_off if element.job else None
    if back_off is not None and back_off.literal:
        for part in back_off.source.split(","):
            yield from _check_literal(definition, element, TimerType.DURATION, part.strip())


def _check_literal(
    definition: ProcessDefinition, element: Element, kind: TimerType, text: str
) -> Iterator[Finding]:
    try:
        recurrence.check(kind, text)
    except ValueError as failure:
        place = place_of(definition.file, element)
        yield found(place, "timer-unreadable", kind=str(kind), reason=str(failure), text=text[:60])
