"""Groups have names: an administrator gives them, every page says them, ids stand in small print."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from engine import ProcessEngine
from tests.web.conftest import Browser

pytestmark = pytest.mark.any_database
Browsers = Callable[[str | None], Browser]
NAME = "Referat Systemów „Ż”"


def name(ada: Browser, **fields: str) -> str:
    ada.get("/groups/name")
    return ada.post("/groups/name", **fields)


def test_a_group_is_named_and_every_page_says_its_name(browser: Browsers, office: ProcessEngine) -> None:
    ada, jan, anna, aldona = browser("ada"), browser("jan"), browser("anna"), browser("aldona")
    assert re.search(r"EK-04</a>.*bez nazwy", ada.get("/groups"))
    assert "Grupy" in name(ada, id="EK-04", name=f" {NAME} ", known="1")
    assert "Zapisano." in ada.text
    anna.get("/start/wniosek_o_dostep")
    anna.post("/start/wniosek_o_dostep", field__imie="Zofia")
    (task,) = office.user_tasks()
    case = f"/instances/{task.instance_key}"
    pages = [
        (ada, "/groups"), (ada, "/groups/name?id=EK-04"), (ada, "/people"), (ada, "/people/jan"),
        (jan, "/tasks"), (jan, f"/tasks/{task.key}"), (jan, "/account"), (jan, case),
        (aldona, "/tasks?which=all&group=EK-04"), (aldona, f"{case}/replay"), (aldona, case),
    ]  # fmt: skip
    for someone, path in pages:
        assert NAME in someone.get(path), path
    assert f'<option value="EK-04" lang="pl" selected>{NAME}</option>' in aldona.get(
        "/tasks?which=all&group=EK-04"
    )
    assert ">EK-04<" not in jan.get("/tasks")
    assert "Jan Próbna" in ada.get("/people?q=referat+systemów")
    assert NAME not in anna.get(case)  # who of the office has it is not told outside


def test_the_list_shows_who_is_in_a_group_and_what_names_it(browser: Browsers) -> None:
    ada = browser("ada")
    row = re.search(r"<tr><th[^>]*><a href=\"/groups/name.id=EK-04\".*?</tr>", ada.get("/groups"), re.S)
    assert row is not None
    assert "<td>2</td>" in row[0]
    assert "Wniosek o dostęp" in row[0]
    page = ada.get("/groups/name?id=EK-04")
    assert re.findall(r'href="/people/(\w+)"', page) == ["ewa", "jan"]
    assert "wnioskodawca</a>" in ada.get("/groups")  # the lane that files the form
    assert "zadań tej grupy nikt nie zobaczy" in ada.get("/groups/name?id=sio-3-decyzja")


def test_a_group_nobody_knows_yet_is_named_in_advance_and_its_name_taken_away(
    browser: Browsers, office: ProcessEngine
) -> None:
    ada = browser("ada")
    name(ada, id="sio-3-decyzja", name="Decyzje")
    assert "Decyzje" in ada.text
    assert 'value="sio-3-decyzja"' in ada.get("/people/jan")
    page = name(ada, id="sio-3-decyzja", name="", known="1")
    assert "sio-3-decyzja" not in page
    assert office.groups.names() == {}
    page = ada.get("/groups/name?id=sio-3-decyzja")
    assert page.index("odebrano nazwę") < page.index("nazwano:")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"id": "EK-04", "name": ""}, "Wpisz nazwę grupy."),
        ({"id": "", "name": "x"}, "Wpisz oznaczenie grupy"),
        ({"id": "", "name": "x", "known": "1"}, "Wpisz oznaczenie grupy"),
        ({"id": "a\u202eb", "name": "x"}, "Wpisz oznaczenie grupy"),
        ({"id": "g" * 121, "name": "x"}, "Wpisz oznaczenie grupy"),
        ({"id": "EK-04", "name": "n" * 121, "known": "1"}, "najwyżej 120 widocznych znaków"),
        ({"id": "EK-04", "name": "a\u202eb"}, "najwyżej 120 widocznych znaków"),
    ],
)
def test_what_cannot_be_is_told_at_its_field(
    browser: Browsers, office: ProcessEngine, fields: dict[str, str], told: str
) -> None:
    ada = browser("ada")
    page = name(ada, **fields)
    assert ada.status == 422
    assert told in page
    assert 'role="alert"' in page
    assert office.groups.names() == {}
