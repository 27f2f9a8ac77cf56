"""Starting a process: its form, its case number, the first entry in the register of cases."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from engine import WARSAW, Definition, FilledForm, InvalidSubmission, NotFound
from web.fields import Entered, shown, submission_of
from web.visits import NOT_FOUND, Visit, go_to

UNPROCESSABLE = 422


def startable(visit: Visit) -> list[Definition]:
    """Return the newest versions of the processes that people start: those with a start form."""
    newest: dict[str, Definition] = {}
    for definition in visit.engine.definitions():
        known = newest.get(definition.id)
        if definition.kind == "process" and (known is None or definition.version > known.version):
            newest[definition.id] = definition
    found = [each for each in newest.values() if visit.engine.start_form(each.id) is not None]
    return sorted(found, key=lambda each: each.name)


def overview(visit: Visit) -> Response:
    """Show what can be started."""
    return visit.page("starts.html", definitions=startable(visit))


def show(visit: Visit) -> Response:
    """Show the form a process is started with."""
    filled = _filled(visit)
    return _form(visit, filled, {}, {})


def start(visit: Visit) -> Response:
    """Start the process with what was filled in."""
    filled = _filled(visit)
    submission = submission_of(filled, visit.form)
    if visit.field("refresh"):
        return _form(visit, filled, submission, {})
    engine, process_id = visit.engine, visit.path("process_id")
    try:
        filled.form.validate(submission, now=engine.now(), variables={})
    except InvalidSubmission as refused:
        return _form(visit, filled, submission, refused.fields, UNPROCESSABLE)
    number = _next_number(visit, process_id)
    started = engine.start(
        process_id,
        variables={"numer_sprawy": number, "wnioskodawca": visit.person.id, **submission},
        business_key=number,
        actor=visit.person.id,
        request_id=f"{visit.person.id}:{visit.field('request')}",
    )
    return go_to(f"/instances/{started.key}?started=1")


def _next_number(visit: Visit, process_id: str) -> str:
    """Return the next case number: procedure, year, running number, as in ZSZO03/2026/17."""
    prefix = process_id.partition("_")[0].upper()
    year = visit.engine.now().astimezone(WARSAW).year
    taken = visit.engine.registers.draw_number(f"sprawy {prefix}/{year}")
    return f"{prefix}/{year}/{taken}"


def _filled(visit: Visit) -> FilledForm:
    try:
        filled = visit.engine.start_form(visit.path("process_id"))
    except NotFound:
        filled = None
    if filled is None:
        raise HTTPException(NOT_FOUND)
    return filled


def _seen(visit: Visit, filled: FilledForm) -> FilledForm:
    """Return the form with what is known before there is a case: who files it."""
    return FilledForm(form=filled.form, variables={"wnioskodawca": visit.person.id})


def _form(
    visit: Visit, filled: FilledForm, submission: dict[str, object], errors: dict[str, str], status: int = 200
) -> Response:
    hidden = filled.form.hidden(submission, now=visit.engine.now(), variables={})
    return visit.page(
        "start.html",
        status=status,
        outline=visit.engine.outline(visit.path("process_id")),
        fields=shown(_seen(visit, filled), Entered(submission, errors, frozenset(hidden))),
        can_grow=any(field.hide for field in filled.form.fields),
        labels={field.key: (field.label, field.id) for field in filled.form.fields},
        errors=errors,
    )
