"""Forms whose session has ended, that are kept as drafts, or find no database: nothing entered is lost."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, text

from engine import ProcessEngine
from tests.web.conftest import Browser
from tests.web.files import pdf
from tests.web.whole_form import ANSWERS, START, file_with_it, send
from web import create_application

Browsers = Callable[[str | None], Browser]


@pytest.fixture
def filing(office: ProcessEngine) -> ProcessEngine:
    """The office with a procedure whose form has every kind of field."""
    file_with_it(office)
    return office


def test_a_draft_is_kept_sealed_restored_and_gone_with_the_form(
    browser: Browsers, filing: ProcessEngine
) -> None:
    anna = browser("anna")
    anna.get(START)
    files = [("field.zalaczniki", ("a.pdf", pdf(), "application/pdf"))]
    send(anna, START, files, draft="1", field__imie="Zofia <i>", field__kwota="nie liczba",
         field__osoby__0__nazwisko="Lis")  # fmt: skip
    assert anna.status == 200
    other = browser("anna")
    page = other.get(START)
    assert "Przywróciliśmy szkic" in page
    for shown in ('value="Zofia &lt;i&gt;"', 'value="nie liczba"', 'value="Lis"', "a.pdf"):
        assert shown in page
    assert "Zofia" not in browser("inna").get(START)
    with filing.parts.store.reading() as tx:
        assert b"Zofia" not in bytes(tx.execute(text("SELECT content FROM draft")).scalar_one())
    send(other, START, **ANSWERS)
    assert other.status == 200
    assert "Przywróciliśmy" not in other.get(START)
    (case,) = filing.instances(process_id="zgloszenie")
    assert len(filing.variables(case.key)["zalaczniki"]) == 1


def test_drafts_grow_old(filing: ProcessEngine) -> None:
    assert filing.desks.keep_draft("anna", "task:1", {"a": "b"})
    assert filing.desks.purge_drafts() == 0
    assert not filing.desks.keep_draft("anna", "task:1", {"a": "x" * 1_000_001})
    with filing.parts.store.transaction() as tx:
        tx.execute(text("UPDATE draft SET saved_at = saved_at - 2592000000001"))
    assert filing.desks.purge_drafts() == 1
    assert filing.desks.draft("anna", "task:1") is None


def test_a_form_sent_after_the_session_has_ended_is_kept_for_its_person(
    browser: Browsers, filing: ProcessEngine
) -> None:
    anna = browser("anna")
    anna.get(START)
    with filing.parts.store.transaction() as tx:
        tx.execute(text("UPDATE session SET seen_at = seen_at - 1900000000"))
    send(anna, START, [("field.zalaczniki", ("a.pdf", pdf(), "application/pdf"))], **ANSWERS)
    assert "zapisaliśmy" in anna.text
    assert filing.instances(process_id="zgloszenie") == []
    back = browser("anna")
    assert 'value="Zofia"' in back.get(START)
    assert "a.pdf" in back.text
    thief = browser(None)
    thief.text = anna.text
    send(thief, START, field__imie="Zły")
    assert "Zły" not in browser("anna").get(START)


def test_a_late_form_leaves_a_newer_draft_alone(browser: Browsers, filing: ProcessEngine) -> None:
    anna = browser("anna")
    opened = anna.get(START)
    with filing.parts.store.transaction() as tx:
        tx.execute(text("UPDATE session SET seen_at = seen_at - 1900000000"))
    assert filing.desks.keep_draft("anna", "start:zgloszenie", {"imie": "z domu"})
    send(anna, START, field__imie="stare")
    draft = filing.desks.draft("anna", "start:zgloszenie")
    assert draft is not None
    assert draft.content == {"imie": "z domu"}
    with filing.parts.store.transaction() as tx:
        tx.execute(text("UPDATE draft SET saved_at = saved_at - 1900000000"))
    anna.text = opened
    send(anna, START, field__imie="nowe")
    draft = filing.desks.draft("anna", "start:zgloszenie")
    assert draft is not None
    assert draft.content["imie"] == "nowe"


def test_a_task_form_survives_its_session_and_a_stranger_keeps_nothing(
    browser: Browsers, filing: ProcessEngine
) -> None:
    anna, jan = browser("anna"), browser("jan")
    anna.get(START)
    send(anna, START, **ANSWERS)
    (task,) = filing.user_tasks(process_id="zgloszenie")
    path = f"/tasks/{task.key}"
    jan.get(path)
    with filing.parts.store.transaction() as tx:
        tx.execute(text("UPDATE session SET opened_at = opened_at - 36000000001"))
    answer = send(jan, f"{path}/complete", field__notatka="Ważne")
    assert answer.url.path == "/sign-in"
    back = browser("jan")
    assert 'value="Ważne"' in back.get(path)
    assert filing.desks.draft("ewa", f"task:{task.key}") is None
    send(back, f"{path}/complete", field__notatka="Gotowe")
    assert filing.desks.draft("jan", f"task:{task.key}") is None


def test_a_form_opened_before_signing_in_again_is_shown_once_more(
    browser: Browsers, filing: ProcessEngine
) -> None:
    anna = browser("anna")
    anna.get(START)
    anna.client.cookies.clear()
    anna.client.cookies.set("__Host-obieg", filing.accounts.open("anna"), domain="obieg.test")
    anna.client.headers["origin"] = "https://obieg.test"
    send(anna, START, **ANSWERS)
    assert anna.status == 409
    assert "przed ponownym zalogowaniem" in anna.text
    assert 'value="Zofia"' in anna.text
    assert filing.instances(process_id="zgloszenie") == []
    send(anna, START, **ANSWERS)
    assert len(filing.instances(process_id="zgloszenie")) == 1


def test_a_full_disk_is_told_and_nothing_is_lost(browser: Browsers, filing: ProcessEngine) -> None:
    if filing.parts.store.dialect != "sqlite":
        return  # PostgreSQL's full disk is simulated in tests/crash; the page is the same

    def limit(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")

    anna = browser("anna")
    anna.get(START)
    event.listen(Engine, "begin", limit)
    opis = "".join(hashlib.sha256(bytes([number])).hexdigest() for number in range(200))
    try:
        for _ in range(60):
            send(anna, START, **ANSWERS | {"field__opis": opis})
            if anna.status != 200:
                break
            anna.get(START)
        assert anna.status == 503
        assert 'value="Zofia"' in anna.text
        assert "Nie udało się teraz zapisać" in anna.text
    finally:
        event.remove(Engine, "begin", limit)
    with filing.parts.store.transaction() as tx:
        tx.execute(text("PRAGMA max_page_count = 1000000"))
    before = len(filing.instances(process_id="zgloszenie"))
    send(anna, START, **ANSWERS)
    assert len(filing.instances(process_id="zgloszenie")) == before + 1


def test_a_busy_database_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    file = tmp_path / "obieg.db"
    with ProcessEngine(f"sqlite:///{file}") as engine, closing(sqlite3.connect(file)) as other:
        engine.people.add("anna", name="Anna", roles=["applicant"], by="test")
        file_with_it(engine)
        anna = Browser.of(create_application(engine), engine.accounts.open("anna"))
        anna.get(START)
        with engine.parts.store.transaction() as tx:
            tx.execute(text("UPDATE session SET seen_at = seen_at - 120000000"))
        event.listen(Engine, "begin", impatient)
        other.execute("BEGIN IMMEDIATE")
        try:
            assert 'name="field.imie"' in anna.get(START)  # that the session is in use cannot be written down
            answer = send(anna, START, **ANSWERS)
        finally:
            event.remove(Engine, "begin", impatient)
            other.rollback()
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
        assert 'value="Zofia"' in answer.text
        send(anna, START, **ANSWERS)
        assert (anna.status, len(engine.instances(process_id="zgloszenie"))) == (200, 1)


def impatient(connection: Connection) -> None:
    """Do not wait for another program's write; the verbs still try ten times."""
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")


def test_two_tabs_of_one_task_complete_it_once(browser: Browsers, filing: ProcessEngine) -> None:
    anna, jan = browser("anna"), browser("jan")
    anna.get(START)
    send(anna, START, **ANSWERS)
    (task,) = filing.user_tasks(process_id="zgloszenie")
    one = two = jan.get(f"/tasks/{task.key}")
    send(jan, f"/tasks/{task.key}/complete", draft="1", field__notatka="szkic")
    jan.text = one
    send(jan, f"/tasks/{task.key}/complete", field__notatka="pierwsza")
    assert jan.status == 200
    jan.text = two.replace('name="request" value="', 'name="request" value="b')
    send(jan, f"/tasks/{task.key}/complete", field__notatka="druga")
    assert jan.status == 409
    assert "ktoś już wykonał" in jan.text
    (case,) = filing.instances(process_id="zgloszenie", state=("completed",))
    assert filing.variables(case.key)["notatka"] == "pierwsza"
