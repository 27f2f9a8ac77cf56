"""How a text reaches a gateway: SMSAPI.pl through its own client, SerwerSMS.pl in its documented JSON.

Either takes one message to one number, knows a repetition by its ``idx`` where it can, and answers ``Taken``,
a BPMN error or a failure. The text, which carries the key, is in no error.
"""

from __future__ import annotations

import datetime as dt
import queue
import threading
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import msgspec
import requests
from smsapi.client import Client
from smsapi.exception import EndpointException, SmsApiException

from engine import BpmnError, JobFailure
from handlers import outbound
from handlers.connection import Connection

BAD_NUMBER = "SMS_NUMER_BLEDNY"
REMEDY = "check OBIEG_SMS_URL and OBIEG_SMS_TOKEN"
_REPEATED = 53
_TRY_AGAIN = frozenset({52, 201, 202, 203, 999})
_REMEDIES = {
    11: "correct the text of the task",
    12: "shorten the text of the task",
    14: "set OBIEG_SMS_SENDER to a sender name reserved at the gateway",
    101: "check OBIEG_SMS_TOKEN",
    102: "check OBIEG_SMS_TOKEN",
    103: "top up the gateway's account, then retry",
    105: "let the gateway accept this server's address",
}


class Gateway(StrEnum):
    """Whose wire format is spoken."""

    SMSAPI = "smsapi"
    SERWERSMS = "serwersms"


class SmsSettings(Connection, frozen=True, kw_only=True):
    """The gateway and the office's account there; ``deadline`` is in seconds for the whole call.

    ``notify_url`` gets delivery reports; its last segment is an unguessable token because the gateway does
    not sign them. With ``test`` the gateway checks a message and sends none. The quotas are per number and
    day, per case, per clerk and hour, and parts per day; 0 lifts one.
    """

    gateway: Gateway = Gateway.SMSAPI
    url: str = "https://api.smsapi.pl"
    token: str = ""
    sender: str = ""
    notify_url: str = ""
    deadline: float = 30.0
    text: str = "Haslo do pliku w sprawie {nr}: {klucz}. Nie odpowiadaj. UMK WE"
    test: bool = False
    per_number: int = 3
    per_case: int = 2
    per_clerk: int = 30
    per_day: int = 300


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """The gateway has the message; both are None where it had it already and told nothing more."""

    id: str | None
    parts: int | None


def send(settings: SmsSettings, url: str, *, number: str, text: str, idx: str, now: dt.datetime) -> Taken:
    """Hand one text to the gateway; raises ``SMS_NUMER_BLEDNY`` or ``JobFailure``."""
    if not settings.token:
        raise JobFailure("expected a token for the SMS gateway, but OBIEG_SMS_TOKEN is empty", permanent=True)
    if settings.gateway is Gateway.SERWERSMS:
        return _serwersms(settings, url, number, text, idx, now)
    return _smsapi(settings, url, number, text, idx)


def _smsapi(settings: SmsSettings, url: str, number: str, text: str, idx: str) -> Taken:
    fields = {
        "to": number, "message": text, "idx": idx, "check_idx": "1", "encoding": "utf-8", "max_parts": "1",
        "from_": settings.sender, "notify_url": settings.notify_url, "test": "1" if settings.test else "",
    }  # fmt: skip
    given = {name: value for name, value in fields.items() if value}
    client = Client(url + "/", access_token=settings.token)
    try:
        result = _within(settings.deadline, lambda: client.sms.send(timeout=settings.deadline, **given))
    except SmsApiException as error:
        if error.code == _REPEATED and isinstance(error, EndpointException):
            return Taken(id=None, parts=None)
        raise _verdict(error) from None
    except (requests.RequestException, TimeoutError, OSError) as error:
        # The exception's own text could quote the request: only its kind is told.
        raise JobFailure(f"expected the SMS gateway to answer, but {type(error).__name__}") from None
    sent = list(result)
    if len(sent) != 1 or not sent[0].id or sent[0].error:
        raise JobFailure("expected the SMS gateway to take one message, but its answer names none")
    return Taken(id=str(sent[0].id), parts=sent[0].parts if isinstance(sent[0].parts, int) else None)


def _verdict(error: SmsApiException) -> Exception:
    """Map the gateway's error code, or the HTTP status that the client puts in its place."""
    code = error.code
    if getattr(error, "http_method", None):  # set only for a status
        permanent = isinstance(code, int) and 400 <= code < 500 and code not in (408, 429)
        reason = f"expected the SMS gateway to answer 2xx, but got {code}"
        return JobFailure(f"{reason}; {REMEDY}", permanent=permanent)
    if code == 13:
        return BpmnError(BAD_NUMBER, "the SMS gateway refuses the number (error 13)")
    reason = f"expected the SMS gateway to take the message, but it answered error {code}"
    if code in _TRY_AGAIN:
        return JobFailure(reason)
    return JobFailure(f"{reason}; {_REMEDIES.get(code, 'see the error list of SMSAPI')}", permanent=True)


def _within(seconds: float, work: Callable[[], Any]) -> Any:
    """Return what the work returns, or raise TimeoutError after so many seconds.

    The client gives no way to its socket, so a call that drips on is left behind in its thread; the retry
    carries the same ``idx``, so at most one message goes out.
    """
    answers: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put((work(), None))
        except Exception as error:  # handed to the caller's thread, which raises it
            answers.put((None, error))

    threading.Thread(target=run, name="sms-gateway", daemon=True).start()
    try:
        value, error = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if error is not None:
        raise error
    return value


class _Item(msgspec.Struct, frozen=True):
    id: str = ""
    status: str = ""
    parts: int | None = None
    error_code: int | str | None = None


class _Sent(msgspec.Struct, frozen=True):
    success: bool = False
    items: tuple[_Item, ...] = ()


def _serwersms(settings: SmsSettings, url: str, number: str, text: str, idx: str, now: dt.datetime) -> Taken:
    """Send as ``messages/send_sms`` documents; its error codes are not mapped, a person reads them."""
    reply = outbound.call(
        "the SMS gateway", "POST", f"{url}/messages/send_sms.json", deadline=settings.deadline,
        headers={"authorization": f"Bearer {settings.token}"},
        json={
            "phone": f"+{number}", "text": text, "sender": settings.sender, "unique_id": idx, "details": True,
            "utf": False, "test": settings.test,
        },
    )  # fmt: skip
    outbound.require_success(reply, "the SMS gateway", now=now, remedy=REMEDY)
    sent = reply.decode(_Sent, "the SMS gateway")
    item = sent.items[0] if len(sent.items) == 1 else _Item()
    if sent.success and item.status == "queued" and item.id:
        return Taken(id=item.id, parts=item.parts)
    raise JobFailure(
        f"expected the SMS gateway to queue one message, but it answered {str(item.error_code)[:20]}; "
        "see the error list of SerwerSMS",
        permanent=True,
    )
