"""From a request to a page: who asks, whether they may, whether the form is really ours."""

from __future__ import annotations

import hmac
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from web.authorization import Action, authorize
from web.headers import require_small
from web.translation import _
from web.visits import FORBIDDEN, NOT_FOUND, UNPROCESSABLE, Page, Visit, go_to

MOST_FIELDS = 500
_OF_EVERYBODY = ("/account", "/sign-in", "/sign-out", "/language", "/dostepnosc", "/office.css")


def route(path: str, page: Page, action: Action, *, post: bool = False) -> Route:
    """Return the route of a page; ``action`` is what somebody must be allowed to do to see it at all."""

    async def endpoint(request: Request) -> Response:
        if post:
            await require_small(request)
        form = await request.form(max_files=10, max_fields=MOST_FIELDS) if post else None

        def answer() -> Response:
            visit = Visit(request, form)
            refused = _refuse(visit, action, post=post)
            return page(visit) if refused is None else refused

        try:
            return await run_in_threadpool(answer)
        finally:
            if form is not None:
                await form.close()

    endpoint.action = action  # type: ignore[attr-defined]  # read by the test of roles × routes
    return Route(path, endpoint, methods=["POST"] if post else ["GET"])


def _refuse(visit: Visit, action: Action, *, post: bool) -> Response | None:
    _require_text(visit)
    if post:
        _require_own_form(visit)
    if visit.someone is None and action is not Action.SIGN_IN:
        return go_to(f"/sign-in?then={quote(visit.request.url.path)}")
    if visit.must_choose_password and visit.request.url.path not in _OF_EVERYBODY:
        return go_to("/account")
    if not authorize(visit.someone, action):
        raise HTTPException(NOT_FOUND)
    return None


def _require_text(visit: Visit) -> None:
    """Refuse NUL wherever it is sent: no text has it, and not every database can be asked about it."""
    asked = [*visit.request.path_params.values(), *visit.request.query_params.values()]
    if any("\0" in str(each) for each in asked):
        raise HTTPException(NOT_FOUND)
    if any("\0" in each for _, each in visit.form.multi_items() if isinstance(each, str)):
        raise HTTPException(UNPROCESSABLE)


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
