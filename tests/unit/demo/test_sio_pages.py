"""The applicant's own pages of the reference SIO, over real HTTP: seen, fetched once, used, blocked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo.sio import PASSWORD, USERNAME, SioServer
from demo.sio_pages import BANNER, FORMS

PESEL = "44051401359"
APPLICATION: dict[str, Any] = {
    "czynnosc": "ZLOZONY", "imie": "Anna<script>", "nazwisko": "Przykładowa", "pesel": PESEL,
    "adres_email": "d@sp900.example", "upowaznienie_do": "2199-06-30", "organ": "sio-3",
}  # fmt: skip


class Visitor:
    """The office and a person at the reference SIO, over one connection pool without TLS."""

    def __init__(self, server: SioServer, http: httpx.Client) -> None:
        self.server, self.http = server, http

    def office(self, path: str, **body: Any) -> None:
        answer = self.http.post(f"{self.server.url}/{path}", json=body, auth=(USERNAME, PASSWORD))
        assert answer.status_code == 200, answer.text

    def send(self, form: str, **fields: str) -> tuple[int, str]:
        answer = self.http.post(f"{self.server.url}/strona/{form}", data=fields)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        assert BANNER in answer.text
        return answer.status_code, answer.text


@pytest.fixture
def sio(tmp_path: Path) -> Iterator[Visitor]:
    server = SioServer(tmp_path)
    server.start()
    with httpx.Client(verify=False) as http:  # noqa: S501 - loopback; its authorities cost more than the test
        yield Visitor(server, http)
    server.stop()


def test_a_person_sees_the_application_fetches_once_logs_in_and_is_blocked(sio: Visitor) -> None:
    sio.office("wnioski", **APPLICATION)
    [number] = sio.server.applications
    status, text = sio.send("wniosek", numer=number, pesel=PESEL)
    assert (status, "Złożony" in text, "Anna&lt;script&gt;" in text) == (200, True, True)
    assert sio.send("wniosek", numer=number, pesel="02070803628")[0] == 404
    for act in ("ROZPATRYWANY", "FORMALNIE", "ZAAKCEPTOWANY"):
        sio.office(f"wnioski/{number}/czynnosci", czynnosc=act, organ="sio-3")
    status, text = sio.send("wniosek", numer=number, pesel=PESEL)
    [granted] = sio.server.authorisations
    assert (granted in text, "przyznany" in text) == (True, True)
    assert sio.send("dane-dostepowe", numer_upowaznienia=granted, pesel="02070803628")[0] == 403
    status, text = sio.send("dane-dostepowe", numer_upowaznienia=granted, pesel=PESEL)
    login, password = re.findall(r"<dd>([^<]+)</dd>", text)
    assert status == 200
    assert sio.send("dane-dostepowe", numer_upowaznienia=granted, pesel=PESEL)[0] == 410
    assert sio.send("logowanie", login=login, haslo=password)[0] == 200
    assert sio.send("logowanie", login=login, haslo=password + "x")[0] == 401
    sio.office(f"upowaznienia/{granted}/czynnosci", czynnosc="ZABLOKOWANY")
    assert sio.send("logowanie", login=login, haslo=password)[0] == 401
    assert "zablokowany" in sio.send("wniosek", numer=number, pesel=PESEL)[1]


def test_every_form_is_on_the_page_and_nothing_else_is_there(sio: Visitor) -> None:
    text = sio.http.get(f"{sio.server.url}/strona").text
    assert {f"/strona/{name}" for name in FORMS} == set(re.findall(r'action="([^"]+)"', text))
    assert text.count("<label for=") == text.count("<input ")
    assert sio.send("obca")[0] == 404
    assert sio.send("wniosek")[0] == 404
    assert sio.http.get(f"{sio.server.url}/strona/wniosek").status_code == 404
