"""Signing in and out."""

from __future__ import annotations

from starlette.responses import Response

from engine import Busy, Forbidden, NotFound
from web.translation import N_, _
from web.visits import TOO_MANY, Visit, cookie_name, go_to, own_path

UNAUTHORISED = 401
_CROWDED = N_("Za dużo prób naraz, spróbuj za chwilę.")


def show(visit: Visit) -> Response:
    """Show the form to sign in; in a demonstration, the invented people."""
    return _form(visit, "")


def sign_in(visit: Visit) -> Response:
    """Check the password and open a session; one address does not try for ever."""
    attempts = visit.attempts
    if not attempts.take(visit.address):
        return _form(visit, _(_CROWDED), TOO_MANY)
    try:
        token = visit.engine.accounts.sign_in(visit.field("person"), visit.field("password"))
    except Forbidden as refused:
        return _form(visit, str(refused))
    except Busy:
        attempts.give_back(visit.address)
        return _form(visit, _(_CROWDED), TOO_MANY)
    attempts.give_back(visit.address)
    return visit.entered(token, own_path(visit.field("then")))


def sign_in_invented(visit: Visit) -> Response:
    """Sign in as one of the demonstration's people; the route exists only there."""
    try:
        token = visit.engine.accounts.open(visit.field("person"))
    except (Forbidden, NotFound) as refused:
        return _form(visit, str(refused))
    return visit.entered(token, own_path(visit.field("then")))


def sign_out(visit: Visit) -> Response:
    """End the session."""
    visit.engine.accounts.sign_out(visit.token)
    answer = go_to("/sign-in")
    secure = visit.request.url.scheme == "https"  # without it a browser keeps a __Host- cookie
    answer.delete_cookie(cookie_name(visit.request), path="/", secure=secure, httponly=True, samesite="lax")
    return answer


def _form(visit: Visit, refused: str, status: int = UNAUTHORISED) -> Response:
    people = visit.engine.people.everybody() if visit.demonstration is not None else []
    return visit.page(
        "sign_in.html",
        status=status if refused else 200,
        people=people,
        refused=refused,
        then=visit.field("then") or visit.query("then"),
        person=visit.field("person"),
    )
