"""What is tried again after a person looked, and how it is counted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine import HandlerRegistry, ProcessEngine, VirtualClock
from engine.kernel import Limits
from tests.builders import process
from tests.scenarios.run import LEASE, Run


def test_attempts_are_counted_on_after_an_incident_was_resolved(run: Run) -> None:
    case = run(process("p").start().service_task("send", "mail", retries="2").end("done"))
    for attempt in (1, 2):
        job = case.job("mail")
        assert job.attempt == attempt
        run.engine.fail_job(job.key, reason="busy")
        run.advance(hours=1)
    assert [each.type for each in case.incidents] == ["job_no_retries"]
    case.resolve()
    again = case.job("mail")
    assert (again.key, again.attempt, again.retries) == (job.key, 3, 1)
    assert again.idempotency_key == job.idempotency_key
    run.engine.complete_job(again.key)
    assert case.ended_at == ["done"]


@pytest.fixture
def narrow(database_url: str, clock: VirtualClock) -> Iterator[ProcessEngine]:
    """An engine that interrupts a step after 10 elements and stops after 40 without a wait."""
    limits = Limits(elements=10, elements_without_wait=40)
    with ProcessEngine(database_url, clock=clock, handlers=HandlerRegistry(), limits=limits) as opened:
        yield opened


def test_a_loop_without_an_end_waits_for_a_person_and_then_goes_on_by_a_job(narrow: ProcessEngine) -> None:
    drawing = process("p").start().exclusive("again").script_task("count", "n + 1", "n")
    drawing.exclusive("enough").flow_if("n < limit").connect_to("again").at("enough").default().end("done")
    narrow.deploy(drawing.files(), by="owner")
    key = narrow.start("p", variables={"n": 0, "limit": 1_000}, actor="anna").key
    narrow.run_until_idle()
    (incident,) = narrow.incidents(instance_key=key, state="open")
    stopped = narrow.variables(key)["n"]
    assert (incident.type, narrow.run_until_idle()) == ("endless_loop", 0)
    narrow.set_variables(key, {"limit": stopped + 5}, actor="op", reason="it was a mistake")
    narrow.resolve_incident(incident.key, actor="op", reason="corrected")
    narrow.run_until_idle()
    assert narrow.incidents(instance_key=key, state="open") == []
    assert (narrow.variables(key)["n"], str(narrow.instance(key).state)) == (stopped + 5, "completed")
    assert narrow.activate_jobs("any", worker="w", limit=1, lease=LEASE) == []
    report = narrow.verify(key)
    assert report.ok, report
