"""The process in words: nested, with conditions, events and called processes; of a case how it stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from engine import ProcessEngine
from tests.builders import process, steps
from tests.web.conftest import Browser
from web.outline import Note, Progress, lines_of

pytestmark = pytest.mark.any_database
Browsers = Callable[[str | None], Browser]
DRAWING = (
    process("rozpatrz", name="Rozpatrzenie")
    .start("s")
    .user_task("ask", group="EK-04", due="=now() + duration(czas)")
    .boundary_timer("P2D", "late", interrupting=False)
    .end("reminded")
    .at("ask")
    .exclusive("which")
    .flow_if('wynik = "<b>tak</b>"')
    .sub_process("inner", steps().start("in_s").task("in_t").end("in_e"))
    .call_activity("call", "wniosek_o_dostep")
    .end("e")
    .at("which")
    .default()
    .end_terminate("stop")
)


def test_a_process_is_told_step_by_step(browser: Browsers, office: ProcessEngine) -> None:
    office.deploy(DRAWING.files(), by="olga")
    text = browser("olga").get("/processes/rozpatrz")
    for said in (
        "po upływie: <code>P2D</code>",
        "nie przerywa kroku „",
        "jeśli <code>wynik = &#34;&lt;b&gt;tak&lt;/b&gt;&#34;</code>",
        "w pozostałych przypadkach, dalej: ",
        'wywołuje proces <a href="/processes/wniosek_o_dostep">',
        "kończy cały proces",
        "termin: <code>now() + duration(czas)</code>",
    ):
        assert said in text, said
    inner, after = text.index('id="step-inner"'), text.index('id="step-call"')
    assert inner < text.index('id="step-in_t"') < after


def test_a_step_of_a_case_says_how_it_stands(office: ProcessEngine) -> None:
    office.deploy(DRAWING.files(), by="olga")
    at = dt.datetime(2026, 12, 17, tzinfo=dt.UTC)
    outline = office.outline("rozpatrz")
    way = next(step for step in outline.steps if step.element_id == "which").ways[0]
    lines = lines_of(outline, {"s": Progress("done", 1, at, "anna")}, frozenset({way.flow}))
    found = {line.step.element_id: line for line in lines}
    assert "in_t" not in found
    assert [line.step.element_id for line in found["inner"].inside] == ["in_s", "in_t", "in_e"]
    start, ask = found["s"].progress, found["ask"].progress
    assert start is not None
    assert ask is not None
    assert (start.by, ask.state) == ("anna", "ahead")
    assert [each.taken for each in found["which"].ways] == [True, False]


def test_a_job_is_told_by_its_name_where_it_has_one(office: ProcessEngine) -> None:
    office.deploy(process("wyslij").start().service_task("mail", "email.send").end().files(), by="olga")
    outline = office.outline("wyslij")
    for names, told in (
        ({}, "czynność:"),
        ({("job", "email.send"): "Wyślij e-mail"}, "czynność: Wyślij e-mail"),
    ):
        (mail,) = (line for line in lines_of(outline, names=names) if line.step.element_id == "mail")
        assert mail.notes == (Note(told, "email.send"),)


def test_who_filed_a_case_is_a_person_or_the_system(browser: Browsers, office: ProcessEngine) -> None:
    for actor in ("anna", "engine"):
        office.start("wniosek_o_dostep", variables={"imie": "Z"}, actor=actor)
    page = browser("aldona").get("/instances")
    assert "<td>Anna Próbna</td>" in page
    assert "<td>system</td>" in page
