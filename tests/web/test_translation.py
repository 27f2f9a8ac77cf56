"""Languages: every text of the pages is said in English, and each request is answered in its own language."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from engine import WARSAW, ProcessEngine
from tests.web.conftest import Browser
from web import create_application, words
from web.messages import extracted, kept, obsolete, placeholders, untranslated
from web.translation import Language, language, language_of, plain_plural

pytestmark = pytest.mark.any_database
Browsers = Callable[[str | None], Browser]


def test_every_text_is_said_and_none_that_no_page_says() -> None:
    source = extracted()
    assert len(list(source)) > 200
    for spoken in Language:
        assert untranslated(spoken, source) == []
        assert obsolete(spoken, source) == []


@pytest.mark.parametrize("spoken", Language)
def test_a_translation_takes_the_values_of_its_text(spoken: Language) -> None:
    for message in kept(spoken):
        if not message.id:
            continue
        one, *many = (message.id,) if isinstance(message.id, str) else message.id
        said = (message.string,) if isinstance(message.string, str) else message.string or ()
        taken = placeholders(one).union(*map(placeholders, many))
        assert {name for text in said for name in placeholders(text)} <= taken, message.id
        tags = sorted(re.findall(r"</?\w+>", one))
        assert sorted(re.findall(r"</?\w+>", said[0])) == tags, message.id


def test_a_percent_sign_by_itself_is_found() -> None:
    assert placeholders("100 %% z %(all)s") == {"all"}
    with pytest.raises(ValueError, match="expected named values"):
        placeholders("%s z %s")


def test_polish_has_three_plurals_and_english_two() -> None:
    one, many = "został %(num)s dzień roboczy", "zostały %(num)s dni robocze"
    said = [plain_plural(one, many, count) for count in (1, 2, 5, 12, 22)]
    assert said == [one, many, "zostało %(num)s dni roboczych", "zostało %(num)s dni roboczych", many]


@pytest.mark.parametrize(
    ("header", "cookie", "spoken"),
    [
        ("", "", "pl"),
        ("en-GB,en;q=0.9", "", "en"),
        ("de,en;q=0.5,pl;q=0.8", "", "pl"),
        ("de-DE", "", "pl"),
        ("en;q=0", "", "pl"),
        ("en;q=ʬ,;;;,=", "", "pl"),
        ("en", "pl", "pl"),
        ("pl", "en", "en"),
        ("en", "xx", "en"),
    ],
)
def test_the_language_is_chosen_then_wished_for_then_polish(header: str, cookie: str, spoken: str) -> None:
    sent = [(b"accept-language", header.encode()), (b"cookie", f"obieg-language={cookie}".encode())]
    assert language_of(Request({"type": "http", "headers": sent})) == spoken


def test_a_choice_is_kept_and_leads_back(browser: Browsers) -> None:
    anna = browser("anna")
    page = anna.get("/instances?which=ended")
    assert '<html lang="pl">' in page
    back = re.search(r'name="then" value="([^"]*)"', page)
    assert back is not None
    page = anna.post("/language", language="en", then=back[1])
    assert anna.client.get("/instances?which=ended").text == page
    assert '<html lang="en">' in page
    assert "There are no such cases." in page
    assert '<html lang="pl">' in anna.post("/language", language="pl", then="//evil.test/")
    anna.get("/tasks")
    anna.post("/language", language="de")
    assert anna.client.get("/tasks").headers["content-language"] == "pl"


def test_two_requests_at_once_keep_their_languages(office: ProcessEngine) -> None:
    client = TestClient(create_application(office), base_url="https://obieg.test")
    for wish, title in (("en", "Sign in"), ("pl", "Zaloguj się"), ("en", "Sign in")):
        answer = client.get("/sign-in", headers={"Accept-Language": wish})
        assert f"<h1>{title}</h1>" in answer.text
        missing = client.get("/nie-ma", headers={"Accept-Language": wish})
        assert ("no such page" in missing.text) is (wish == "en")
    assert language() is Language.POLISH


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Decimal("60000.50"), "60\u00a0000,5"),
        (-3, "-3"),
        (12_345_678, "12\u00a0345\u00a0678"),
        (dt.date(2026, 2, 1), "01.02.2026"),
        (dt.datetime(2026, 11, 27, 13, 5, tzinfo=dt.UTC), "27.11.2026, 14:05"),
        (dt.datetime(2026, 11, 27, 13, 5), "27.11.2026, 13:05"),  # noqa: DTZ001 - local, as a form has it
        (True, "tak"),
        ({"a": [1, None]}, "a: 1; —"),
    ],
)
def test_values_are_written_as_in_polish(given: object, said: str) -> None:
    assert words.value(given) == said


def test_deadlines_end_with_the_day_they_are_for() -> None:
    midnight = dt.datetime(2026, 11, 28, tzinfo=WARSAW)
    assert words.deadline(midnight) == "pt 27.11.2026, 24:00"
