"""One task: take it, give it back or to a colleague, fill it in, complete it."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from engine import (
    Conflict,
    FilledForm,
    Forbidden,
    InvalidSubmission,
    NotFound,
    Person,
    Role,
    Unavailable,
    UserTask,
    UserTaskState,
)
from web.authorization import Action, authorize, may_get
from web.deadlines import deadline_of, why
from web.fields import Entered, wants_another_look
from web.filling import NO_FORM, Sent, named, problems_of, received, restored, view
from web.filling import keep as keep_draft
from web.naming import Whom
from web.translation import _
from web.visits import CONFLICT, NOT_FOUND, TOO_LARGE, UNAVAILABLE, UNPROCESSABLE, Visit, go_to

_OPEN = (UserTaskState.CREATED, UserTaskState.ASSIGNED)


def show(visit: Visit) -> Response:
    """Show one task with its form, filled in as far as it was kept."""
    task = _own_task(visit)
    filled = visit.engine.task_form(task.key) if task.state in _OPEN else None
    if filled is None or task.assignee not in (None, visit.person.id):
        return _form(visit, task, filled, Entered({}, {}, frozenset()))
    submission, kept_at = restored(visit, _draft_of(task), filled)
    return _form(visit, task, filled, _entered(visit, filled, submission, {}), kept_at=kept_at)


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


def assign(visit: Visit) -> Response:
    """Give a task to a colleague of a group it is offered to; whoever has it now is told by the history."""
    task, wanted = _own_task(visit), visit.field("colleague")
    if wanted not in {each.id for each in _colleagues(visit, task)}:
        return _told(visit, task, _("Tej osobie nie można przekazać zadania. Wybierz kogoś z grupy."))
    try:
        visit.engine.assign(task.key, wanted, actor=visit.person.id, reason="przekazanie w grupie")
    except (Conflict, NotFound, Forbidden):
        return _told(visit, task, _("To zadanie ktoś już wykonał albo przejął. Nic nie zostało zapisane."))
    return go_to("/tasks")


def complete(visit: Visit) -> Response:
    """Complete a task with what was filled in; or only show it again, or keep it as a draft."""
    task = _own_task(visit)
    filled = visit.engine.task_form(task.key)
    sent = Sent({}, {}) if filled is None else received(visit, filled)
    if filled is not None:
        again = _again(visit, task, filled, sent)
        if again is not None:
            return again
    try:
        visit.engine.complete(
            task.key,
            variables=sent.submission,
            actor=visit.person.id,
            request_id=visit.request_id,
        )
    except InvalidSubmission as refused:
        return _form(
            visit, task, filled, _entered(visit, filled, sent.submission, refused.fields), UNPROCESSABLE
        )
    except (Conflict, NotFound, Forbidden):
        return _told(visit, task, _("To zadanie ktoś już wykonał albo przejął. Nic nie zostało zapisane."))
    except Unavailable:
        return _form(visit, task, filled, _entered(visit, filled, sent.submission, {}), UNAVAILABLE)
    visit.engine.desks.forget_drafts_of(_draft_of(task))
    return go_to("/tasks?done=1")


def keep(visit: Visit) -> str:
    """Keep what was filled in after the session has ended; return where it goes on."""
    task = _own_task(visit)
    filled = visit.engine.task_form(task.key) if task.state in _OPEN else None
    if filled is None or not keep_draft(visit, _draft_of(task), received(visit, filled).submission):
        return ""
    return f"/tasks/{task.key}"


def _again(visit: Visit, task: UserTask, filled: FilledForm, sent: Sent) -> Response | None:
    """Return the form once more where it was not sent to be completed, or its files are not in order."""
    entered = _entered(visit, filled, sent.submission, sent.problems)
    if visit.is_stale:
        return _form(visit, task, filled, entered, CONFLICT)
    if visit.field("draft") and not sent.problems:
        if keep_draft(visit, _draft_of(task), sent.submission):
            return go_to(f"/tasks/{task.key}")
        raise HTTPException(TOO_LARGE)
    if wants_another_look(visit.form):
        return _form(visit, task, filled, entered)
    wrong = problems_of(visit, filled, sent, filled.variables)
    if wrong:
        return _form(visit, task, filled, _entered(visit, filled, sent.submission, wrong), UNPROCESSABLE)
    return None


def _own_task(visit: Visit) -> UserTask:
    try:
        task = visit.engine.user_task(visit.key("key"))
    except NotFound:
        raise HTTPException(NOT_FOUND) from None
    if not authorize(visit.someone, Action.WORK, task):
        raise HTTPException(NOT_FOUND)
    return task


def _draft_of(task: UserTask) -> str:
    return f"task:{task.key}"


def _colleagues(visit: Visit, task: UserTask) -> list[Person]:
    """Return who may be given a task: nobody where the one asking may not give it."""
    if not visit.may(Action.ASSIGN):
        return []
    known = visit.engine.people.everybody(role=Role.CLERK)
    return [each for each in known if may_get(each, task) and each.id != task.assignee]


def _who(visit: Visit, task: UserTask) -> str:
    """Return who has a task or may take it."""
    people = visit.engine.people.names({*task.candidate_users, task.assignee or ""} - {""})
    return Whom(people, visit.groups).has(task.assignee, task.candidate_groups, task.candidate_users)


def _entered(
    visit: Visit, filled: FilledForm | None, submission: dict[str, object], errors: dict[str, str]
) -> Entered:
    if filled is None:
        return Entered(submission, errors, frozenset())
    hidden = filled.form.hidden(submission, now=visit.engine.now(), variables=filled.variables)
    return Entered(submission, errors, frozenset(hidden))


def _form(
    visit: Visit,
    task: UserTask,
    filled: FilledForm | None,
    entered: Entered,
    status: int = 200,
    *,
    kept_at: str = "",
) -> Response:
    is_open = task.state in _OPEN
    instance = visit.engine.instance(task.instance_key)
    case = instance if instance.business_key else visit.engine.instance(instance.root_key)
    return visit.page(
        "task.html",
        status=status,
        task=task,
        case=case,
        deadline=deadline_of(task.due_at, visit.engine.now(), visit.engine),
        why=why(task, visit.engine),
        who=_who(visit, task),
        colleagues=_colleagues(visit, task) if is_open else [],
        is_open=is_open,
        kept_at=kept_at,
        shows=is_open and visit.may(Action.REVEAL) and visit.engine.shown_by(task.key),
        failed=status == UNAVAILABLE,
        **(view(visit, filled, entered, seen=named(visit, filled)) if filled is not None else NO_FORM),
    )


def _told(visit: Visit, task: UserTask, sentence: str) -> Response:
    return visit.page("told.html", status=CONFLICT, sentence=sentence, back="/tasks", task=task)
