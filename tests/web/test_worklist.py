"""The worklist as clerks use it: whose, which, in which order; taking one, several, the next; racing."""

from __future__ import annotations

import datetime as dt
import re
import threading
from collections.abc import Callable

import pytest

from engine import ProcessEngine, VirtualClock
from tests.builders import process
from tests.web.conftest import Browser

Browsers = Callable[[str | None], Browser]
TASK = re.compile(r'href="/tasks/(\d+)"')


@pytest.fixture
def tasks(office: ProcessEngine, clock: VirtualClock) -> ProcessEngine:
    """Three cases of one procedure, due the same night, and one of another, all of the group EK-04, and one
    of EK-05.
    """
    drawing = process("inna", name="Inna <sprawa>").start().user_task("t", name="Żółta kartka", group="EK-04")
    office.deploy(drawing.end().files(), by="olga")
    drawing = process("obca").start().user_task("t", name="Obce", group="EK-05").end()
    office.deploy(drawing.files(), by="olga")
    for number in (1, 2, 3):
        clock.advance(dt.timedelta(seconds=1))
        office.start(
            "wniosek_o_dostep", variables={"imie": "Z"}, business_key=f"WNIOSEK/2026/{number}", actor="anna"
        )
    office.start("inna", business_key="INNA/7", actor="anna")
    office.start("obca", business_key="OBCA/1", actor="anna")
    return office


def numbers(page: str) -> list[str]:
    """The case numbers of the lines, in order."""
    return re.findall(r'<a href="/instances/\d+">([A-Z]+/[\d/]+)</a>', page)


def test_whose_tasks_and_how_many(browser: Browsers, tasks: ProcessEngine) -> None:
    jan, oskar = browser("jan"), browser("oskar")
    page = jan.get("/tasks")
    assert numbers(page) == ["WNIOSEK/2026/1", "WNIOSEK/2026/2", "WNIOSEK/2026/3", "INNA/7"]
    for tab in ('Moje <span class="count">(0)', 'Moich grup <span class="count">(4)', "(5)"):
        assert tab in page
    tasks.claim(int(TASK.findall(page)[0]), actor="ewa")
    assert len(numbers(jan.get("/tasks?which=free"))) == 3
    assert len(numbers(jan.get("/tasks?which=groups"))) == 4
    assert numbers(jan.get("/tasks?which=mine")) == []
    assert numbers(browser("ewa").get("/tasks?which=mine")) == ["WNIOSEK/2026/1"]
    everything = oskar.get("/tasks")
    assert len(numbers(everything)) == 5
    assert "Weź następne" not in everything
    assert TASK.findall(everything) == []
    assert "OBCA" not in browser("anna").get("/tasks?which=all")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("process=inna", ["INNA/7"]),
        ("q=inna", ["INNA/7"]),
        ("q=zolta", ["INNA/7"]),
        ("q=wniosek%2F2026%2F2", ["WNIOSEK/2026/2"]),
        ("q=%25", []),
        ("due=week", []),
        ("due=overdue", []),
        ("due=sth&sort=sth&which=sth&from=x&process=inna", ["INNA/7"]),
        ("group=EK-05", []),
        ("which=all&group=EK-05", ["OBCA/1"]),
        ("sort=age&from=3", ["INNA/7"]),
    ],
)
def test_filters(browser: Browsers, tasks: ProcessEngine, query: str, found: list[str]) -> None:
    assert numbers(browser("jan").get(f"/tasks?{query}")) == found


