"""``breach.register``: the internal register of personal data breaches (RODO art. 33 ust. 5).

Each stage of a breach (assessed, reported, persons told) is an entry of its own: entries are never changed.
The account is named by its fingerprint, as in the register of incidents.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from engine import Completed, HandlerRegistry, JobContext, RegisterEntry
from handlers import inputs
from handlers.incident import fingerprint

REGISTER = "naruszenia"
STAGES = {"ocena": "ocena", "zgloszenie": "zgloszenie_uodo", "zawiadomienie": "zawiadomienie_osob"}


def register(registry: HandlerRegistry) -> None:
    """Register ``breach.register``: header ``etap`` and the variable of that stage in, ``naruszenie`` out."""
    registry.handler("breach.register")(register_breach)


def register_breach(context: JobContext) -> Completed:
    """Write one stage of a breach; the office became aware of it at ``stwierdzono``."""
    stage = context.job.headers.get("etap", "")
    if stage not in STAGES:
        raise inputs.refuse(context, f"the header etap to be one of {', '.join(STAGES)}", f"got {stage!r}")
    aware = context.job.variables.get("stwierdzono")
    if not isinstance(aware, dt.datetime):
        raise inputs.refuse(context, "the variable stwierdzono to be a date and time", "it is not")
    told = inputs.record(context, STAGES[stage])
    login = inputs.optional_text(context, "login")
    data: dict[str, Any] = {
        "stage": stage,
        "case": inputs.optional_text(context, "numer_sprawy"),
        "account": fingerprint(login) if login else None,
        "aware_at": aware,
        **_details(told),
        "late": stage == "zgloszenie" and _is_late(told, aware),
    }
    subject = f"naruszenie:{data['case'] or context.job.instance_key}"
    return Completed(
        {"naruszenie": {"etap": stage, "zapisano": context.now}},
        [RegisterEntry(register=REGISTER, subject=subject, data=data)],
    )


def _details(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value is not None}


def _is_late(told: Mapping[str, Any], aware: dt.datetime) -> bool:
    sent = told.get("zdarzenie")
    return isinstance(sent, dt.datetime) and sent > aware + dt.timedelta(hours=72)
