"""Every page of every role, found by its links: axe-core, what it misses, nothing sideways, no English."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.accessibility import barriers, pale_in_the_dark, sideways
from tests.browser.office import ServedOffice, busy
from tests.browser.visitor import DESKTOP, PHONE, Visitor

Windows = Callable[..., Visitor]
# Each role, and pages it must come to: a link that is gone would leave them unseen.
PAGES = {
    None: {"/sign-in", "/dostepnosc"},
    "dyrektor.sp900": {"/tasks", "/start", "/start/*", "/instances", "/instances/#", "/account"},
    "ek04.nowak": {"/tasks", "/tasks/#", "/instances/#", "/processes", "/demonstration", "/letters"},
    "wlasciciel": {"/processes", "/processes/*", "/processes/deploy", "/modeler", "/deviations"},
    "operator": {"/incidents", "/incidents/#", "/instances/#", "/operations", "/operations/timers"},
    "audytor": {"/instances/#", "/instances/#/replay", "/incidents", "/registers", "/deviations"},
    "administrator": {"/people", "/people/*", "/people/new", "/groups", "/groups/name"},
}  # fmt: skip
IN_THE_DARK = "ek04.nowak"  # whose pages are looked at in dark colours too: forms, tables, diagrams, badges
FILES = re.compile(r"/(file|csv|pdf|files|documents|mails)(/|[?]|$)")
NAMED = re.compile(
    r"^/(start|processes|people|registers|modeler/process|modeler/text/\w+)/(?!new$|deploy$)[^/]+"
)
ENGLISH = re.compile(
    r"\b(the|and|with|your|please|error|submit|search|task|required|invalid|loading)\b", re.I
)
# What the page says is not in Polish (`lang`, code) is not taken for a text that was not translated.
_POLISH = """
() => {
  const seen = document.body.cloneNode(true);
  const foreign = seen.querySelectorAll("code, pre, script, style, textarea, [lang]:not([lang=pl])");
  foreign.forEach((each) => each.remove());
  return seen.textContent;
}
"""
_LINKS = "(all) => all.filter((each) => !each.download).map((each) => each.getAttribute('href'))"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedOffice]:
    """An office with cases in every state, one of them stuck."""
    with busy(tmp_path_factory.mktemp("busy")) as opened:
        yield opened


def kind_of(address: str) -> str:
    """Return what kind of page an address is: ``/instances/5116`` is ``/instances/#``."""
    path = re.sub(r"/\d{5,}", "/#", re.split(r"[?#]", address)[0])
    return NAMED.sub(r"/\1/*", path)


def linked(page: Page) -> list[str]:
    """Return where the links of a page lead within the office, but to files."""
    found = page.locator("a[href^='/']").evaluate_all(_LINKS)
    return [each for each in found if not FILES.search(each)]


@pytest.mark.parametrize("person", PAGES, ids=str)
def test_every_page_of_a_role_can_be_used_by_everybody(visitor: Windows, person: str | None) -> None:
    window = visitor(person, size=PHONE)
    waiting = {kind: kind for kind in ("/sign-in", "/dostepnosc")} if person is None else {"/": "/"}
    found: dict[str, list[str]] = {}
    while set(waiting) - set(found):
        kind = next(each for each in waiting if each not in found)
        page = window.open(waiting[kind])
        found[kind] = [*barriers(page), *ENGLISH.findall(page.evaluate(_POLISH))]
        if person == IN_THE_DARK:
            found[kind] += pale_in_the_dark(page)
        page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
        if (wide := sideways(page)) > 0:
            found[kind].append(f"{wide} px wider than a desk's window")
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        waiting |= {kind_of(each): each for each in linked(page) if kind_of(each) not in waiting}
    assert {kind: each for kind, each in found.items() if each} == {}
    assert PAGES[person] - set(found) == set()


def test_errors_are_summed_up_linked_and_have_the_focus(visitor: Windows) -> None:
    window = visitor("dyrektor.sp900", size=PHONE)
    page = window.open("/start/sio_weryfikacja_dostepu")
    window.send("Złóż", by_keys=False)
    assert page.title().startswith("Błąd:")
    assert page.evaluate("document.activeElement.className") == "summary"
    assert barriers(page) == []
    page.locator(".summary a").first.click()
    assert page.evaluate("document.activeElement.id") != ""
    window = visitor("administrator")
    page = window.open("/people/new")
    window.send("Dodaj osobę", by_keys=False)
    assert barriers(page) == []


def test_the_pages_of_the_reference_systems_can_be_used_by_everybody(
    chromium: Browser, office: ServedOffice
) -> None:
    sio, seod, zszo = (each.address for each in office.outside.systems())
    with chromium.new_context(viewport=PHONE) as context:  # type: ignore[arg-type]
        page = context.new_page()
        for address, button in ((f"{sio}/nowy", "Złóż wniosek"), (seod, ""), (zszo, "")):
            page.goto(address)
            if button:
                with page.expect_navigation():
                    page.get_by_role("button", name=button).click()
                assert page.evaluate("document.activeElement.className") == "summary"
            assert (barriers(page), sideways(page)) == ([], 0), address