def test_a_task_is_taken_by_one_of_two_and_the_other_gets_another(
    browser: Browsers, tasks: ProcessEngine
) -> None:
    """Ten presses of "next" at once take each task once."""
    clerks = [f"k{number}" for number in range(10)]
    for clerk in clerks:
        tasks.people.add(clerk, name=clerk, roles=("clerk",), groups=("EK-04",), by="test")
    people = [browser(clerk) for clerk in clerks]
    for each in people:
        each.get("/tasks")
    threads = [threading.Thread(target=each.post, args=("/tasks/next",)) for each in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(each.status == 200 for each in people)
    taken = [each for each in people if "Oddaj zadanie" in each.text]
    assert len(taken) == 4
    assert sum("Nie ma teraz zadania" in each.text for each in people) == 6
    assert len({task.assignee for task in tasks.user_tasks(group="EK-04")}) == 4
    assert all(task.assignee is None for task in tasks.user_tasks(group="EK-05"))


def test_several_are_taken_at_once_and_those_somebody_has_are_told(
    browser: Browsers, tasks: ProcessEngine
) -> None:
    jan = browser("jan")
    keys = TASK.findall(jan.get("/tasks"))[:3]
    (foreign,) = tasks.user_tasks(group="EK-05")
    tasks.claim(int(keys[0]), actor="ewa")
    jan.post("/tasks/claim", task=[*keys, str(foreign.key)])
    assert "Wzięto 2 zadania. 2 zadania ma już ktoś inny." in jan.text
    assert len(numbers(jan.text)) == 2
    jan.post("/tasks/claim", task=keys[:1])
    assert jan.status == 409
    jan.get("/tasks")
    jan.post("/tasks/claim", task=["x"])
    assert jan.status == 422
    jan.get("/tasks")
    jan.post("/tasks/claim")
    assert "Nie zaznaczono" in jan.text


def test_a_task_is_given_to_a_colleague_of_the_group_only(browser: Browsers, tasks: ProcessEngine) -> None:
    tasks.people.add("iza", name="Iza", roles=("clerk",), groups=("EK-05",), by="test")
    jan = browser("jan")
    path = f"/tasks/{TASK.findall(jan.get('/tasks'))[0]}"
    page = jan.get(path)
    assert '<option value="ewa">' in page
    assert '<option value="iza">' not in page
    for wrong in ("iza", "anna", "nikt", ""):
        jan.get(path)
        jan.post(f"{path}/assign", colleague=wrong)
        assert jan.status == 409
    jan.get(path)
    jan.post(f"{path}/assign", colleague="ewa")
    assert tasks.user_task(int(path.rpartition("/")[2])).assignee == "ewa"
    assert browser("anna").client.get(path).status_code == 404


def test_filters_are_kept_per_person_and_sealed(browser: Browsers, tasks: ProcessEngine) -> None:
    jan = browser("jan")
    jan.get("/tasks?which=all&q=Kowalska&sort=age")
    jan.post("/tasks/filters", name="  moje  <b>pilne</b> ", which="all", q="Kowalska", sort="age")
    assert "Filtr zapisano" in jan.text
    shown = '?which=all&amp;sort=age&amp;q=Kowalska" aria-current="true">moje &lt;b&gt;pilne&lt;/b&gt;</a>'
    assert shown in jan.get("/tasks?which=all&sort=age&q=Kowalska")
    assert "pilne" not in browser("ewa").get("/tasks")
    jan.post("/tasks/filters", name="x" * 61)
    assert jan.status == 422
    jan.get("/tasks")
    for number in range(30):
        assert jan.status == 200
        jan.post("/tasks/filters", name=f"f{number}")
    assert jan.status == 422
    jan.get("/tasks")
    jan.post("/tasks/filters", forget="moje <b>pilne</b>")
    assert "pilne" not in jan.text


def test_deadlines_are_told_in_working_days_with_the_reason(browser: Browsers, tasks: ProcessEngine) -> None:
    """Thursday 17.12.2026: two working days lead over a weekend to Monday."""
    jan = browser("jan")
    page = jan.get("/tasks?q=WNIOSEK/2026/1")
    assert "zostały 2 dni robocze" in page
    assert "do pn 21.12.2026, 24:00" in page
    task = jan.get(f"/tasks/{TASK.findall(page)[0]}")
    assert "są 2 dni robocze" in task
    assert "Nie liczą się dni wolne: sb 19.12.2026, nd 20.12.2026." in task


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2026-12-18T12:00:00+01:00", "został 1 dzień roboczy"),
        ("2026-12-20T12:00:00+01:00", "został 1 dzień roboczy"),
        ("2026-12-21T23:59:59+01:00", "kończy się dziś o 24:00"),
        ("2026-12-22T00:00:00+01:00", "1 dzień roboczy po terminie"),
        ("2026-12-27T10:00:00+01:00", "2 dni robocze po terminie"),
        ("2027-01-11T10:00:00+01:00", "11 dni roboczych po terminie"),
    ],
)
def test_deadlines_as_time_goes_by(
    browser: Browsers, tasks: ProcessEngine, clock: VirtualClock, at: str, words: str
) -> None:
    clock.set(dt.datetime.fromisoformat(at))
    page = browser("jan").get("/tasks?q=WNIOSEK/2026/1")
    assert words in page
    assert ('class="late"' in page) is ("po terminie" in words)


def test_a_page_asks_the_database_as_often_for_many_tasks_as_for_few(
    browser: Browsers, tasks: ProcessEngine
) -> None:
    jan = browser("jan")
    jan.get("/tasks")
    counts = []
    for _ in range(2):
        before = tasks.statements
        jan.get("/tasks")
        counts.append(tasks.statements - before)
        for number in range(20):
            tasks.start("inna", business_key=f"INNA/{number + 100}", actor="anna")
    assert counts[0] == counts[1] <= 10
