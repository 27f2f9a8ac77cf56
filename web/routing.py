"""From a request to a page: who asks, whether they may, whether the form is really ours."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from typing import TypeAlias
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from web.authorization import Action, authorize
from web.headers import MOST_BYTES, MOST_WITH_FILES, require_small
from web.translation import _
from web.visits import FORBIDDEN, NOT_FOUND, UNPROCESSABLE, Page, Visit, go_to

MOST_FIELDS = 2_000  # 50 rows of a list with 20 fields, and the rest
Keeping: TypeAlias = Callable[[Visit], str]  # keeps a form sent too late, returns where it is filled in
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_OF_EVERYBODY = ("/account", "/sign-in", "/sign-out", "/language", "/dostepnosc", "/office.css")


def route(
    path: str,
    page: Page,
    action: Action,
    *,
    post: bool = False,
    keeps: Keeping | None = None,
    files: int = 10,
) -> Route:
    """Return the route of a page; ``action`` is what somebody must be allowed to do to see it at all.

    A form may bring as many ``files``.
    ``keeps`` is given to a form people fill in for a while: it may be as large as its files, and what was
    sent after a session's end is kept for the person it belonged to.
    """
    most = MOST_BYTES if keeps is None else MOST_WITH_FILES

    async def endpoint(request: Request) -> Response:
        if post:
            await require_small(request, most)
        form = await request.form(max_files=files, max_fields=MOST_FIELDS) if post else None

        def answer() -> Response:
            visit = Visit(request, form)
            kept = _kept(visit, keeps)
            if kept is not None:
                return kept
            refused = _refuse(visit, action, post=post, again=keeps is not None)
            return page(visit) if refused is None else refused

        try:
            return await run_in_threadpool(answer)
        finally:
            if form is not None:
                await form.close()

    endpoint.action = action  # type: ignore[attr-defined]  # read by the test of roles × routes
    endpoint.keeps = keeps is not None  # type: ignore[attr-defined]  # read by what tells of errors
    return Route(path, endpoint, methods=["POST"] if post else ["GET"])


def _kept(visit: Visit, keeps: Keeping | None) -> Response | None:
    """Keep a form whose session has ended for its person, then let them sign in; None for others."""
    if keeps is None or visit.session is not None:
        return None
    _require_text(visit)
    lapsed = visit.engine.accounts.lapsed(visit.token, visit.field("form_token"))
    if lapsed is None or not visit.recognise(lapsed):
        return None
    _require_own_form(visit)
    place = keeps(visit)
    return go_to(f"/sign-in?kept={'1' if place else ''}&then={quote(place or '/')}")


def _refuse(visit: Visit, action: Action, *, post: bool, again: bool) -> Response | None:
    _require_text(visit)
    if post:
        visit.is_stale = again and _is_of_an_earlier_session(visit)
    if post and not visit.is_stale:
        _require_own_form(visit)
    if visit.someone is None and action is not Action.SIGN_IN:
        return go_to(f"/sign-in?then={'/' if post else quote(visit.request.url.path)}")
    if visit.must_choose_password and visit.request.url.path not in _OF_EVERYBODY:
        return go_to("/account")
    if not authorize(visit.someone, action):
        raise HTTPException(NOT_FOUND)
    return None


def _require_text(visit: Visit) -> None:
    """Refuse NUL and halves of signs wherever they are sent: no text has them, no database keeps them."""
    asked = [*visit.request.path_params.values(), *visit.request.query_params.values()]
    if any(_NO_TEXT.search(str(each)) for each in asked):
        raise HTTPException(NOT_FOUND)
    if any(_NO_TEXT.search(each) for _, each in visit.form.multi_items() if isinstance(each, str)):
        raise HTTPException(UNPROCESSABLE)


def _is_of_an_earlier_session(visit: Visit) -> bool:
    """Say whether a form of ours was opened before signing in again: it is shown once more, filled in."""
    origin = visit.request.headers.get("origin")
    ours = origin is not None and urlsplit(origin).netloc == visit.request.url.netloc
    return ours and visit.session is not None and visit.field("form_token") != visit.session.form_token


def _require_own_form(visit: Visit) -> None:
    """Refuse a form another site has sent: its origin must be ours, and carry the session's own token."""
    origin = visit.request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != visit.request.url.netloc:
        raise HTTPException(
            FORBIDDEN, _("Formularz przyszedł z innej strony. Otwórz go u nas i wyślij jeszcze raz.")
        )
    if visit.session is None:
        return
    sent = visit.field("form_token")
    if not hmac.compare_digest(sent.encode(), visit.session.form_token.encode()):
        raise HTTPException(FORBIDDEN, _("Formularz jest nieaktualny. Otwórz go i wyślij jeszcze raz."))
