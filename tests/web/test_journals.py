"""Journals written by hand: two times, each card once, nothing changed afterwards."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest

from engine import WARSAW, ProcessEngine, VirtualClock
from engine.scheduler import REQUEST_DAYS, clean
from tests.web.conftest import Browser

Browsers = Callable[[str | None], Browser]
CALL = {
    "kierunek": "wychodząca", "telefon": "126000900", "rozmowca": "Anna Przykładowa",
    "tresc": "Podano hasło do pliku po sprawdzeniu tożsamości.", "numer_sprawy": "",
}  # fmt: skip


def local(office: ProcessEngine, *, hours: int) -> str:
    at = office.now().astimezone(WARSAW) - dt.timedelta(hours=hours)
    return f"{at:%Y-%m-%dT%H:%M}"


def request(page: str) -> str:
    found = re.search(r'name="request" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_a_call_is_written_down_once_with_both_times(browser: Browsers, office: ProcessEngine) -> None:
    jan = browser("jan")
    assert 'href="/registers/rozmowy/new"' in jan.get("/registers/rozmowy")
    asked = request(jan.get("/registers/rozmowy/new"))
    assert "wpis zostaje w dzienniku także po usunięciu danych sprawy" in jan.text
    at = local(office, hours=3)
    for _ in range(2):  # sent twice
        jan.get("/registers/rozmowy/new")
        jan.post("/registers/rozmowy/new", request=asked, zdarzenie_o=at, **CALL)
    (entry,) = office.registers.all_in("rozmowy")
    assert (entry.data["zdarzenie_o"].astimezone(WARSAW).strftime("%Y-%m-%dT%H:%M"), entry.data["kto"]) == (
        at,
        "jan",
    )
    assert entry.at - entry.data["zdarzenie_o"] >= dt.timedelta(hours=3)
    assert "Podano hasło do pliku" in browser("aldona").get("/registers/rozmowy")
    assert "/registers/rozmowy/new" not in browser("aldona").get("/registers/rozmowy")


WRONG = [
    ({"tresc": "krótko"}, "Co najmniej 10"),
    ({"telefon": ""}, "Uzupełnij"),
    ({"telefon": "1" * 31}, "Najwyżej 30"),
    ({"kierunek": "inna"}, "Wybierz"),
    ({"zdarzenie_o": "wczoraj"}, "Podaj dzień"),
    ({"zdarzenie_o": "2026-01-01T10:00+01:00"}, "Podaj dzień"),
    ({"zdarzenie_o": "2199-01-01T10:00"}, "która już była"),
    ({"zdarzenie_o": "1999-01-01T10:00"}, "nie dawniej niż rok"),
]


def test_what_is_wrong_is_told_at_its_field_and_nothing_is_written(
    browser: Browsers, office: ProcessEngine
) -> None:
    jan = browser("jan")
    asked = request(jan.get("/registers/rozmowy/new"))
    for changed, wrong in WRONG:
        given = {"request": asked, "zdarzenie_o": local(office, hours=1), **CALL} | changed
        jan.post("/registers/rozmowy/new", **given)
        assert (jan.status, wrong in jan.text) == (422, True), changed
        assert "Anna Przykładowa" in jan.text  # what was entered stays
    assert office.registers.all_in("rozmowy") == []


def test_paper_cards_are_numbered_and_each_is_entered_once(browser: Browsers, office: ProcessEngine) -> None:
    jan, year = browser("jan"), office.now().astimezone(WARSAW).year
    asked = request(jan.get("/registers/tryb_papierowy/new"))
    for _ in range(2):  # sent twice: the same numbers
        jan.get("/registers/tryb_papierowy/new")
        jan.post("/registers/tryb_papierowy/cards", request=asked, count="3")
    assert re.findall(r"<h2>Karta (P/\d+/\d+)", jan.text) == [f"P/{year}/{number}" for number in (1, 2, 3)]
    case = office.start(
        "wniosek_o_dostep", business_key="SIO/2026/1", variables={"imie": "Z"}, actor="anna"
    ).key
    given = {
        "zdarzenie_o": local(office, hours=5),
        "tresc": "Wniosek przyjęto na karcie.",
        "numer_sprawy": "SIO/2026/1",
    }
    for card, status, said in (
        ("P/2026", 422, "ma postać"), (f"P/{year}/4", 422, "nie wydano"), (f"P/{year}/2", 200, ""),
        (f"P/{year}/2", 422, "jest już wpisana"),
    ):  # fmt: skip
        asked = request(jan.get("/registers/tryb_papierowy/new"))
        jan.post("/registers/tryb_papierowy/new", request=asked, numer_karty=card, **given)
        assert (jan.status, said in jan.text) == (status, True)
    (entry,) = office.registers.all_in("tryb_papierowy")
    assert (entry.instance_key, entry.subject) == (case, "SIO/2026/1")
    jan.get("/registers/tryb_papierowy/new")
    for count in ("0", "51", "x"):
        jan.post("/registers/tryb_papierowy/cards", request=asked, count=count)
        assert jan.status == 422


def test_an_appointment_is_within_the_counters_hours_and_one_person_has_it(
    browser: Browsers, office: ProcessEngine
) -> None:
    jan = browser("jan")
    today = office.now().astimezone(WARSAW).date()
    days = [today + dt.timedelta(days=ahead) for ahead in range(1, 12)]
    open_day = next(day for day in days if not office.day_off(day))
    sunday = next(day for day in days if day.weekday() == 6)
    said = {
        "rozmowca": "Anna <b>Przykładowa</b>",
        "tresc": "Odbiór wydruku z danymi.",
        "numer_sprawy": "SIO/2026/1",
    }

    def book(at: str) -> int:
        asked = request(jan.get("/registers/terminarz/new"))
        jan.post("/registers/terminarz/new", request=asked, termin=at, **said)
        return jan.status

    for at in (
        f"{open_day}T07:59",
        f"{open_day}T15:00",
        f"{sunday}T10:00",
        f"{today - dt.timedelta(days=9)}T10:00",
    ):
        assert book(at) == 422
    assert book(f"{open_day}T14:45") == 200
    assert book(f"{open_day}T08:00") == 200
    assert (book(f"{open_day}T08:00:00.0"), "jest już zajęty" in jan.text) == (422, True)
    assert (book(f"{open_day}T08:01"), "Terminy są co 15 min od godziny 08:00" in jan.text) == (422, True)
    assert book(f"{open_day}T08:15:30") == 422
    text = jan.get("/counter")
    assert text.index(", 08:00: Anna &lt;b&gt;") < text.index(", 14:45: Anna")
    jan.get("/registers/terminarz?open=1")
    jan.post("/registers/terminarz/2/resolve", resolution="Osoba odwołała telefonicznie.")
    assert book(f"{open_day}T08:00") == 200
    assert len(office.registers.entries("terminarz", unresolved=True)) == 2
    assert (book(f"{open_day}T08:00"), "jest już zajęty" in jan.text) == (422, True)
    assert "Umów termin" not in browser("aldona").get("/counter")


@pytest.mark.parametrize("name", ["tryb_papierowy", "terminarz"])
def test_the_same_form_again_is_answered_as_the_first_time_and_another_waits_for_ever(
    browser: Browsers, office: ProcessEngine, clock: VirtualClock, name: str
) -> None:
    jan, ewa = browser("jan"), browser("ewa")
    office.registers.draw_number(f"karty papierowe {office.now().astimezone(WARSAW).year}")
    year, given = office.now().astimezone(WARSAW).year, {"tresc": "Wpisano po przerwie.", "numer_sprawy": ""}
    given |= {"zdarzenie_o": local(office, hours=1), "numer_karty": f"P/{year}/1"}
    days = [office.now().date() + dt.timedelta(days=ahead) for ahead in range(60, 75)]
    day = next(day for day in days if not office.day_off(day))
    given |= {"termin": f"{day}T10:00", "rozmowca": "Anna Przykładowa"}

    def write(person: Browser, asked: str = "", **changed: str) -> int:
        shown = person.get(f"/registers/{name}/new")
        person.post(f"/registers/{name}/new", request=asked or request(shown), **given | changed)
        return person.status

    asked = request(jan.get(f"/registers/{name}/new"))
    assert [write(jan, asked), write(jan, asked)] == [200, 200]  # a double click
    assert write(ewa, asked) == write(jan, asked, tresc="Wpisano inaczej.") == 422  # no double click
    if name == "tryb_papierowy":
        write(jan, numer_karty=f"P/{year}/1\N{FULLWIDTH DIGIT ONE}")  # no other spelling of a card
        assert (jan.status, "ma postać" in jan.text) == (422, True)
    clock.advance(dt.timedelta(days=REQUEST_DAYS + 1))
    clean(office.parts)
    assert write(ewa) == 422
    assert len(office.registers.all_in(name)) == 1
