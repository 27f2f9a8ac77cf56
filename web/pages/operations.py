"""What operators watch and do: instances by element, timers, jobs, nodes; stopping and going on."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from starlette.exceptions import HTTPException
from starlette.responses import Response

from engine import Conflict, ElementCount, EngineError, NotFound, OpenInstances, ProcessEngine, ProcessOutline
from web.naming import Names
from web.outline import name_of
from web.pages.cases import own_instance
from web.translation import _
from web.visits import CONFLICT, NOT_FOUND, UNPROCESSABLE, Visit, go_to, whole_number

_PER_PAGE = 50
_FURTHEST = 1_000_000
_SILENT = dt.timedelta(minutes=2)  # a node that has not been seen for so long has probably ended
Verb = Callable[[ProcessEngine, int, str, str], object]


class Element(NamedTuple):
    """One element of a procedure with what waits there."""

    name: str
    waiting: ElementCount


def overview(visit: Visit) -> Response:
    """Show how many instances of each version run, the jobs by state, the nodes."""
    engine = visit.engine
    running: dict[str, list[OpenInstances]] = defaultdict(list)
    for each in engine.instance_counts():
        running[each.process_id].append(each)
    nodes = engine.nodes()
    newest = max((node.seen_at for node in nodes), default=None)
    return visit.page(
        "operations.html",
        running=running,
        called=Names(visit.engine),
        jobs=engine.job_counts(),
        nodes=[(node, newest is not None and newest - node.seen_at > _SILENT) for node in nodes],
        stranded=engine.stranded_jobs(),
        next_due=engine.next_due(),
        refused="",
    )


def process(visit: Visit) -> Response:
    """Show a procedure with what waits at each of its elements, on the diagram and in a table."""
    return _process(visit, refused="")


def element(visit: Visit) -> Response:
    """Show the instances for which something waits at one element."""
    process_id, element_id = visit.path("process_id"), visit.path("element_id")
    outline = _outline(visit, process_id)
    offset = whole_number(visit.query("from"), _FURTHEST) or 0
    found = visit.engine.instances_at(process_id, element_id, limit=_PER_PAGE, offset=offset)
    step = next((each for each in outline.steps if each.element_id == element_id), None)
    return visit.page(
        "element.html",
        outline=outline,
        name=name_of(step, element_id),
        found=found,
        following=offset + _PER_PAGE if found.more else None,
        previous=max(0, offset - _PER_PAGE) if offset else None,
    )


def timers(visit: Visit) -> Response:
    """Show the timers that wait, the first due first; only overdue ones when asked to."""
    offset = whole_number(visit.query("from"), _FURTHEST) or 0
    now = visit.engine.now()
    overdue = visit.query("which") == "overdue"
    found = visit.engine.due_timers(before=now if overdue else None, limit=_PER_PAGE + 1, offset=offset)
    return visit.page(
        "timers.html",
        timers=found[:_PER_PAGE],
        called=Names(visit.engine),
        now=now,
        overdue=overdue,
        following=offset + _PER_PAGE if len(found) > _PER_PAGE else None,
        previous=max(0, offset - _PER_PAGE) if offset else None,
    )


def batches(visit: Visit) -> Response:
    """Show what is and was done with many at once, the newest first."""
    found = visit.engine.batches(limit=_PER_PAGE)
    people = visit.engine.people.names({each.created_by for each in found})
    return visit.page("batches.html", batches=found, people=people)


def suspend(visit: Visit) -> Response:
    """Suspend an instance."""
    return _changed(visit, lambda engine, key, actor, why: engine.suspend(key, actor=actor, reason=why))


def activate(visit: Visit) -> Response:
    """Let a suspended instance go on."""
    return _changed(visit, lambda engine, key, actor, why: engine.activate(key, actor=actor, reason=why))


def cancel(visit: Visit) -> Response:
    """End an instance."""
    return _changed(visit, lambda engine, key, actor, why: engine.cancel(key, actor=actor, reason=why))


def suspend_process(visit: Visit) -> Response:
    """Let nothing start a procedure any more and suspend what runs."""
    return _changed_process(visit, visit.engine.suspend_process)


def activate_process(visit: Visit) -> Response:
    """Let a suspended procedure start again, and its cases go on."""
    return _changed_process(visit, visit.engine.activate_process)


def retry_job(visit: Visit) -> Response:
    """Let a job of the engine that belongs to no instance try again."""
    try:
        visit.engine.retry_job(
            visit.key("key"), actor=visit.person.id, reason=visit.field("reason").strip() or "—"
        )
    except NotFound:
        raise HTTPException(NOT_FOUND) from None
    return go_to("/operations")


def _changed(visit: Visit, verb: Verb) -> Response:
    instance = own_instance(visit)
    reason = visit.field("reason").strip()
    back = f"/instances/{instance.key}"
    if not reason:
        told = _("Podaj powód: zostanie zapisany w historii sprawy.")
        return visit.page("told.html", status=UNPROCESSABLE, sentence=told, back=back, task=None)
    try:
        verb(visit.engine, instance.key, visit.person.id, reason)
    except Conflict:
        told = _("Tego nie można teraz zrobić z tą sprawą: jej stan się zmienił.")
        return visit.page("told.html", status=CONFLICT, sentence=told, back=back, task=None)
    return go_to(back)


def _changed_process(visit: Visit, verb: Callable[..., object]) -> Response:
    reason = visit.field("reason").strip()
    if not reason:
        return _process(visit, refused=_("Podaj powód: zostanie zapisany."), status=UNPROCESSABLE)
    try:
        verb(visit.path("process_id"), actor=visit.person.id, reason=reason)
    except NotFound:
        raise HTTPException(NOT_FOUND) from None
    except EngineError:
        told = _("Tego nie można teraz zrobić: stan procedury się zmienił.")
        return _process(visit, refused=told, status=CONFLICT)
    return go_to("/operations/batches")


def _process(visit: Visit, *, refused: str, status: int = 200) -> Response:
    process_id = visit.path("process_id")
    outline = _outline(visit, process_id)
    steps = {step.element_id: step for step in outline.steps}
    counts = visit.engine.element_counts(process_id)
    newest = [each for each in visit.engine.definitions() if each.id == process_id and each.kind == "process"]
    return visit.page(
        "operated_process.html",
        status=status,
        outline=outline,
        elements=[Element(name_of(steps.get(each.element_id), each.element_id), each) for each in counts],
        marks=_marks(counts),
        running=[each for each in visit.engine.instance_counts() if each.process_id == process_id],
        is_active=max(newest, key=lambda each: each.version).active,
        refused=refused,
    )


def _marks(counts: list[ElementCount]) -> Mapping[str, Any]:
    """Return how many wait where, as marks of the island ``diagram``."""
    return {
        "elements": {
            each.element_id: {
                "state": "incident" if each.incidents else "active",
                "count": max(each.tasks, each.jobs, each.timers, each.messages, each.incidents),
            }
            for each in counts
        }
    }


def _outline(visit: Visit, process_id: str) -> ProcessOutline:
    try:
        return visit.engine.outline(process_id)
    except NotFound:
        raise HTTPException(NOT_FOUND) from None
