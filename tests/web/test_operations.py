"""What operators see and do: incidents singly and by kind, where cases wait, timers, jobs, stopping."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from engine import InstanceState, ProcessEngine, VirtualClock
from tests.builders import process
from tests.web.conftest import Browser

Browsers = Callable[[str | None], Browser]
FAILING = (
    process("zawodny", name="Zawodny")
    .start("s")
    .service_task("wyslij", "nikt.nie.robi", name="Wyślij pismo")
    .user_task("potem", name="Potem", group="EK-04")
    .boundary_timer("P2D", "po_terminie")
    .end("l")
    .at("potem")
    .end("e")
)


@pytest.fixture
def keys(office: ProcessEngine) -> list[int]:
    """Three cases whose job has failed for good."""
    office.deploy(FAILING.files(), by="olga")
    found = [office.start("zawodny", business_key=f"Z.{number}", actor="anna").key for number in range(3)]
    for job in office.activate_jobs("nikt.nie.robi", worker="w", limit=9, lease=dt.timedelta(minutes=1)):
        office.fail_job(job.key, worker="w", attempt=job.attempt, reason="550 <b>nie</b>", retries=0)
    return found


def retried(office: ProcessEngine) -> list[int]:
    jobs = office.activate_jobs("nikt.nie.robi", worker="w", limit=9, lease=dt.timedelta(minutes=1))
    return sorted(job.retries for job in jobs)


def test_an_incident_tells_its_error_and_is_resolved_with_a_reason(
    browser: Browsers, office: ProcessEngine, keys: list[int]
) -> None:
    oskar = browser("oskar")
    page = oskar.get("/incidents")
    assert "3 incydenty" in page
    assert "krok Wyślij pismo, procedura Zawodny" in page
    assert "Z.0" in page
    (incident,) = office.incidents(instance_key=keys[0])
    page = oskar.get(f"/incidents/{incident.key}")
    assert "550 &lt;b&gt;nie&lt;/b&gt;" in page
    assert "Gdy przyczyna zniknie, wznów." in page
    assert 'Wyślij pismo <code class="id">wyslij</code>' in page
    assert "nikt.nie.robi" in page
    oskar.post(f"/incidents/{incident.key}/resolve", reason=" ")
    assert (oskar.status, len(office.incidents(state="open"))) == (422, 3)
    oskar.get(f"/incidents/{incident.key}")
    oskar.post(f"/incidents/{incident.key}/resolve", reason="naprawiono", retries="4")
    assert "Wznowiono" in oskar.text
    assert retried(office) == [4]
    (event,) = [each for each in office.history(keys[0]) if each.type == "incident_resolved"]
    assert (event.actor, event.payload["reason"]) == ("oskar", "naprawiono")
    oskar.get("/incidents")
    oskar.post(f"/incidents/{incident.key}/resolve", reason="jeszcze raz")
    assert oskar.status == 409
    oskar.post("/incidents/7/resolve", reason="x")
    assert oskar.status in (403, 404)


def test_all_of_one_kind_are_resolved_at_once(
    browser: Browsers, office: ProcessEngine, keys: list[int]
) -> None:
    oskar = browser("oskar")
    oskar.get("/incidents")
    asked = {"process": "zawodny", "element": "wyslij", "kind": "job_no_retries"}
    oskar.post("/incidents/resolve", **asked, reason="")
    assert oskar.status == 422
    oskar.post("/incidents/resolve", **asked, reason="serwer działa", retries="2")
    office.run_until_idle()
    assert office.incidents(state="open") == []
    assert retried(office) == [2, 2, 2]
    page = oskar.get("/operations/batches")
    assert "wznowienie po incydentach" in page
    assert "3 z 3" in page


def test_incidents_are_filtered(
    browser: Browsers, office: ProcessEngine, keys: list[int], clock: VirtualClock
) -> None:
    oskar = browser("oskar")
    for query, seen in (
        ("process=zawodny&kind=job_no_retries", 3),
        ("kind=expression", 0),
        (f"instance={keys[1]}", 1),
        ("age=hour", 0),
    ):
        assert oskar.get(f"/incidents?{query}").count('<th scope="row">') == seen, query
    clock.advance(dt.timedelta(hours=2))
    assert oskar.get("/incidents?age=hour").count('<th scope="row">') == 3


def test_where_cases_wait_is_counted_and_listed(
    browser: Browsers, office: ProcessEngine, keys: list[int]
) -> None:
    oskar = browser("oskar")
    page = oskar.get("/operations")
    assert "Zawodny" in page
    assert "zatrzymana" in page
    page = oskar.get("/operations/processes/zawodny")
    assert '"wyslij": {"count": 3, "state": "incident"}' in page.replace("&#34;", '"')
    assert "/operations/processes/zawodny/elements/wyslij" in page
    page = oskar.get("/operations/processes/zawodny/elements/wyslij")
    assert all(f"Z.{number}" in page for number in range(3))
    assert "Nic tu nie czeka" in oskar.get("/operations/processes/zawodny/elements/potem")
    oskar.get("/operations/processes/nie_ma")
    assert oskar.status == 404


def test_timers_are_listed_and_overdue_ones_apart(
    browser: Browsers, office: ProcessEngine, keys: list[int], clock: VirtualClock
) -> None:
    oskar = browser("oskar")
    for incident in office.incidents(state="open"):
        office.resolve_incident(incident.key, actor="oskar", reason="x")
    for job in office.activate_jobs("nikt.nie.robi", worker="w", limit=9, lease=dt.timedelta(minutes=1)):
        office.complete_job(job.key, worker="w", attempt=job.attempt)
    assert oskar.get("/operations/timers").count('<th scope="row">') == 3
    assert "Żaden termin nie czeka" in oskar.get("/operations/timers?which=overdue")
    clock.advance(dt.timedelta(days=3))
    assert oskar.get("/operations/timers?which=overdue").count("zaległy<") == 3


def test_a_case_is_suspended_resumed_and_cancelled_with_reasons(
    browser: Browsers, office: ProcessEngine, keys: list[int]
) -> None:
    oskar, jan, key = browser("oskar"), browser("jan"), keys[0]
    jan.get(f"/instances/{key}")
    assert "Zawieś sprawę" not in jan.text
    jan.post(f"/instances/{key}/cancel", reason="x")
    assert jan.status == 404
    for verb, state in (("suspend", "suspended"), ("activate", "active"), ("cancel", "cancelled")):
        oskar.get(f"/instances/{key}")
        oskar.post(f"/instances/{key}/{verb}", reason="")
        assert oskar.status == 422
        oskar.get(f"/instances/{key}")
        oskar.post(f"/instances/{key}/{verb}", reason=f"bo {verb}")
        assert (oskar.status, str(office.instance(key).state)) == (200, state)
    assert "Sprawę anulowano; powód: bo cancel" in oskar.text
    oskar.get("/incidents")
    oskar.post(f"/instances/{key}/suspend", reason="za późno")
    assert oskar.status == 409


def test_a_procedure_is_suspended_and_resumed_with_its_cases(
    browser: Browsers, office: ProcessEngine, keys: list[int]
) -> None:
    oskar = browser("oskar")
    oskar.get("/operations/processes/zawodny")
    oskar.post("/operations/processes/zawodny/suspend", reason="kontrola")
    office.run_until_idle()
    assert {office.instance(key).state for key in keys} == {InstanceState.SUSPENDED}
    assert "Procedura jest zawieszona" in oskar.get("/operations/processes/zawodny")
    oskar.post("/operations/processes/zawodny/activate", reason="po kontroli")
    office.run_until_idle()
    assert {office.instance(key).state for key in keys} == {InstanceState.ACTIVE}
    oskar.get("/operations/processes/zawodny")
    oskar.post("/operations/processes/zawodny/activate", reason="drugi raz")
    assert oskar.status == 409


def test_pages_of_operators_take_as_many_statements_whatever_there_is(
    browser: Browsers, office: ProcessEngine, keys: list[int]
) -> None:
    oskar = browser("oskar")
    pages = ("/incidents", "/operations", "/operations/processes/zawodny", "/operations/timers")

    def counted() -> list[int]:
        found = []
        for path in pages:
            oskar.get(path)
            before = office.statements
            oskar.get(path)
            found.append(office.statements - before)
        return found

    few = counted()
    for number in range(40):
        office.start("zawodny", business_key=f"W.{number}", actor="anna")
    for job in office.activate_jobs("nikt.nie.robi", worker="w", limit=50, lease=dt.timedelta(minutes=1)):
        office.fail_job(job.key, worker="w", attempt=job.attempt, reason="nie", retries=0)
    assert counted() == few
    assert max(few) <= 16
