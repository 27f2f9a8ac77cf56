"""The register of authorisations to SIO: who is authorised on a day, since when, by which case; its history.

The lines of the register itself are at ``/registers/upowaznienia``; here they are read together.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator

from starlette.exceptions import HTTPException
from starlette.responses import Response

from engine import WARSAW, Entry
from web import words
from web.authorisations import REGISTER, Authorisation, Standing, as_of
from web.pages import registers
from web.register_tables import CODES, HAPPENED
from web.translation import N_, Table, _
from web.visits import NOT_FOUND, UNPROCESSABLE, Visit, whole_number

PAGE = 100  # authorisations on a page
MOST_OPENED = 10_000  # entries opened for one page; an extract opens all
_FURTHEST = 1_000_000
STANDINGS = Table(
    {
        Standing.IN_FORCE: N_("obowiązuje"),
        Standing.TO_COME: N_("jeszcze nie obowiązuje"),
        Standing.OVER: N_("okres minął"),
        Standing.EXPIRED: N_("wygasło"),
        Standing.BLOCKED: N_("zablokowane"),
    }
)
_COLUMNS = (
    N_("Numer"), N_("Osoba"), N_("Funkcja"), N_("Podmiot"), N_("Od"), N_("Do"), N_("Zakresy"), N_("Stan"),
    N_("Sprawa"),
)  # fmt: skip


def overview(visit: Visit) -> Response:
    """Show who is authorised on the day asked for, today unless told."""
    day, refused = _day(visit)
    begin = whole_number(visit.query("from"), _FURTHEST) or 0
    looked = _Looked(visit, MOST_OPENED)
    # Nothing of what was opened is kept: the register is of people.
    found = list(itertools.islice(_found(visit, day, looked), begin, begin + PAGE + 1))
    asked = {"q": visit.query("q"), "on": day.isoformat(), "all": visit.query("all")}
    return visit.page(
        "authorisations.html",
        status=UNPROCESSABLE if refused else 200,
        columns=_head(),
        found=[(each, _row(each, day)) for each in found[:PAGE]],
        count=begin + len(found[:PAGE]),
        first=begin + 1,
        most=MOST_OPENED if looked.is_cut else 0,
        day=day,
        asked=asked,
        refused=refused,
        previous=max(begin - PAGE, 0) if begin else None,
        following=begin + PAGE if len(found) > PAGE else None,
        has_extract=visit.request.app.state.extract is not None,
    )


def show(visit: Visit) -> Response:
    """Show one authorisation: what it says, and every entry about it."""
    today = _today(visit)
    number = visit.path("number")
    found = next((each for each in as_of(_Looked(visit), today) if each.number == number), None)
    if found is None:
        raise HTTPException(NOT_FOUND)
    facts = list(zip(_head(), _row(found, today), strict=True))
    happened = [(entry, HAPPENED[entry.data["zdarzenie"]], _details(entry)) for entry in found.entries]
    return visit.page("authorisation.html", authorisation=found, facts=facts, happened=happened)


def download(visit: Visit) -> Response:
    """Return what is asked for as CSV."""
    day = _asked_day(visit)
    _note(visit, "csv")
    found = _found(visit, day, _Looked(visit))
    return registers.csv_of(f"{REGISTER}-{day}", _head(), (_row(each, day) for each in found))


def extract(visit: Visit) -> Response:
    """Return what is asked for as an extract to print."""
    make: registers.Extract | None = visit.request.app.state.extract
    if make is None:
        raise HTTPException(NOT_FOUND)
    day = _asked_day(visit)
    found = itertools.islice(_found(visit, day, _Looked(visit)), registers.PRINTED + 1)
    rows = [_row(each, day) for each in found]
    if len(rows) > registers.PRINTED:
        told = _(
            "Wyciąg mieści %(count)s wpisów. Zawęź wyszukiwanie albo pobierz CSV.", count=registers.PRINTED
        )
        raise HTTPException(UNPROCESSABLE, told)
    _note(visit, "pdf")
    title = _("Rejestr upoważnień SIO, stan na %(day)s", day=words.value(day))
    return registers.pdf_of(f"{REGISTER}-{day}", make(title, _head(), rows, visit.engine.now()))


class _Looked:
    """The entries of the register, the newest first, opened as far as somebody looks, at most so many."""

    def __init__(self, visit: Visit, most: int | None = None) -> None:
        self._visit = visit
        self._most = most
        self.is_cut = False

    def __iter__(self) -> Iterator[Entry]:
        entries = registers.newest_first(self._visit.engine, REGISTER, part=PAGE)
        for opened, entry in enumerate(entries):
            if opened == self._most:
                self.is_cut = True
                return
            yield entry


def _found(visit: Visit, day: dt.date, entries: Iterable[Entry]) -> Iterator[Authorisation]:
    """Yield what is asked for: those in force on the day, or all that were known then."""
    wanted, every = visit.query("q").casefold().split(), bool(visit.query("all"))
    for each in as_of(entries, day):
        if (every or each.standing(day) is Standing.IN_FORCE) and each.says(wanted):
            yield each


def _day(visit: Visit) -> tuple[dt.date, str]:
    """Return the day asked for and what is wrong with it, if it is none."""
    asked = visit.query("on")
    try:
        return (dt.date.fromisoformat(asked) if asked else _today(visit)), ""
    except ValueError:
        return _today(visit), _("Podaj dzień w postaci rrrr-mm-dd.")


def _asked_day(visit: Visit) -> dt.date:
    day, refused = _day(visit)
    if refused:
        raise HTTPException(UNPROCESSABLE, refused)
    return day


def _today(visit: Visit) -> dt.date:
    return visit.engine.now().astimezone(WARSAW).date()


def _head() -> list[str]:
    return [_(each) for each in _COLUMNS]


def _row(each: Authorisation, day: dt.date) -> list[str]:
    person = " ".join(str(each.of(name) or "") for name in ("imie", "nazwisko")).strip()
    scopes = [*(each.of("zakresy_wewnetrzne") or []), *(each.of("zakresy") or [])]
    return [
        each.number,
        person,
        _told(each.of("funkcja")),
        str(each.of("nazwa_podmiotu") or ""),
        words.value(each.first_day),
        words.value(each.last_day),
        ", ".join(map(_told, scopes)),
        STANDINGS[each.standing(day)],
        str(each.of("numer_sprawy") or ""),
    ]


def _told(code: str | None) -> str:
    return "" if code is None else CODES.get(code, code)


def _details(entry: Entry) -> str:
    """Return what an entry adds: the new end, the ground of a block."""
    data = entry.data
    if data["zdarzenie"] in ("nadano", "przedluzono"):
        return _(
            "do %(day)s, sprawa %(number)s",
            day=words.value(data["do"]),
            number=data.get("numer_sprawy") or "–",
        )
    return words.value(data["podstawa"]) if data.get("podstawa") else ""


def _note(visit: Visit, kind: str) -> None:
    visit.engine.note_office_disclosure(f"register {REGISTER} {kind}", actor=visit.person.id)
