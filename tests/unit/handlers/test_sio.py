"""``sio.perform`` and ``authorisation.*`` against the reference SIO and a register in memory."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from demo.context import START
from demo.servers import DemoServers
from engine import BpmnError, Entry, JobFailure
from handlers.authorisation import AUTHORISATIONS, fingerprint, in_force, years_later

DAY = dt.date(2026, 12, 17)
APPLICATION: dict[str, Any] = {
    "numer_sprawy": "SIO/2026/1", "numer_rspo": "999001", "regon": "351554353", "imie": "Anna",
    "nazwisko": "Przykładowa", "pesel": "44051401359", "adres_email": "dyrektor@sp900.example",
    "funkcja": "kierownik", "upowaznienie_od": DAY, "upowaznienie_do": dt.date(2031, 8, 31),
    "grupa_czynnosci": "sio-3-decyzja",
}  # fmt: skip


def act(office: Any, what: str, **variables: Any) -> dict[str, Any]:
    context = office.job("sio.perform", czynnosc=what, **APPLICATION | variables)
    return dict(office.run(renamed(context, what)).variables["sio"])


def renamed(context: Any, what: str) -> Any:
    """Give a job its own idempotency key, as different elements of a diagram have."""
    context.job = type(context.job)(
        **{name: getattr(context.job, name) for name in context.job.__struct_fields__}
        | {"idempotency_key": f"77:{what}"}
    )
    return context


def granted(office: Any) -> str:
    number = act(office, "ZLOZONY")["numer"]
    for what in ("ROZPATRYWANY", "FORMALNIE"):
        act(office, what, numer_sio=number)
    return str(act(office, "ZAAKCEPTOWANY", numer_sio=number)["numer_upowaznienia"])


def keep(office: Any, done: Any) -> None:
    """Write what a job answered into the register, as its completion would."""
    for entry in done.writes:
        entries = office.case.registers.setdefault(entry.register, [])
        assert entry.after in (None, len(entries))
        entries.append(
            Entry(
                register=entry.register, number=len(entries) + 1, instance_key=1, at=START,
                subject=entry.subject, data=entry.data, resolution=None,
            )
        )  # fmt: skip


def grant(office: Any, number: str, **changed: Any) -> None:
    given = APPLICATION | {"numer_upowaznienia": number} | changed
    keep(office, office.run(office.job("authorisation.grant", **given)))


def test_an_application_goes_through_the_statuses_of_the_screen(office: Any) -> None:
    filed = act(office, "ZLOZONY")
    assert (filed["numer"], filed["status"]) == ("W-2026-0001", "Złożony")
    assert filed["zdarzenie_o"].tzinfo is not None
    assert filed["wpisano_o"] == START
    taken_up = act(office, "ROZPATRYWANY", numer_sio=filed["numer"])
    assert (taken_up["numer"], taken_up["status"]) == ("W-2026-0001", "Rozpatrywany")


@pytest.mark.parametrize(
    ("what", "organ"), [("ZAAKCEPTOWANY", "sio-3-decyzja"), ("FORMALNIE", "sio-2-decyzja")]
)
def test_sio_refuses_a_step_left_out_and_another_organ(office: Any, what: str, organ: str) -> None:
    number = act(office, "ZLOZONY")["numer"]
    act(office, "ROZPATRYWANY", numer_sio=number)
    with pytest.raises(JobFailure, match="got 409; check OBIEG_SIO_URL") as caught:
        act(office, what, numer_sio=number, grupa_czynnosci=organ)
    assert caught.value.permanent


def test_a_lost_answer_does_not_file_twice(office: Any, servers: DemoServers) -> None:
    servers.fault("sio", "lost")
    context = renamed(office.job("sio.perform", czynnosc="ZLOZONY", **APPLICATION), "ZLOZONY")
    with pytest.raises(JobFailure, match="expected SIO to answer"):
        office.run(context)
    assert office.run(context.again()).variables["sio"]["numer"] == "W-2026-0001"
    assert len(servers.sio.applications) == 1


def test_access_data_are_fetched_once_by_their_person_and_work_until_blocked(
    office: Any, servers: DemoServers
) -> None:
    number = granted(office)
    mine = {"numer_upowaznienia": number, "pesel": APPLICATION["pesel"]}
    assert servers.sio.fetch(mine | {"pesel": "02070803628"}).code == 403
    access = servers.sio.fetch(mine).body
    assert len(access["haslo"]) >= 12
    assert "To nie jest system SIO ministra" in access["uwaga"]
    assert servers.sio.fetch(mine).code == 410
    login = {"login": access["login"], "haslo": access["haslo"]}
    assert servers.sio.log_in(login).code == 200
    assert servers.sio.log_in(login | {"haslo": "zgaduję"}).code == 401
    assert act(office, "POBRANIE", numer_upowaznienia=number)["status"] == "Pobrano dane"
    assert act(office, "ZABLOKOWANY", numer_upowaznienia=number)["status"] == "Zablokowany"
    assert servers.sio.log_in(login).code == 401
    assert servers.sio.fetch(mine).code == 404


def test_an_act_nobody_knows_is_the_models_mistake(office: Any) -> None:
    with pytest.raises(JobFailure, match="czynnosc to be one of ZLOZONY"):
        act(office, "ZNIKNIJ")


def test_the_register_names_what_stands_in_the_way(office: Any) -> None:
    grant(office, "U-1")
    again = office.run(office.job("authorisation.check", **APPLICATION | {"numer_sprawy": "SIO/2026/2"}))
    assert again.variables["rejestr"]["podpowiedz"] == "juz_przyznano"
    assert "U-1 (do 31.08.2031)" in again.variables["podpowiedz_rejestru"]
    other = APPLICATION | {"pesel": "02070803628", "numer_sprawy": "SIO/2026/3"}
    colliding = office.run(office.job("authorisation.check", **other))
    assert colliding.variables["rejestr"]["podpowiedz"] == "kolizja"
    keep(office, office.run(office.job("authorisation.check", **other | {"funkcja": "pracownik"})))
    third = other | {"funkcja": "po", "numer_sprawy": "SIO/2026/4"}
    twice = office.run(office.job("authorisation.check", **third))
    assert twice.variables["rejestr"]["otwarte"] == ["SIO/2026/3"]


@pytest.mark.parametrize(
    ("start", "last", "free"),
    [
        (DAY, dt.date(2027, 1, 1), False),
        (dt.date(2031, 8, 31), dt.date(2032, 1, 1), False),  # the last day is still the first head's
        (dt.date(2031, 9, 1), dt.date(2032, 1, 1), True),
    ],
)
def test_two_heads_of_one_unit_never_overlap(office: Any, start: dt.date, last: dt.date, free: bool) -> None:
    grant(office, "U-1")
    other = {"pesel": "02070803628", "upowaznienie_od": start, "upowaznienie_do": last}
    if free:
        grant(office, "U-2", **other)
        return
    with pytest.raises(BpmnError, match="KOLIZJA_UPOWAZNIEN"):
        grant(office, "U-2", **other)
    grant(office, "U-3", **other | {"numer_rspo": "999002"})
    grant(office, "U-4", **other | {"funkcja": "pracownik"})


@pytest.mark.parametrize("last", [dt.date(2031, 12, 18), dt.date(2026, 12, 16)])
def test_a_period_over_five_years_or_none_is_not_written(office: Any, last: dt.date) -> None:
    with pytest.raises(JobFailure, match="a period of at most 5 years"):
        grant(office, "U-1", upowaznienie_do=last)


def test_an_authorisation_goes_on_and_ends_in_entries(office: Any) -> None:
    grant(office, "U-1")
    later = dt.date(2036, 8, 31)
    asked = {"numer_upowaznienia": "U-1", "numer_sprawy": "SIO/2031/1", "upowaznienie_do": later}
    keep(office, office.run(office.job("authorisation.extend", **asked)))
    entries = office.case.registers[AUTHORISATIONS]
    assert in_force(entries, DAY)["U-1"]["do"] == dt.date(2036, 8, 31)
    assert in_force(entries, dt.date(2036, 9, 1)) == {}
    with pytest.raises(BpmnError, match="another person's"):
        office.run(office.job("authorisation.find", numer_upowaznienia="U-1", pesel="02070803628"))
    ending = office.job("authorisation.end", {"zdarzenie": "zablokowano"}, numer_upowaznienia="U-1")
    keep(office, office.run(ending))
    assert [each.data["zdarzenie"] for each in entries] == ["nadano", "przedluzono", "zablokowano"]
    with pytest.raises(BpmnError, match="BRAK_UPOWAZNIENIA"):
        office.run(office.job("authorisation.find", numer_upowaznienia="U-1"))


def test_an_extension_stops_before_the_next_head(office: Any) -> None:
    grant(office, "U-1")
    end = in_force(office.case.registers[AUTHORISATIONS], DAY)["U-1"]["do"]
    after = {"upowaznienie_od": end + dt.timedelta(days=30), "upowaznienie_do": end + dt.timedelta(days=90)}
    grant(office, "U-2", pesel="02070803628", funkcja="pracownik", **after)
    grant(office, "U-3", pesel="02070803628", **after)

    def extend(days: int) -> Any:
        last = end + dt.timedelta(days=days)
        asked = {"numer_upowaznienia": "U-1", "numer_sprawy": "SIO/2031/1", "upowaznienie_do": last}
        return office.run(office.job("authorisation.extend", **asked))

    with pytest.raises(BpmnError, match=r"KOLIZJA_UPOWAZNIEN.*U-3"):
        extend(30)
    extend(29)


def test_five_years_from_a_leap_day_end_on_the_28th() -> None:
    assert years_later(dt.date(2028, 2, 29), 5) == dt.date(2033, 2, 28)
    assert fingerprint("rp 1234567") == fingerprint("RP1234567")
