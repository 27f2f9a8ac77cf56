"""Who was authorised on a day: the register read together, with its history and extracts."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest

from engine import Entry, ProcessEngine
from engine.store import registers
from tests.web.conftest import Browser
from web.authorisations import Standing, as_of

Browsers = Callable[[str | None], Browser]
AT = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
ANNA = {
    "zdarzenie": "nadano", "numer": "U-1", "imie": "Anna", "nazwisko": "Przykładowa", "funkcja": "kierownik",
    "nazwa_podmiotu": "=SP 900", "od": dt.date(2026, 3, 1), "do": dt.date(2027, 6, 30),
    "numer_sprawy": "SIO/2026/1", "zakresy": None, "zakresy_wewnetrzne": ["dostep"],
}  # fmt: skip
EWA = ANNA | {"numer": "U-2", "imie": "Ewa", "od": dt.date(2026, 9, 1), "do": dt.date(2026, 9, 30)}
LONGER = {
    "zdarzenie": "przedluzono",
    "numer": "U-1",
    "do": dt.date(2028, 2, 29),
    "numer_sprawy": "SIO/2027/9",
}
BLOCKED = {"zdarzenie": "zablokowano", "numer": "U-1", "o": AT, "podstawa": "odwolanie_kierownika"}


def entries(*written: tuple[dt.datetime, dict[str, Any]]) -> list[Entry]:
    return [
        Entry(
            register="upowaznienia",
            number=at,
            instance_key=None,
            at=when,
            subject="u",
            data=data,
            resolution=None,
        )
        for at, (when, data) in enumerate(written, start=1)
    ][::-1]


@pytest.mark.parametrize(
    ("day", "anna", "ewa"),
    [
        (dt.date(2026, 2, 28), None, None),  # nothing was written yet
        (dt.date(2026, 3, 1), Standing.IN_FORCE, Standing.TO_COME),
        (dt.date(2026, 9, 30), Standing.IN_FORCE, Standing.IN_FORCE),
        (dt.date(2026, 10, 1), Standing.IN_FORCE, Standing.OVER),
        (dt.date(2027, 6, 30), Standing.IN_FORCE, Standing.OVER),  # the last day counts
        (dt.date(2028, 2, 29), Standing.IN_FORCE, Standing.OVER),  # extended to a leap day
        (dt.date(2028, 3, 1), Standing.BLOCKED, Standing.OVER),  # 23:30 UTC of the 29th is the 1st in Warsaw
    ],
)
def test_what_was_in_force_on_a_day_is_what_had_been_written_by_its_end(
    day: dt.date, anna: Standing | None, ewa: Standing | None
) -> None:
    known = entries(
        (AT, ANNA), (AT, EWA), (dt.datetime(2027, 6, 1, tzinfo=dt.UTC), LONGER),
        (dt.datetime(2028, 2, 29, 23, 30, tzinfo=dt.UTC), BLOCKED),
    )  # fmt: skip
    found = {each.number: each.standing(day) for each in as_of(known, day)}
    assert (found.get("U-1"), found.get("U-2")) == (anna, ewa)


@pytest.fixture
def filled(office: ProcessEngine) -> ProcessEngine:
    today = office.now().date()
    with office.parts.store.transaction() as tx:
        for data in (
            ANNA | {"do": today.replace(year=today.year + 4)},
            EWA,
            LONGER,
            BLOCKED | {"numer": "U-2"},
        ):
            office.registers.append(tx, register="upowaznienia", instance_key=None, subject="u", data=data)
    return office


def test_people_find_who_is_authorised_and_why(browser: Browsers, filled: ProcessEngine) -> None:
    aldona = browser("aldona")
    assert 'href="/authorisations"' in aldona.get("/registers/upowaznienia")
    aldona.get("/authorisations?on=2027-12-31")
    assert ("U-1" in aldona.text, "U-2" in aldona.text) == (True, False)
    assert "dostęp w imieniu kierownika (art. 68 ust. 2)" in aldona.text
    assert "U-2" in aldona.get("/authorisations?all=1&q=ewa+SIO/2026/1")
    assert "zablokowane" in aldona.text
    assert "Nie ma takich" in aldona.get("/authorisations?q=ewa&on=2027-12-31")
    aldona.get("/authorisations?on=2027-02-30")
    assert (aldona.status, "rrrr-mm-dd" in aldona.text) == (422, True)
    history = aldona.get("/authorisations/U-1")
    assert history.index("nadano") < history.index("przedłużono")
    assert ("SIO/2027/9" in history, "29.02.2028" in history) == (True, True)
    aldona.get("/authorisations/U-9")
    assert aldona.status == 404


def test_an_extract_says_of_which_day_and_holds_no_formula(browser: Browsers, filled: ProcessEngine) -> None:
    jan = browser("jan")
    answer = jan.client.get("/authorisations/csv?all=1&on=2027-12-31")
    assert "upowaznienia-2027-12-31.csv" in answer.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=";"))
    assert [row[0] for row in rows] == ["Numer", "U-2", "U-1"]
    assert rows[1][3] == "'=SP 900"
    assert jan.client.get("/authorisations/csv?on=x").status_code == 422


def test_a_page_opens_hardly_more_of_the_register_than_it_shows(
    browser: Browsers, office: ProcessEngine
) -> None:
    """The first 30 entries cannot be opened: whoever comes to one of them is told so."""
    today = office.now().date()
    said = ANNA | {"od": today, "do": today.replace(year=today.year + 4)}
    told = [said | {"numer": f"U-{number}"} for number in range(1, 221)] + [BLOCKED | {"numer": "U-219"}]
    with office.parts.store.transaction() as tx:
        for _ in range(30):
            registers.append(
                tx, register="upowaznienia", instance_key=None, at=tx.now, subject=b"x", data=b"x"
            )
        for data in told:
            office.registers.append(tx, register="upowaznienia", instance_key=None, subject="u", data=data)
    jan = browser("jan")
    page = jan.get("/authorisations?all=1")
    assert (jan.status, "Upoważnienia 1–100, są dalsze" in page) == (200, True)
    assert [f">U-{number}<" in page for number in (220, 121, 120)] == [True, True, False]
    assert "zablokowane" in page
    assert ">U-219<" not in jan.get("/authorisations")
    assert jan.status == 200
    jan.get("/authorisations?all=1&from=200")
    assert jan.status == 503


def test_what_a_page_did_not_look_through_is_told(
    browser: Browsers, filled: ProcessEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    jan = browser("jan")
    assert "Przejrzano" not in jan.get("/authorisations?all=1")
    monkeypatch.setattr("web.pages.authorisations.MOST_OPENED", 3)
    page = jan.get("/authorisations?all=1")
    assert "Przejrzano 3 najnowszych wpisów" in page
    assert (">U-2<" in page, ">U-1<" in page) == (True, False)
    assert "U-1" in jan.client.get("/authorisations/csv?all=1").text
