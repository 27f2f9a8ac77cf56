"""What a process needs from outside (handlers, forms, decisions, processes), and tasks with nothing to do."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.check.shapes import unknown
from engine.bpmn.compilation import CheckEnvironment
from engine.bpmn.findings import Place, found, place_of
from engine.model.definition import Element, ElementType, EventType, Expression, ProcessDefinition
from engine.model.records import Finding

_BINDINGS = {"latest", "deployment", "versionTag"}


def check_links(
    definition: ProcessDefinition, environment: CheckEnvironment, uploaded: frozenset[str]
) -> Iterator[Finding]:
    """Yield a finding per thing referred to that does not exist; ``uploaded`` are the files' processes."""
    processes = None if environment.process_ids is None else environment.process_ids | uploaded
    for element in definition.elements.values():
        place = place_of(definition.file, element)
        yield from _check_work(place, element)
        yield from _check_job(definition, place, element, environment)
        if element.user_task is not None:
            yield from _check_user_task(place, element, environment)
        if element.called_decision is not None:
            called = element.called_decision
            yield from _check_known(place, "decision", called.decision_id, environment.decision_ids)
            yield from _check_binding(place, called.binding, called.version_tag)
        if element.called_element is not None:
            yield from _check_known(place, "process", element.called_element.process_id, processes)
            yield from _check_binding(
                place, element.called_element.binding, element.called_element.version_tag
            )


def _check_work(place: Place, element: Element) -> Iterator[Finding]:
    if element.type is ElementType.CALL_ACTIVITY and element.called_element is None:
        yield found(place, "call-missing", element=element.id)
    elif element.type is ElementType.RECEIVE_TASK and not element.events:
        yield found(place, "event-missing/receive", element=element.id)
    elif _has_nothing_to_do(element):
        yield found(place, "nothing-to-do", type=element.type, element=element.id)


def _has_nothing_to_do(element: Element) -> bool:
    works = {
        ElementType.SERVICE_TASK: element.job,
        ElementType.SEND_TASK: element.job or element.events,
        ElementType.SCRIPT_TASK: element.job or element.script,
        ElementType.BUSINESS_RULE_TASK: element.job or element.called_decision,
    }
    return element.type in works and not works[element.type]


def _check_job(
    definition: ProcessDefinition, place: Place, element: Element, environment: CheckEnvironment
) -> Iterator[Finding]:
    if element.job is None or not element.job.type.literal:
        return
    job_type = element.job.type.source
    if environment.job_types is not None and job_type not in environment.job_types:
        yield unknown(place, "handler-unknown", job_type, environment.job_types)
    declared = environment.error_codes.get(job_type)
    if not declared:
        return
    for boundary in definition.boundaries.get(element.id, ()):
        for event in definition.elements[boundary].events:
            if event.type is EventType.ERROR and event.code is not None and event.code not in declared:
                yield found(
                    place_of(definition.file, definition.elements[boundary]),
                    "error-never-raised",
                    job=job_type,
                    code=event.code,
                    codes=", ".join(sorted(declared)),
                )
    for code in sorted(declared - _caught(definition, element, declared)):
        yield found(place, "error-never-caught", code=code, job=job_type, element=element.id)


def _caught(definition: ProcessDefinition, element: Element, codes: frozenset[str]) -> set[str]:
    """Return which of the codes a boundary event or event sub-process on the way up catches."""
    caught: set[str] = set()
    current: Element | None = element
    while current is not None:
        catchers = list(definition.boundaries.get(current.id, ()))
        for sub_process in definition.event_sub_processes.get(current.id, ()):
            catchers += definition.starts.get(sub_process, ())
        for catcher in catchers:
            for event in definition.elements[catcher].events:
                if event.type is EventType.ERROR:
                    caught |= codes if event.code is None else {event.code}
        current = definition.elements.get(current.parent)
    return caught


def _check_user_task(place: Place, element: Element, environment: CheckEnvironment) -> Iterator[Finding]:
    task = element.user_task
    if task is None:
        return
    if task.form_id is not None and not task.form_id.startswith("="):
        form = Expression(source=task.form_id, literal=True)
        yield from _check_known(place, "form", form, environment.form_ids)
    yield from _check_binding(place, task.form_binding, "given with the form")
    priority = task.priority
    if (
        priority is not None
        and priority.literal
        and not (priority.source.isascii() and priority.source.isdigit() and int(priority.source[:9]) <= 100)
    ):
        yield found(place, "priority-unreadable", priority=priority.source[:30])


def _check_known(
    place: Place, what: str, expression: Expression, known: frozenset[str] | None
) -> Iterator[Finding]:
    if known is None or not expression.literal or expression.source in known:
        return
    yield unknown(place, f"{what}-unknown", expression.source, known)


def _check_binding(place: Place, binding: str, version_tag: str | None) -> Iterator[Finding]:
    if binding not in _BINDINGS:
        yield found(place, "binding-unknown", bindings=", ".join(sorted(_BINDINGS)), binding=binding[:30])
    elif binding == "versionTag" and not version_tag:
        yield found(place, "binding-unknown/tag")
