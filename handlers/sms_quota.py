"""How many texts may go out: to a number a day, in a case, for a clerk an hour, in all a day.

Each text sent is a line of the register ``sms``, written with the step's completion: the counts outlive any
restart. The number stands there as a keyed hash. Steps that run at the same moment do not see each other, so
a quota may be passed by as many texts as there are threads (``security.md`` §6).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import logging

from engine import WARSAW, Entry, JobContext, JobFailure, RegisterEntry
from handlers import inputs
from handlers.sms_gateways import SmsSettings

log = logging.getLogger("obieg.sms")
REGISTER = "sms"
_ALARM = 0.8  # of the day's budget
_LOOKED_AT = 2_000  # lines: more than a day's


def require_room(context: JobContext, settings: SmsSettings, number: str) -> None:
    """Refuse a text beyond a quota; raises ``JobFailure`` for a person to look at."""
    lines = context.register(REGISTER, newest=_LOOKED_AT)
    midnight = context.now.astimezone(WARSAW).replace(hour=0, minute=0, second=0, microsecond=0)
    today = [line for line in lines if line.at >= midnight]
    case, clerk = _case(context), inputs.optional_text(context, "zlecajacy")
    hour_ago = context.now - dt.timedelta(hours=1)
    _require(today, settings.per_number, "texts a day to one number", "numer", fingerprint(settings, number))
    _require(lines, settings.per_case, "texts in one case", "sprawa", case)
    lately = [line for line in lines if line.at > hour_ago]
    _require(lately, settings.per_clerk, "texts an hour for one clerk", "zlecajacy", clerk)
    _require_budget(today, settings)


def line(context: JobContext, settings: SmsSettings, number: str, parts: int) -> RegisterEntry:
    """Return the line of a text that was sent."""
    return RegisterEntry(
        register=REGISTER, subject="SMS",
        data={
            "numer": fingerprint(settings, number), "sprawa": _case(context), "czesci": parts,
            "zlecajacy": inputs.optional_text(context, "zlecajacy"),
        },
    )  # fmt: skip


def fingerprint(settings: SmsSettings, number: str) -> str:
    """Return what stands for a number in the register: the same for the same one, telling nobody which."""
    return hmac.new(settings.token.encode(), number.encode(), hashlib.sha256).hexdigest()[:16]


def _case(context: JobContext) -> str:
    return inputs.optional_text(context, "numer_sprawy") or str(context.job.instance_key)


def _require(lines: list[Entry], most: int, what: str, field: str, value: str) -> None:
    if most and value and sum(line.data[field] == value for line in lines) >= most:
        raise JobFailure(
            f"expected at most {most} {what}, but there were as many; hand the key over another way",
            permanent=True,
        )


def _require_budget(today: list[Entry], settings: SmsSettings) -> None:
    """Stop at the day's budget, and raise the alarm before it is spent."""
    spent = sum(int(line.data["czesci"]) for line in today)
    if settings.per_day and spent >= settings.per_day:
        log.error("sms_budget_spent parts=%s of=%s", spent, settings.per_day)
        raise JobFailure(
            f"expected at most {settings.per_day} parts of texts a day, but as many were sent; find out why, "
            "then raise OBIEG_SMS_PER_DAY or retry tomorrow",
            permanent=True,
        )
    if settings.per_day and spent >= _ALARM * settings.per_day:
        log.warning("sms_budget_nearly_spent parts=%s of=%s", spent, settings.per_day)
