"""A demo SMS gateway in SMSAPI.pl's wire format (``domain.md`` §6.2): ``POST /sms.do``, form-encoded, Bearer.

It knows each ``idx`` once (``check_idx=1`` → error 53). Besides the faults of every HTTP server it plays
``error:13`` and other error codes of the gateway. Delivery reports are sent on demand;
``sms_reporter`` sends them by itself.
"""

from __future__ import annotations

import hmac
import itertools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request as UrlRequest
from urllib.request import urlopen

from demo.http_server import Answer, HttpServer, Request
from demo.journal import Faults, Journal

TOKEN = "demo-sms"  # noqa: S105  the demo gateway's own, on this machine only
NO_SUCH_NUMBERS = frozenset({"48500000000"})  # valid to look at, unknown to the gateway: always error 13
ERRORS = {
    8: "Bad request",
    13: "No correct phonenumbers",
    53: "Not unique idx",
    101: "Bad authorization",
    103: "Not enough points",
    201: "System error",
}
STATES = {402: "EXPIRED", 403: "SENT", 404: "DELIVERED", 405: "UNDELIVERED", 406: "FAILED", 407: "REJECTED"}


class SmsServer:
    """One gateway on a free loopback port; ``messages()`` are what a phone would show."""

    def __init__(self, directory: Path, *, drip: float = 1.0) -> None:
        self.journal = Journal(directory / "sms.jsonl")
        self.errors = Faults()
        self._lock = threading.Lock()
        self.on_accepted: Callable[[str, str], None] = lambda identifier, number: None
        earlier = self.journal.read("sms")
        self._seen = {line["idx"] for line in earlier}
        self._numbers = itertools.count(len(earlier) + 1)
        self.http = HttpServer("sms", self._respond, self.journal, drip=drip)
        self.start, self.stop = self.http.start, self.http.stop

    @property
    def url(self) -> str:
        """Return the gateway's address."""
        return self.http.url

    def script(self, kind: str, *, match: str = "", times: int = 1) -> None:
        """Script a fault; ``error:…`` is an answer of the gateway, anything else one of the HTTP server."""
        (self.errors if kind.startswith("error:") else self.http.faults).script(
            kind, match=match, times=times
        )

    def messages(self) -> list[dict[str, Any]]:
        """Return the accepted messages: id, idx, to, message, from, notify_url."""
        return self.journal.read("sms")

    def report(self, *, status: int = 404, ids: tuple[str, ...] = ()) -> list[str]:
        """Send delivery reports for messages (all, if none is named) to their notify_url; return the replies'
        texts.

        Values of messages with the same address travel together, comma-separated; the reply must be ``OK``.
        """
        batches: dict[str, list[dict[str, Any]]] = {}
        for line in self.messages():
            if line["notify_url"] and (not ids or line["id"] in ids):
                batches.setdefault(line["notify_url"], []).append(line)
        return [self._report(url, lines, status) for url, lines in batches.items()]

    def _report(self, url: str, lines: list[dict[str, Any]], status: int) -> str:
        columns = {
            "MsgId": [line["id"] for line in lines],
            "status": [str(status) for _ in lines],
            "status_name": [STATES.get(status, "UNKNOWN") for _ in lines],
            "idx": [line["idx"] for line in lines],
            "to": [line["to"] for line in lines],
            "points": ["0.16" for _ in lines],
        }
        form = urlencode({name: ",".join(values) for name, values in columns.items()}).encode()
        try:
            with urlopen(UrlRequest(url, data=form), timeout=5) as reply:  # noqa: S310  the URL the engine gave
                text = str(reply.read(100).decode("utf-8", "replace"))
        except (URLError, OSError) as error:
            text = f"{type(error).__name__}: {error}"
        self.journal.write("report", url=url, count=len(lines), status=status, reply=text)
        return text

    def _respond(self, request: Request) -> Answer:
        if (request.method, request.path) == ("POST", "/messages/send_sms.json"):
            return self._serwersms(request)
        if (request.method, request.path) != ("POST", "/sms.do"):
            return Answer(404, {"error": 404, "message": "Not found"})
        if not hmac.compare_digest(
            request.headers.get("authorization", "").encode(), f"Bearer {TOKEN}".encode()
        ):
            return _error(101)
        form = request.form()
        scripted = self.errors.take(form.get("to", ""))
        if scripted is not None:
            return _error(int(scripted.removeprefix("error:")), form.get("to", ""))
        return self._accept(form)

    def _serwersms(self, request: Request) -> Answer:
        """Answer as SerwerSMS.pl documents ``messages/send_sms``."""
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer(401, {"error": {"code": 1001, "type": "PermissionDenied", "message": "Token"}})
        given = request.json()
        scripted = self.errors.take(given["phone"])
        if scripted is not None:
            item = {
                "phone": given["phone"],
                "status": "unsent",
                "error_code": scripted.removeprefix("error:"),
            }
            return Answer(200, {"success": True, "queued": 0, "unsent": 1, "items": [item]})
        with self._lock:
            identifier = f"{next(self._numbers):010x}"
            self.journal.write(
                "sms", id=identifier, idx=given["unique_id"], to=given["phone"], message=given["text"],
                sender=given["sender"], notify_url="", test=given["test"],
            )  # fmt: skip
        item = {
            "id": identifier,
            "phone": given["phone"],
            "status": "queued",
            "parts": 1,
            "text": given["text"],
        }
        return Answer(200, {"success": True, "queued": 1, "unsent": 0, "items": [item]})

    def _accept(self, form: dict[str, str]) -> Answer:
        number, idx = form.get("to", ""), form.get("idx", "")
        if not (number.isdigit() and len(number) == 11) or number in NO_SUCH_NUMBERS:
            return _error(13, number)
        with self._lock:
            if idx in self._seen and form.get("check_idx") == "1":
                self.journal.write("repeated", idx=idx)
                return _error(53)
            self._seen.add(idx)
            identifier = f"DEMO{next(self._numbers):020d}"
            self.journal.write(
                "sms", id=identifier, idx=idx, to=number, message=form.get("message", ""),
                sender=form.get("from", ""), notify_url=form.get("notify_url", ""), test=form.get("test", ""),
            )  # fmt: skip
        self.on_accepted(identifier, number)
        row = {
            "id": identifier, "points": 0.16, "number": number, "date_sent": 1_700_000_000,
            "submitted_number": number, "status": "QUEUE", "error": None, "idx": idx, "parts": 1,
        }  # fmt: skip
        return Answer(200, {"count": 1, "list": [row]})


def _error(code: int, number: str = "") -> Answer:
    """Return an error as SMSAPI does: HTTP 200 and a body with ``error``."""
    body: dict[str, Any] = {"error": code, "message": ERRORS.get(code, "Error")}
    if code == 13:
        body["invalid_numbers"] = [
            {"number": number, "submitted_number": number, "message": "Invalid phone number"}
        ]
    return Answer(200, body)
