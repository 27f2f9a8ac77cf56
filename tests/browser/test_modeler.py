"""An owner at the drawing board: a reminder drawn, mended and deployed; every text in Polish."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from engine import ProcessInstance
from tests.browser.accessibility import axe_of, barriers
from tests.browser.drawing import attach_timer, choose, draw_by_keys, enter_canvas, field, find
from tests.browser.office import ServedOffice
from tests.browser.visitor import PHONE, Visitor

Visitors = Callable[..., Visitor]
PROCESS = "sio_weryfikacja_dostepu"
EVERY_ELEMENT = (Path(__file__).parent / "every_element.js").read_text(encoding="utf-8")
FILED = {
    "podstawa": "ustawa", "rodzaj_podmiotu": "szkola", "przekazujacy": "jst", "numer_rspo": "999001",
    "regon": "351554353", "nazwa_podmiotu": "Szkoła Podstawowa nr 900 w Krakowie", "imie": "Anna",
    "nazwisko": "Przykładowa", "pesel": "44051401359", "adres_email": "dyrektor@sp900.example",
    "funkcja": "kierownik", "upowaznienie_od": "2026-12-17", "upowaznienie_do": "2027-06-30",
    "sposob_potwierdzenia": "osobiscie", "tajemnica": True, "numer_sprawy": "SIO/2026/1",
    "wnioskodawca": "dyrektor.sp900",
}  # fmt: skip


def opened(visitor: Visitors, **options: object) -> Page:
    page: Page = visitor("wlasciciel", **options).open(f"/modeler/process/{PROCESS}")
    expect(page.locator("[data-island=modeler]")).to_have_attribute("data-ready", "yes")
    return page


def test_an_owner_draws_a_reminder_and_the_next_case_has_it(visitor: Visitors, office: ServedOffice) -> None:
    page = opened(visitor)
    find(page, "Sprawdź, czy dostęp")
    expect(page.locator("[data-element-id=sprawdz_dostep].djs-shape")).to_have_class(re.compile("selected"))
    attach_timer(page, "sprawdz_dostep")

    field(page, "name").fill("Przypomnienie o sprawdzeniu")
    field(page, "timer-value").fill("jutro")
    errors = page.locator("[data-part=findings] li.error").filter(has_text="Przypomnienie o sprawdzeniu")
    expect(errors.filter(has_text="jutro")).to_be_visible()
    assert axe_of(page) == []

    field(page, "timer-value").fill("P1D")
    errors.get_by_role("button").first.click()
    choose(page, "a", "Zdarzenie końcowe")
    page.keyboard.press("Escape")
    expect(errors).to_have_count(0)

    page.get_by_role("button", name="Zapisz szkic").click()
    expect(page.locator("[data-part=status]")).to_have_text("Szkic zapisany.")
    deploy(page, "Sprawdzenie ma być w jeden dzień")
    reminded(office)


def test_an_owner_draws_without_a_mouse_and_an_auditor_replays_it(
    visitor: Visitors, office: ServedOffice
) -> None:
    owner = visitor("wlasciciel")
    page = owner.open(f"/modeler/process/{PROCESS}")
    expect(page.locator("[data-island=modeler]")).to_have_attribute("data-ready", "yes")
    keys = page.keyboard
    enter_canvas(owner)
    find(page, "Sprawdź, czy dostęp")
    draw_by_keys(owner, "Zdarzenie graniczne", "zegar, nie", "Dołącz")
    keys.type("Ponaglenie")
    owner.tab_to("Termin")
    keys.press("Enter")
    owner.type_into("Czas", "jutro")
    errors = page.locator("[data-part=findings] li.error").filter(has_text="Ponaglenie")
    expect(errors.filter(has_text="jutro")).to_be_visible()
    keys.press("Control+a")
    keys.type("P1D")
    draw_by_keys(owner, "Przejście do elementu", "Nienadany bieg", "Połącz")  # an end that is there
    expect(errors).to_have_count(0)
    keys.press("Control+s")
    expect(page.locator("[data-part=status]")).to_have_text("Szkic zapisany.")
    owner.tab_to("Wdróż…", role="button")
    keys.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("dodano: Ponaglenie")
    owner.type_into("Dlaczego", "Ponaglamy po dniu")
    owner.press("Wdróż", role="button")
    assert owner.path == f"/processes/{PROCESS}"

    replayed(visitor("audytor"), reminded(office))


def replayed(auditor: Visitor, case: ProcessInstance) -> None:
    """Go by keyboard to the last step of a case: it tells of the reminder."""
    page = auditor.open(f"/instances/{case.key}/replay?step=1")
    expect(page.locator("#replay[data-ready=yes]")).to_be_visible()
    auditor.tab_to("Krok", role="input")
    page.keyboard.press("End")
    expect(page.locator("[data-role=sentences]")).to_contain_text("Ponaglenie")
    assert barriers(page) == []


def reminded(office: ServedOffice) -> ProcessInstance:
    """Start the next case and let a day pass: its reminder came, and its task is still to be done."""
    case = office.engine.start(PROCESS, variables=FILED, actor="dyrektor.sp900", business_key="SIO/2026/1")
    versions = [each.version for each in office.engine.definitions() if each.id == PROCESS]
    assert case.version == max(versions) > 1
    office.work()
    office.pass_time(days=1, hours=1)
    reminders = [each for each in office.engine.elements(case.key) if each.element_type == "boundaryEvent"]
    assert {str(each.state) for each in reminders} == {"completed"}
    assert [each.element_id for each in office.engine.user_tasks(instance_key=case.key)] == ["sprawdz_dostep"]
    return case


def deploy(page: Page, why: str) -> None:
    """Deploy what is drawn, after a look at what changes."""
    page.get_by_role("button", name="Wdróż…").click()
    expect(page.get_by_role("dialog")).to_contain_text("dodano: Przypomnienie o sprawdzeniu")
    assert axe_of(page) == []
    page.get_by_label("Dlaczego").fill(why)
    page.get_by_role("button", name="Wdróż", exact=True).click()
    page.wait_for_url(f"**/processes/{PROCESS}")
    expect(page.locator("main")).to_contain_text(why)
    assert barriers(page) == []


def test_the_editor_says_everything_in_polish_whatever_is_drawn(visitor: Visitors) -> None:
    page = opened(visitor)
    assert barriers(page) == []
    told = page.evaluate(EVERY_ELEMENT)
    assert told["elements"] > 70
    assert told["missing"] == []


def test_a_process_is_shown_on_a_phone_and_its_buttons_are_reached_by_keyboard(visitor: Visitors) -> None:
    someone = visitor("audytor", size=PHONE)
    page = someone.open(f"/processes/{PROCESS}")
    expect(page.locator("[data-island=diagram]")).to_have_attribute("data-ready", "yes")
    assert barriers(page) == []
    someone.tab_to("Powiększ")
    before = page.locator(".viewport").first.get_attribute("transform")
    page.keyboard.press("Enter")
    expect(page.locator(".viewport").first).not_to_have_attribute("transform", before or "")


def test_without_javascript_there_is_a_way_to_change_a_diagram(visitor: Visitors) -> None:
    page = visitor("wlasciciel", javascript=False).open(f"/modeler/process/{PROCESS}")
    expect(page.get_by_text("Rysowanie wymaga JavaScriptu")).to_be_visible()
    page.get_by_role("link", name="Edytuj jako tekst").click()
    text = page.get_by_label("Treść pliku").input_value()
    assert text.startswith("<?xml")
    page.get_by_label("Treść pliku").fill(text.replace("</bpmn:definitions>", ""))
    page.get_by_role("button", name="Wdróż").click()
    expect(page.locator("main")).to_contain_text("Nie zapisano")
    assert page.get_by_label("Treść pliku").input_value().strip().endswith("BPMNDiagram>")
