"""``sms.send``: the key of the package by SMS (A33, ``domain.md`` §6.2).

The key is put into the text here and nowhere else; it is in no variable, log, error or kept reply. ``idx`` is
made of the idempotency key and lets the gateway refuse a repetition (SMSAPI: error 53), which for us is
success; a delivery report brings it back (``sms_reports``).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import phonenumbers

from engine import BpmnError, Completed, HandlerRegistry, JobContext
from handlers import inputs, return_address, sms_gateways, sms_quota
from handlers.connection import require_safe_url
from handlers.sms_gateways import BAD_NUMBER as BAD_NUMBER
from handlers.sms_gateways import SmsSettings as SmsSettings
from handlers.sms_text import Alphabet, measure

_TEXT = re.compile(r"[A-Za-z0-9 .,:;/()?!'\"&%*+=<>_@#$-]+")  # ASCII that GSM 03.38 has at one septet each
_SPELLING = re.compile(r"[+0-9 ()-]{9,24}")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_SAMPLE = {"nr": "ZSZO/2026/1234", "klucz": "XXXX-XXXX-XXXX-XXXX"}  # as long as they get
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22,}")  # 128 bits and more


def register(registry: HandlerRegistry, settings: SmsSettings) -> None:
    """Register ``sms.send``.

    In: variables ``telefon``, ``klucz_ref``, ``numer_sprawy``, ``zlecajacy``? (whose quota it counts for);
    header ``tekst`` with {nr} and {klucz} replaces the settings' text. Out: ``sms_id`` (null when the gateway
    knew the message already), ``sms_idx``, ``sms_wyslano``, ``sms_czesci``. BPMN error ``SMS_NUMER_BLEDNY``.
    """
    url = require_safe_url(settings.url, "OBIEG_SMS_URL")
    _require_usable(settings)

    @registry.handler("sms.send", errors=(BAD_NUMBER,), deadline=dt.timedelta(seconds=settings.deadline + 60))
    def send(context: JobContext) -> Completed:
        number = mobile_number(inputs.text(context, "telefon"))
        pattern = _pattern(context, settings)
        kept = context.effect("sms", lambda: _deliver(context, settings, url, number, pattern))
        parts = int(kept["parts"] or 1)
        return Completed(
            {
                "sms_id": kept["id"],
                "sms_idx": kept["idx"],
                "sms_wyslano": dt.datetime.fromisoformat(kept["accepted_at"]),
                "sms_czesci": parts,
            },
            [sms_quota.line(context, settings, number, parts)],
        )


def _require_usable(settings: SmsSettings) -> None:
    """Refuse a text of more than one part, and a report address anybody could guess, before the first SMS."""
    sample = settings.text
    for name, value in _SAMPLE.items():
        sample = sample.replace(f"{{{name}}}", value)
    needed = measure(sample)
    if (needed.alphabet, needed.parts) != (Alphabet.GSM_7, 1):
        raise ValueError(
            f"expected OBIEG_SMS_TEXT to take one part in GSM-7, but it takes {needed.parts} in "
            f"{needed.alphabet}: write it shorter and without Polish letters"
        )
    if settings.notify_url:
        require_safe_url(settings.notify_url, "OBIEG_SMS_NOTIFY_URL")
        if _TOKEN.fullmatch(report_token(settings)) is None:
            raise ValueError(
                "expected OBIEG_SMS_NOTIFY_URL to end with an unguessable token (22 or more letters, digits, "
                "- or _), but it does not; for example …/reports/sms/<token>"
            )


def report_token(settings: SmsSettings) -> str:
    """Return the token that the address for delivery reports ends with, "" where there is none."""
    return urlsplit(settings.notify_url).path.rpartition("/")[2]


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
    """Return the gateway's ``idx`` for an idempotency key, always the same; it leads back to the key."""
    short = return_address.shortened(idempotency_key)
    return short or hashlib.sha256(idempotency_key.encode()).hexdigest()[:32]


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
    needed = measure(text)
    if (needed.alphabet, needed.parts) != (Alphabet.GSM_7, 1) or _TEXT.fullmatch(text) is None:
        raise inputs.refuse(
            context, "one SMS of at most 160 ASCII characters",
            f"it has {len(text)}, {needed.parts} parts in {needed.alphabet}",
        )  # fmt: skip
    sms_quota.require_room(context, settings, number)
    idx = idx_of(context.job.idempotency_key)
    taken = sms_gateways.send(settings, url, number=number, text=text, idx=idx, now=context.now)
    return {
        "id": taken.id, "idx": idx, "parts": taken.parts, "accepted_at": context.now.isoformat(),
        "case": inputs.optional_text(context, "numer_sprawy"),
    }  # fmt: skip
