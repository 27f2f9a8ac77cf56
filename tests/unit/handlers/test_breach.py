"""``breach.register``: each stage of a breach is a line of the register (RODO art. 33 ust. 5)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from engine import JobFailure
from handlers.incident import fingerprint

AWARE = dt.datetime(2026, 12, 17, 9, tzinfo=dt.UTC)


def reported(hours: int) -> dict[str, Any]:
    return {"znak": "UODO-1", "zdarzenie": AWARE + dt.timedelta(hours=hours), "opoznienie": None}


def test_an_assessment_names_the_account_only_by_its_fingerprint(office: Any) -> None:
    told = {"wynik": "naruszenie", "ryzyko": "male", "uzasadnienie": "Konto zablokowano."}
    job = office.job(
        "breach.register",
        {"etap": "ocena"},
        login="jkowalska",
        numer_sprawy="ZSZO/1",
        stwierdzono=AWARE,
        ocena=told,
    )
    (entry,) = office.run(job).writes
    assert (entry.register, entry.subject) == ("naruszenia", "naruszenie:ZSZO/1")
    assert entry.data["account"] == fingerprint("jkowalska")
    assert "jkowalska" not in str(entry.data)
    assert (entry.data["ryzyko"], entry.data["late"]) == ("male", False)


@pytest.mark.parametrize(("hours", "late"), [(72, False), (73, True)])
def test_a_report_after_72_hours_is_marked(office: Any, hours: int, late: bool) -> None:
    job = office.job(
        "breach.register", {"etap": "zgloszenie"}, stwierdzono=AWARE, zgloszenie_uodo=reported(hours)
    )
    (entry,) = office.run(job).writes
    assert entry.data["late"] is late
    assert entry.data["account"] is None
    assert "opoznienie" not in entry.data


@pytest.mark.parametrize(
    ("headers", "variables"),
    [
        ({"etap": "koniec"}, {"stwierdzono": AWARE, "ocena": {}}),
        ({"etap": "ocena"}, {"stwierdzono": "wczoraj", "ocena": {}}),
        ({"etap": "ocena"}, {"stwierdzono": AWARE}),
    ],
)
def test_what_the_diagram_prepared_wrongly_is_a_failure(
    office: Any, headers: dict[str, str], variables: dict[str, Any]
) -> None:
    with pytest.raises(JobFailure) as caught:
        office.run(office.job("breach.register", headers, **variables))
    assert caught.value.permanent
