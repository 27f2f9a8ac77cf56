"""The harness itself: pages come up for everybody, and what goes wrong behind a page is noticed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from tests.browser.accessibility import barriers
from tests.browser.office import ServedOffice
from tests.browser.visitor import PHONE, Visitor, Watch

Windows = Callable[..., Visitor]
HARMFUL = """
<!doctype html><html><head><title>x</title></head><body><h1>x</h1><h1>y</h1>
<input type="radio" name="r"><img src="https://elsewhere.test/x.png" width="400">
<p style="color:#eee">pale words</p><a style="display:block;width:3000px">b</a>
<script>console.error("oh"); missing();</script></body></html>
"""


def test_somebody_signs_in_with_one_click_and_works(visitor: Windows, office: ServedOffice) -> None:
    window = visitor(size=PHONE)
    page = window.open("/")
    assert barriers(page) == []
    with window.arriving():
        page.get_by_role("button", name="Nina Nowak").click()
    assert window.path == "/tasks"
    assert barriers(page) == []


def test_every_group_of_the_demonstration_has_a_name(office: ServedOffice) -> None:
    assert [each.id for each in office.engine.known_groups() if not each.name] == []


def test_by_keyboard_and_without_javascript(visitor: Windows) -> None:
    window = visitor(javascript=False)
    window.open("/sign-in")
    window.press("Aldona Audyt")
    window.press("Sprawy", role="a")
    assert window.path == "/instances"
    with pytest.raises(AssertionError, match="expected to reach 'Nie ma'"):
        window.tab_to("Nie ma")


def test_what_goes_wrong_behind_a_page_is_noticed(chromium: Browser, office: ServedOffice) -> None:
    context = chromium.new_context(locale="pl-PL")
    watch = Watch(context, office.address)
    page = context.new_page()
    page.goto(office.address + "/sign-in")
    page.evaluate("document.body.setAttribute('onclick', 'x()')")
    page.evaluate("document.body.appendChild(document.createElement('script')).textContent = 'x()'")
    assert any("CSP violation" in each for each in watch.faults)
    page.goto(office.address + "/static/nie-ma.css")
    context.route("https://elsewhere.test/**", lambda route: route.fulfill(status=404))
    context.route("**/harmful", lambda route: route.fulfill(body=HARMFUL, content_type="text/html"))
    page.goto(office.address + "/harmful")
    told = "\n".join(watch.faults)
    for part in ("oh", "missing is not defined", "request to elsewhere", "answer 404"):
        assert part in told, told
    found = "\n".join(barriers(page))
    for part in (
        "color-contrast",
        "image-alt",
        "2 first headings",
        "outside a fieldset",
        "px wider",
        "language",
    ):
        assert part in found, found
    context.close()
