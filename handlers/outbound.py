"""How a handler speaks to an outside system: one deadline for the whole conversation, a size limit, plain
failures.

Time limits of socket libraries start anew with every byte, so a peer that sends one byte a second is never
late for them. A watchdog that shuts the socket down is (``security.md`` §6, §10: SMTP 60 s, HTTP reply 1 MB
in 10 s).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import email.utils
import functools
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Annotated, Any, TypeVar

import httpx
import msgspec

from engine import JobFailure

T = TypeVar("T")
Instant = Annotated[
    dt.datetime, msgspec.Meta(tz=True)
]  # in a reply: a date-time without a zone is no instant
REPLY_LIMIT = 1_000_000
LONGEST_BACK_OFF = 6 * 3600.0


class Watchdog:
    """Shuts a conversation's socket down once the deadline (seconds) has passed, whatever the peer does."""

    def __init__(self, seconds: float, find_socket: Callable[[], socket.socket | None]) -> None:
        self.seconds = seconds
        self.expired = False
        self._find_socket = find_socket
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True

    def __enter__(self) -> Watchdog:
        """Start the clock."""
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the clock."""
        self._timer.cancel()

    def check(self) -> None:
        """Raise TimeoutError when the deadline has passed before there was a socket to shut down."""
        if self.expired:
            raise TimeoutError

    def _expire(self) -> None:
        self.expired = True
        found = self._find_socket()
        if found is not None:
            with contextlib.suppress(OSError):
                # The plain socket's method: SSLSocket's would switch encryption off under the reader's feet.
                socket.socket.shutdown(found, socket.SHUT_RDWR)


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What an HTTP server answered; ``headers`` have lower-case names, ``body`` is at most ``REPLY_LIMIT``
    bytes.
    """

    code: int
    headers: dict[str, str]
    body: bytes

    def decode(self, kind: type[T], system: str) -> T:
        """Return the body read as JSON of this kind; anything else is a failure of that system."""
        try:
            return msgspec.json.decode(self.body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise JobFailure(
                f"expected {system} to answer as agreed, but its body is another: {error}"
            ) from None


def call(
    system: str,
    method: str,
    url: str,
    *,
    deadline: float,
    auth: tuple[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    json: Any = None,
) -> Reply:
    """Make one HTTP request and return the reply, whatever its status.

    Redirects are not followed: credentials go only where the administrator said. Raises ``JobFailure`` when
    the system cannot be reached, is late or answers too much.
    """
    sockets: list[socket.socket] = []
    body = None if json is None else msgspec.json.encode(json)
    sent = {"accept": "application/json", **({} if body is None else {"content-type": "application/json"})}
    with (
        httpx.Client(verify=_tls(), timeout=deadline, trust_env=False, follow_redirects=False) as client,
        Watchdog(deadline, lambda: sockets[-1] if sockets else None) as watchdog,
    ):
        request = client.build_request(
            method,
            url,
            params=params,
            content=body,
            headers={**sent, **(headers or {})},
            extensions={"trace": _collector(sockets, watchdog)},
        )
        try:
            return _exchange(client, request, auth, system)
        except (httpx.HTTPError, OSError) as error:
            late = watchdog.expired or isinstance(error, httpx.TimeoutException)
            problem = f"it did not within {deadline:g} s" if late else f"{type(error).__name__}: {error}"
            raise JobFailure(f"expected {system} to answer, but {problem}") from None


@functools.cache
def _tls() -> ssl.SSLContext:
    """Return the context that verifies servers; reading the list of authorities anew costs 30 ms per call."""
    return ssl.create_default_context()


def _collector(sockets: list[socket.socket], watchdog: Watchdog) -> Callable[[str, dict[str, Any]], None]:
    """Return the trace extension (python-httpx.org/advanced/extensions) that remembers the connection's
    socket.
    """

    def trace(event: str, info: dict[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            sockets.append(info["return_value"].get_extra_info("socket"))
            watchdog.check()

    return trace


def _exchange(
    client: httpx.Client, request: httpx.Request, auth: tuple[str, str] | None, system: str
) -> Reply:
    response = client.send(request, auth=auth, stream=True)
    try:
        body = bytearray()
        for piece in response.iter_bytes(65536):
            body += piece
            if len(body) > REPLY_LIMIT:
                raise JobFailure(
                    f"expected at most {REPLY_LIMIT} bytes from {system}, but the reply is longer"
                )
        return Reply(code=response.status_code, headers=dict(response.headers), body=bytes(body))
    finally:
        response.close()


def require_success(reply: Reply, system: str, *, now: dt.datetime, remedy: str) -> Reply:
    """Return the reply when its status is 2xx, or raise the ``JobFailure`` that its status means.

    401, 403 and other refusals last until a person acts (``remedy``); 429 waits as long as the server asks;
    408 and 5xx are tried again.
    """
    if 200 <= reply.code < 300:
        return reply
    reason = f"expected {system} to answer 2xx, but got {reply.code}"
    if reply.code == 429:
        raise JobFailure(reason, back_off=_retry_after(reply.headers.get("retry-after", ""), now))
    if reply.code == 408 or reply.code >= 500:
        raise JobFailure(reason)
    raise JobFailure(f"{reason}; {remedy}", permanent=True)


def _retry_after(header: str, now: dt.datetime) -> float | None:
    """Read Retry-After (RFC 9110 §10.2.3: seconds or a date) as seconds, at most six hours."""
    if header.isascii() and header.isdigit():
        return min(float(header[:9]), LONGEST_BACK_OFF)
    try:
        at = email.utils.parsedate_to_datetime(header)
    except ValueError:
        return None
    wanted = (at.replace(tzinfo=at.tzinfo or dt.UTC) - now).total_seconds()
    return min(max(wanted, 0.0), LONGEST_BACK_OFF)
