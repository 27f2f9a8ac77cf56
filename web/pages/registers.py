"""Registers of the office: search, extracts (CSV, PDF), and closing an entry with a resolution.

Entries come from the cases and are never changed or deleted here; one is closed once, with what was decided.
What came from outside is settled on the page "Poczta", and only there. A page opens a bounded number of
entries: what is searched for in older ones comes with the next page.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from starlette.exceptions import HTTPException
from starlette.responses import Response

from engine import SHORTEST_RESOLUTION, Conflict, EngineError, Entry, ProcessEngine
from web import register_tables
from web.authorization import Action
from web.register_tables import BY_HAND, CLOSED_BY_HAND, COLUMNS, NAMES, OF_LETTERS, TITLES, Line
from web.translation import _
from web.visits import CONFLICT, LARGEST_NUMBER, NOT_FOUND, UNPROCESSABLE, Visit, go_to, whole_number

Extract: TypeAlias = Callable[[str, Sequence[str], Sequence[Sequence[str]], dt.datetime], bytes]
PAGE = 100  # lines on a page
LOOKED_AT = 1_000  # entries a page opens at most
PRINTED = 2_000  # lines of an extract as PDF at most
_PART = 500  # entries read at once


class Found(NamedTuple):
    """The lines of a page; ``older`` is the number before which the next page begins, None at the end."""

    lines: list[Line]
    older: int | None


def overview(visit: Visit) -> Response:
    """Show which registers there are and how much of each is open."""
    listed = []
    for name in TITLES:
        count, waiting = visit.engine.registers.counts(name)
        closable = name in CLOSED_BY_HAND or name in OF_LETTERS
        listed.append((name, TITLES[name], count, waiting if closable else 0))
    reconciles = visit.request.app.state.reconcile is not None
    return visit.page("registers.html", listed=listed, reconciles=reconciles)


def show(visit: Visit) -> Response:
    """Show a register: the newest entries, or those that are searched for."""
    return _page(visit, _name(visit))


def download(visit: Visit) -> Response:
    """Return what is searched for as CSV, for a spreadsheet."""
    name = _name(visit)
    _note(visit, name, "csv")
    return csv_of(name, register_tables.head(name), (line.row for line in _all(visit, name)))


def extract(visit: Visit) -> Response:
    """Return what is searched for as an extract to print, up to ``PRINTED`` lines."""
    name = _name(visit)
    make: Extract | None = visit.request.app.state.extract
    if make is None:
        raise HTTPException(NOT_FOUND)
    rows = [line.row for line in itertools.islice(_all(visit, name), PRINTED + 1)]
    if len(rows) > PRINTED:
        told = _("Wyciąg mieści %(count)s wpisów. Zawęź wyszukiwanie albo pobierz CSV.", count=PRINTED)
        return _page(visit, name, told, UNPROCESSABLE)
    _note(visit, name, "pdf")
    return pdf_of(name, make(TITLES[name], register_tables.head(name), rows, visit.engine.now()))


def resolve(visit: Visit) -> Response:
    """Close an entry with what was decided."""
    name, number = _name(visit), whole_number(visit.path("number"), LARGEST_NUMBER)
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


def csv_of(name: str, head: Sequence[str], rows: Iterator[Sequence[str]]) -> Response:
    """Return a table as spreadsheets in Poland read it: semicolons, UTF-8 with a mark, CRLF (RFC 4180)."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    return Response(
        written.getvalue().encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def pdf_of(name: str, content: bytes) -> Response:
    """Return an extract as a file to keep."""
    return Response(
        content,
        media_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}.pdf"'},
    )


def _page(visit: Visit, name: str, refused: str = "", status: int = 200) -> Response:
    found = _found(visit, name)
    count, _waiting = visit.engine.registers.counts(name)
    asked = {"q": visit.query("q"), "open": visit.query("open")}
    return visit.page(
        "register.html",
        status=status,
        name=name,
        title=TITLES[name],
        columns=[NAMES[column] for column in COLUMNS[name]],
        lines=found.lines,
        older=found.older,
        count=count,
        asked=asked,
        closes=name in CLOSED_BY_HAND and visit.may(Action.RESOLVE_REGISTERS),
        is_mail=name in OF_LETTERS and visit.may(Action.HANDLE_MAIL),
        writes=name in BY_HAND and visit.may(Action.RESOLVE_REGISTERS),
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


def _found(visit: Visit, name: str) -> Found:
    """Return a page of what is asked for, the newest first; it opens ``LOOKED_AT`` entries at most."""
    lines: list[Line] = []
    looked_at, last = 0, None
    for entry in _entries(visit, name, whole_number(visit.query("before"), LARGEST_NUMBER)):
        if len(lines) == PAGE or looked_at == LOOKED_AT:
            return Found(lines, last)
        looked_at, last = looked_at + 1, entry.number
        line = register_tables.line(name, entry)
        if _is_wanted(visit, line):
            lines.append(line)
    return Found(lines, None)


def _all(visit: Visit, name: str) -> Iterator[Line]:
    """Return all that is asked for, the newest first."""
    lines = (register_tables.line(name, entry) for entry in _entries(visit, name, None))
    return (line for line in lines if _is_wanted(visit, line))


def _entries(visit: Visit, name: str, before: int | None) -> Iterator[Entry]:
    return newest_first(visit.engine, name, unresolved=bool(visit.query("open")), before=before)


def newest_first(
    engine: ProcessEngine,
    name: str,
    *,
    unresolved: bool = False,
    before: int | None = None,
    part: int = _PART,
) -> Iterator[Entry]:
    """Return entries of a register, the newest first, reading as far as somebody looks."""
    wanted = PAGE + 1
    while True:
        found = engine.registers.entries(name, unresolved=unresolved, before=before, limit=wanted)
        yield from found
        if len(found) < wanted:
            return
        before, wanted = found[-1].number, part


def _is_wanted(visit: Visit, line: Line) -> bool:
    """Say whether every word that is searched for is in a line."""
    wanted = visit.query("q").casefold().split()
    text = " ".join(line.row).casefold() if wanted else ""
    return all(word in text for word in wanted)
