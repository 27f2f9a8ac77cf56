"""The pages of the reference SEOD and ZSZO, over real HTTP: by hand as by the interface, events, entries."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from demo.city import PASSWORD, USERNAME, CityServer

NOW = dt.datetime(2026, 12, 17, 9, 0, tzinfo=dt.UTC)  # 10:00 in Warsaw
OWN = "Własne-hasło-2026"


class Visitor:
    """Somebody at the pages of one of the systems."""

    def __init__(self, server: CityServer, http: httpx.Client) -> None:
        self.server, self.http = server, http

    def get(self, path: str) -> str:
        answer = self.http.get(f"{self.server.url}/{path}")
        assert answer.status_code == 200, answer.text
        assert "To nie jest system" in answer.text
        assert answer.text.count("<label for=") == len(
            re.findall(r'<(?:input type="(?!hidden)|select)', answer.text)
        )
        return answer.text

    def send(self, path: str, **fields: str) -> tuple[int, str]:
        answer = self.http.post(f"{self.server.url}/{path}", data=fields, follow_redirects=True)
        return answer.status_code, answer.text


@pytest.fixture
def city(tmp_path: Path) -> Iterator[Visitor]:
    server = CityServer(tmp_path, now=lambda: NOW)
    server.start()
    with httpx.Client(verify=False) as http:  # noqa: S501 - loopback; its authorities cost more than the test
        yield Visitor(server, http)
    server.stop()


def test_a_ticket_is_entered_by_hand_with_the_time_of_the_event_and_closed(city: Visitor) -> None:
    key = re.search(r'name="klucz" value="(\w+)"', city.get("seod/strona/nowe"))
    assert key is not None
    given = {
        "klucz": key[1],
        "wnioskodawca": "dyrektor.sp900",
        "login": "<b>x</b>",
        "numer_sprawy": "ZSZO03/2026/7",
    }
    status, text = city.send(
        "seod/strona/nowe", **given | {"wnioskodawca": "nikt", "podjeto": "17.12.2026 10:01"}
    )
    assert (status, "Wybierz osobę" in text, "która już była" in text) == (422, True, True)
    assert city.server.tickets == {}
    for _ in range(2):  # sent twice
        status, text = city.send("seod/strona/nowe", **given, podjeto="16.12.2026 15:45")
        assert (status, "&lt;b&gt;x&lt;/b&gt;" in text) == (200, True)
    [(number, ticket)] = city.server.tickets.items()
    assert (ticket["podjeto"], ticket["wpisano"]) == ("2026-12-16T15:45:00+01:00", NOW.isoformat())
    status, text = city.send("seod/strona/nowe", **given | {"klucz": "inny"}, podjeto="16.12.2026 15:45")
    assert (status, "jest już podjęte" in text) == (422, True)
    closing = {"numer": number, "wynik": "odebrano"}
    assert city.send("seod/strona/zgloszenie", **closing, zamkniete="")[0] == 422
    assert city.send("seod/strona/zgloszenie", **closing, zamknieto="15.12.2026 8:00")[0] == 422
    status, text = city.send("seod/strona/zgloszenie", **closing, zamknieto="17.12.2026 9:30")
    assert (status, "17.12.2026 09:30" in text, "Zamknij zgłoszenie" in text) == (200, True, False)
    assert "zamknięte: odebrano" in city.get("seod/strona")
    assert city.server.listed("seod").splitlines()[1] == f"{number};ZSZO03/2026/7;zamknięte"


def test_contact_data_are_changed_as_the_procedure_reads_them(city: Visitor) -> None:
    assert "sekretarz.sp900" in city.get("seod/strona/dane")
    kept = city.server.users["dyrektor.sp900"]["kontakt"]
    same = {name: kept[name] for name in ("lokalizacja", "email", "telefon")}
    assert city.send("seod/strona/kontakt", login="dyrektor.sp900", **same)[0] == 200
    read = f"{city.server.url}/seod/uzytkownicy/dyrektor.sp900"
    found = city.http.get(read, auth=(USERNAME, PASSWORD)).json()["kontakt"]
    assert (found["zmieniono"], found["zweryfikowano"]) == (kept["zmieniono"], NOW.isoformat())
    assert (
        city.send("seod/strona/kontakt", login="dyrektor.sp900", **same | {"telefon": "600100200"})[0] == 200
    )
    found = city.http.get(read, auth=(USERNAME, PASSWORD)).json()["kontakt"]
    assert (found["telefon"], found["zmieniono"]) == ("600100200", NOW.isoformat())
    assert city.send("seod/strona/kontakt", login="dyrektor.sp900", **same | {"email": ""})[0] == 422


def test_a_start_password_set_by_hand_lets_in_once_and_is_then_changed_or_locked(city: Visitor) -> None:
    account = {"login": "mnowak", "haslo": "StartoweHaslo1"}
    assert city.send("zszo/strona/haslo", **account, wazne_do="16.12.2026")[0] == 422
    for _ in range(2):  # sent twice: set once, or a reset would have no incident
        assert city.send("zszo/strona/haslo", **account, wazne_do="31.12.2026")[0] == 200
    assert city.server.listed("zszo").splitlines()[1:] == ["mnowak;17.12.2026"]
    assert "startowe (ważne do 31.12.2026 24:00)" in city.get("zszo/strona")
    assert city.send("zszo/strona/logowanie", login="mnowak", haslo="zle")[0] == 401
    status, text = city.send("zszo/strona/logowanie", **account)
    assert (status, "Hasło startowe działa" in text, account["haslo"] in text) == (200, True, False)
    assert city.send("zszo/strona/zmiana", **account, nowe_haslo=account["haslo"])[0] == 422
    assert city.send("zszo/strona/zmiana", **account, nowe_haslo=OWN)[0] == 200
    assert city.send("zszo/strona/logowanie", **account)[0] == 401
    assert "Witaj, mnowak" in city.send("zszo/strona/logowanie", login="mnowak", haslo=OWN)[1]
    assert "Hasło</dt><dd>własne" in city.get("zszo/strona/konto?login=mnowak")
    assert city.send("zszo/strona/blokada", login="mnowak")[0] == 200
    assert city.send("zszo/strona/logowanie", login="mnowak", haslo=OWN)[0] == 401
    assert "Konto jest zablokowane" in city.send("zszo/strona/haslo", **account, wazne_do="31.12.2026")[1]
    other = {"login": "cduda", "haslo": "StartoweHaslo2"}
    city.send("zszo/strona/haslo", **other, wazne_do="31.12.2026")
    city.send("zszo/strona/blokada-hasla", login="cduda")
    assert city.send("zszo/strona/logowanie", **other)[0] == 401
    assert "startowe, zablokowane" in city.get("zszo/strona")


def test_another_site_reaches_nothing_and_what_is_not_there_is_not(city: Visitor) -> None:
    foreign = {"Origin": "https://evil.example"}
    for page in ("zszo/strona/blokada", "seod/strona/zgloszenie"):
        answer = city.http.post(f"{city.server.url}/{page}", data={"login": "mnowak"}, headers=foreign)
        assert answer.status_code == 403
    assert not city.server.zszo.accounts["mnowak"]["zablokowane"]
    for page in ("seod/strona/obca", "zszo/strona/konto?login=nikt", "seod/strona/kontakt?login=nikt"):
        assert city.http.get(f"{city.server.url}/{page}").status_code == 404
    assert city.http.get(f"{city.server.url}/inne/strona").status_code == 404
