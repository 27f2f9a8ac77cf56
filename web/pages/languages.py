"""Choosing the language of the pages."""

from __future__ import annotations

from starlette.responses import Response

from web.translation import COOKIE, known
from web.visits import Visit, go_to, own_path

_A_YEAR = 365 * 24 * 3600


def choose(visit: Visit) -> Response:
    """Remember the language in the browser, and go back to where it was chosen."""
    answer = go_to(own_path(visit.field("then")))
    chosen = known(visit.field("language"))
    if chosen is not None:
        secure = visit.request.url.scheme == "https"
        answer.set_cookie(
            COOKIE, chosen, max_age=_A_YEAR, httponly=True, secure=secure, samesite="lax", path="/"
        )
    return answer
