"""Where gateways report what became of a text message; no person comes here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from web.refusals import UNAVAILABLE
from web.visits import NOT_FOUND, UNPROCESSABLE

LARGEST = 65_536  # bytes of a call
TAKEN, NOT_OURS, LATER = "taken", "not ours", "later"


class Reports(Protocol):
    """Who takes reports in; says "taken", "not ours" (a wrong token), "malformed" or "later"."""

    def take(self, token: str, fields: Mapping[str, str]) -> str:
        """Take one call in."""


def route(reports: Reports) -> Route:
    """Return the route for reports: by GET or POST, as the gateway likes; the token in it is the key."""

    async def endpoint(request: Request) -> Response:
        fields = {**request.query_params, **await _form(request)}
        verdict = await run_in_threadpool(reports.take, request.path_params["token"], fields)
        if verdict == NOT_OURS:
            raise HTTPException(NOT_FOUND)
        if verdict == LATER:
            return PlainTextResponse("LATER", status_code=UNAVAILABLE)
        if verdict != TAKEN:
            raise HTTPException(UNPROCESSABLE)
        return PlainTextResponse("OK")  # anything else makes the gateway report again

    return Route("/reports/sms/{token}", endpoint, methods=["GET", "POST"])


async def _form(request: Request) -> dict[str, str]:
    if request.method != "POST":
        return {}
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > LARGEST:  # a body of unknown length is not read
        raise HTTPException(413)
    form = await request.form(max_files=0, max_fields=40)
    return {name: value for name, value in form.items() if isinstance(value, str)}
