"""Opening and closing what an element instance listens for: timers, message and signal subscriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import recurrence
from engine.clock import instant, micros
from engine.feel import format_value
from engine.kernel import events as ev
from engine.kernel.failure import Failure
from engine.kernel.variables import scope_of
from engine.model.definition import Element, ElementType, EventType, TimerType

if TYPE_CHECKING:
    from engine.kernel.state import ElementInstance, TimerData
    from engine.kernel.step import Step


def open_boundaries(step: Step, host: ElementInstance, element: Element) -> None:
    """Listen for the boundary events of an activity, in document order."""
    for boundary in step.definition.boundaries.get(element.id, ()):
        open_event(step, host, step.definition.elements[boundary])


def open_event_sub_processes(step: Step, scope: ElementInstance) -> None:
    """Listen for the start events of a container's event sub-processes."""
    for sub_process in step.definition.event_sub_processes.get(scope.element_id, ()):
        for start in step.definition.starts.get(sub_process, ()):
            open_event(step, scope, step.definition.elements[start])


def open_event(step: Step, owner: ElementInstance, element: Element) -> None:
    """Listen, on behalf of ``owner``, for what an event element waits for; errors and escalations need
    nothing."""
    for index in range(len(element.events)):
        open_definition(step, owner, element, index)


def open_definition(step: Step, owner: ElementInstance, element: Element, index: int) -> None:
    """Listen for one of an event's definitions, by its place among them."""
    from engine.kernel import conditions

    kind = element.events[index].type
    if kind is EventType.TIMER:
        schedule(step, owner, element, index)
    elif kind in (EventType.MESSAGE, EventType.SIGNAL):
        subscribe(step, owner, element, index)
    elif kind is EventType.CONDITIONAL:
        conditions.open_condition(step, owner, element, index)


def stays(event: Element) -> bool:
    """Tell whether an event can happen again: a boundary or a start that interrupts nothing."""
    return event.type in (ElementType.BOUNDARY_EVENT, ElementType.START_EVENT) and not event.interrupting


def is_one_of_all(event: Element) -> bool:
    """Tell whether each definition of an event happens once until all have."""
    return event.parallel_multiple and len(event.events) > 1


def schedule(step: Step, owner: ElementInstance, element: Element, index: int) -> None:
    """Compute the due instant of one of an event's timers, once, and wait for it."""
    definition = element.events[index]
    expression, kind = definition.timer, definition.timer_type
    if expression is None or kind is None:
        raise Failure("timer", f"expected a date, duration or cycle at '{element.id}', but it has none")
    value = step.evaluate(expression, scope_of(step, owner))
    text = value if isinstance(value, str) else format_value(value)
    try:
        due = recurrence.due(kind, value, now=step.context.now, zone=step.context.zone)
    except ValueError as error:
        why = "; ".join([str(error), *step.environment.warnings])
        raise Failure("timer", f"{why} (in '{expression.source}')") from error
    step.emit(
        ev.TimerScheduled(
            step.key(),
            owner.key,
            element.id,
            micros(due.at),
            due.local,
            kind,
            due.value if kind is TimerType.CYCLE else text,  # a cycle is counted from its first instant
            due.repetitions,
            index,
        )
    )


def fired(step: Step, owner: ElementInstance, timer: TimerData, *, again: bool) -> None:
    """Note that a timer has fired; with ``again``, wait for the next repetition of its cycle.

    After downtime a cycle fires once, passes over all missed repetitions and records how many there were.
    """
    following, missed = None, 0
    if again and timer.kind == TimerType.CYCLE:
        following, missed = recurrence.following(
            TimerType.CYCLE,
            timer.value,
            previous=instant(timer.due_at),
            now=step.context.now,
            remaining=timer.remaining,
            zone=step.context.zone,
        )
    step.emit(ev.TimerEnded(timer.key, owner.key, True, missed))
    if following is not None:
        step.emit(
            ev.TimerScheduled(
                step.key(),
                owner.key,
                timer.element_id,
                micros(following.at),
                following.local,
                timer.kind,
                timer.value,
                following.repetitions,
                timer.definition,
            )
        )


def subscribe(step: Step, owner: ElementInstance, element: Element, index: int) -> None:
    """Open a subscription to a message (name and correlation key) or a signal (name)."""
    definition = element.events[index]
    scope = scope_of(step, owner)
    name = text_of(step, definition.name, scope, f"the {definition.type} name of '{element.id}'")
    key = ""
    if definition.type is EventType.MESSAGE and definition.correlation_key is not None:
        key = text_of(step, definition.correlation_key, scope, f"the correlation key of '{element.id}'")
    step.emit(ev.SubscriptionOpened(step.key(), owner.key, element.id, definition.type, name, key, index))


def text_of(step: Step, expression: Any, scope: Any, what: str) -> str:
    """Evaluate to a non-empty text; whole numbers are written out, anything else is a failure."""
    value = step.evaluate(expression, scope) if expression is not None else None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and value:
        return value
    why = "; ".join(step.environment.warnings) or f"it is {value!r}"
    raise Failure("expression", f"expected {what} to be a text, but {why}")


def close_all(step: Step, owner: ElementInstance, *, but: int = 0) -> None:
    """Stop listening for everything; ``but`` is the key of one timer or subscription already dealt with."""
    for timer in owner.timers or ():
        if timer.key != but:
            step.emit(ev.TimerEnded(timer.key, owner.key, False))
    for subscription in owner.subscriptions or ():
        if subscription.key != but:
            step.emit(ev.SubscriptionClosed(subscription.key, owner.key))
    if owner.conditions:
        step.emit(ev.ConditionsClosed(owner.key, []))
