"""``incident.register`` and ``report.register``: the incident of a lost start password and its ZSZO-05 report
(A5, A42, AA9).

The registers outlive the case and are read by more people than the case is, so they carry no personal data:
the account is named by a fingerprint that its owner can recompute.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from engine import Completed, HandlerRegistry, JobContext, RegisterEntry
from handlers import inputs

CATEGORIES = {
    "zgubienie": "utrata_hasla_startowego",
    "zapomnienie": "utrata_hasla_startowego",
    "nieuprawniony_dostep": "nieuprawniony_dostep",
    "inne": "inne",
    "odmowa_wydania": "proba_odbioru_przez_nieuprawnionego",  # at the counter, not from the form
}


def register(registry: HandlerRegistry) -> None:
    """Register both job types; each writes one register entry with the job's completion."""
    registry.handler("incident.register")(register_incident)
    registry.handler("report.register")(register_report)


def register_incident(context: JobContext) -> Completed:
    """Write the incident (variables ``login``, ``powod``, ``data_wykrycia``); variable ``incydent``."""
    reason = inputs.text(context, "powod")
    if reason not in CATEGORIES:
        raise inputs.refuse(context, f"powod to be one of {', '.join(CATEGORIES)}", f"got {reason[:40]!r}")
    discovered = _discovered(context)
    data = {
        "category": CATEGORIES[reason],
        "discovered_at": discovered if isinstance(discovered, str) else discovered.isoformat(),
        "account": fingerprint(inputs.text(context, "login")),
        "breach_assessment": reason == "nieuprawniony_dostep",
        "case": inputs.optional_text(context, "numer_sprawy"),
    }
    incident = {
        "kategoria": data["category"],
        "odcisk_konta": data["account"],
        "ocena_naruszenia": data["breach_assessment"],
        "wykryto": discovered,
    }
    return Completed({"incydent": incident}, [_entry("incydenty", data)])


def register_report(context: JobContext) -> Completed:
    """Write the ZSZO-05 report (variables ``login``, ``powod``, ``numer_sprawy``); variable
    ``zgloszenie_zszo05``.
    """
    data = {
        "procedure": "ZSZO-05",
        "reason": inputs.text(context, "powod"),
        "account": fingerprint(inputs.text(context, "login")),
        "case": inputs.optional_text(context, "numer_sprawy"),
        "reported_at": context.now.isoformat(),
    }
    return Completed(
        {"zgloszenie_zszo05": {"odcisk_konta": data["account"], "zarejestrowano": context.now}},
        [_entry("zgloszenia", data)],
    )


def fingerprint(login: str) -> str:
    """Return 16 hexadecimal digits that stand for an account in registers, the same for every spelling's
    case.
    """
    return hashlib.sha256(f"zszo:{login.strip().casefold()}".encode()).hexdigest()[:16]


def _entry(name: str, data: dict[str, Any]) -> RegisterEntry:
    return RegisterEntry(register=name, subject=f"konto:{data['account']}", data=data)


def _discovered(context: JobContext) -> dt.datetime | dt.date | str:
    """Return when the loss was noticed: as the form gave it, or now."""
    value = context.job.variables.get("data_wykrycia")
    if value is None or value == "":
        return context.now
    if isinstance(value, str | dt.date):
        return value
    raise inputs.refuse(context, "data_wykrycia to be a date", f"it is {type(value).__name__}")
