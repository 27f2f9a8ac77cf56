"""``rspo.lookup``: a school in the register of schools, from its API of 2026 or from the snapshot kept of it.

Whichever answers, the record is the same and the case keeps what vouches for it: hash, source and when it was
fetched (``domain.md`` §5, §6.1).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

from engine import WARSAW, BpmnError, Completed, HandlerRegistry, JobContext, JobFailure
from handlers import inputs, outbound, rspo_snapshot
from handlers.connection import require_safe_url
from handlers.rspo_records import InvalidRegister, Record, of_api
from handlers.rspo_snapshot import REMEDY
from handlers.rspo_snapshot import RspoSettings as RspoSettings

ATTEMPTS = 3  # at the API before the snapshot will do
OLDEST = 35  # days; the export is published monthly


def register(registry: HandlerRegistry, settings: RspoSettings) -> None:
    """Register ``rspo.lookup``: variable ``numer_rspo`` in, ``placowka`` and ``rspo_migawka`` out.

    Parameter ``rspo_csv_max_age``: the age in days of the oldest snapshot that will do. BPMN errors
    ``RSPO_NIE_ZNALEZIONO``, ``PLACOWKA_ZLIKWIDOWANA``.
    """
    url = require_safe_url(settings.url, "OBIEG_RSPO_URL") + "/api/placowki/"

    @registry.handler("rspo.lookup", errors=("RSPO_NIE_ZNALEZIONO", "PLACOWKA_ZLIKWIDOWANA"))
    def look_up(context: JobContext) -> Completed:
        number = inputs.number(context, "numer_rspo")
        school, snapshot = _found(context, settings, url, number)
        if school is None:
            raise BpmnError(
                "RSPO_NIE_ZNALEZIONO",
                f"RSPO has no school {number}",
                {"numer_rspo": number, "rspo_migawka": snapshot},
            )
        answer = {"placowka": school, "rspo_migawka": snapshot}
        _require_open(school, context.now, answer)
        return Completed(answer)


def _found(
    context: JobContext, settings: RspoSettings, url: str, number: int
) -> tuple[Record | None, dict[str, Any]]:
    """Ask the API; after some attempts, or where only a person could mend it, the snapshot will do."""
    try:
        return _asked(context, settings, url, number)
    except JobFailure as failure:
        may_wait = not failure.permanent and context.job.attempt < ATTEMPTS
        if may_wait or not settings.snapshot:
            raise
    oldest = dt.timedelta(days=inputs.parameter_number(context, "rspo_csv_max_age", OLDEST))
    school, kept = rspo_snapshot.found_in(settings, number, context.now, oldest)
    vouches = {"sha256": kept.sha256, "source": f"migawka {kept.source}", "fetched_at": kept.fetched_at}
    return school, vouches


def _asked(
    context: JobContext, settings: RspoSettings, url: str, number: int
) -> tuple[Record | None, dict[str, Any]]:
    reply = outbound.call(
        "RSPO", "GET", url, params={"RSPO": str(number)}, auth=(settings.username, settings.password),
        deadline=settings.deadline,
    )  # fmt: skip
    vouches = {"sha256": hashlib.sha256(reply.body).hexdigest(), "source": "api", "fetched_at": context.now}
    outbound.require_success(reply, "RSPO", now=context.now, remedy=REMEDY)
    try:
        schools = [of_api(row) for row in reply.decode(list[dict[str, Any]], "RSPO")]
    except InvalidRegister as error:
        raise JobFailure(str(error)) from None
    return next((school for school in schools if school["numer_rspo"] == number), None), vouches


def _require_open(school: Mapping[str, Any], now: dt.datetime, answer: Mapping[str, Any]) -> None:
    closed = school["data_likwidacji"]
    if closed is not None and closed <= now.astimezone(WARSAW).date():
        raise BpmnError(
            "PLACOWKA_ZLIKWIDOWANA", f"school {school['numer_rspo']} was closed on {closed}", answer
        )
