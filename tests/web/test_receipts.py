"""What somebody has filed, confirmed and given back; and markup in everything a form can hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from markupsafe import Markup

from engine import ProcessEngine
from tests.web.conftest import Browser
from tests.web.files import pdf
from tests.web.test_filling import filing
from tests.web.whole_form import ANSWERS, START, send
from web.pages.receipts import fingerprint

__all__ = ["filing"]  # the fixture

Browsers = Callable[[str | None], Browser]
_TAGS = ("script", "img src=x", "svg", "iframe", "body", "a href=javascript:alert(1)", "math", "object",
         "embed", "form action=//evil.test")  # fmt: skip
_EVENTS = ("onerror", "onload", "onfocus autofocus", "onmouseover", "onclick")
PAYLOADS = (
    *(f"<{tag}>alert(1)</{tag.split()[0]}>" for tag in _TAGS),
    *(f"<{tag} {event}=alert(1)>" for tag in ("img", "svg", "input", "details open") for event in _EVENTS),
    *(f'{close}<img src=x {event}=alert(1)>' for close in ('">', "'>", "</textarea>", "</title>", "-->")
      for event in _EVENTS),
    "javascript:alert(1)", "data:text/html,<b>x", "{{7*7}}", "{% raw %}", "' onmouseover='alert(1)",
    '" onfocus="alert(1)" autofocus="', "&lt;script&gt;",
)  # fmt: skip


class Reader(HTMLParser):
    """What a browser would make of a page: its elements that do something, and attributes with scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.bad: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element or attribute no page of ours has here."""
        inline = tag == "script" and not any(name in ("src", "type") for name, _ in attrs)
        if inline or tag in ("iframe", "object", "embed", "math", "img"):
            self.bad.append(tag)
        leading = [value or "" for name, value in attrs if name in ("href", "src", "action", "formaction")]
        self.bad += [each for each in leading if each.strip().lower().startswith(("javascript:", "data:t"))]
        self.bad += [name for name, _ in attrs if name.startswith("on")]


@pytest.mark.any_database
def test_sixty_payloads_stay_text_in_every_field_draft_file_and_filter(
    browser: Browsers, filing: ProcessEngine
) -> None:
    assert len(set(PAYLOADS)) >= 60
    anna, jan = browser("anna"), browser("jan")
    anna.get(START)
    for payload in PAYLOADS:
        every = {name: payload for name in ANSWERS if name != "field__zakres"}
        send(anna, START, [("field.zalaczniki", (f"{payload}.txt", b"x", payload))], **every)
        assert anna.status == 422
        seen = [anna.text, jan.get(f"/tasks?{'q'}={_quoted(payload)}&group={_quoted(payload)}")]
        filing.desks.keep_draft("anna", "start:zgloszenie", {"imie": payload, "opis": payload})
        seen.append(browser("anna").get(START))
        for page in seen:
            reader = Reader()
            reader.feed(page)
            assert reader.bad == [], payload
            assert str(Markup.escape(payload)) in page, payload


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def test_what_was_filed_is_confirmed_and_given_back_to_who_filed_it(
    browser: Browsers, filing: ProcessEngine
) -> None:
    anna, scan = browser("anna"), pdf()
    anna.get(START)
    send(anna, START, [("field.zalaczniki", ("skan.pdf", scan, "application/pdf"))],
         **ANSWERS | {"field__opis": "<b>Ala</b>"})  # fmt: skip
    link = re.search(r'href="(/instances/\d+/receipt)"', anna.text)
    assert link is not None
    page = anna.get(link[1])
    (case,) = filing.instances(process_id="zgloszenie")
    variables = filing.variables(case.key)
    for shown in (str(case.business_key), "17.12.2026, 10:00", "Zofia", "60\u00a0000,5", "skan.pdf",
                  variables["zalaczniki"][0]["sha256"], "&lt;b&gt;Ala&lt;/b&gt;", "Nowak"):  # fmt: skip
        assert shown in page, shown
    filed = {key: value for key, value in variables.items() if key not in ("numer_sprawy", "wnioskodawca")}
    assert fingerprint(filed) in page
    assert fingerprint(filed) != fingerprint(filed | {"imie": "Zofią"})
    given = anna.client.get(f"/instances/{case.key}/files/{variables['zalaczniki'][0]['id']}")
    assert given.content == scan
    assert given.headers["content-disposition"] == 'attachment; filename="skan.pdf"'
    assert given.headers["x-content-type-options"] == "nosniff"
    for other in ("inna", "jan", "aldona", "oskar"):
        stranger = browser(other)
        for path in (link[1], f"/instances/{case.key}/files/{variables['zalaczniki'][0]['id']}"):
            assert stranger.client.get(path).status_code == 404
    assert anna.client.get(f"/instances/{case.key}/files/document-x").status_code == 404
