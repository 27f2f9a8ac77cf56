"""What every answer says to the browser (``security.md`` §7): nothing from elsewhere, nothing kept."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
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
_TOO_LARGE = "Przesłane dane są za duże (najwyżej 12 MB).".encode()


class SecurityHeaders:
    """Adds the headers to every answer, and refuses bodies that are too large before they are read."""

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

        if _announced(scope) > MOST_BYTES:
            await _refuse(with_headers)
            return
        await self._app(scope, _bounded(receive), with_headers)


def _kept(path: str) -> str:
    """Return how long a browser may keep an answer: bundles are named by content, pages are personal."""
    if path.startswith("/static/dist/"):
        return "public, max-age=31536000, immutable"
    return "max-age=3600" if path.startswith("/static/") else "no-store"


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _bounded(receive: Receive) -> Receive:
    """Return a receiver that stops a body without an announced length at the limit; raises 413."""
    received = 0

    async def bounded() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > MOST_BYTES:
            raise HTTPException(TOO_LARGE)
        return message

    return bounded


async def _refuse(send: Send) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": TOO_LARGE, "headers": headers})
    await send({"type": "http.response.body", "body": _TOO_LARGE})
