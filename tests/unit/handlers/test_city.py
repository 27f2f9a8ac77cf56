"""``seod.*``, ``zszo.*``, ``incident.register`` and ``report.register`` against the reference systems."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest

from demo.context import START
from demo.servers import DemoServers
from engine import BpmnError, JobFailure
from handlers.incident import fingerprint


def test_contact_data_come_with_the_time_of_their_last_change(office: Any) -> None:
    done = office.run(office.job("seod.load_applicant", wnioskodawca="dyrektor.sp900")).variables
    assert done["dane_wnioskodawcy"]["numer_rspo"] == 999001
    contact = done["kontakt"]
    assert (contact["lokalizacja"], contact["telefon"]) == ("Krakow KO", "500600700")
    assert contact["zmieniono"] == dt.datetime(2026, 9, 1, 6, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize("login", ["nobody", "sekretarz.sp900", "../konta", "a/b"])
def test_only_a_director_with_access_applies(office: Any, login: str) -> None:
    with pytest.raises(BpmnError, match="BRAK_DOSTEPU"):
        office.run(office.job("seod.load_applicant", wnioskodawca=login))


def test_a_ticket_is_opened_once_and_closed_once(office: Any, servers: DemoServers) -> None:
    opened = office.job("seod.open_ticket", login="jkowalska", wnioskodawca="dyrektor.sp900")
    servers.fault("city", "lost")
    with pytest.raises(JobFailure):
        office.run(opened)
    number = office.run(opened.again()).variables["zgloszenie_seod"]
    assert list(servers.city.tickets) == [number]
    closing = office.job("seod.close_ticket", {"wynik": "przekazano elektronicznie"}, zgloszenie_seod=number)
    closed_at = office.run(closing).variables["zamknieto_seod"]
    assert closed_at.tzinfo is not None
    assert servers.city.tickets[number]["wynik"] == "przekazano elektronicznie"
    office.case.made.clear()
    with pytest.raises(JobFailure) as caught:
        office.run(office.job("seod.close_ticket", {"wynik": "x"}, zgloszenie_seod="SEOD-1999-1"))
    assert caught.value.permanent


@pytest.mark.parametrize(
    ("login", "code"),
    [("jnowak", "BRAK_KONTA"), ("mnowak", "NIE_TA_SAMA_PLACOWKA"), ("pzielinski", "KONTO_ZABLOKOWANE")],
)
def test_accounts_that_may_not_get_a_password(office: Any, login: str, code: str) -> None:
    with pytest.raises(BpmnError) as caught:
        office.run(office.job("zszo.check_account", login=login, numer_rspo=999001))
    assert caught.value.code == code


def test_the_start_password_works_until_it_is_changed(office: Any, servers: DemoServers) -> None:
    reference = office.run(office.job("password.generate")).variables["haslo_ref"]
    password = office.case.secrets[reference]
    setting = office.job("zszo.set_password", login="jkowalska", haslo_ref=reference)
    servers.fault("city", "lost")
    with pytest.raises(JobFailure):
        office.run(setting)
    done = office.run(setting.again()).variables
    assert done["haslo_wazne_do"] >= START + dt.timedelta(days=14)
    assert len(servers.lines("city", "password_set")) == 1
    log_in = servers.city.zszo.log_in
    assert log_in({"login": "jkowalska", "haslo": "old"}).code == 401
    assert log_in({"login": "jkowalska", "haslo": password}).body["zmiana_wymagana"] is True
    assert (
        log_in({"login": "jkowalska", "haslo": password, "nowe_haslo": "mine"}).body["zmiana_wymagana"]
        is False
    )
    assert log_in({"login": "jkowalska", "haslo": password}).code == 401
    locked = office.run(office.job("zszo.lock_start_password", login="jkowalska")).variables["konto"]
    assert locked["haslo"] == "wlasne"
    assert log_in({"login": "jkowalska", "haslo": "mine"}).code == 200
    assert password not in repr(office.case.made)
    assert password.encode() not in (servers.directory / "city.jsonl").read_bytes()


def test_the_owner_s_parameter_says_how_long_a_start_password_lives(office: Any) -> None:
    reference = office.run(office.job("password.generate")).variables["haslo_ref"]
    setting = office.job("zszo.set_password", login="jkowalska", haslo_ref=reference)
    setting.parameters = {"waznosc_hasla": 3}
    assert office.run(setting).variables["haslo_wazne_do"] == START + dt.timedelta(days=3)


def test_an_unchanged_start_password_is_locked_and_a_blocked_account_gets_none(office: Any) -> None:
    reference = office.run(office.job("password.generate")).variables["haslo_ref"]
    office.run(office.job("zszo.set_password", login="jkowalska", haslo_ref=reference))
    locked = office.run(office.job("zszo.lock_start_password", login="jkowalska")).variables["konto"]
    assert locked["haslo"] == "zablokowane"
    assert (
        office.run(office.job("zszo.block_account", login="mnowak")).variables["konto"]["zablokowane"] is True
    )
    office.case.made.clear()
    with pytest.raises(BpmnError, match="KONTO_ZABLOKOWANE"):
        office.run(office.job("zszo.set_password", login="mnowak", haslo_ref=reference))


@pytest.mark.parametrize(
    ("reason", "category", "assessed"),
    [("zgubienie", "utrata_hasla_startowego", False), ("nieuprawniony_dostep", "nieuprawniony_dostep", True)],
)
def test_an_incident_is_registered_without_personal_data(
    office: Any, reason: str, category: str, assessed: bool
) -> None:
    done = office.run(
        office.job("incident.register", login="JKowalska", powod=reason, data_wykrycia=dt.date(2026, 12, 16))
    )
    (entry,) = done.writes
    assert (entry.register, entry.subject) == ("incydenty", f"konto:{fingerprint('jkowalska')}")
    assert (entry.data["category"], entry.data["breach_assessment"]) == (category, assessed)
    assert entry.data["discovered_at"] == "2026-12-16"
    assert b"kowalska" not in msgspec.json.encode(entry).lower()
    assert done.variables["incydent"]["ocena_naruszenia"] is assessed


def test_the_report_is_registered(office: Any) -> None:
    (entry,) = office.run(
        office.job("report.register", login="jkowalska", powod="inne", numer_sprawy="ZSZO/1")
    ).writes
    assert (entry.register, entry.data["procedure"], entry.data["case"]) == (
        "zgloszenia",
        "ZSZO-05",
        "ZSZO/1",
    )


def test_an_unknown_reason_is_the_model_s_mistake(office: Any) -> None:
    with pytest.raises(JobFailure, match="powod"):
        office.run(office.job("incident.register", login="jkowalska", powod="bo tak"))


def test_one_account_has_one_open_ticket(office: Any, office_with: Any, servers: DemoServers) -> None:
    first = office.run(
        office.job("seod.open_ticket", login="jkowalska", wnioskodawca="dyrektor.sp900")
    ).variables
    other = office_with()
    again = other.job("seod.open_ticket", login="jkowalska", wnioskodawca="dyrektor.sp900")
    again.job = msgspec.structs.replace(again.job, idempotency_key="another case")
    with pytest.raises(BpmnError, match="ZGLOSZENIE_OTWARTE"):
        other.run(again)
    office.run(office.job("seod.close_ticket", {"wynik": "x"}, zgloszenie_seod=first["zgloszenie_seod"]))
    assert len(servers.city.tickets) == 1


def test_an_account_blocked_by_the_case_is_opened_again_by_its_new_password(
    office: Any, servers: DemoServers
) -> None:
    reference = office.run(office.job("password.generate")).variables["haslo_ref"]
    office.run(office.job("zszo.block_account", {"powod": "incydent"}, login="jkowalska"))
    with pytest.raises(BpmnError, match="KONTO_ZABLOKOWANE"):
        office.run(office.job("zszo.check_account", login="jkowalska", numer_rspo=999001))
    office.run(office.job("zszo.check_account", login="jkowalska", numer_rspo=999001, blokada_w_sprawie=True))
    with pytest.raises(BpmnError, match="KONTO_ZABLOKOWANE"):
        office.run(office.job("zszo.set_password", login="jkowalska", haslo_ref=reference))
    office.run(
        office.job("zszo.set_password", login="jkowalska", haslo_ref=reference, blokada_w_sprawie=True)
    )
    assert servers.city.zszo.accounts["jkowalska"]["zablokowane"] is False


def test_nobody_unblocks_an_account_blocked_for_another_reason(office: Any) -> None:
    reference = office.run(office.job("password.generate")).variables["haslo_ref"]
    with pytest.raises(BpmnError, match="KONTO_ZABLOKOWANE"):
        office.run(
            office.job("zszo.set_password", login="pzielinski", haslo_ref=reference, blokada_w_sprawie=True)
        )
