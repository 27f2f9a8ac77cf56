"""The worklist and its tasks: take, fill in, complete."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.responses import Response

from engine import Conflict, FilledForm, Forbidden, InvalidSubmission, NotFound, UserTask, UserTaskState
from web import words
from web.authorization import Action, authorize, is_theirs
from web.fields import Entered, shown, submission_of
from web.translation import _
from web.visits import CONFLICT, NOT_FOUND, UNPROCESSABLE, Visit, go_to

_OPEN = (UserTaskState.CREATED, UserTaskState.ASSIGNED)
_MOST = 500
_NO_DEADLINE = dt.datetime.max.replace(tzinfo=dt.UTC)


class Line(NamedTuple):
    """One line of the worklist."""

    task: UserTask
    business_key: str
    left: str
    late: bool


def worklist(visit: Visit) -> Response:
    """Show the tasks of a person and of their groups, the first due first."""
    which = visit.query("which") if visit.query("which") in ("mine", "groups") else "all"
    tasks = sorted(_tasks(visit, which), key=lambda task: (task.due_at or _NO_DEADLINE, task.key))
    now = visit.engine.now()
    lines = [_line(visit, task, now) for task in tasks[:_MOST]]
    return visit.page("worklist.html", lines=lines, which=which, more=len(tasks) > _MOST)


def show(visit: Visit) -> Response:
    """Show one task with its form."""
    task = _own_task(visit)
    return _form(visit, task, Entered({}, {}, frozenset()))


def claim(visit: Visit) -> Response:
    """Take a task."""
    task = _own_task(visit)
    try:
        visit.engine.claim(task.key, actor=visit.person.id)
    except Conflict:
        return _told(visit, task, _("To zadanie ma już ktoś inny. Odśwież listę zadań."))
    except Forbidden:
        return _told(
            visit, task, _("Tego zadania nie może wykonać osoba, która wykonała inne w tej sprawie.")
        )
    return go_to(f"/tasks/{task.key}")


def unclaim(visit: Visit) -> Response:
    """Give a task back."""
    task = _own_task(visit)
    try:
        visit.engine.unclaim(task.key, actor=visit.person.id)
    except Conflict:
        return _told(visit, task, _("To zadanie ma ktoś inny i tylko ta osoba może je oddać."))
    return go_to("/tasks")


def complete(visit: Visit) -> Response:
    """Complete a task with what was filled in; with „pokaż dalsze pola” only show what follows from it."""
    task = _own_task(visit)
    filled = visit.engine.task_form(task.key)
    submission = {} if filled is None else submission_of(filled, visit.form)
    if visit.field("refresh"):
        return _form(visit, task, _entered(visit, filled, submission, {}))
    try:
        visit.engine.complete(
            task.key,
            variables=submission,
            actor=visit.person.id,
            request_id=visit.request_id,
        )
    except InvalidSubmission as refused:
        return _form(visit, task, _entered(visit, filled, submission, refused.fields), UNPROCESSABLE)
    except (Conflict, NotFound, Forbidden):
        return _told(visit, task, _("To zadanie ktoś już wykonał albo przejął. Nic nie zostało zapisane."))
    return go_to("/tasks?done=1")


def _tasks(visit: Visit, which: str) -> list[UserTask]:
    person, engine = visit.person, visit.engine
    found = (
        {} if which == "groups" else {t.key: t for t in engine.user_tasks(assignee=person.id, limit=_MOST)}
    )
    if which != "mine":
        for group in person.groups:
            found |= {task.key: task for task in engine.user_tasks(group=group, limit=_MOST)}
    if which == "groups":
        found = {key: task for key, task in found.items() if task.assignee is None}
    return [task for task in found.values() if is_theirs(person, task)]


def _line(visit: Visit, task: UserTask, now: dt.datetime) -> Line:
    left = ""
    if task.due_at is not None:
        left = words.time_left(task.due_at, now, visit.engine.working_days_until(task.due_at))
    return Line(
        task=task,
        business_key=visit.engine.instance(task.instance_key).business_key or str(task.instance_key),
        left=left,
        late=task.due_at is not None and task.due_at <= now,
    )


def _own_task(visit: Visit) -> UserTask:
    try:
        task = visit.engine.user_task(visit.key("key"))
    except NotFound:
        raise HTTPException(NOT_FOUND) from None
    if not authorize(visit.someone, Action.WORK, task):
        raise HTTPException(NOT_FOUND)
    return task


def _entered(
    visit: Visit, filled: FilledForm | None, submission: dict[str, object], errors: dict[str, str]
) -> Entered:
    if filled is None:
        return Entered(submission, errors, frozenset())
    hidden = filled.form.hidden(submission, now=visit.engine.now(), variables=filled.variables)
    return Entered(submission, errors, frozenset(hidden))


def _form(visit: Visit, task: UserTask, entered: Entered, status: int = 200) -> Response:
    is_open = task.state in _OPEN
    filled = visit.engine.task_form(task.key) if is_open else None
    if filled is not None and not entered.submission:
        entered = _entered(visit, filled, {}, {})
    now = visit.engine.now()
    return visit.page(
        "task.html",
        status=status,
        task=task,
        line=_line(visit, task, now),
        instance=visit.engine.instance(task.instance_key),
        is_open=is_open,
        shows=is_open and visit.may(Action.REVEAL) and visit.engine.shown_by(task.key),
        fields=() if filled is None else shown(filled, entered),
        can_grow=filled is not None and any(field.hide for field in filled.form.fields),
        labels={} if filled is None else {f.key: (f.label, f.id) for f in filled.form.fields},
        errors=entered.errors,
    )


def _told(visit: Visit, task: UserTask, sentence: str) -> Response:
    return visit.page("told.html", status=CONFLICT, sentence=sentence, back="/tasks", task=task)
