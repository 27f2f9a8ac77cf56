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
STATEMENTS = "lock_timeout=0&statement_timeout=2"
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


class Node:
    """An office's pages: two nodes on one database, one of them in a hurry, know the same sessions."""

    def __init__(self, engine: ProcessEngine) -> None:
        self.engine = engine
        self._pages = create_application(engine)

    def browser(self, person: str) -> Browser:
        """Return somebody's browser."""
        return Browser.of(self._pages, self.engine.accounts.open(person))

    def take_over(self, browser: Browser) -> Browser:
        """Return a browser with the session and the page of another."""
        token = browser.client.cookies["__Host-obieg"]
        own = Browser.of(self._pages, token)
        own.text = browser.text
        return own


@contextmanager
def nodes(url: str, settings: str) -> Iterator[tuple[Node, Node]]:
    """A patient node with a procedure, and one whose patience these settings end."""
    with ProcessEngine(url) as engine, ProcessEngine(f"{url}&{settings}") as hurried:
        engine.people.add("anna", name="Anna", roles=["applicant"], by="test")
        engine.people.add("jan", name="Jan", roles=["clerk"], groups=["EK-04"], by="test")
        file_with_it(engine)
        yield Node(engine), Node(hurried)


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
    with nodes(postgresql_url, settings) as (patient, hurried):
        anna = patient.browser("anna")
        anna.get(START)
        vain = hurried.take_over(anna)
        locked = held(postgresql_url, "LOCK TABLE instance IN EXCLUSIVE MODE")
        with (
            monkeypatch.context() as patched,
            taken(hurried.engine) if settings == NO_CONNECTION else locked,
        ):
            patched.setattr("engine.store.database.PATIENCE", 0.0)
            answer = send(vain, START, **ANSWERS)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
        assert "Zofia" in vain.text
        assert "Nic nie zostało utracone" in vain.text or "Nie udało się teraz zapisać" in vain.text
        for _ in range(2):  # the second time as if the first answer had been lost
            again = patient.take_over(vain)
            send_back(again, START)
            assert again.status == 200
        (case,) = patient.engine.instances(process_id="zgloszenie")
        assert patient.engine.variables(case.key)["imie"] == "Zofia"
        assert patient.engine.verify().ok


@pytest.mark.parametrize("settings", [LOCKS, STATEMENTS])
def test_a_task_whose_case_another_holds_is_completed_once(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch, settings: str
) -> None:
    with nodes(postgresql_url, settings) as (patient, hurried):
        anna, jan = patient.browser("anna"), patient.browser("jan")
        anna.get(START)
        send(anna, START, **ANSWERS)
        (task,) = patient.engine.user_tasks(process_id="zgloszenie")
        jan.get(f"/tasks/{task.key}")
        vain, path = hurried.take_over(jan), f"/tasks/{task.key}/complete"
        with monkeypatch.context() as patched, held(postgresql_url, "SELECT 1 FROM instance FOR UPDATE"):
            patched.setattr("engine.store.database.PATIENCE", 0.0)
            send(vain, path, field__notatka="Ważne")
        assert (vain.status, "Ważne" in vain.text) == (503, True)
        (still,) = patient.engine.user_tasks(process_id="zgloszenie")
        assert still.state == task.state
        send(patient.take_over(jan), path, field__notatka="Ważne")
        (case,) = patient.engine.instances(process_id="zgloszenie", state=("completed",))
        assert patient.engine.variables(case.key)["notatka"] == "Ważne"
        assert patient.engine.verify().ok
