"""Starting a process: its form, its case number, the first entry in the register of cases."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from engine import (
    WARSAW,
    Conflict,
    Definition,
    FilledForm,
    InvalidSubmission,
    NotFound,
    OutlineStep,
    ProcessOutline,
    Unavailable,
)
from web.authorization import may_start
from web.fields import Entered, wants_another_look
from web.filling import Sent, named, problems_of, received, restored, view
from web.filling import keep as keep_draft
from web.translation import N_, _
from web.visits import CONFLICT, NOT_FOUND, TOO_LARGE, UNAVAILABLE, UNPROCESSABLE, Visit, go_to

SCHOOL = "numer_rspo"  # the field of a form that says for which school somebody files
_SUSPENDED = N_(
    "Nie można teraz złożyć tego wniosku: procedura jest wstrzymana albo formularz był już użyty. "
    "Nic nie zostało złożone; spróbuj później."
)


def startable(visit: Visit) -> list[Definition]:
    """Return the newest versions of the processes with a start form that this person may start."""
    newest: dict[str, Definition] = {}
    for definition in visit.engine.definitions():
        known = newest.get(definition.id)
        if definition.kind == "process" and (known is None or definition.version > known.version):
            newest[definition.id] = definition
    found = [each for each in newest.values() if _is_theirs(visit, visit.engine.outline(each.id))]
    shown = [each for each in found if visit.engine.start_form(each.id) is not None]
    return sorted(shown, key=lambda each: each.name)


def overview(visit: Visit) -> Response:
    """Show what can be started."""
    return visit.page("starts.html", definitions=startable(visit))


def show(visit: Visit) -> Response:
    """Show the form a process is started with, filled in as far as it was kept."""
    filled = _filled(visit)
    submission, kept_at = restored(visit, _draft_of(visit), filled)
    return _form(visit, filled, submission, {}, kept_at=kept_at)


def start(visit: Visit) -> Response:
    """Start the process with what was filled in; or only show it again, or keep it as a draft."""
    filled = _filled(visit)
    sent = received(visit, filled)
    again = _again(visit, filled, sent)
    if again is not None:
        return again
    try:
        entered = filled.form.validate(sent.submission, now=visit.engine.now(), variables={})
        _require_own_school(visit, entered.get(SCHOOL))
        return _started(visit, sent.submission)
    except InvalidSubmission as refused:
        return _filed_before(visit) or _form(visit, filled, sent.submission, refused.fields, UNPROCESSABLE)
    except Conflict:
        return visit.page("told.html", status=CONFLICT, sentence=_(_SUSPENDED), back="/start", task=None)
    except Unavailable:
        return _form(visit, filled, sent.submission, {}, UNAVAILABLE)


def _filed_before(visit: Visit) -> Response | None:
    """Return where a form sent twice has led: the first took its files, so the second seems to lack them."""
    request_id = visit.request_id
    filed = visit.engine.started(visit.path("process_id"), request_id=request_id) if request_id else None
    return None if filed is None else go_to(f"/instances/{filed.key}?started=1")


def keep(visit: Visit) -> str:
    """Keep what was filled in after the session has ended; return where it goes on."""
    kept = keep_draft(visit, _draft_of(visit), received(visit, _filled(visit)).submission)
    return f"/start/{visit.path('process_id')}" if kept else ""


def _again(visit: Visit, filled: FilledForm, sent: Sent) -> Response | None:
    """Return the form once more where it was not sent to be filed, or its files are not in order."""
    if visit.is_stale:
        return _form(visit, filled, sent.submission, sent.problems, CONFLICT)
    if visit.field("draft") and not sent.problems:
        if keep_draft(visit, _draft_of(visit), sent.submission):
            return go_to(f"/start/{visit.path('process_id')}")
        raise HTTPException(TOO_LARGE)
    if wants_another_look(visit.form):
        return _form(visit, filled, sent.submission, sent.problems)
    wrong = problems_of(visit, filled, sent, {})
    return _form(visit, filled, sent.submission, wrong, UNPROCESSABLE) if wrong else None


def _draft_of(visit: Visit) -> str:
    return f"start:{visit.path('process_id')}"


def _started(visit: Visit, submission: dict[str, object]) -> Response:
    engine, process_id = visit.engine, visit.path("process_id")
    _require_going(visit, process_id)
    number = _next_number(visit, process_id)
    started = engine.start(
        process_id,
        variables={"numer_sprawy": number, "wnioskodawca": visit.person.id, **submission},
        business_key=number,
        actor=visit.person.id,
        request_id=visit.request_id,
    )
    engine.desks.forget_draft(visit.person.id, _draft_of(visit))
    return go_to(f"/instances/{started.key}?started=1")


def _require_going(visit: Visit, process_id: str) -> None:
    """Refuse a suspended process before a number is drawn for it; raises ``Conflict``."""
    versions = [
        each for each in visit.engine.definitions() if (each.kind, each.id) == ("process", process_id)
    ]
    if not max(versions, key=lambda each: each.version).active:
        raise Conflict(f"expected a process that may be started, but '{process_id}' is suspended")


def _require_own_school(visit: Visit, number: object) -> None:
    """Refuse another school's number to somebody who acts for one school (``security.md`` §8)."""
    school = visit.person.school
    if school and number is not None and str(number) != school:
        raise InvalidSubmission(
            {SCHOOL: _("Możesz złożyć wniosek tylko dla swojej szkoły: %(school)s.", school=school)}
        )


