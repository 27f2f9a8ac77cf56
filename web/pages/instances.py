"""Process instances: the list, one with its state, steps, data and deadlines, and its replay."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.responses import Response

from engine import HistoryEvent, NotFound, OutlineStep, ProcessInstance
from web import words
from web.authorization import Action
from web.visits import NOT_FOUND, Visit, go_to

_PER_PAGE = 50
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
    offset = int(visit.query("from")) if visit.query("from").isdecimal() else 0
    filters = {"business_key": number} if number else {"state": _STATES[which]}
    found = visit.engine.instances(**filters, limit=_PER_PAGE + 1, offset=min(offset, 1_000_000))
    mine = [each for each in found[:_PER_PAGE] if each.parent_key is None and _may_see(visit, each)]
    return visit.page(
        "instances.html",
        instances=mine,
        names=_names(visit),
        which=which,
        number=number,
        more=offset + _PER_PAGE if len(found) > _PER_PAGE else None,
    )


def show(visit: Visit) -> Response:
    """Show one instance: how it stands, its steps, its data, its deadlines, what happened."""
    instance = _own(visit)
    engine = visit.engine
    history = engine.history(instance.key)
    timers = engine.timers(instance.key) if instance.ended_at is None else []
    return visit.page(
        "instance.html",
        instance=instance,
        started=bool(visit.query("started")),
        outline=engine.outline(instance.process_id, instance.version),
        stages=_stages(visit, instance),
        tasks=engine.user_tasks(instance_key=instance.key),
        timers=timers,
        variables=sorted(engine.variables(instance.key).items()),
        events=[event for event in history if event.type in TOLD and visit.may(Action.SEE_HISTORY)],
        incidents=engine.incidents(instance_key=instance.key, state="open"),
    )


def replay(visit: Visit) -> Response:
    """Show an instance as it stood after one of its steps."""
    instance = _own(visit)
    history = visit.engine.history(instance.key)
    last = history[-1].seq
    asked = visit.query("seq")
    seq = min(max(int(asked), 1), last) if asked.isdecimal() and len(asked) < 10 else last
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
        (Action.SEE_TASKS, "/tasks"),
        (Action.SEE_INCIDENTS, "/instances"),
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
    return visit.engine.history(instance.root_key)[0].actor == visit.person.id


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
