"""What no browser sends: numbers without end, NUL, bodies without a length; each is told, none is a 500."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import click
import pytest

from commands.serve import require_loopback
from engine import ProcessEngine
from tests.builders import process
from tests.web.conftest import Browser
from web.visits import whole_number

Browsers = Callable[[str | None], Browser]
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/processes/wniosek_o_dostep?version=" + "9" * 5000, 404),
        ("/processes/wniosek_o_dostep?version=2147483648", 404),
        ("/processes/wniosek_o_dostep?version=x", 404),
        ("/processes/wniosek_o_dostep?version=1", 200),
        ("/processes/wniosek_o_dostep/9999999999999999999/file", 404),
        ("/instances?from=" + "9" * 5000, 200),
        ("/instances?from=%C2%B2", 200),
        ("/instances?number=%00", 404),
        ("/instances?number=a%1Fb", 404),
        ("/instances/9999999999999999999", 404),
        ("/instances/9223372036854775808", 404),
        ("/instances/%D9%A3", 404),
        ("/processes/%00", 404),
        ("/start/%00", 404),
        ("/start/" + "a" * 3000, 404),
    ],
)  # fmt: skip
def test_what_no_page_links_to_is_not_there(browser: Browsers, path: str, status: int) -> None:
    anna = browser("anna")
    anna.get(path)
    assert anna.status == status


def test_a_task_key_beyond_63_bits_is_not_there(browser: Browsers) -> None:
    jan = browser("jan")
    jan.get("/tasks")
    for key in ("9999999999999999999", "9223372036854775808", "9" * 5000):
        jan.post(f"/tasks/{key}/claim")
        assert jan.status == 404


@pytest.mark.parametrize(
    "sent",
    [
        {"field.imie": "a\0b"},
        {"field.imie": "Zofia", "request": "\0"},
        {"field.imie": "Zofia", "request": "x" * 5000},
        {"field.imie": "Zofia", "request": "ż"},
        {"field.imie": "Zofia", "request": "a b"},
    ],
)
def test_a_form_with_what_no_form_of_ours_sends_is_refused_and_starts_nothing(
    browser: Browsers, office: ProcessEngine, sent: dict[str, str]
) -> None:
    anna = browser("anna")
    anna.get("/start/wniosek_o_dostep")
    anna.post("/start/wniosek_o_dostep", **sent)
    assert anna.status == 422
    assert office.instances() == []
    anna.get("/start/wniosek_o_dostep")
    anna.post("/start/wniosek_o_dostep", field__imie="Zofia")
    assert "WNIOSEK/2026/1<" in anna.text


def test_a_request_of_another_process_is_told_politely(browser: Browsers, office: ProcessEngine) -> None:
    office.deploy(process("inny").start().user_task("wait", group="EK-04").end().files(), by="olga")
    office.start("inny", actor="anna", request_id="anna:abc")
    anna = browser("anna")
    anna.get("/start/wniosek_o_dostep")
    anna.post("/start/wniosek_o_dostep", field__imie="Zofia", request="abc")
    assert anna.status == 409
    assert office.instances(process_id="wniosek_o_dostep") == []


@pytest.mark.parametrize("person", [None, "anna"])
def test_half_a_sign_is_refused(browser: Browsers, person: str | None) -> None:
    sent = b'--b\r\nContent-Disposition: form-data; name="person"\r\n\r\n\\ud800\r\n--b--\r\n'
    headers = {"content-type": "multipart/form-data; boundary=b; charset=unicode_escape"}
    assert browser(person).client.post("/sign-in", content=sent, headers=headers).status_code == 422


def test_nul_in_a_sign_in_is_refused(browser: Browsers) -> None:
    nobody = browser(None)
    nobody.get("/sign-in")
    nobody.post("/sign-in", person="jan\0", password="x")
    assert nobody.status == 422
    nobody.post("/sign-in", person="j" * 100_000, password="x")
    assert nobody.status == 401


def test_a_body_without_a_length_is_refused_where_it_grows_too_large(browser: Browsers) -> None:
    def body() -> Iterator[bytes]:
        for _ in range(13):
            yield b"a" * 2**20

    answer = browser(None).client.post("/sign-in", content=body(), headers=FORM)
    assert answer.status_code == 413
    assert "za duże" in answer.text


def test_signing_out_removes_the_cookie_as_it_was_set(browser: Browsers) -> None:
    anna = browser("anna")
    anna.get("/tasks")
    token = anna.text.split('name="form_token" value="')[1].split('"')[0]
    answer = anna.client.post("/sign-out", data={"form_token": token}, follow_redirects=False)
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("__host-obieg=")
    for part in ("secure", "max-age=0", "path=/", "httponly"):
        assert part in cookie


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("7", 7), ("255", 255), ("256", None), ("0255", None), ("", None), ("-1", None), ("²", None),
     ("٣", None), ("9" * 5000, None)],
)  # fmt: skip
def test_a_whole_number_is_bounded(text: str, number: int | None) -> None:
    assert whole_number(text, 255) == number


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "example.org", ""])  # noqa: S104 - refused
def test_a_demonstration_is_shown_on_this_machine_only(host: str) -> None:
    with pytest.raises(click.UsageError, match="anybody could sign in as anyone"):
        require_loopback(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_a_demonstration_is_shown_to_who_runs_it(host: str) -> None:
    require_loopback(host)
