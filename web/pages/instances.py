"""Process instances: the list, one with its state, steps, data and deadlines, and its replay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.responses import Response

from engine import Form, HistoryEvent, NotFound, OutlineStep, ProcessInstance, UserTaskState
from web import words
from web.authorization import Action
from web.visits import LARGEST_NUMBER, NOT_FOUND, Visit, go_to, whole_number

_PER_PAGE = 50
_FURTHEST = 1_000_000
_STATES = {"active": ("active", "suspended"), "ended": ("completed", "terminated", "cancelled")}
_QUIET = {
    "element_activated",
    "subscription_opened",
    "subscription_closed",
    "token_arrived",
    "tokens_consumed",
}
TOLD = frozenset(words.EVENTS) - _QUIET - {"variables_set"}


class Stage(NamedTuple):
    """One step of the outline with what this instance has done there."""

    step: OutlineStep
    now: bool
    times: int


def overview(visit: Visit) -> Response:
    """Show instances, the newest first; applicants see their own."""
    which = visit.query("which") if visit.query("which") in _STATES else "active"
    number = visit.query("number").strip()
    offset = whole_number(visit.query("from"), _FURTHEST) or 0
    filters: dict[str, object] = {"business_key": number} if number else {"state": _STATES[which]}
    if not visit.may(Action.SEE_ALL_INSTANCES):
        filters["started_by"] = visit.person.id
    found = visit.engine.instances(**filters, roots=True, limit=_PER_PAGE + 1, offset=offset)
    return visit.page(
        "instances.html",
        instances=found[:_PER_PAGE],
        names=_names(visit),
        which=which,
        number=number,
        more=offset + _PER_PAGE if len(found) > _PER_PAGE else None,
    )


def show(visit: Visit) -> Response:
    """Show one instance: how it stands, its steps, its data, its deadlines, what happened.

    Applicants see of the data what they have entered themselves, and nothing of the office's inside.
    """
    instance = _own(visit)
    engine = visit.engine
    timers = engine.timers(instance.key) if instance.ended_at is None else []
    return visit.page(
        "instance.html",
        instance=instance,
        started=bool(visit.query("started")),
        outline=engine.outline(instance.process_id, instance.version),
        stages=_stages(visit, instance),
        tasks=engine.user_tasks(instance_key=instance.key),
        timers=timers,
        variables=_data(visit, instance),
        sees_inside=visit.may(Action.SEE_ALL_INSTANCES),
        events=_events(visit, instance),
        incidents=engine.incidents(instance_key=instance.key, state="open"),
    )


def replay(visit: Visit) -> Response:
    """Show an instance as it stood after one of its steps."""
    instance = _own(visit)
    history = visit.engine.history(instance.key)
    last = history[-1].seq
    asked = visit.query("seq")
    wanted = whole_number(asked, LARGEST_NUMBER)
    seq = last if wanted is None else min(max(wanted, 1), last)
    view = visit.engine.replay(instance.key, until=seq)
    before = visit.engine.replay(instance.key, until=seq - 1).variables if seq > 1 else {}
    return visit.page(
        "replay.html",
        instance=instance,
        outline=visit.engine.outline(instance.process_id, instance.version),
        seq=seq,
        last=last,
        events=[event for event in history if event.seq == seq],
        heads=_heads(history),
        view=view,
        changes=_changes(before, view.variables),
    )


def verify(visit: Visit) -> Response:
    """Prove an instance's history and show the three verdicts."""
    instance = _own(visit)
    report = visit.engine.verify(instance.key)
    return visit.page("verified.html", instance=instance, report=report)


def of_number(visit: Visit) -> Response:
    """Send the first page on: to the worklist, the processes or the instances, by what somebody may do."""
    for action, path in (
        (Action.SEE_INCIDENTS, "/instances"),
        (Action.SEE_TASKS, "/tasks"),
        (Action.SEE_DEFINITIONS, "/processes"),
    ):
        if visit.may(action):
            return go_to(path)
    raise HTTPException(NOT_FOUND)


def _own(visit: Visit) -> ProcessInstance:
    try:
        instance = visit.engine.instance(visit.key("key"))
    except NotFound:
        raise HTTPException(NOT_FOUND) from None
    if not _may_see(visit, instance):
        raise HTTPException(NOT_FOUND)
    return instance


def _may_see(visit: Visit, instance: ProcessInstance) -> bool:
    if visit.may(Action.SEE_ALL_INSTANCES):
        return True
    return visit.engine.starter(instance.key) == visit.person.id


def _data(visit: Visit, instance: ProcessInstance) -> list[tuple[str, object]]:
    """Return what a page shows of the variables: all by name, or the person's own entries by their labels."""
    variables = visit.engine.variables(instance.key)
    if visit.may(Action.SEE_ALL_INSTANCES):
        return sorted(variables.items())
    entered = [field for form in _filled_in(visit, instance) for field in form.fields if not field.read_only]
    labels = {field.key: field.label or field.key for field in entered}
    return [(label, variables[key]) for key, label in labels.items() if key in variables]


def _filled_in(visit: Visit, instance: ProcessInstance) -> Iterator[Form]:
    """Yield the forms a person has had to fill in: that of the case's start, those of their tasks."""
    engine = visit.engine
    if instance.parent_key is None:
        begun = engine.start_form(instance.process_id, instance.version)
        if begun is not None:
            yield begun.form
    for task in engine.user_tasks(
        instance_key=instance.key, assignee=visit.person.id, state=tuple(UserTaskState)
    ):
        filled = engine.task_form(task.key)
        if filled is not None:
            yield filled.form


def _events(visit: Visit, instance: ProcessInstance) -> list[HistoryEvent]:
    if not visit.may(Action.SEE_HISTORY):
        return []
    return [event for event in visit.engine.history(instance.key) if event.type in TOLD]


def _names(visit: Visit) -> dict[str, str]:
    return {each.id: each.name for each in visit.engine.definitions() if each.kind == "process"}


def _stages(visit: Visit, instance: ProcessInstance) -> list[Stage]:
    elements = visit.engine.elements(instance.key)
    times = Counter(each.element_id for each in elements)
    active = {each.element_id for each in elements if str(each.state) == "active"}
    outline = visit.engine.outline(instance.process_id, instance.version)
    return [
        Stage(step=step, now=step.element_id in active, times=times[step.element_id])
        for step in outline.steps
    ]


def _heads(history: list[HistoryEvent]) -> list[HistoryEvent]:
    """Return the first event of each step."""
    heads: dict[int, HistoryEvent] = {}
    for event in history:
        heads.setdefault(event.seq, event)
    return list(heads.values())


def _changes(before: dict[str, object], after: dict[str, object]) -> list[tuple[str, str, str]]:
    """Return the variables a step has changed: name, before, after."""
    names = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    return [(name, words.value(before.get(name)), words.value(after.get(name))) for name in names]
