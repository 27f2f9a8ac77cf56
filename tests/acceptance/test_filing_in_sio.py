"""An applicant files and prolongs on the reference SIO's own pages, over HTTP; the case runs in Obieg."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from commands import reading
from commands.demonstration.organ import Organ
from demo.servers import DemoServers
from engine import HandlerRegistry, ProcessEngine, VirtualClock
from handlers import reconciliation, register_all, settings_from

ROOT = Path(__file__).parents[2]
START = dt.datetime(2026, 12, 17, 9, 0, tzinfo=dt.UTC)
PESEL = "44051401359"
APPLICATION = {
    "podstawa": "ustawa", "rodzaj_podmiotu": "szkola", "przekazujacy": "jst", "numer_rspo": "999001",
    "regon": "351554353", "nazwa_podmiotu": "SP <900>", "imie": "Anna", "nazwisko": "Przykładowa",
    "pesel": PESEL, "adres_email": "dyrektor@sp900.example", "funkcja": "kierownik",
    "upowaznienie_od": "17.12.2026", "upowaznienie_do": "30.06.2027", "sposob_potwierdzenia": "osobiscie",
    "tajemnica": "true",
}  # fmt: skip
IDENTITY = {
    "dokument": "dowod", "dokument_wazny_do": "2035-01-01", "dokument_koncowka": "A123",
    "osoba_zgodna": "tak", "nazwisko_zgodne": "tak", "zgloszono_sie": "2026-12-17",
}  # fmt: skip
TO_THE_GRANT: tuple[tuple[str, dict[str, Any]], ...] = (
    ("oznacz_rozpatrywany", {}),
    ("rozstrzygnij_poprawnosc", {"wynik_danych": "poprawne", "mam_upowaznienie": True}),
    ("potwierdz_tozsamosc", IDENTITY),
    ("przyznaj_dostep", {"mam_upowaznienie": True}),
)


class World:
    """The SIO procedure as shipped, the reference SIO beside it, and somebody's browser."""

    def __init__(
        self, engine: ProcessEngine, servers: DemoServers, clock: VirtualClock, http: httpx.Client
    ) -> None:
        self.engine, self.servers, self.clock, self.http = engine, servers, clock, http

    def send(self, page: str, form: str, **fields: object) -> httpx.Response:
        """Send the form a page showed, filled in; what happens next happens in the office too."""
        hidden = dict(re.findall(r'<input type="hidden" name="(klucz|sesja)" value="(\w+)">', form))
        given = [(f"pole.{name}", value) for name, value in fields.items() if name != "pokaz"]
        told = [(name, each) for name, all_ in given for each in (all_ if isinstance(all_, list) else [all_])]
        more = [("pokaz", "1")] if "pokaz" in fields else []
        parts = [(name, (None, str(each))) for name, each in [*hidden.items(), *more, *told]]
        answer = self.http.post(f"{self.servers.sio.url}/strona/{page}", files=parts)
        self.engine.run_until_idle()
        return answer

    def new(self) -> str:
        return self.http.get(f"{self.servers.sio.url}/strona/nowy").text

    def ask(self, page: str, **fields: str) -> str:
        return self.http.post(f"{self.servers.sio.url}/strona/{page}", data=fields).text

    def decide(self, *tasks: tuple[str, dict[str, Any]]) -> None:
        for element, answers in tasks:
            (task,) = self.engine.user_tasks(element_id=element)
            self.engine.complete(task.key, variables=answers, actor="jan")
            self.engine.run_until_idle()


@pytest.fixture
def world() -> Iterator[World]:
    clock = VirtualClock(START)
    with DemoServers(now=clock.now, tls=False) as servers, httpx.Client(verify=False) as http:  # noqa: S501
        registry = HandlerRegistry()
        given = {"OBIEG_SMTP_MESSAGES": str(ROOT / "processes/sio/messages")}
        register_all(registry, settings_from(servers.environment | given))
        with ProcessEngine("sqlite:///:memory:", clock=clock, handlers=registry) as engine:
            deployed = engine.deploy(reading.files([ROOT / "processes/sio", ROOT / "forms/sio"]), by="olga")
            parameters = (ROOT / "processes/sio/parameters.yaml").read_bytes()
            for each in deployed.definitions:
                if each.kind == "process":
                    engine.parameters.set(each.id, parameters, by="test")
            servers.sio.organ = Organ(engine)
            yield World(engine, servers, clock, http)


def test_what_is_wrong_is_told_at_the_fields_and_one_form_is_filed_once(world: World) -> None:
    form, sio = world.new(), world.servers.sio
    wrong = world.send("nowy", form, imie="Anna", pesel="44051401350")
    assert wrong.status_code == 422
    assert {"pole_podstawa-0", "pole_pesel", "pole_tajemnica"} <= set(
        re.findall(r'href="#([^"]+)"', wrong.text)
    )
    assert re.search(r'value="44051401350" id="pole_pesel"[^>]+pole_pesel-error" aria-invalid', wrong.text)
    assert (sio.applications, world.engine.instances()) == ({}, [])
    sent = [world.send("nowy", form, **APPLICATION) for _ in range(2)]  # twice, as by a double click
    assert {each.status_code for each in sent} == {303}
    (case,) = world.engine.instances(roots=True)
    assert (case.business_key, [*sio.applications]) == ("SIO/2026/1", ["W-2026-0001"])
    found = world.engine.variables(case.key)
    assert (found["numer_sio"], found["zlozono_o"]) == ("W-2026-0001", START)
    reloaded = world.http.get(sio.url + sent[0].headers["location"]).text
    assert "W-2026-0001" in reloaded
    assert PESEL not in reloaded
    assert "SIO/2026/1, w toku" in world.ask("wniosek", numer="W-2026-0001", pesel=PESEL)
    already = {"wynik_sprawdzenia": "juz_przyznano", "uwagi": "Ma Pani dostęp do 30.06.2027."}
    world.decide(("sprawdz_dostep", already))
    told = world.ask("wniosek", numer="W-2026-0001", pesel=PESEL)
    assert "SIO/2026/1, zakończona: Skierowano na przedłużenie" in told