def _next_number(visit: Visit, process_id: str) -> str:
    """Return the case number: procedure, year, running number, as in ZSZO03/2026/17; a form's own."""
    prefix = process_id.partition("_")[0].upper()
    year = visit.engine.now().astimezone(WARSAW).year
    taken = visit.engine.registers.draw_number(f"sprawy {prefix}/{year}", request_id=visit.request_id)
    return f"{prefix}/{year}/{taken}"


def _filled(visit: Visit) -> FilledForm:
    """Return the form of a process this person may start; any other is not there."""
    process_id = visit.path("process_id")
    try:
        filled = visit.engine.start_form(process_id)
        is_theirs = _is_theirs(visit, visit.engine.outline(process_id))
    except NotFound:
        raise HTTPException(NOT_FOUND) from None
    if filled is None or not is_theirs:
        raise HTTPException(NOT_FOUND)
    return filled


def _is_theirs(visit: Visit, outline: ProcessOutline) -> bool:
    return any(may_start(visit.person, step.group) for step in outline.steps if _begins(outline, step))


def _begins(outline: ProcessOutline, step: OutlineStep) -> bool:
    """Say whether a step is where people start the process: its start event that waits for nothing."""
    return (step.element_type, step.container, step.events) == ("startEvent", outline.process_id, ())


def _seen(visit: Visit, filled: FilledForm) -> FilledForm:
    """Return the form with what is known before there is a case: who files it, and for which school."""
    known: dict[str, Any] = {"wnioskodawca": visit.person.id}
    if visit.person.school:
        known[SCHOOL] = visit.person.school
    return FilledForm(form=filled.form, variables=known)


def _form(
    visit: Visit,
    filled: FilledForm,
    submission: dict[str, object],
    errors: dict[str, str],
    status: int = 200,
    *,
    kept_at: str = "",
) -> Response:
    hidden = filled.form.hidden(submission, now=visit.engine.now(), variables={})
    entered = Entered(submission, errors, frozenset(hidden))
    return visit.page(
        "start.html",
        status=status,
        outline=visit.engine.outline(visit.path("process_id")),
        kept_at=kept_at,
        failed=status == UNAVAILABLE,
        **view(visit, filled, entered, seen=named(visit, _seen(visit, filled))),
    )
