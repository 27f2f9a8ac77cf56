"""An auditor goes through a case by keyboard; the diagram shows where its token was; nothing bars anybody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from commands.demonstration.stage import CLERK, DIRECTOR, PROCESS
from tests.browser.accessibility import barriers
from tests.browser.office import START, ServedOffice
from tests.browser.visitor import PHONE, Visitor

Windows = Callable[..., Visitor]
REPORT = {
    "numer_sprawy": "WE.7.2026", "wnioskodawca": DIRECTOR, "login": "jkowalska", "powod": "zgubienie",
    "data_wykrycia": START.date(), "oswiadczenie": True, "dane_zweryfikowane": True,
    "sposob_przekazania": "elektronicznie",
}  # fmt: skip


@pytest.fixture(scope="module")
def key(office: ServedOffice) -> int:
    """A case of ZSZO-03 that a clerk has taken up."""
    engine = office.engine
    key = engine.start(PROCESS, variables=REPORT, business_key="WE.7.2026", actor=DIRECTOR).key
    office.work()
    (task,) = engine.user_tasks(element_id="podejmij_wniosek")
    engine.claim(task.key, actor=CLERK)
    engine.complete(task.key, variables={"decyzja": "generuj"}, actor=CLERK)
    office.work()
    return key


def test_an_auditor_replays_a_case_by_keyboard(visitor: Windows, key: int) -> None:
    window = visitor("audytor")
    page = window.open(f"/instances/{key}/replay?step=1")
    replay = page.locator("#replay[data-ready=yes]")
    expect(replay).to_be_visible()
    expect(page.locator("[data-island=diagram][data-ready=yes]")).to_be_attached()
    token = page.locator(".djs-element.mark-active")
    first = token.evaluate_all("all => all.map(each => each.dataset.elementId)")
    assert first, "expected a token on the diagram after the first step, but there is none"
    slider = page.get_by_role("slider")
    window.tab_to("Krok", role="input")
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", page.locator("[data-role=title]").inner_text())
    expect(page).to_have_url(f"{page.url.split('?')[0]}?step=2")
    expect(page.locator("[aria-current=step]")).to_have_attribute("data-step", "2")
    page.keyboard.press("End")
    last = int(slider.get_attribute("max") or 0)
    expect(page.locator("[aria-current=step]")).to_have_attribute("data-step", str(last))
    assert token.evaluate_all("all => all.map(each => each.dataset.elementId)") != first
    assert page.locator(".djs-element.mark-taken").count() > 3
    expect(page.locator("[data-role=next]")).to_have_attribute("aria-disabled", "true")
    assert barriers(page) == []
    page.reload()
    expect(page.locator("[aria-current=step]")).to_have_attribute("data-step", str(last))


def test_it_plays_by_itself_only_when_asked_and_stops_when_told(visitor: Windows, key: int) -> None:
    window = visitor("audytor")
    page = window.open(f"/instances/{key}/replay?step=1")
    expect(page.locator("#replay[data-ready=yes]")).to_be_visible()
    play = page.get_by_role("button", name="Odtwarzaj")
    play.click()
    expect(page.locator("[aria-current=step]")).to_have_attribute("data-step", "2")
    page.get_by_role("button", name="Zatrzymaj").click()
    expect(play).to_be_visible()
    quiet = visitor("audytor", reduced_motion="reduce")
    page = quiet.open(f"/instances/{key}/replay?step=1")
    expect(page.locator("#replay[data-ready=yes]")).to_be_visible()
    expect(page.get_by_role("button", name="Odtwarzaj")).to_be_hidden()


def test_everything_is_said_without_javascript_on_a_phone(visitor: Windows, key: int) -> None:
    window = visitor("audytor", javascript=False, size=PHONE)
    window.open(f"/instances/{key}/replay?step=1")
    window.press("Następny")
    assert window.path == f"/instances/{key}/replay?step=2"
    page = window.page
    expect(page.get_by_role("heading", name="Dlaczego tędy")).to_be_visible()
    expect(page.locator("[aria-current=step]")).to_have_attribute("data-step", "2")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_nothing_bars_anybody(visitor: Windows, key: int) -> None:
    for person, paths in (
        ("audytor", ("/instances", f"/instances/{key}")),
        ("operator", ("/operations", f"/operations/processes/{PROCESS}", "/operations/timers")),
    ):
        window = visitor(person)
        for path in paths:
            page = window.open(path)
            for island in page.locator("[data-island]").all():
                expect(island).to_have_attribute("data-ready", "yes")
            assert barriers(page) == [], path


def test_an_operator_finds_and_resumes_what_has_stopped(
    visitor: Windows, office: ServedOffice, key: int
) -> None:
    engine = office.engine
    engine.start("zszo03_haslo_startowe", variables=REPORT, business_key="WE.8", actor=DIRECTOR)
    lease = dt.timedelta(minutes=1)
    (job,) = engine.activate_jobs("seod.load_applicant", worker="w", limit=1, lease=lease)
    stopped = job.instance_key
    engine.fail_job(job.key, worker="w", attempt=job.attempt, reason="baza odpowiada 500", retries=0)
    window = visitor("operator")
    page = window.open(f"/instances/{stopped}")
    expect(page.locator(".djs-element.mark-incident")).to_be_attached()
    assert barriers(page) == []
    page.get_by_role("link", name="Szczegóły incydentu").click()
    page.get_by_role("link", name="WE.8").click()
    expect(page.get_by_text("baza odpowiada 500")).to_be_visible()
    assert barriers(page) == []
    window.type_into("Powód wznowienia", "serwer działa")
    page.get_by_role("button", name="Wznów").click()
    expect(page.get_by_role("status")).to_contain_text("Wznowiono")
    assert engine.incidents(instance_key=stopped, state="open") == []
