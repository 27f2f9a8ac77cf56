"""A compiled process in words, in the order in which somebody would read it aloud."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.model.definition import (
    Element,
    ElementType,
    EventDefinition,
    Expression,
    MultiInstance,
    ProcessDefinition,
    UserTaskDefinition,
)
from engine.model.outline import OutlineEvent, OutlineStep, ProcessOutline, WayOut

_NO_TASK = UserTaskDefinition()


def outline_of(definition: ProcessDefinition, version: int) -> ProcessOutline:
    """Return a process in words; ``version`` is only passed on."""
    return ProcessOutline(
        process_id=definition.id,
        name=definition.name,
        version=version,
        documentation=definition.elements[definition.id].documentation,
        steps=tuple(_step(definition, definition.elements[each]) for each in _in_order(definition)),
    )


def _in_order(definition: ProcessDefinition) -> Iterator[str]:
    """Yield the elements, the inside of a sub-process after the sub-process."""
    pending = [*reversed(_read(definition, definition.id))]
    while pending:
        element_id = pending.pop()
        yield element_id
        if element_id in definition.children:
            pending += reversed(_read(definition, element_id))


def _read(definition: ProcessDefinition, container: str) -> list[str]:
    """Return one container's elements: event sub-processes and what undoes last, boundary events after their
    host."""
    members = definition.children.get(container, ())
    beginnings = [each for each in members if _begins(definition.elements[each])]
    starts = (each for each in beginnings if definition.elements[each].type is ElementType.START_EVENT)
    order = _leading_on(definition, list(dict.fromkeys([*starts, *beginnings])))
    met = set(order)
    order += _leading_on(definition, [each for each in members if each not in met], known=met)
    found: list[str] = []
    for element_id in order:
        if definition.elements[element_id].attached_to is None:
            found += [element_id, *definition.boundaries.get(element_id, ())]
    return sorted(found, key=lambda each: _stands_apart(definition.elements[each]))


def _begins(element: Element) -> bool:
    return not element.incoming and element.attached_to is None and not _stands_apart(element)


def _stands_apart(element: Element) -> bool:
    """Say whether an element is not met on the way: an event sub-process, or what undoes another."""
    return element.triggered_by_event or element.is_for_compensation


def _leading_on(definition: ProcessDefinition, beginnings: list[str], known: Iterable[str] = ()) -> list[str]:
    """Return what these lead to, and not to what is known, each before what it leads to, loops left aside.

    That is the reverse of the order in which a depth-first walk leaves them, the last way taken first.
    """
    left: list[str] = []
    met = set(known)
    for beginning in reversed(beginnings):
        path = [(beginning, iter(_next(definition, beginning)))] if beginning not in met else []
        met.add(beginning)
        while path:
            element_id, ways = path[-1]
            following = next((each for each in ways if each not in met), None)
            if following is None:
                left.append(element_id)
                path.pop()
            else:
                met.add(following)
                path.append((following, iter(_next(definition, following))))
    return left[::-1]


def _next(definition: ProcessDefinition, element_id: str) -> list[str]:
    """Return where an element leads, the last in the order of reading first."""
    element = definition.elements[element_id]
    link = definition.links.get(element_id)
    onward = [definition.flows[flow].target for flow in element.outgoing]
    return [
        *reversed(definition.boundaries.get(element_id, ())),
        *([link] if link else []),
        *reversed(onward),
    ]


def _step(definition: ProcessDefinition, element: Element) -> OutlineStep:
    lane = next((lane for lane in definition.lanes if lane.id == element.lane), None)
    task = element.user_task or _NO_TASK
    return OutlineStep(
        element_id=element.id,
        element_type=str(element.type),
        name=element.name,
        container=element.parent,
        lane=element.lane if lane is None else lane.name,
        documentation=element.documentation,
        legal_basis=element.properties.get("obieg:legalBasis", ""),
        attached_to=element.attached_to or "",
        events=tuple(str(event.type) for event in element.events),
        ways=_ways(definition, element),
        group=element.group,
        awaits=tuple(_event(definition, element, event) for event in element.events),
        interrupting=element.interrupting,
        by_event=element.triggered_by_event,
        undoes=element.is_for_compensation,
        called=_named(None if element.called_element is None else element.called_element.process_id),
        decision=_named(None if element.called_decision is None else element.called_decision.decision_id),
        job=_named(None if element.job is None else element.job.type),
        form=task.form_id or "",
        assignee=_text(task.assignee),
        due=_text(task.due_date),
        repeats=_repeats(element),
        groups=_listed(task.candidate_groups),
    )


def _ways(definition: ProcessDefinition, element: Element) -> tuple[WayOut, ...]:
    return tuple(
        WayOut(
            target=flow.target,
            name=flow.name,
            condition="" if flow.condition is None else flow.condition.source,
            is_default=flow.id == element.default_flow,
            flow=flow.id,
        )
        for flow in (definition.flows[each] for each in element.outgoing)
    )


def _event(definition: ProcessDefinition, element: Element, event: EventDefinition) -> OutlineEvent:
    target = definition.elements.get(event.activity or "")
    text = next(
        (found for found in map(_text, (event.name, event.timer, event.condition)) if found),
        event.code or (target.name or target.id if target else ""),
    )
    return OutlineEvent(type=str(event.type), text=text, timer=str(event.timer_type or ""))


def _text(expression: Expression | None) -> str:
    return "" if expression is None else expression.source


def _named(expression: Expression | None) -> str:
    """Return an id as it is written, or "=" and the FEEL that finds it."""
    source = _text(expression)
    return source if expression is None or expression.literal else f"={source}"


def _listed(expression: Expression | None) -> tuple[str, ...]:
    """Return the names of a list that is written out, none where FEEL finds them."""
    source = expression.source if expression is not None and expression.literal else ""
    return tuple(name.strip() for name in source.split(",") if name.strip())


def _repeats(element: Element) -> str:
    if isinstance(element.loop, MultiInstance):
        return "sequential" if element.loop.sequential else "parallel"
    return "loop" if element.loop is not None else ""
