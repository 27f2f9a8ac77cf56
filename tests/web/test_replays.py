"""The replay of a case on its page and as JSON, its proof, its export."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from sqlalchemy import update

from engine import ProcessEngine
from engine.store.tables import instance
from tests.builders import process
from tests.web.conftest import Browser
from tests.web.test_cases import CHECKING, DRAWING, PERSON, PESEL, audited

Browsers = Callable[[str | None], Browser]


@pytest.fixture
def key(office: ProcessEngine) -> int:
    """A case decided by jan: three steps, a branch taken for its amount."""
    office.deploy([*DRAWING.files(), *CHECKING.files(), PERSON], by="olga")
    key = office.start("z_danymi", variables={"pesel": PESEL, "kwota": 150}, actor="anna").key
    (task,) = office.user_tasks(instance_key=key)
    office.claim(task.key, actor="jan")
    office.complete(task.key, variables={"kwota": 250}, actor="jan")
    return key


def test_a_step_tells_who_what_and_why_this_branch(browser: Browsers, key: int) -> None:
    aldona = browser("aldona")
    page = aldona.get(f"/instances/{key}/replay?step=3")
    assert 'aria-valuetext="Krok 3 z 3: „Oceń”: zadanie wykonane"' in page
    assert "<code>kwota &gt; 100</code> – <strong>spełniony</strong>" in page
    assert "<code>kwota</code> = 250" in page
    assert re.search(r"kwota\s*</th><td>150</td><td>250</td>", page)
    assert 'data-step="3" aria-current="step"' in page
    assert page.count('aria-current="step"') == 1
    assert 'data-role="prev" rel="prev" href="?step=2"' in page
    assert 'data-role="next" rel="next" aria-disabled="true"' in page
    for odd in ("?step=0", "?step=99", "?step=x", ""):
        aldona.get(f"/instances/{key}/replay{odd}")
        assert aldona.status == 200


def test_personal_data_in_the_replay_are_masked_until_asked_for(
    browser: Browsers, office: ProcessEngine, key: int
) -> None:
    aldona, oskar = browser("aldona"), browser("oskar")
    assert PESEL not in aldona.get(f"/instances/{key}/replay?step=1")
    assert PESEL not in oskar.get(f"/instances/{key}/course.json")
    aldona.get(f"/instances/{key}/replay?step=1")
    page = aldona.post(f"/instances/{key}/replay", step="1")
    assert PESEL in page
    assert "Krok 1 z 3" in page
    oskar.get("/incidents")
    oskar.post(f"/instances/{key}/replay", step="1")
    assert oskar.status == 404
    assert audited(office) == ["aldona"]


def test_the_steps_as_json_say_the_same_as_the_page(browser: Browsers, key: int) -> None:
    aldona = browser("aldona")
    told = json.loads(aldona.get(f"/instances/{key}/course.json"))
    assert told["last"] == 3
    assert [step["seq"] for step in told["steps"]] == [1, 2, 3]
    last = told["steps"][2]
    assert last["reasons"][0]["holds"] is True
    assert last["marks"]["elements"]["sprawdz"] == {"state": "active", "count": 1}
    assert last["marks"]["elements"]["ocen"] == {"state": "completed"}
    assert last["source"] == "/processes/z_danymi/1/file"
    page = aldona.get(f"/instances/{key}/replay?step=3")
    assert last["title"] in page
    for step in told["steps"]:
        assert step["at"] in page


def test_the_diagram_is_the_version_of_then(browser: Browsers, office: ProcessEngine) -> None:
    for name in ("ask", "asked"):
        office.deploy(process("moved").start("s").user_task(name).end("e").files(), by="olga")
        if name == "ask":
            key = office.start("moved", actor="anna").key
    office.migrate(key, mapping={"ask": "asked"}, actor="oskar", reason="poprawka")
    aldona = browser("aldona")
    assert "/processes/moved/1/file" in aldona.get(f"/instances/{key}/replay?step=1")
    page = aldona.get(f"/instances/{key}/replay?step=2")
    assert "/processes/moved/2/file" in page
    assert "Sprawę przeniesiono do wersji 2 procedury; powód: poprawka" in page


def test_a_long_history_is_shown_in_windows_of_a_bounded_page(
    browser: Browsers, office: ProcessEngine, key: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.replays.WINDOW", 10)
    office.deploy(process("long").start("s").user_task("ask").end("e").files(), by="olga")
    key = office.start("long", actor="anna").key
    (task,) = office.user_tasks(instance_key=key)
    for _ in range(15):
        office.claim(task.key, actor="jan")
        office.unclaim(task.key, actor="jan")
    page = browser("aldona").get(f"/instances/{key}/replay?step=20")
    assert page.count("data-step=") == 10
    assert "Krok 20 z 31" in page
    assert "?first=15" in page
    assert 'href="?step=14"' in page


def test_three_verdicts_say_what_they_prove_and_where_a_history_is_broken(
    browser: Browsers, office: ProcessEngine, key: int
) -> None:
    aldona = browser("aldona")
    aldona.get(f"/instances/{key}")
    page = aldona.post(f"/instances/{key}/verify")
    assert "Historia jest nienaruszona" in page
    assert page.count("w porządku") == 3
    office.parts.store.run(lambda tx: tx.execute(update(instance).values(business_key="Podmienione")))
    aldona.get(f"/instances/{key}")
    page = aldona.post(f"/instances/{key}/verify")
    assert "Historia nie zgadza się" in page
    assert f'<a href="/instances/{key}/replay?step=3">Krok 3</a>' in page
    assert 'lang="en"' in page


def test_an_auditor_takes_the_history_along(browser: Browsers, office: ProcessEngine, key: int) -> None:
    aldona = browser("aldona")
    aldona.get(f"/instances/{key}")
    lines = [json.loads(line) for line in aldona.post(f"/instances/{key}/export").splitlines()]
    head, *events = lines
    assert (head["instance"], head["events"], head["exported_by"]) == (str(key), len(events), "aldona")
    assert [each["type"] for each in events] == [each.type for each in office.history(key)]
    assert events[0]["payload"]["variables"]["pesel"] == PESEL
    assert audited(office) == ["aldona"]
