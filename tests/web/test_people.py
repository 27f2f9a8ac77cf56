"""People, their roles and groups: what an administrator may change, and what nobody may."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from engine import Conflict, ProcessEngine, Role
from tests.web.conftest import PASSWORD, Browser
from web.authorization import Action, authorize

Browsers = Callable[[str | None], Browser]
_DRAWN = re.compile(r'<code class="secret">([a-z0-9-]+)</code>')


def add(ada: Browser, **fields: object) -> str:
    ada.get("/people/new")
    return ada.post("/people/new", **{"id": "a.nowak", "name": "Anna Nowak", "roles": "clerk", **fields})


def test_somebody_is_added_signs_in_once_and_chooses_a_password(
    browser: Browsers, office: ProcessEngine
) -> None:
    ada = browser("ada")
    assert 'value="EK-04"' in ada.get("/people/new")
    drawn = _DRAWN.search(add(ada, groups=["EK-04"], more="EK-02, ,EK-07"))
    assert drawn is not None
    assert len(drawn[1]) == 19
    assert office.people.get("a.nowak").groups == ("EK-02", "EK-04", "EK-07")
    anna = browser(None)
    anna.get("/sign-in?then=/tasks")
    assert "wybierz własne hasło" in anna.post("/sign-in", person="a.nowak", password=drawn[1], then="/tasks")
    assert "wybierz własne hasło" in anna.get("/instances")
    told = anna.post("/account", current=drawn[1], password=PASSWORD, again=PASSWORD + "x")
    assert "różnią się" in told
    assert "od 12 do 256" in anna.post("/account", current=drawn[1], password="krotkie", again="krotkie")
    assert "Obecne hasło jest nieprawidłowe" in anna.post(
        "/account", current="inne-haslo-2026", password=PASSWORD, again=PASSWORD
    )
    before = anna.client.cookies["__Host-obieg"]
    assert "Hasło zostało zmienione" in anna.post(
        "/account", current=drawn[1], password=PASSWORD, again=PASSWORD
    )
    assert anna.client.cookies["__Host-obieg"] != before
    assert "<h1>Zadania</h1>" in anna.get("/tasks")
    assert drawn[1] not in ada.get("/people/a.nowak")
    for change in ("dodano osobę", "nadano hasło pierwszego logowania", "osoba zmieniła hasło"):
        assert change in ada.text


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"id": "jan"}, "Ten login ma już ktoś inny."),
        ({"id": "Jan Nowak"}, "małe litery bez ogonków"),
        ({"id": "../x"}, "małe litery bez ogonków"),
        ({"name": "  "}, "Wpisz imię i nazwisko."),
        ({"name": "a\u202eb"}, "Wpisz imię i nazwisko."),
        ({"roles": []}, "Wybierz co najmniej jedną rolę."),
        ({"roles": ["szef"]}, "Wybierz co najmniej jedną rolę."),
        ({"roles": ["administrator", "clerk"]}, "Administrator nie prowadzi spraw"),
        ({"school": "RSPO 1"}, "samych cyfr"),
        ({"more": "x" * 121}, "najwyżej 120 znaków"),
    ],
)
def test_what_cannot_be_is_told_at_its_field(
    browser: Browsers, office: ProcessEngine, fields: dict[str, object], told: str
) -> None:
    known = len(office.people.everybody())
    ada = browser("ada")
    page = add(ada, **fields)
    assert ada.status == 422
    assert told in page
    assert 'role="alert"' in page
    assert len(office.people.everybody()) == known


def test_a_deactivated_person_is_out_at_once_and_comes_back(browser: Browsers, office: ProcessEngine) -> None:
    ada, jan = browser("ada"), browser("jan")
    assert "<h1>Zadania</h1>" in jan.get("/tasks")
    ada.get("/people/jan")
    assert "Konto jest wyłączone" in ada.post("/people/jan/active", active="0")
    assert "<h1>Zaloguj się</h1>" in jan.get("/tasks")
    ada.post("/people/jan/active", active="1")
    assert "<h1>Zaloguj się</h1>" in jan.get("/tasks")
    assert office.people.get("jan").active


def test_the_last_administrator_stays(browser: Browsers, office: ProcessEngine) -> None:
    ada = browser("ada")
    ada.get("/people/ada")
    assert "To ostatni czynny administrator" in ada.post("/people/ada/active", active="0")
    assert ada.status == 409
    assert "To ostatni czynny administrator" in ada.post("/people/ada", name="Ada", roles="auditor")
    with pytest.raises(Conflict, match="the last one"):
        office.people.change("ada", active=False, by="ada")
    office.people.add("druga", name="Druga", roles=["administrator"], by="test")
    ada.get("/people/ada")
    ada.post("/people/ada", name="Ada", roles="auditor")
    assert office.people.get("ada").roles == (Role.AUDITOR,)
    assert browser("ada").client.get("/people").status_code == 404


def test_an_administrator_does_no_casework(office: ProcessEngine) -> None:
    both = office.people.add("oba", name="Oba", roles=["administrator", "clerk", "applicant"], by="test")
    assert authorize(both, Action.MANAGE_PEOPLE)
    assert not any(authorize(both, each) for each in (Action.WORK, Action.START, Action.SEE_TASKS))


def test_people_are_found_and_changed(browser: Browsers, office: ProcessEngine) -> None:
    ada = browser("ada")
    page = ada.get("/people?q=ek-04")
    assert re.findall(r'href="/people/(\w+)"', page) == ["new", "ewa", "jan"]
    assert re.findall(r'href="/people/(\w+)"', ada.get("/people?role=auditor"))[1:] == ["aldona"]
    assert "Nikt nie spełnia" in ada.get("/people?q=nikogo+takiego")
    ada.get("/people/jan")
    ada.post(
        "/people/jan", name="Jan <b>Nowy</b>", roles=["clerk", "owner"], groups="EK-04", more="", school=""
    )
    jan = office.people.get("jan")
    assert (jan.name, jan.roles, jan.groups) == ("Jan <b>Nowy</b>", (Role.CLERK, Role.OWNER), ("EK-04",))
    assert "<b>Nowy" not in ada.text
    assert "urzędnik, właściciel procedury (EK-04)" in re.sub(r"<[^>]+>|\s+(?= )", "", ada.text)


def test_a_new_password_ends_the_old_one(browser: Browsers, office: ProcessEngine) -> None:
    office.accounts.set_password("jan", PASSWORD, by="test")
    ada, jan = browser("ada"), browser("jan")
    ada.get("/people/jan")
    drawn = _DRAWN.search(ada.post("/people/jan/password"))
    assert drawn is not None
    assert "<h1>Zaloguj się</h1>" in jan.get("/tasks")
    jan.post("/sign-in", person="jan", password=PASSWORD)
    assert jan.status == 401
    jan.post("/sign-in", person="jan", password=drawn[1])
    assert "Moje konto" in jan.text
