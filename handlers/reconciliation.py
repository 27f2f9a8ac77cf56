"""Reconciliations: what this office wrote down against a list exported from another system (R6).

Nothing is changed and nothing is kept: the outcome is for a person. Lists are CSV as spreadsheets save them
(semicolons or commas, UTF-8 or Windows-1250), with a line of titles.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum

import msgspec

from engine import WARSAW, Damaged, Entry, NotFound, ProcessEngine
from handlers.authorisation import AUTHORISATIONS, in_force
from handlers.incident import CATEGORIES, fingerprint

MOST_ROWS, MOST_BYTES = 50_000, 5_000_000
OPEN_TICKET, VALID = "otwarte", "aktywne"
LONGEST_CASE = dt.timedelta(days=60)  # from an incident to the start password set because of it


class InvalidList(ValueError):
    """A list that cannot be compared; the message says what was expected."""


class What(StrEnum):
    """How the two sides differ."""

    ONLY_THERE = "only_there"
    ONLY_HERE = "only_here"
    OTHER_END = "other_end"
    STILL_OPEN = "still_open"
    RESET_WITHOUT_INCIDENT = "reset_without_incident"
    INCIDENT_WITHOUT_RESET = "incident_without_reset"
    NO_TICKET = "no_ticket"


NOTES = frozenset({What.INCIDENT_WITHOUT_RESET, What.NO_TICKET})  # to be seen; a refusal explains them


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One thing the two sides say differently; ``subject`` is a number both know, never a login."""

    what: What
    subject: str
    ours: str = ""
    theirs: str = ""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a comparison: how many lines each side had, and what is different."""

    kind: str
    ours: int
    theirs: int
    found: tuple[Difference, ...]

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Return what has to be explained by somebody."""
        return tuple(each for each in self.found if each.what not in NOTES)


Row = Mapping[str, str]


def compare(engine: ProcessEngine, kind: str, content: bytes) -> Outcome:
    """Compare a list with the registers; ``kind`` is one of ``KINDS``. Raises ``InvalidList``."""
    columns, comparison = KINDS[kind]
    return comparison(engine, list(rows(content, columns)))


def rows(content: bytes, columns: tuple[str, ...]) -> Iterator[Row]:
    """Return the lines of a list by the titles that count; raises ``InvalidList``."""
    if len(content) > MOST_BYTES:
        raise InvalidList(f"expected at most {MOST_BYTES} bytes, but there are {len(content)}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1250", "replace")
    try:
        yield from _lines(text, columns)
    except csv.Error as error:
        raise InvalidList(f"expected CSV as a spreadsheet saves it, but {error}") from None


def _lines(text: str, columns: tuple[str, ...]) -> Iterator[Row]:
    first = re.split(r"[\r\n]", text, maxsplit=1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in first else ",")
    head = [title.strip().casefold() for title in next(reader, [])]
    missing = [name for name in columns if name not in head]
    if missing:
        raise InvalidList(f"expected the columns {', '.join(columns)}, but {', '.join(missing)} is missing")
    places = [head.index(name) for name in columns]
    for number, row in enumerate(reader, start=1):
        if number > MOST_ROWS:
            raise InvalidList(f"expected at most {MOST_ROWS} lines, but there are more")
        if any(cell.strip() for cell in row):
            padded = [*row, *[""] * len(head)]
            yield {name: padded[at].strip() for name, at in zip(columns, places, strict=True)}


def _of_sio(engine: ProcessEngine, listed: list[Row]) -> Outcome:
    """Compare the authorisations in force with those SIO calls ``aktywne``."""
    today = engine.now().astimezone(WARSAW).date()
    ours = in_force(engine.registers.all_in(AUTHORISATIONS), today)
    theirs = {row["numer"]: row for row in listed}
    found = []
    for number in sorted(ours.keys() | theirs.keys()):
        own, other = ours.get(number), theirs.get(number)
        is_valid = other is not None and other["stan"].casefold() == VALID
        state = other["stan"] if other is not None else ""
        if own is None and is_valid:
            found.append(Difference(what=What.ONLY_THERE, subject=number, theirs=state))
        elif own is not None and not is_valid:
            found.append(Difference(what=What.ONLY_HERE, subject=number, ours=str(own["do"]), theirs=state))
        elif own is not None and other is not None and _day(other["do"]) != own["do"]:
            found.append(
                Difference(what=What.OTHER_END, subject=number, ours=str(own["do"]), theirs=other["do"])
            )
    return Outcome(kind="sio", ours=len(ours), theirs=len(listed), found=tuple(found))


