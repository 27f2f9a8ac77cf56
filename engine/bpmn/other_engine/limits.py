"""Where SpiffWorkflow 3.2.0 is known to be wrong or to refuse: what is not worth asking it about.

Each entry was reproduced; ``tests/oracle/test_known_differences.py`` shows that it is still so.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.model.definition import (
    Element,
    ElementType,
    EventType,
    MultiInstance,
    ProcessDefinition,
    StandardLoop,
)

_ELEMENTS = {
    ElementType.INCLUSIVE_GATEWAY: "inclusive gateways join by a rule of its own",
    ElementType.COMPLEX_GATEWAY: "complex gateways are not executed",
    ElementType.TRANSACTION: "transactions are not executed as drawn",
    ElementType.AD_HOC_SUB_PROCESS: "ad-hoc sub-processes are started in another way",
}
_EVENTS = {
    EventType.LINK: "the token vanishes at a link event",
    EventType.COMPENSATION: "compensation is ignored",
    EventType.CONDITIONAL: "conditional events are asked at other times",
    EventType.CANCEL: "cancel events are not executed as drawn",
}
_ACTIVITIES_AND_EVENTS = frozenset(
    {
        ElementType.EXCLUSIVE_GATEWAY,
        ElementType.PARALLEL_GATEWAY,
        ElementType.EVENT_BASED_GATEWAY,
        ElementType.PROCESS,
    }
)


def incomparable(definition: ProcessDefinition) -> tuple[str, str] | None:
    """Return the first element (id) that the other engine is known not to execute, and why; None for none."""
    for element in definition.elements.values():
        for reason in _reasons(definition, element):
            return element.id, reason
    return None


def _reasons(definition: ProcessDefinition, element: Element) -> Iterator[str]:
    if element.type in _ELEMENTS:
        yield _ELEMENTS[element.type]
    yield from (_EVENTS[event.type] for event in element.events if event.type in _EVENTS)
    told = {
        "an event with several definitions is executed in another way": len(element.events) > 1,
        "only start events create instances": element.instantiate,
        "event sub-processes are started by themselves, or never interrupt": element.triggered_by_event,
        "quantities of tokens are not read": element.start_quantity != 1 or element.completion_quantity != 1,
        "standard loops are counted in another way": isinstance(element.loop, StandardLoop),
        "multi-instance activities throw no events": (
            isinstance(element.loop, MultiInstance) and element.loop.behavior != "All"
        ),
    }
    yield from (reason for reason, applies in told.items() if applies)
    yield from _flow_reasons(definition, element)


def _flow_reasons(definition: ProcessDefinition, element: Element) -> Iterator[str]:
    if element.type in _ACTIVITIES_AND_EVENTS:
        starts = definition.starts.get(element.id, ())
        if element.type is ElementType.PROCESS and len(starts) != 1:
            yield "a process needs exactly one start event there"
        return
    if len(element.outgoing) > 1:
        yield "several flows out of an activity or event are refused"
    if any(definition.flows[flow].condition is not None for flow in element.outgoing):
        yield "conditions on flows out of an activity or event are ignored"
    if element.type is ElementType.SUB_PROCESS and len(definition.starts.get(element.id, ())) != 1:
        yield "a sub-process needs exactly one start event there"
