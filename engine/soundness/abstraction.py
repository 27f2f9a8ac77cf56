"""A definition without its data: what may go this way or that is left to choice, all else is a literal.

Conditions stay and are answered both ways; so do the bounds of loops. Mappings, scripts, decisions and names
go: no path depends on their values once conditions are free. Timers get a body that is always valid; they may
fire at any time, as may conditional events.
"""

from __future__ import annotations

import msgspec

from engine.model.definition import (
    CalledElement,
    Element,
    ElementType,
    EventDefinition,
    EventType,
    Expression,
    JobDefinition,
    MultiInstance,
    ProcessDefinition,
    SequenceFlow,
    StandardLoop,
    TimerType,
)

HOW_MANY = "how many"  # the cardinality of every multi-instance activity: a choice of 0 to the bound
CONDITION = (
    "condition"  # a conditional event is a signal that may come at any time, between two elements as well
)
_TIMERS = {TimerType.DATE: "1970-01-01T00:00:00Z", TimerType.DURATION: "PT1S", TimerType.CYCLE: "R/PT1H"}


def abstracted(definition: ProcessDefinition, bound: int) -> ProcessDefinition:
    """Return the definition with choices in place of data; standard loops go round ``bound`` times at
    most."""
    return msgspec.structs.replace(
        definition,
        elements={key: _element(each, bound) for key, each in definition.elements.items()},
        flows={key: _flow(each) for key, each in definition.flows.items()},
    )


def unexplored(definition: ProcessDefinition) -> str:
    """Return what in a definition cannot be explored, and why; empty if everything can."""
    for element in definition.elements.values():
        if element.type is ElementType.AD_HOC_SUB_PROCESS:
            return (
                f"'{element.id}' is not explored: what is done in an ad-hoc sub-process is a person's choice"
            )
        if element.start_quantity != 1 or element.completion_quantity != 1:
            return f"'{element.id}' is not explored: with its quantities several tokens may well be meant"
    return ""


def _element(element: Element, bound: int) -> Element:
    job, called = element.job, element.called_element
    return msgspec.structs.replace(
        element,
        inputs=(),
        outputs=(),
        script=None,
        called_decision=None,
        user_task=None,
        job=None if job is None else JobDefinition(type=_literal("job")),
        called_element=None if called is None else CalledElement(process_id=_literal("called")),
        events=tuple(_event(each) for each in element.events),
        loop=_loop(element.loop, bound),
        entries=(),
    )


def _event(event: EventDefinition) -> EventDefinition:
    if event.type is EventType.CONDITIONAL:
        return EventDefinition(type=EventType.SIGNAL, name=_literal(CONDITION))
    return msgspec.structs.replace(
        event,
        name=None if event.name is None else _literal(event.name.source),
        correlation_key=None,
        timer=None if event.timer_type is None else _literal(_TIMERS[event.timer_type]),
        error_code_variable=None,
        error_message_variable=None,
    )


def _loop(loop: MultiInstance | StandardLoop | None, bound: int) -> MultiInstance | StandardLoop | None:
    if isinstance(loop, MultiInstance):
        return msgspec.structs.replace(
            loop,
            collection=None,
            cardinality=Expression(source=HOW_MANY),
            input_element=None,
            output_collection=None,
            output_element=None,
            events=tuple(_event(each) for each in loop.events),
            complex=tuple(
                msgspec.structs.replace(each, events=tuple(_event(thrown) for thrown in each.events))
                for each in loop.complex
            ),
        )
    if isinstance(loop, StandardLoop):
        return msgspec.structs.replace(loop, maximum=min(loop.maximum or bound, bound))
    return None


def _flow(flow: SequenceFlow) -> SequenceFlow:
    if flow.condition is None:
        return flow
    return msgspec.structs.replace(flow, condition=_literal(flow.condition.source))


def _literal(text: str) -> Expression:
    return Expression(source=text, literal=True)