def test_an_application_is_followed_to_the_grant_and_prolonged_in_its_window(world: World) -> None:
    world.send("nowy", world.new(), **APPLICATION)
    world.decide(("sprawdz_dostep", {"wynik_sprawdzenia": "brak"}), *TO_THE_GRANT)
    sio = world.servers.sio
    told = world.ask("wniosek", numer="W-2026-0001", pesel=PESEL)
    statuses = ("Złożony", "Rozpatrywany", "Zaakceptowany formalnie", "Zaakceptowany")
    assert [each for each in statuses if f"{each} (17.12.2026" in told] == list(statuses)
    for each in ("SIO/2026/1", "SP &lt;900&gt;", "poziom III", "Kierownik podmiotu", "przyznany"):
        assert each in told
    access = world.ask("dane-dostepowe", numer_upowaznienia="U-2026-0001", pesel=PESEL)
    login, password = re.findall(r"<dt>(?:Login|Hasło)</dt><dd>([^<]+)</dd>", access)
    assert "od 30.03.2027 do 30.06.2027" in world.ask("logowanie", login=login, haslo=password)

    world.clock.advance(dt.datetime(2027, 3, 30, 9, tzinfo=dt.UTC) - world.clock.now())
    form = world.send("przedluzenie", world.ask("logowanie", login=login, haslo=password), pokaz=True).text
    assert "pole_udzielajacy" not in form  # of employees only
    assert world.send("przedluzenie", form, upowaznienie_do="1.01.2040").status_code == 422
    longer = {"upowaznienie_do": "30.06.2031", "sposob_potwierdzenia": "osobiscie", "tajemnica": "true"}
    assert [world.send("przedluzenie", form, **longer).status_code for _ in range(2)] == [303, 303]
    again = world.ask("logowanie", login=login, haslo=password)
    assert "Wniosek W-2027-0002 o przedłużenie jest już złożony" in again
    world.decide(*TO_THE_GRANT)
    assert "Zaakceptowany (30.03.2027" in world.ask("wniosek", numer="W-2027-0002", pesel=PESEL)
    assert sio.authorisations["U-2026-0001"]["do"] == "2031-06-30"
    compared = reconciliation.compare(world.engine, "sio", sio.listed().encode())
    assert (compared.ours, compared.found) == (1, ())


def test_an_employee_without_pesel_files_scopes_and_a_suspended_procedure_takes_nothing(world: World) -> None:
    form, sio = world.new(), world.servers.sio
    basis = APPLICATION | {"podstawa": "wewnetrzne", "funkcja": "pracownik", "bez_pesel": "true", "pesel": ""}
    assert "pole_zakresy" not in form
    assert "pole_zakresy_wewnetrzne-2" in world.send("nowy", form, pokaz=True, **basis).text
    whole = basis | {
        "zakresy_wewnetrzne": ["dostep", "przyznawanie_pracownikom"], "zakresy": ["uczniowie"],
        "udzielajacy": "Ewa Próbna, dyrektor", "data_upowaznienia": "1.12.2026", "forma_pisemna": "true",
        "dokument_cudzoziemca": "Karta pobytu AB 123",
    }  # fmt: skip
    world.engine.suspend_process("sio_weryfikacja_dostepu", actor="o", reason="przerwa techniczna")
    assert world.send("nowy", form, **whole).status_code == 503
    assert sio.applications == {}
    world.engine.activate_process("sio_weryfikacja_dostepu", actor="o", reason="koniec przerwy")
    assert world.send("nowy", form, **whole).status_code == 303
    world.decide(("sprawdz_dostep", {"wynik_sprawdzenia": "brak"}), TO_THE_GRANT[0])
    told = world.ask("wniosek", numer="W-2026-0001", pesel="Karta pobytu AB 123")
    for each in ("Kierownik jednostki", "Zbiór danych o uczniach", "pracownikom jednostki", "Ewa Próbna"):
        assert each in told
    assert "Nie udało się" in world.ask("wniosek", numer="W-2026-0001", pesel="")


def test_a_form_of_another_site_or_without_its_key_is_refused(world: World) -> None:
    url = f"{world.servers.sio.url}/strona/nowy"
    for headers in (
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "evil.example"},
    ):
        assert world.http.post(url, files={"a": (None, "b")}, headers=headers).status_code == 403
    assert world.send("nowy", "", **APPLICATION).status_code == 404
    assert world.send("przedluzenie", "").status_code == 403
    assert world.engine.instances() == []
