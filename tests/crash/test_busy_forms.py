"""A form sent while PostgreSQL is busy comes back filled in, and sent again it counts once."""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from engine import ProcessEngine
from tests.store.waiting import beside
from tests.web.conftest import Browser
from tests.web.whole_form import ANSWERS, START, file_with_it, send
from web import create_application

LOCKS = "lock_timeout=1&statement_timeout=30"
STATEMENTS = "lock_timeout=0&statement_timeout=1"
_HIDDEN = re.compile(r'<textarea name="([^"]+)" hidden>\n(.*?)</textarea>', re.DOTALL)
NO_CONNECTION = "pool_size=1&max_overflow=0&pool_timeout=0.2"


@contextmanager
def held(url: str, statement: str) -> Iterator[None]:
    """Let another session hold what a statement locks for as long as the block lasts."""
    with psycopg.connect(url.replace("+psycopg", "")) as other:
        other.execute(statement)
        yield
        other.rollback()


@contextmanager
def taken(engine: ProcessEngine) -> Iterator[None]:
    """Let a thread hold the only connection for as long as the block lasts."""
    has, enough = threading.Event(), threading.Event()

    def hold() -> None:
        with engine.parts.store.reading() as tx:
            tx.connection.exec_driver_sql("SELECT 1")
            has.set()
            enough.wait(timeout=60)

    holding = beside(hold)
    assert has.wait(timeout=60)
    yield
    enough.set()
    holding.result(timeout=60)


@contextmanager
def opened(url: str, settings: str) -> Iterator[tuple[ProcessEngine, Browser]]:
    """An office on a database used with these settings, and the browser of an applicant."""
    with ProcessEngine(f"{url}&{settings}") as engine:
        engine.people.add("anna", name="Anna", roles=["applicant"], by="test")
        engine.people.add("jan", name="Jan", roles=["clerk"], groups=["EK-04"], by="test")
        file_with_it(engine)
        yield engine, Browser.of(create_application(engine), engine.accounts.open("anna"))


def send_back(browser: Browser, path: str) -> None:
    """Send the page that came back as it is: its own form filled in, or one that only has what was sent."""
    hidden = _HIDDEN.findall(browser.text)
    if not hidden:
        send(browser, path, **ANSWERS)
        return
    given: dict[str, list[str]] = {}
    for name, value in hidden:
        given.setdefault(name, []).append(html.unescape(value))
    answer = browser.client.post(path, data=given, files={"nothing": ("", b"")})
    browser.status, browser.text = answer.status_code, answer.text


@pytest.mark.parametrize("settings", [LOCKS, STATEMENTS, NO_CONNECTION])
def test_an_application_comes_back_filled_in_and_is_filed_once(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch, settings: str
) -> None:
    with opened(postgresql_url, settings) as (engine, anna):
        anna.get(START)
        monkeypatch.setattr("engine.store.database.PATIENCE", 0.0)
        locked = held(postgresql_url, "LOCK TABLE instance IN EXCLUSIVE MODE")
        with taken(engine) if settings == NO_CONNECTION else locked:
            answer = send(anna, START, **ANSWERS)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
        assert "Zofia" in anna.text
        assert "Nic nie zostało utracone" in anna.text or "Nie udało się teraz zapisać" in anna.text
        returned = anna.text
        send_back(anna, START)
        assert anna.status == 200
        anna.text = returned
        send_back(anna, START)  # as if the first answer had been lost
        (case,) = engine.instances(process_id="zgloszenie")
        assert engine.variables(case.key)["imie"] == "Zofia"
        assert engine.verify().ok


@pytest.mark.parametrize("settings", [LOCKS, STATEMENTS])
def test_a_task_whose_case_another_holds_is_completed_once(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch, settings: str
) -> None:
    with opened(postgresql_url, settings) as (engine, anna):
        anna.get(START)
        send(anna, START, **ANSWERS)
        (task,) = engine.user_tasks(process_id="zgloszenie")
        jan = Browser.of(create_application(engine), engine.accounts.open("jan"))
        path = f"/tasks/{task.key}"
        jan.get(path)
        monkeypatch.setattr("engine.store.database.PATIENCE", 0.0)
        with held(postgresql_url, "SELECT 1 FROM instance FOR UPDATE"):
            send(jan, f"{path}/complete", field__notatka="Ważne")
        assert (jan.status, "Ważne" in jan.text) == (503, True)
        assert [str(each.state) for each in engine.user_tasks(process_id="zgloszenie")] == [str(task.state)]
        send(jan, f"{path}/complete", field__notatka="Ważne")
        assert jan.status == 200
        (case,) = engine.instances(process_id="zgloszenie", state=("completed",))
        assert engine.variables(case.key)["notatka"] == "Ważne"
        assert engine.verify().ok
