"""``rspo.lookup``: the register of schools (RSPO), API of 2026 (``domain.md`` §6.1: plain arrays, Basic
Auth, no total).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

from engine import WARSAW, BpmnError, Completed, HandlerRegistry, JobContext, JobFailure
from handlers import inputs, outbound
from handlers.connection import Connection, require_safe_url

REMEDY = (
    "check OBIEG_RSPO_URL, OBIEG_RSPO_USERNAME and OBIEG_RSPO_PASSWORD (access is granted by rspo@cie.gov.pl)"
)


class RspoSettings(Connection, frozen=True, kw_only=True):
    """Where the register is and the office's account there; ``deadline`` is in seconds for the whole
    look-up.
    """

    url: str = "https://api.rspo.gov.pl"
    username: str = ""
    password: str = ""
    deadline: float = 10.0


def register(registry: HandlerRegistry, settings: RspoSettings) -> None:
    """Register ``rspo.lookup``: variable ``numer_rspo`` in, ``placowka`` and ``rspo_migawka`` out."""
    url = require_safe_url(settings.url, "OBIEG_RSPO_URL") + "/api/placowki/"

    @registry.handler("rspo.lookup", errors=("RSPO_NIE_ZNALEZIONO", "PLACOWKA_ZLIKWIDOWANA"))
    def look_up(context: JobContext) -> Completed:
        number = inputs.number(context, "numer_rspo")
        reply = outbound.call(
            "RSPO",
            "GET",
            url,
            params={"RSPO": str(number)},
            auth=(settings.username, settings.password),
            deadline=settings.deadline,
        )
        outbound.require_success(reply, "RSPO", now=context.now, remedy=REMEDY)
        snapshot = {
            "sha256": hashlib.sha256(reply.body).hexdigest(),
            "source": "api",
            "fetched_at": context.now,
        }
        school = _normalise(_find(reply, number))
        answer = {"placowka": school, "rspo_migawka": snapshot}
        _require_open(school, context.now, answer)
        return Completed(answer)


def _find(reply: outbound.Reply, number: int) -> Mapping[str, Any]:
    for school in reply.decode(list[dict[str, Any]], "RSPO"):
        if school.get("numerRspo") == number:
            return school
    raise BpmnError("RSPO_NIE_ZNALEZIONO", f"RSPO has no school {number}", {"numer_rspo": number})


def _require_open(school: Mapping[str, Any], now: dt.datetime, answer: Mapping[str, Any]) -> None:
    closed = school["data_likwidacji"]
    if closed is not None and closed <= now.astimezone(WARSAW).date():
        raise BpmnError(
            "PLACOWKA_ZLIKWIDOWANA", f"school {school['numer_rspo']} was closed on {closed}", answer
        )


def _normalise(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record in our words; the CSV importer must give the same one for the same school."""
    return {
        "numer_rspo": row["numerRspo"],
        "nazwa": _text(row, "nazwa"),
        "typ": _name(row.get("typ")),
        "status_publicznoprawny": _name(row.get("statusPublicznoPrawny")),
        "dyrektor": {"imie": _text(row, "dyrektorImie"), "nazwisko": _text(row, "dyrektorNazwisko")},
        "regon": _text(row, "regon"),
        "email": _text(row, "email"),
        "telefon": _text(row, "telefon"),
        "podmiot_przekazujacy": _name(row.get("podmiotPrzekazujacyDaneDoRSPO")),
        "podmiot_przekazujacy_regon": _text(_mapping(row.get("podmiotPrzekazujacyDaneDoRSPO")), "regon"),
        "podmioty_prowadzace": [_name(item) for item in row.get("podmiotProwadzacy") or []],
        "powiat_teryt": _text(row, "powiatKodTERYT"),
        "gmina_teryt": _text(row, "gminaKodTERYT"),
        "data_likwidacji": _date(row.get("dataLikwidacji")),
        "polozenie": _position(row.get("geolokalizacja")),
    }


def _text(row: Mapping[str, Any], field: str) -> str | None:
    value = row.get(field)
    return str(value).strip() or None if value is not None else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _name(value: Any) -> str | None:
    return _text(_mapping(value), "nazwa")


def _date(value: Any) -> dt.date | None:
    """Read the date of an ISO date or date-time; RSPO's have no zone and mean the local day."""
    if not value:
        return None
    try:
        return dt.date.fromisoformat(str(value)[:10])
    except ValueError:
        raise JobFailure(f"expected a date from RSPO, but got {str(value)[:40]!r}") from None


def _position(value: Any) -> dict[str, str] | None:
    """Return the coordinates as texts: RSPO wraps them in a one-element list."""
    place = _mapping(value[0] if isinstance(value, list) and value else value)
    if "latitude" not in place or "longitude" not in place:
        return None
    return {"szerokosc": str(place["latitude"]), "dlugosc": str(place["longitude"])}
