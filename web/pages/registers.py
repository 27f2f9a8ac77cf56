"""Registers of the office: search, extracts (CSV, PDF), and closing an entry with a resolution.

Entries come from the cases and are never changed or deleted here; one is closed once, with what was decided.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from starlette.exceptions import HTTPException
from starlette.responses import Response

from engine import SHORTEST_RESOLUTION, Conflict, EngineError, Entry
from web import words
from web.authorization import Action
from web.translation import N_, Table, _
from web.visits import CONFLICT, NOT_FOUND, UNPROCESSABLE, Visit, go_to, whole_number

Extract: TypeAlias = Callable[[str, Sequence[str], Sequence[Sequence[str]], dt.datetime], bytes]
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d:\d\d$")
MOST = 500  # entries on a page; searching and extracts go through all of them
TITLES = Table(
    {
        "incydenty": N_("Rejestr incydentów"),
        "zgloszenia": N_("Rejestr zgłoszeń ZSZO-05"),
        "naruszenia": N_("Rejestr naruszeń ochrony danych"),
        "upowaznienia": N_("Rejestr upoważnień SIO"),
        "wnioski_sio": N_("Rejestr wniosków SIO"),
        "poczta_przychodzaca": N_("Poczta przychodząca"),
        "raporty_sms": N_("Raporty doręczenia SMS"),
        "zmiany_rspo": N_("Zmiany w RSPO"),
    }
)
# What a page tells of an entry, in order; ``subject`` is the entry's own.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "incydenty": ("case", "category", "discovered_at", "account", "breach_assessment"),
    "zgloszenia": ("case", "reason", "reported_at", "account"),
    "naruszenia": ("case", "stage", "aware_at", "late", "account"),
    "upowaznienia": ("numer", "zdarzenie", "imie", "nazwisko", "funkcja", "nazwa_podmiotu", "od", "do"),
    "wnioski_sio": ("numer_sprawy", "zdarzenie", "wynik"),
    "poczta_przychodzaca": ("otrzymano", "nadawca", "subject", "rodzaj", "powod", "numer_sprawy"),
    "raporty_sms": ("numer_sprawy", "subject", "zakonczono", "sms_id"),
    "zmiany_rspo": ("rspo_numer", "subject", "rspo_przed", "rspo_po", "zrodlo"),
}
CLOSED_BY_HAND = frozenset(
    {"incydenty", "zgloszenia", "naruszenia", "poczta_przychodzaca", "raporty_sms", "zmiany_rspo"}
)
NAMES = Table(
    {
        "case": N_("Sprawa"),
        "category": N_("Rodzaj"),
        "discovered_at": N_("Wykryto"),
        "account": N_("Konto (odcisk)"),
        "breach_assessment": N_("Ocena naruszenia"),
        "reason": N_("Powód"),
        "reported_at": N_("Zgłoszono"),
        "stage": N_("Etap"),
        "aware_at": N_("Stwierdzono"),
        "late": N_("Po terminie 72 godzin"),
        "numer": N_("Numer"),
        "zdarzenie": N_("Zdarzenie"),
        "imie": N_("Imię"),
        "nazwisko": N_("Nazwisko"),
        "funkcja": N_("Funkcja"),
        "nazwa_podmiotu": N_("Podmiot"),
        "od": N_("Od"),
        "do": N_("Do"),
        "numer_sprawy": N_("Sprawa"),
        "wynik": N_("Wynik"),
        "subject": N_("Czego dotyczy"),
        "otrzymano": N_("Otrzymano"),
        "nadawca": N_("Nadawca"),
        "rodzaj": N_("Rodzaj"),
        "powod": N_("Powód"),
        "zakonczono": N_("Zakończono"),
        "sms_id": N_("Numer SMS-a"),
        "rspo_numer": N_("Numer RSPO"),
        "rspo_przed": N_("Przed zmianą"),
        "rspo_po": N_("Po zmianie"),
        "zrodlo": N_("Źródło"),
    }
)


class Line(NamedTuple):
    """One entry as a page and an extract show it."""

    entry: Entry
    cells: tuple[str, ...]


def overview(visit: Visit) -> Response:
    """Show which registers there are and how much of each is open."""
    listed = []
    for name in TITLES:
        newest = visit.engine.registers.entries(name, limit=1)
        closed_here = name in CLOSED_BY_HAND
        waiting = visit.engine.registers.entries(name, unresolved=True, limit=MOST) if closed_here else []
        listed.append((name, TITLES[name], newest[0].number if newest else 0, len(waiting)))
    return visit.page("registers.html", listed=listed, most=MOST)


def show(visit: Visit) -> Response:
    """Show a register: the newest entries, or those that are searched for."""
    return _page(visit, _name(visit))


def download(visit: Visit) -> Response:
    """Return what is searched for as CSV, for a spreadsheet."""
    name = _name(visit)
    _note(visit, name, "csv")
    return Response(
        _csv(_head(name), [_row(line) for line in _lines(visit, name)]),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def extract(visit: Visit) -> Response:
    """Return what is searched for as an extract to print."""
    name = _name(visit)
    make: Extract | None = visit.request.app.state.extract
    if make is None:
        raise HTTPException(NOT_FOUND)
    _note(visit, name, "pdf")
    rows = [_row(line) for line in _lines(visit, name)]
    return Response(
        make(TITLES[name], _head(name), rows, visit.engine.now()),
        media_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}.pdf"'},
    )


def resolve(visit: Visit) -> Response:
    """Close an entry with what was decided."""
    name, number = _name(visit), whole_number(visit.path("number"), 1 << 31)
    if number is None or name not in CLOSED_BY_HAND:
        raise HTTPException(NOT_FOUND)
    resolution = visit.field("resolution").strip()
    if len(resolution) < SHORTEST_RESOLUTION:
        told = _("Rozstrzygnięcie musi mieć co najmniej %(count)s znaków.", count=SHORTEST_RESOLUTION)
        return _page(visit, name, told, UNPROCESSABLE)
    try:
        visit.engine.registers.resolve(name, number, resolution=resolution, by=visit.person.id)
    except Conflict:
        return _page(visit, name, _("Ten wpis ktoś już zamknął."), CONFLICT)
    except EngineError:
        raise HTTPException(NOT_FOUND) from None
    return go_to(f"/registers/{name}")


def neutral(text: str) -> str:
    """Return a text no spreadsheet takes for a formula (``security.md`` §7)."""
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@") or text[:1] in ("\t", "\r", "\n") else text


def _page(visit: Visit, name: str, refused: str = "", status: int = 200) -> Response:
    lines = _lines(visit, name)
    asked = {"q": visit.query("q"), "open": visit.query("open")}
    return visit.page(
        "register.html",
        status=status,
        name=name,
        title=TITLES[name],
        columns=[NAMES[column] for column in COLUMNS[name]],
        lines=lines[:MOST],
        found=len(lines),
        asked=asked,
        closes=name in CLOSED_BY_HAND and visit.may(Action.RESOLVE_REGISTERS),
        has_extract=visit.request.app.state.extract is not None,
        refused=refused,
    )


def _note(visit: Visit, name: str, kind: str) -> None:
    """Keep that a register is taken along; what was searched for may be somebody's name and is not kept."""
    visit.engine.note_office_disclosure(f"register {name} {kind}", actor=visit.person.id)


