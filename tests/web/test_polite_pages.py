"""Whatever goes wrong, the answer is a page in the layout with its headers, in the visitor's language."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.responses import Response
from starlette.testclient import TestClient

from engine import Conflict, NotFound, ProcessEngine, Unavailable
from tests.web.conftest import Browser
from web import create_application, identity
from web.authorization import Action
from web.headers import MOST_BYTES
from web.routing import route
from web.visits import Visit

pytestmark = pytest.mark.any_database
Browsers = Callable[[str | None], Browser]


@pytest.mark.parametrize(
    ("error", "status", "heading"),
    [
        (ZeroDivisionError("ours"), 500, "Wystąpił błąd"),
        (Unavailable("expected the database, but it is away"), 503, "System chwilowo nie odpowiada"),
        (Conflict("expected version 1, but it is 2"), 409, "Coś się tymczasem zmieniło"),
        (NotFound("expected a case, but there is none"), 404, "Nie ma takiej strony"),
    ],
)
def test_an_error_is_told_politely(
    office: ProcessEngine, error: Exception, status: int, heading: str
) -> None:
    def failing(visit: Visit) -> Response:
        raise error

    application = create_application(office)
    application.router.routes.append(route("/failing", failing, Action.SIGN_IN))
    client = TestClient(application, base_url="https://obieg.test", raise_server_exceptions=False)
    answer = client.get("/failing")
    assert answer.status_code == status
    assert f"<h1>{heading}</h1>" in answer.text
    assert str(error) not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    english = client.get("/failing", headers={"Accept-Language": "en"}).text
    assert heading not in english
    assert '<html lang="en">' in english


def test_what_is_too_large_is_told_on_a_page(browser: Browsers) -> None:
    olga = browser("olga")
    answer = olga.client.post("/processes/deploy", content=b"x" * (MOST_BYTES + 1))
    assert answer.status_code == 413
    assert "<h1>Przesłane dane są za duże</h1>" in answer.text


def test_a_database_that_is_gone_is_told_on_a_page(tmp_path: Path) -> None:
    file = tmp_path / "obieg.db"
    with ProcessEngine(f"sqlite:///{file}") as engine:
        engine.people.add("jan", name="Jan", roles=["clerk"], by="test")
        token = engine.accounts.open("jan")
        client = TestClient(create_application(engine), base_url="https://obieg.test")
        client.cookies.set("__Host-obieg", token, domain="obieg.test")
        assert client.get("/tasks").status_code == 200
        engine.close()
        file.write_bytes(b"no database" * 1000)
        answer = client.get("/tasks")
        sent = client.post("/start/wniosek", data={"field.opis": "Ala <ma>", "form_token": "x"})
        password = client.post("/sign-in", data={"person": "jan", "password": "tajne-haslo"})
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "30"
    assert "<h1>System chwilowo nie odpowiada</h1>" in answer.text
    assert (sent.status_code, password.status_code) == (503, 503)
    assert '<textarea name="field.opis" hidden>\nAla &lt;ma&gt;</textarea>' in sent.text
    assert "Wyślij jeszcze raz" in sent.text
    assert "tajne-haslo" not in password.text


def test_the_statement_says_what_the_law_wants_and_is_linked_everywhere(browser: Browsers) -> None:
    nobody = browser(None)
    for part in ("wstep", "podmiot", "url", "status", "audytor", "kontakt", "procedura", "aplikacje"):
        assert f'id="a11y-{part}"' in nobody.get("/dostepnosc")
    assert "Urząd nie podał jeszcze danych" in nobody.text
    assert 'href="/dostepnosc"' in nobody.get("/sign-in")


def test_an_office_puts_its_name_colour_and_contacts_on_the_pages(office: ProcessEngine) -> None:
    said = identity.Statement(person="Zofia Dostępna", email="dostepnosc@urzad.example", phone="12 345 67 89")
    whose = identity.Identity(name="Urząd <Próbny>", colour="#7a1f3d", statement=said)
    client = TestClient(create_application(office, identity=whose), base_url="https://obieg.test")
    page = client.get("/dostepnosc").text
    assert "Urząd &lt;Próbny&gt;" in page
    assert 'href="mailto:dostepnosc@urzad.example"' in page
    assert "--brand: #7a1f3d" in client.get("/office.css").text
    assert "/office.css" not in TestClient(create_application(office)).get("/sign-in").text


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({f"f{at}": "x" for at in range(2_001)}, "za dużo pól albo wierszy"),
        ({"field.imie": "x" * (2**20 + 1)}, "ponad 1 MB tekstu"),
    ],
)
@pytest.mark.parametrize("files", [None, {"nothing": ("", b"")}])
def test_a_form_beyond_its_limits_is_told_what_is_too_much(
    browser: Browsers, sent: dict[str, str], sentence: str, files: dict[str, tuple[str, bytes]] | None
) -> None:
    answer = browser("anna").client.post("/start/wniosek_o_dostep", data=sent, files=files)
    assert (answer.status_code, sentence in answer.text) == (400, True)
    assert "<h1>Nie można przyjąć tych danych</h1>" in answer.text