def _of_seod(engine: ProcessEngine, listed: list[Row]) -> Outcome:
    """Compare the reports (ZSZO-05) with SEOD's tickets: each end leaves its ticket closed."""
    reports = {str(each.data["case"]): each for each in engine.registers.all_in("zgloszenia")}
    tickets: dict[str, list[Row]] = {}
    for row in listed:
        tickets.setdefault(row["sprawa"], []).append(row)
    found = [
        Difference(what=What.ONLY_THERE, subject=row["numer"], theirs=row["sprawa"])
        for case, of_case in tickets.items()
        if case not in reports
        for row in of_case
    ]
    for case, entry in reports.items():
        if not _has_ended(engine, entry):
            continue
        if case not in tickets:
            found.append(Difference(what=What.NO_TICKET, subject=case))
        still = [row for row in tickets.get(case, []) if row["stan"].casefold() == OPEN_TICKET]
        found += [Difference(what=What.STILL_OPEN, subject=row["numer"], ours=case) for row in still]
    return Outcome(kind="seod", ours=len(reports), theirs=len(listed), found=tuple(found))


def _of_zszo(engine: ProcessEngine, listed: list[Row]) -> Outcome:
    """Compare the start passwords ZSZO set with the incidents: each has the nearest one of the account before
    it, of a case that set a password.
    """
    incidents: dict[str, list[Entry]] = {}
    kept = engine.registers.all_in("incydenty")
    for each in kept:
        incidents.setdefault(str(each.data["account"]), []).append(each)
    found = []
    for row in sorted(listed, key=lambda row: _day(row["data"])):
        account, day = fingerprint(row["login"]), _day(row["data"])
        waiting = incidents.get(account, [])
        match = next((each for each in reversed(waiting) if _explains(engine, each, day)), None)
        if match is None:
            found.append(Difference(what=What.RESET_WITHOUT_INCIDENT, subject=account, theirs=row["data"]))
        else:
            waiting.remove(match)
    found += [
        Difference(what=What.INCIDENT_WITHOUT_RESET, subject=account, ours=str(each.data.get("case") or ""))
        for account, waiting in incidents.items()
        for each in waiting
    ]
    return Outcome(kind="zszo", ours=len(kept), theirs=len(listed), found=tuple(found))


KINDS: Mapping[str, tuple[tuple[str, ...], Callable[[ProcessEngine, list[Row]], Outcome]]] = {
    "sio": (("numer", "do", "stan"), _of_sio),
    "seod": (("numer", "sprawa", "stan"), _of_seod),
    "zszo": (("login", "data"), _of_zszo),
}


def _explains(engine: ProcessEngine, incident: Entry, day: dt.date) -> bool:
    """Say whether a password set on a day can be an incident's: not long after it, and its case got that far.

    A refused pick-up is an incident too, but nothing is set because of it. Of a case that is erased only the
    time is left to judge by.
    """
    since = day - incident.at.astimezone(WARSAW).date()
    if incident.data.get("category") == CATEGORIES["odmowa_wydania"]:
        return False
    return dt.timedelta(0) <= since <= LONGEST_CASE and _has_set_password(engine, incident)


def _has_set_password(engine: ProcessEngine, incident: Entry) -> bool:
    try:
        key = incident.instance_key
        return key is None or engine.variables(key).get("haslo_ustawiono") is not None
    except (NotFound, Damaged):
        return True


def _has_ended(engine: ProcessEngine, entry: Entry) -> bool:
    try:
        return entry.instance_key is None or engine.instance(entry.instance_key).ended_at is not None
    except NotFound:
        return True


def _day(text: str) -> dt.date:
    """Return the day of a cell, ISO or as in Poland, with or without a time; raises ``InvalidList``."""
    plain = text.partition("T")[0].partition(" ")[0]
    iso = plain if "-" in plain else "-".join(reversed(plain.split(".")))
    try:
        return dt.date.fromisoformat(iso)
    except ValueError:
        raise InvalidList(f"expected a day such as 2026-12-17 or 17.12.2026, but got {text[:40]!r}") from None
