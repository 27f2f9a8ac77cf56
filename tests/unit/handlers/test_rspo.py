"""``rspo.lookup`` against a register in the shape of the 2026 API."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from decimal import Decimal
from typing import Any

import pytest

from demo.context import START
from demo.servers import DemoServers
from engine import BpmnError, JobFailure


def test_a_school_is_found_and_normalised(office: Any, servers: DemoServers) -> None:
    done = office.run(office.job("rspo.lookup", numer_rspo=Decimal(999001)))
    school = done.variables["placowka"]
    assert school["nazwa"] == "SZKOŁA PODSTAWOWA NR 900 W KRAKOWIE"
    assert school["dyrektor"] == {"imie": "Anna", "nazwisko": "Przykładowa"}
    assert (school["email"], school["telefon"], school["numer_rspo"]) == (
        "sekretariat@sp900.example",
        "126000900",
        999001,
    )
    assert "polozenie" not in school  # a list in the API, and nothing a procedure needs
    assert (school["data_likwidacji"], school["podmiot_przekazujacy"]) == (None, "Miasto Kraków")
    snapshot = done.variables["rspo_migawka"]
    assert (snapshot["source"], snapshot["fetched_at"], len(snapshot["sha256"])) == ("api", START, 64)
    (asked,) = servers.lines("rspo", "request")
    assert (asked["path"], asked["query"]) == ("/api/placowki/", {"RSPO": "999001"})


def test_the_snapshot_is_of_the_bytes_that_came(office: Any, servers: DemoServers) -> None:
    servers.rspo.schools = []
    with pytest.raises(BpmnError, match="RSPO_NIE_ZNALEZIONO"):
        office.run(office.job("rspo.lookup", numer_rspo="999001"))
    servers.rspo.schools = [{"numerRspo": 5}]
    done = office.run(office.job("rspo.lookup", numer_rspo=5))
    assert done.variables["rspo_migawka"]["sha256"] == hashlib.sha256(b'[{"numerRspo":5}]').hexdigest()
    assert done.variables["placowka"]["email"] is None


@pytest.mark.parametrize(("closed", "open_"), [("2026-12-17T00:00:00", False), ("2026-12-18T00:00:00", True)])
def test_a_school_is_closed_from_its_last_day_on(
    office: Any, servers: DemoServers, closed: str, open_: bool
) -> None:
    servers.rspo.schools = [{"numerRspo": 5, "dataLikwidacji": closed}]
    if open_:
        done = office.run(office.job("rspo.lookup", numer_rspo=5))
        assert done.variables["placowka"]["data_likwidacji"] == dt.date(2026, 12, 18)
        return
    with pytest.raises(BpmnError) as caught:
        office.run(office.job("rspo.lookup", numer_rspo=5))
    assert caught.value.code == "PLACOWKA_ZLIKWIDOWANA"
    assert set(caught.value.variables) == {"placowka", "rspo_migawka"}


@pytest.mark.parametrize("fault", ["500", "503", "hang", "slow", "big", "garbage", "lost"])
def test_passing_trouble_is_a_failure(office_with: Any, servers: DemoServers, fault: str) -> None:
    office = office_with(RSPO_DEADLINE="0.4")
    servers.fault("rspo", fault)
    started = time.monotonic()
    with pytest.raises(JobFailure) as caught:
        office.run(office.job("rspo.lookup", numer_rspo=999001))
    assert not caught.value.permanent
    assert time.monotonic() - started < 5.0  # a hanging answer takes 30 s, a dripping one 7 s
    assert (
        office.run(office.job("rspo.lookup", numer_rspo=999001)).variables["placowka"]["numer_rspo"] == 999001
    )


@pytest.mark.parametrize("fault", ["401", "403", "404", "302"])
def test_refusals_last_and_name_the_remedy(office: Any, servers: DemoServers, fault: str) -> None:
    servers.fault("rspo", fault)
    with pytest.raises(JobFailure, match=r"rspo@cie\.gov\.pl") as caught:
        office.run(office.job("rspo.lookup", numer_rspo=999001))
    assert caught.value.permanent


@pytest.mark.parametrize(
    ("wait", "seconds"),
    [
        ("7", 7.0),
        ("99999999999", 21600.0),
        ("Thu, 17 Dec 2026 09:00:30 GMT", 30.0),
        ("soon", None),
        ("-1", None),
    ],
)
def test_too_many_requests_wait_as_long_as_asked(
    office: Any, servers: DemoServers, wait: str, seconds: float | None
) -> None:
    servers.fault("rspo", f"429:{wait}")
    with pytest.raises(JobFailure) as caught:
        office.run(office.job("rspo.lookup", numer_rspo=999001))
    assert (caught.value.permanent, caught.value.back_off) == (False, seconds)


@pytest.mark.parametrize("number", [None, "", "12a", True, Decimal("1.5"), Decimal("1E+400000000"), [1]])
def test_a_number_that_is_none_is_the_model_s_mistake(office: Any, number: Any) -> None:
    with pytest.raises(JobFailure, match="numer_rspo") as caught:
        office.run(office.job("rspo.lookup", numer_rspo=number))
    assert caught.value.permanent
