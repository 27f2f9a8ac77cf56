"""A signed application from the page to the clerk: uploaded, verified by what was signed in this run, told,
and given back byte for byte (art. 71 ust. 3, B39).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commands import reading
from demo.servers import DemoServers
from engine import HandlerRegistry, ProcessEngine, VirtualClock
from handlers import register_all, settings_from
from tests import signing
from tests.web.conftest import Browser
from tests.web.whole_form import send
from web import create_application

ROOT = Path(__file__).parents[2]
START = "/start/sio_weryfikacja_dostepu"
FILED = {
    **{f"field__{name}": value for name, value in signing.APPLICATION.items()},
    "field__podstawa": "ustawa", "field__rodzaj_podmiotu": "szkola", "field__przekazujacy": "jst",
    "field__nazwa_podmiotu": "Szkoła Podstawowa nr 900 w Krakowie", "field__funkcja": "kierownik",
    "field__sposob_potwierdzenia": "profil_zaufany", "field__tajemnica": "true",
}  # fmt: skip


@pytest.fixture
def sio(tmp_path: Path) -> Iterator[ProcessEngine]:
    """The SIO procedure as shipped, trusting the authority of this run; anna applies, jan checks data."""
    (tmp_path / "roots.pem").write_text(signing.root().pem)
    clock = VirtualClock(signing.AT)
    with DemoServers(now=clock.now) as servers:
        registry = HandlerRegistry()
        given = {
            "OBIEG_SIGNATURE_ROOTS": str(tmp_path / "roots.pem"),
            "OBIEG_SMTP_MESSAGES": str(ROOT / "processes/sio/messages"),
        }
        register_all(registry, settings_from(servers.environment | given))
        engine = ProcessEngine("sqlite:///:memory:", clock=clock, handlers=registry)
        deployed = engine.deploy(reading.files([ROOT / "processes/sio", ROOT / "forms/sio"]), by="olga")
        parameters = (ROOT / "processes/sio/parameters.yaml").read_bytes()
        for each in deployed.definitions:
            if each.kind == "process":
                engine.parameters.set(each.id, parameters, by="test")
        engine.people.add("anna", name="Anna Przykładowa", roles=("applicant",), by="test")
        engine.people.add("jan", name="Jan", roles=("clerk",), groups=("sio-3-weryfikacja",), by="test")
        yield engine
        engine.close()


def browser_of(engine: ProcessEngine, person: str) -> Browser:
    return Browser.of(create_application(engine), engine.accounts.open(person))


def filed(engine: ProcessEngine, files: list[tuple[str, Any]] | None) -> int:
    """Apply on the page; return the key of the clerk's task about the data."""
    anna = browser_of(engine, "anna")
    anna.get(START)
    send(anna, START, files, **FILED)
    assert anna.status == 200, anna.text
    engine.run_until_idle()
    for element, answers in (("sprawdz_dostep", {"wynik_sprawdzenia": "brak"}), ("oznacz_rozpatrywany", {})):
        (task,) = engine.user_tasks(element_id=element)
        engine.complete(task.key, variables=answers, actor="jan")
        engine.run_until_idle()
    (task,) = engine.user_tasks(element_id="rozstrzygnij_poprawnosc")
    return task.key


def upload(name: str, content: bytes) -> list[tuple[str, Any]]:
    return [("field.podpisany_plik", (name, content, "application/xml"))]


def test_a_signed_application_is_verified_and_the_clerk_takes_the_file(sio: ProcessEngine) -> None:
    content = signing.signed()
    key = filed(sio, upload("wniosek-anny.xml", content))
    case = sio.user_task(key).instance_key
    found = sio.variables(case)
    assert (found["podpis_wynik"], found["podpis"]) == ("PZ_WAZNY", "wazny"), found["podpis_opis"]
    (reference,) = (each["id"] for each in found["podpisany_plik"])
    jan = browser_of(sio, "jan")
    page = jan.get(f"/tasks/{key}")
    assert "Ważny podpis zaufany osoby, która złożyła wniosek." in page
    place = f"/instances/{sio.instance(case).root_key}/documents/{reference}"
    assert f'<button form="given-files" formaction="{place}"' in page
    token = page.split('id="given-files"')[1].split('name="form_token" value="')[1].split('"')[0]
    given = jan.client.post(place, data={"form_token": token})
    assert (given.status_code, given.content) == (200, content)
    assert reference in jan.get(f"/instances/{case}")
    assert "wniosek-anny" not in jan.text  # a file's own name may be a person's
    assert "application/xml" in jan.text  # what it is is not


def test_a_forged_application_comes_to_the_clerk_with_the_reason(sio: ProcessEngine) -> None:
    key = filed(sio, upload("wniosek.xml", signing.signed(by=signing.person())))
    assert sio.variables(sio.user_task(key).instance_key)["podpis_wynik"] == "PZ_NIEWAZNY"
    page = browser_of(sio, "jan").get(f"/tasks/{key}")
    assert "Dane osoby w podpisie nie pochodzą z pieczęci ministra." in page
    assert 'value="niewazny" checked' in page.replace('"  checked', '" checked')


def test_an_application_without_a_file_is_for_the_clerk(sio: ProcessEngine) -> None:
    key = filed(sio, None)
    found = sio.variables(sio.user_task(key).instance_key)
    assert (found["podpis_wynik"], found["podpis"]) == ("BRAK", None)
    page = browser_of(sio, "jan").get(f"/tasks/{key}")
    assert "Do wniosku nie dołączono podpisanego pliku." in page
    assert "formaction" not in page
