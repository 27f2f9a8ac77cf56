"""What every answer says to the browser (``security.md`` §7): nothing from elsewhere, nothing kept."""

from __future__ import annotations

from contextlib import suppress

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
MODELER_POLICY = f"{_POLICY}; style-src-attr 'unsafe-inline'"  # the properties panel sets style attributes
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
TOO_LARGE = 413
MOST_BYTES = 12 * 1024 * 1024
MOST_WITH_FILES = 52 * 1024 * 1024  # five files of 10 MB and the rest of a form
MOST_PASSED_BY = 64 * 1024 * 1024


class SecurityHeaders:
    """Adds the headers to every answer, and stops bodies that grow too large while they are read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        kept = _kept(scope["path"])

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)  # the modeler's page has said its own policy
                headers["Cache-Control"] = kept
            await send(message)

        most = MOST_PASSED_BY if _announced(scope) > MOST_BYTES else MOST_BYTES
        await self._app(scope, _bounded(receive, most), with_headers)


def _kept(path: str) -> str:
    """Return how long a browser may keep an answer: bundles are named by content, pages are personal."""
    if path.startswith("/static/dist/"):
        return "public, max-age=31536000, immutable"
    return "max-age=3600" if path.startswith("/static/") else "no-store"


async def require_small(request: Request, most: int = MOST_BYTES) -> None:
    """Refuse a body that is announced as too large before it is kept; raises 413.

    What the browser sends is let pass by first, up to a limit: one that is hung up on shows no page.
    """
    if _announced(request.scope) <= most:
        return
    with suppress(ClientDisconnect):
        async for _part in request.stream():
            pass
    raise HTTPException(TOO_LARGE)


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _bounded(receive: Receive, most: int) -> Receive:
    """Return a receiver that stops a body at the limit, whatever it was announced as; raises 413."""
    received = 0

    async def bounded() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            raise HTTPException(TOO_LARGE)
        return message

    return bounded
