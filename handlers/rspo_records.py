"""A school in our words, the same from RSPO's API and from its CSV export (``domain.md`` §6.1).

Only what both sources say is kept: a record must not tell where it came from, and what no procedure asks for
(coordinates, numbers of pupils) is not ours to keep.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

Record = dict[str, Any]
_WRAPPED = re.compile(r'="(.*)"', re.DOTALL)
_POLISH_DAY = re.compile(r"(\d{1,2})[.-](\d{1,2})[.-](\d{4})")
_NEEDED = ("Numer RSPO", "Nazwa", "Typ", "REGON")
_MOST_FIELD = 100_000
# What the export calls our fields; it spells some headers in two ways.
_COLUMNS = {
    "nazwa": ("Nazwa",),
    "typ": ("Typ",),
    "status_publicznoprawny": ("Publiczność status",),
    "regon": ("REGON",),
    "email": ("E-mail", "Email"),
    "telefon": ("Telefon",),
    "podmiot_przekazujacy": ("Podmiot przekazujący dane do RSPO",),
    "podmiot_przekazujacy_regon": ("REGON podmiotu przekazującego dane do RSPO",),
    "powiat_teryt": ("Kod terytorialny powiat", "Powiat kod TERYT"),
    "gmina_teryt": ("Kod terytorialny gmina", "Gmina kod TERYT"),
    "jednostka_nadrzedna": ("RSPO podmiotu nadrzędnego",),
}


class InvalidRegister(Exception):
    """What came is not the register of schools; the text says where and why."""


def of_api(row: Mapping[str, Any]) -> Record:
    """Return the record of one object of the API; raises ``InvalidRegister``."""
    number = row.get("numerRspo")
    if not isinstance(number, int) or isinstance(number, bool):
        raise InvalidRegister(f"expected a numerRspo from RSPO, but got {str(number)[:40]!r}")
    sender = _mapping(row.get("podmiotPrzekazujacyDaneDoRSPO"))
    parent = row.get("podmiotNadrzedny")
    runners = row.get("podmiotProwadzacy")
    return _record(
        number,
        first=_text(row.get("dyrektorImie")),
        last=_text(row.get("dyrektorNazwisko")),
        runners=[_text(_mapping(each).get("nazwa")) for each in runners] if isinstance(runners, list) else [],
        closed=_day(row.get("dataLikwidacji")),
        fields={
            "nazwa": row.get("nazwa"),
            "typ": _mapping(row.get("typ")).get("nazwa"),
            "status_publicznoprawny": _mapping(row.get("statusPublicznoPrawny")).get("nazwa"),
            "regon": row.get("regon"),
            "email": row.get("email"),
            "telefon": row.get("telefon"),
            "podmiot_przekazujacy": sender.get("nazwa"),
            "podmiot_przekazujacy_regon": sender.get("regon"),
            "powiat_teryt": row.get("powiatKodTERYT"),
            "gmina_teryt": row.get("gminaKodTERYT"),
            "jednostka_nadrzedna": parent.get("numerRspo") if isinstance(parent, Mapping) else parent,
        },
    )


def of_csv(raw: bytes) -> Iterator[Record]:
    """Yield the records of an export: ``;`` between fields, ``="0123"`` around numbers, UTF-8 or cp1250.

    Raises ``InvalidRegister`` naming the line.
    """
    reader = csv.reader(io.StringIO(_decoded(raw), newline=""), delimiter=";")
    try:
        header = [_plain(name) or "" for name in next(reader, [])]
        missing = [name for name in _NEEDED if name not in header]
        if missing:
            raise InvalidRegister(
                f"expected the columns {', '.join(missing)} in line 1, but they are missing"
            )
        places = {name: at for at, name in enumerate(header)}
        for fields in reader:
            if any(fields):
                yield _of_line(places, fields, reader.line_num)
    except csv.Error as error:
        raise InvalidRegister(f"expected CSV in line {reader.line_num}, but {error}") from None


def _of_line(places: Mapping[str, int], fields: list[str], line: int) -> Record:
    if len(fields) != len(places):
        raise InvalidRegister(f"expected {len(places)} fields in line {line}, but it has {len(fields)}")
    known = {name: _plain(fields[at]) for name, at in places.items()}
    number = known["Numer RSPO"] or ""
    if not (number.isascii() and number.isdigit() and len(number) <= 9):
        raise InvalidRegister(f"expected a Numer RSPO in line {line}, but got {number[:20]!r}")
    # The export has one field for both names; surnames of two words are written with a hyphen.
    first, _, last = (known.get("Imię i nazwisko dyrektora") or "").rpartition(" ")
    runner = known.get("Nazwa organu prowadzącego")
    chosen = {
        ours: next((known[name] for name in theirs if name in known), None)
        for ours, theirs in _COLUMNS.items()
    }
    return _record(
        int(number), first=first or None, last=last or None, runners=[runner] if runner else [],
        closed=_day(known.get("Data likwidacji")), fields=chosen,
    )  # fmt: skip


def _record(
    number: int, *, first: str | None, last: str | None, runners: list[str | None], closed: dt.date | None,
    fields: Mapping[str, Any],
) -> Record:  # fmt: skip
    return {
        "numer_rspo": number,
        "dyrektor": {"imie": first, "nazwisko": last},
        "podmioty_prowadzace": [each for each in runners if each],
        "data_likwidacji": closed,
        **{name: _text(value) for name, value in fields.items()},
    }


def _decoded(raw: bytes) -> str:
    if len(raw) > 200_000_000:
        raise InvalidRegister("expected an export of at most 200 MB, but it is larger")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1250", "replace")


def _plain(field: str) -> str | None:
    """Return a field without what Excel wants around numbers; an empty one is None."""
    match = _WRAPPED.fullmatch(field.strip())
    return _text(match[1] if match is not None else field)


def _text(value: Any) -> str | None:
    return str(value).strip() or None if value is not None else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _day(value: Any) -> dt.date | None:
    """Read the day of an ISO date or date-time (no zone: the local day is meant), or of 31.08.2026."""
    if not value:
        return None
    text = str(value).strip()
    polish = _POLISH_DAY.fullmatch(text)
    try:
        if polish is not None:
            return dt.date(int(polish[3]), int(polish[2]), int(polish[1]))
        return dt.date.fromisoformat(text[:10])
    except ValueError:
        raise InvalidRegister(f"expected a date from RSPO, but got {text[:40]!r}") from None
