"""The small HTTP server the demo systems share: routing, Basic Auth, faults, a journal line per request."""

from __future__ import annotations

import base64
import contextlib
import hmac
import io
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from demo.journal import Faults, Journal

LARGEST_BODY = 1_000_000
WAIT = 30.0  # how long a hanging or dripping answer lasts at most, seconds


class Request(NamedTuple):
    """One request, decoded."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """Return the body's record; ValueError if it is none."""
        decoded = msgspec.json.decode(self.body)
        if not isinstance(decoded, dict):
            raise ValueError("expected a JSON record")
        return decoded

    def form(self) -> dict[str, str]:
        """Return the fields of a form-encoded body."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


class Answer(NamedTuple):
    """What the server replies; ``body`` is encoded as JSON unless it is bytes already (then plain text)."""

    code: int
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()


Responder = Callable[[Request], Answer]


class HttpServer:
    """Serves one responder on a free loopback port in a thread.

    Faults: a status (``500``, or ``429:7`` with Retry-After), ``hang`` (no answer), ``slow`` (one byte at a
    time), ``lost`` (done, but the connection ends without an answer), ``big`` (2 MB), ``garbage`` (no JSON).
    """

    def __init__(self, name: str, responder: Responder, journal: Journal, *, drip: float = 1.0) -> None:
        self.name = name
        self.journal = journal
        self.faults = Faults()
        self.stopping = threading.Event()
        self.drip = drip
        self._responder = responder
        self._server = _Listener(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name=name, daemon=True
        )

    @property
    def url(self) -> str:
        """Return the server's address without a last slash."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Let hanging answers go and close the port."""
        self.stopping.set()
        closing = threading.Thread(target=self._server.shutdown)
        closing.start()
        with contextlib.suppress(OSError):  # a knock wakes the loop: stopping need not wait for its pause
            socket.create_connection(self._server.server_address[:2], timeout=1).close()  # type: ignore[arg-type]
        closing.join()
        self._server.server_close()
        self._thread.join()

    def respond(self, request: Request) -> tuple[str | None, Answer]:
        """Return the fault to play and the answer; a request refused by a fault is not carried out."""
        fault = self.faults.take(request.path)
        self.journal.write(
            "request", method=request.method, path=request.path, query=request.query, fault=fault
        )
        if fault is not None and fault[:3].isdigit():
            code, _, wait = fault.partition(":")
            return None, Answer(int(code), {"error": code}, (("Retry-After", wait),) if wait else ())
        if fault in ("hang", "big", "garbage"):
            return fault, Answer(200, b" " * 2_000_000 if fault == "big" else b"<html>")
        return fault, self._responder(request)


class _Listener(ThreadingHTTPServer):
    """Keeps tracebacks of clients that went away off the terminal."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: dropped connections are part of the tests."""


def _handler(owner: HttpServer) -> type[BaseHTTPRequestHandler]:
    """Return the request handler class of one server; http.server makes an object of it per connection."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """The journal has it already."""

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            length = min(int(self.headers.get("Content-Length") or 0), LARGEST_BODY)
            request = Request(
                method=self.command,
                path=unquote(parts.path),
                query=dict(parse_qsl(parts.query)),
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(length),
            )
            fault, answer = owner.respond(request)
            if fault == "hang":
                owner.stopping.wait(WAIT)
            if fault not in ("hang", "lost"):
                with contextlib.suppress(OSError):
                    _send(self.wfile, answer, owner.stopping, drip=owner.drip if fault == "slow" else 0.0)

        do_GET = do_POST = do_PUT = _serve  # noqa: N815  the library's names

    return Handler


def _send(wire: io.BufferedIOBase, answer: Answer, stopping: threading.Event, *, drip: float) -> None:
    """Write the answer at once, or byte by byte with a pause (seconds) in between."""
    body = answer.body if isinstance(answer.body, bytes) else msgspec.json.encode(answer.body)
    kind = "text/plain" if isinstance(answer.body, bytes) else "application/json; charset=utf-8"
    headers = {"Content-Type": kind, **dict(answer.headers), "Content-Length": str(len(body))}
    lines = [f"HTTP/1.0 {answer.code} -", *(f"{name}: {value}" for name, value in headers.items())]
    raw = "\r\n".join([*lines, "", ""]).encode() + body
    if not drip:
        wire.write(raw)
        return
    for byte in raw:
        wire.write(bytes([byte]))
        if stopping.wait(drip):
            return


def basic_auth_ok(request: Request, username: str, password: str) -> bool:
    """Tell whether the request carries these credentials (RFC 7617)."""
    wanted = "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
    return hmac.compare_digest(request.headers.get("authorization", "").encode(), wanted.encode())
