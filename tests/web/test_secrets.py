"""A secret on the screen: one answer to one form holds it, and nothing before, after or beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine import Completed, HandlerRegistry, JobContext, ProcessEngine
from tests.builders import process
from tests.web.conftest import Browser

CANARY = "kanarek-Zażółć-5519"
Browsers = Callable[[str | None], Browser]


@pytest.fixture
def task(office: ProcessEngine) -> str:
    """The key of jan's task in a case that has secrets; the office has the handler that draws them."""
    registry: HandlerRegistry = office.parts.handlers

    @registry.handler("test.draw")
    def draw(context: JobContext) -> Completed:
        return Completed(
            {
                "haslo_ref": context.draw("haslo_startowe", lambda: CANARY),
                "wydruk_ref": context.draw("wydruk", lambda: f"<b>{CANARY}</b>"),
                "pdf_ref": context.draw("wydruk_pdf", lambda: "data:application/pdf;base64,JVBERi0xLjc="),
            }
        )

    shows = {"obieg:reveal": "haslo_ref, wydruk_ref, pdf_ref", "obieg:reprint": "wydruk_ref"}
    drawing = process("sekret").start().service_task("draw", "test.draw")
    drawn: Any = drawing.user_task("ustaw", group="EK-04", properties=shows).end()
    office.deploy(drawn.files(), by="olga")
    office.start("sekret", actor="system")
    office.run_until_idle()
    (found,) = office.user_tasks(element_id="ustaw")
    return f"/tasks/{found.key}"


def test_it_is_shown_once_in_the_answer_to_the_form(
    browser: Browsers, office: ProcessEngine, task: str
) -> None:
    jan = browser("jan")
    assert "jeden raz" in jan.get(task)
    assert "Najpierw weź to zadanie" in jan.get(f"{task}/secrets")
    jan.post(f"{task}/secrets", variable="haslo_ref")
    assert (jan.status, CANARY in jan.text) == (409, False)
    jan.post(f"{task}/claim")
    assert CANARY not in jan.get(f"{task}/secrets")
    jan.post(f"{task}/secrets", variable="haslo_ref")
    assert (jan.status, jan.text.count(CANARY)) == (200, 1)
    jan.get(f"{task}/secrets")
    assert "drugi raz nie można" in jan.text
    jan.post(f"{task}/secrets", variable="haslo_ref")
    assert (jan.status, CANARY in jan.text) == (409, False)


def test_nobody_keeps_the_answer(browser: Browsers, task: str) -> None:
    jan = browser("jan")
    jan.get(task)
    jan.post(f"{task}/claim")
    jan.get(f"{task}/secrets")
    token = jan.text.split('name="form_token" value="')[1].split('"')[0]
    answer = jan.client.post(f"{task}/secrets", data={"form_token": token, "variable": "haslo_ref"})
    assert answer.headers["cache-control"] == "no-store"
    assert CANARY in answer.text
    assert CANARY not in str(answer.url) + str(answer.headers)
    assert jan.client.get(f"{task}/secrets?variable=haslo_ref").text.count(CANARY) == 0


def test_colleagues_applicants_and_auditors_see_nothing(browser: Browsers, task: str) -> None:
    jan = browser("jan")
    jan.get(task)
    jan.post(f"{task}/claim")
    for person, expected in (("ewa", 409), ("anna", 404), ("aldona", 404), ("oskar", 404)):
        visitor = browser(person)
        visitor.get("/processes")
        visitor.post(f"{task}/secrets", variable="haslo_ref")
        assert (visitor.status, CANARY in visitor.text) == (expected, False), person


def test_without_the_forms_token_nothing_is_used_up(browser: Browsers, task: str) -> None:
    jan = browser("jan")
    jan.get(task)
    jan.post(f"{task}/claim")
    assert jan.client.post(f"{task}/secrets", data={"variable": "haslo_ref"}).status_code == 403
    jan.get(f"{task}/secrets")
    jan.post(f"{task}/secrets", variable="haslo_ref")
    assert CANARY in jan.text


def test_a_print_out_is_text_and_is_printed_again_with_a_reason(browser: Browsers, task: str) -> None:
    jan = browser("jan")
    jan.get(task)
    jan.post(f"{task}/claim")
    jan.get(f"{task}/secrets")
    jan.post(f"{task}/secrets", variable="wydruk_ref")
    assert f"&lt;b&gt;{CANARY}" in jan.text
    assert "Drukowano dotąd: 1" in jan.get(f"{task}/secrets")
    for reason, status in (("", 422), ("bo tak", 422), ("papier się zaciął w drukarce", 200)):
        jan.get(f"{task}/secrets")
        jan.post(f"{task}/secrets", variable="wydruk_ref", reason=reason)
        assert (jan.status, CANARY in jan.text) == (status, status == 200)
    assert "Drukowano dotąd: 2" in jan.get(f"{task}/secrets")


def test_what_the_task_does_not_show_is_not_there(
    browser: Browsers, office: ProcessEngine, task: str
) -> None:
    jan = browser("jan")
    jan.get(task)
    jan.post(f"{task}/claim")
    jan.get(f"{task}/secrets")
    jan.post(f"{task}/secrets", variable="inna_ref")
    assert jan.status == 404
    anna = browser("anna")
    anna.get("/start/wniosek_o_dostep")
    anna.post("/start/wniosek_o_dostep", field__imie="Zofia")
    (other,) = office.user_tasks(element_id="decide")
    jan.get(f"/tasks/{other.key}/secrets")
    assert jan.status == 404


def test_a_print_out_kept_as_pdf_opens_in_the_browser_and_is_not_kept(browser: Browsers, task: str) -> None:
    jan = browser("jan")
    jan.get(task)
    jan.post(f"{task}/claim")
    jan.get(f"{task}/secrets")
    token = jan.text.split('name="form_token" value="')[1].split('"')[0]
    answer = jan.client.post(f"{task}/secrets", data={"form_token": token, "variable": "pdf_ref"})
    assert (answer.status_code, answer.content) == (200, b"%PDF-1.7")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("inline")
    assert answer.headers["cache-control"] == "no-store"
