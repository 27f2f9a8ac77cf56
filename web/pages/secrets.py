"""Secrets on the screen: what a task may show, and showing it – once, by a form, to the person who has it.

Nothing of it is ever in an address, a redirect or a page that can be opened again: the answer to the form is
the only place, and a browser that sends the form again is told that it was shown.
"""

from __future__ import annotations

import base64

from starlette.exceptions import HTTPException
from starlette.responses import Response

from engine import Conflict, EngineError, Forbidden, NotFound, Shown, UserTask
from web.authorization import Action, authorize
from web.translation import N_, Table, _
from web.visits import CONFLICT, NOT_FOUND, UNPROCESSABLE, Visit

PDF = "data:application/pdf;base64,"  # how a print-out is kept among the secrets
NAMES = Table(
    {
        "haslo_startowe": N_("hasło startowe"),
        "klucz_pakietu": N_("hasło do zaszyfrowanego pliku"),
        "wydruk": N_("wydruk z hasłem startowym"),
    }
)


def show(visit: Visit) -> Response:
    """Show what a task can show, without showing it."""
    return _page(visit, _own_task(visit))


def reveal(visit: Visit) -> Response:
    """Show one secret: the only answer that ever holds it."""
    task, variable = _own_task(visit), visit.field("variable")
    offered = next((each for each in visit.engine.shown_by(task.key) if each.variable == variable), None)
    if offered is None:
        raise HTTPException(NOT_FOUND)
    reason = visit.field("reason").strip()
    if offered.times and offered.may_repeat and not reason:
        return _page(visit, task, _("Podaj powód ponownego wydruku."), UNPROCESSABLE)
    try:
        text = visit.engine.reveal(task.key, variable=variable, actor=visit.person.id, reason=reason)
    except Forbidden:
        return _page(visit, task, _("Najpierw weź to zadanie. Pokazujemy tylko temu, kto je ma."), CONFLICT)
    except (Conflict, NotFound):
        return _page(visit, task, _("Tego już nie można pokazać: było pokazane albo zniszczone."), CONFLICT)
    except EngineError:
        return _page(visit, task, _("Powód musi mieć co najmniej 10 znaków."), UNPROCESSABLE)
    if text.startswith(PDF):
        return _printable(text)
    return visit.page("secret.html", task=task, name=_name(offered), text=text)


def _printable(text: str) -> Response:
    """Return a print-out for the browser's own viewer: shown, not saved."""
    return Response(
        base64.b64decode(text.removeprefix(PDF)),
        media_type="application/pdf",
        headers={"Content-Disposition": 'inline; filename="wydruk.pdf"'},
    )


def _page(visit: Visit, task: UserTask, refused: str = "", status: int = 200) -> Response:
    offered = [(each, _name(each)) for each in visit.engine.shown_by(task.key)]
    if not offered:
        raise HTTPException(NOT_FOUND)
    mine = task.assignee == visit.person.id
    return visit.page("secrets.html", status=status, task=task, offered=offered, refused=refused, mine=mine)


def _name(offered: Shown) -> str:
    return NAMES.get(offered.purpose, offered.purpose)


def _own_task(visit: Visit) -> UserTask:
    try:
        task = visit.engine.user_task(visit.key("key"))
    except NotFound:
        raise HTTPException(NOT_FOUND) from None
    if not authorize(visit.someone, Action.REVEAL, task):
        raise HTTPException(NOT_FOUND)
    return task
