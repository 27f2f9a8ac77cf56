"""An office to click through: people of every role, one procedure with a form, a browser without
JavaScript."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from engine import ProcessEngine, VirtualClock
from tests import postgres
from tests.builders import process
from tests.conftest import START
from web import create_application

PASSWORD = "poprawne-haslo-2026"
PEOPLE = {
    "anna": ("applicant",),
    "inna": ("applicant",),
    "jan": ("clerk",),
    "ewa": ("clerk",),
    "olga": ("owner",),
    "piotr": ("approver",),
    "oskar": ("operator",),
    "aldona": ("auditor",),
    "ada": ("administrator",),
}
_TOKEN = re.compile(r'name="form_token" value="([^"]*)"')
_REQUEST = re.compile(r'name="request" value="([^"]*)"')


def form(identity: str, *components: dict[str, Any]) -> tuple[str, bytes]:
    """A form-js file."""
    body = {"id": identity, "type": "default", "schemaVersion": 19, "components": list(components)}
    return f"{identity}.form", json.dumps(body).encode()


FILED = form(
    "filed",
    {"type": "text", "id": "t", "text": "# Wniosek\n\n<script>alert(1)</script> [x](javascript:alert(1))"},
    {"type": "textfield", "id": "f_name", "key": "imie", "label": "Imię", "validate": {"required": True}},
    {"type": "number", "id": "f_sum", "key": "kwota", "label": "Kwota"},
)
DECISION = form(
    "decision",
    {"type": "textfield", "id": "d_name", "key": "imie", "label": "Imię", "readonly": True},
    {
        "type": "radio", "id": "d_yes", "key": "decyzja", "label": "Decyzja",
        "values": [{"value": "tak", "label": "Tak"}, {"value": "nie", "label": "Nie"}],
        "validate": {"required": True},
    },
    {
        "type": "textarea", "id": "d_why", "key": "powod", "label": "Powód odmowy",
        "conditional": {"hide": '=decyzja != "nie"'}, "validate": {"required": True},
    },
)  # fmt: skip


class Browser:
    """One person's browser: follows redirects, fills in forms as they were shown."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.text = ""
        self.status = 0

    @classmethod
    def of(cls, application: Starlette, token: str) -> Browser:
        """Return the browser of somebody whose session has this token."""
        client = TestClient(application, base_url="https://obieg.test")
        client.cookies.set("__Host-obieg", token, domain="obieg.test")
        return cls(client)

    def get(self, path: str) -> str:
        """Open a page."""
        answer = self.client.get(path)
        self.status, self.text = answer.status_code, answer.text
        return self.text

    def post(self, path: str, **fields: Any) -> str:
        """Send the form last shown, with these fields ( ``_`` stands for the dot of a form's own)."""
        found, request = _TOKEN.search(self.text), _REQUEST.search(self.text)
        sent = {
            "form_token": found[1] if found else "",
            "request": request[1] if request else "",
            **{k.replace("__", "."): v for k, v in fields.items()},
        }
        answer = self.client.post(path, data=sent)
        self.status, self.text = answer.status_code, answer.text
        return self.text


def furnish(url: str) -> None:
    """Make an office on a database: people, one procedure; jan and ewa share the group EK-04."""
    drawing = (
        process("wniosek_o_dostep", name="Wniosek o dostęp")
        .start("submitted", form="filed")
        .user_task(
            "decide",
            name="Rozstrzygnij",
            group="EK-04",
            form="decision",
            due="=working day deadline(now(), 2)",
        )
        .end("done")
        .lane("Wnioskodawca", "submitted", group="wnioskodawca")
        .lane("Urząd", "decide", "done", group="EK-04")
    )
    with ProcessEngine(url, clock=VirtualClock(START)) as engine:
        for person, roles in PEOPLE.items():
            groups = ("EK-04",) if "clerk" in roles else ()
            engine.people.add(person, name=f"{person.title()} Próbna", roles=roles, groups=groups, by="test")
        engine.deploy([*drawing.files(), FILED, DECISION], by="olga")


@pytest.fixture(scope="session")
def postgresql_template(postgresql: postgres.Cluster) -> str:
    """The name of a database with an office in it: copying it takes less than furnishing another."""
    name = postgresql.create()
    furnish(postgresql.url(name))
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an office's database file and its keyring."""
    folder = tmp_path_factory.mktemp("furnished")
    furnish(f"sqlite:///{folder / 'obieg.db'}")
    return folder


@pytest.fixture
def office(engine: ProcessEngine) -> ProcessEngine:
    """The engine with people and a deployed procedure."""
    return engine


@pytest.fixture
def browser(office: ProcessEngine) -> Iterator[Any]:
    """Return browsers: of somebody signed in, or of nobody."""
    application = create_application(office)
    opened: list[TestClient] = []

    def browser_of(person: str | None) -> Browser:
        client = TestClient(application, base_url="https://obieg.test")
        opened.append(client)
        found = Browser(client)
        if person is not None:
            client.cookies.set("__Host-obieg", office.accounts.open(person), domain="obieg.test")
        return found

    yield browser_of
    for client in opened:
        client.close()