def _name(visit: Visit) -> str:
    name = visit.path("name")
    if name not in COLUMNS:
        raise HTTPException(NOT_FOUND)
    return name


def _lines(visit: Visit, name: str) -> list[Line]:
    """Return the entries that are asked for, the newest first; every word must be in an entry."""
    entries = visit.engine.registers.all_in(name)[::-1]
    wanted = visit.query("q").casefold().split()
    found = []
    for entry in entries:
        if visit.query("open") and entry.resolution is not None:
            continue
        line = Line(entry, tuple(_told(entry, column) for column in COLUMNS[name]))
        text = " ".join(_row(line)).casefold()
        if all(word in text for word in wanted):
            found.append(line)
    return found


def _head(name: str) -> list[str]:
    return [_("Nr"), _("Wpisano"), *(NAMES[column] for column in COLUMNS[name]), _("Rozstrzygnięcie")]


def _row(line: Line) -> list[str]:
    entry = line.entry
    return [str(entry.number), words.instant(entry.at), *line.cells, entry.resolution or ""]


def _csv(head: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """Return a table as spreadsheets in Poland read it: semicolons, UTF-8 with a mark, CRLF (RFC 4180)."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    return written.getvalue().encode("utf-8-sig")


def _told(entry: Entry, column: str) -> str:
    return entry.subject if column == "subject" else _shown(entry.data.get(column))


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str) and _ISO.match(value):  # registers of incidents keep instants as texts
        return words.value(dt.datetime.fromisoformat(value))
    return words.value(value)
