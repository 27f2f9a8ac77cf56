"""``sms.send``: the key of the package by SMS, SMSAPI.pl's wire format through its own client (A33,
``domain.md`` §6.2).

The key is put into the text here and nowhere else; it is in no variable, log, error or kept reply. ``idx``
with ``check_idx=1`` lets the gateway refuse a repetition (error 53), which for us is success.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import queue
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

import phonenumbers
import requests
from smsapi.client import Client
from smsapi.exception import EndpointException, SmsApiException

from engine import BpmnError, Completed, HandlerRegistry, JobContext, JobFailure
from handlers import inputs
from handlers.connection import Connection, require_safe_url

BAD_NUMBER = "SMS_NUMER_BLEDNY"
SINGLE_PART = 160  # GSM-7 characters in one SMS; the text is ASCII, so none of them counts twice
_TEXT = re.compile(r"[A-Za-z0-9 .,:;/()?!'\"&%*+=<>_@#$-]+")  # ASCII that GSM 03.38 has at one septet each
_SPELLING = re.compile(r"[+0-9 ()-]{9,24}")
_SPELLING = re.compile(r"[+0-9 ()-]{9,24}")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
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


class SmsSettings(Connection, frozen=True, kw_only=True):
    """The gateway and the office's account there; ``deadline`` is in seconds for the whole call.

    ``notify_url`` gets delivery reports; it carries an unguessable token because the gateway does not sign
    them.
    """

    url: str = "https://api.smsapi.pl"
    token: str = ""
    sender: str = ""
    notify_url: str = ""
    deadline: float = 30.0
    text: str = "Haslo do pliku w sprawie {nr}: {klucz}. Nie odpowiadaj. UMK WE"


def register(registry: HandlerRegistry, settings: SmsSettings) -> None:
    """Register ``sms.send``.

    In: variables ``telefon``, ``klucz_ref``, ``numer_sprawy``; header ``tekst`` with {nr} and {klucz}
    replaces the settings' text. Out: ``sms_id`` (null when the gateway knew the message already),
    ``sms_idx``, ``sms_wyslano``. BPMN error ``SMS_NUMER_BLEDNY``.
    """
    url = require_safe_url(settings.url, "OBIEG_SMS_URL") + "/"

    @registry.handler("sms.send", errors=(BAD_NUMBER,), deadline=dt.timedelta(seconds=settings.deadline + 60))
    def send(context: JobContext) -> Completed:
        number = mobile_number(inputs.text(context, "telefon"))
        pattern = _pattern(context, settings)
        kept = context.effect("sms", lambda: _deliver(context, settings, url, number, pattern))
        return Completed(
            {
                "sms_id": kept["id"],
                "sms_idx": kept["idx"],
                "sms_wyslano": dt.datetime.fromisoformat(kept["accepted_at"]),
            }
        )


def mobile_number(given: str) -> str:
    """Return a Polish mobile number as the gateway wants it (48500600700); raises ``SMS_NUMER_BLEDNY``."""
    with contextlib.suppress(phonenumbers.NumberParseException):
        number = phonenumbers.parse(given, "PL")
        mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
        # The spelling matters too: the library takes "500600700,500600701" for a number with an extension.
        if _SPELLING.fullmatch(given) and phonenumbers.is_valid_number_for_region(number, "PL") and mobile:
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")
    raise BpmnError(BAD_NUMBER, "expected a Polish mobile number, but got something else")


def idx_of(idempotency_key: str) -> str:
    """Return the gateway's ``idx`` for an idempotency key: letters and digits only, 32 of them, always the
    same.
    """
    return hashlib.sha256(idempotency_key.encode()).hexdigest()[:32]


def _pattern(context: JobContext, settings: SmsSettings) -> str:
    """Return the text with its case number filled in, {klucz} still open."""
    pattern = context.job.headers.get("tekst", settings.text)
    unknown = set(_PLACEHOLDER.findall(pattern)) - {"nr", "klucz"}
    if unknown or "{klucz}" not in pattern:
        raise inputs.refuse(context, "a text with {klucz} and at most {nr} besides", f"got {sorted(unknown)}")
    number = inputs.text(context, "numer_sprawy") if "{nr}" in pattern else ""
    if number and re.fullmatch(r"[A-Za-z0-9./-]{1,40}", number) is None:
        raise inputs.refuse(
            context, "numer_sprawy of ASCII letters, digits and . / -", "it has other characters"
        )
    return pattern.replace("{nr}", number)


def _deliver(
    context: JobContext, settings: SmsSettings, url: str, number: str, pattern: str
) -> Mapping[str, Any]:
    text = pattern.replace("{klucz}", context.secret(inputs.text(context, "klucz_ref")))
    if len(text) > SINGLE_PART or _TEXT.fullmatch(text) is None:
        raise inputs.refuse(
            context, f"one SMS of at most {SINGLE_PART} ASCII characters", f"it has {len(text)}"
        )
    idx = idx_of(context.job.idempotency_key)
    fields = {
        "to": number,
        "message": text,
        "idx": idx,
        "check_idx": "1",
        "encoding": "utf-8",
        "max_parts": "1",
    }
    optional = {"from_": settings.sender, "notify_url": settings.notify_url}
    fields |= {name: value for name, value in optional.items() if value}
    identifier, parts = _call(settings, url, fields)
    return {"id": identifier, "idx": idx, "parts": parts, "accepted_at": context.now.isoformat()}


def _call(settings: SmsSettings, url: str, fields: Mapping[str, str]) -> tuple[str | None, int | None]:
    """Send, and return the gateway's id and the number of parts; both None when it has this ``idx``
    already.
    """
    if not settings.token:
        raise JobFailure("expected a token for the SMS gateway, but OBIEG_SMS_TOKEN is empty", permanent=True)
    client = Client(url, access_token=settings.token)
    try:
        result = _within(settings.deadline, lambda: client.sms.send(timeout=settings.deadline, **fields))
    except SmsApiException as error:
        if error.code == _REPEATED and isinstance(error, EndpointException):
            return None, None
        raise _verdict(error) from None
    except (requests.RequestException, TimeoutError, OSError) as error:
        # The exception's own text could quote the request: only its kind is told.
        raise JobFailure(f"expected the SMS gateway to answer, but {type(error).__name__}") from None
    sent = list(result)
    if len(sent) != 1 or not sent[0].id or sent[0].error:
        raise JobFailure("expected the SMS gateway to take one message, but its answer names none")
    return str(sent[0].id), sent[0].parts if isinstance(sent[0].parts, int) else None


def _verdict(error: SmsApiException) -> Exception:
    """Map the gateway's error code, or the HTTP status that the client puts in its place."""
    code = error.code
    if getattr(error, "http_method", None):  # set only for a status
        permanent = isinstance(code, int) and 400 <= code < 500 and code not in (408, 429)
        reason = f"expected the SMS gateway to answer 2xx, but got {code}"
        return JobFailure(f"{reason}; check OBIEG_SMS_URL and OBIEG_SMS_TOKEN", permanent=permanent)
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
