"""What a monitoring system is told, and what it is not."""

from __future__ import annotations

import datetime as dt

import click
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from commands.monitoring import _address, monitored
from engine import ProcessEngine, VirtualClock, Worker
from tests.builders import process
from tests.conftest import START

CANARY = "Kowalska-Canary"


def test_a_node_says_how_it_is_and_how_much_waits() -> None:
    clock = VirtualClock(START)
    with ProcessEngine("sqlite:///:memory:", clock=clock) as engine:
        drawn = process("p").start().catch_timer("PT1H", "wait").service_task("work", job="x").end()
        engine.deploy(drawn.files(), by="owner")
        for number in range(2):
            engine.start("p", variables={"name": CANARY}, business_key=f"{CANARY}-{number}", actor=CANARY)
            clock.advance(dt.timedelta(minutes=50))
        engine.run_until_idle()
        clock.advance(dt.timedelta(minutes=30))
        worker, alive = Worker(engine), [True]
        with monitored(("127.0.0.1", 0), engine, worker, lambda: alive[0]) as port:
            text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
            found = {
                sample.name + "".join(sample.labels.values()): sample.value
                for family in text_string_to_metric_families(text)
                for sample in family.samples
            }
            assert found["obieg_open_instances"] == 2
            assert (found["obieg_jobsready"], found["obieg_jobsscheduled"]) == (1, 1)
            assert (
                found["obieg_due_lateness_seconds"] == 30 * 60
            )  # a job waits longer than the timer that is due
            assert found["obieg_commit_seconds_count"] > 3
            assert found["obieg_step_seconds_count"] == 3
            assert found["obieg_statements_total"] > 10
            assert CANARY not in text
            assert _status(port, "live", "ready") == [200, 200]
            alive[0] = False
            worker.stop()
            assert _status(port, "live", "ready") == [503, 503]
            assert httpx.get(f"http://127.0.0.1:{port}/anything").status_code == 404
        worker.run()


@pytest.mark.parametrize("wrong", ["9464", ":9464", "host:", "host:http", "host:70000"])
def test_an_address_is_a_host_and_a_port(wrong: str) -> None:
    context = click.Context(click.Command("x"))
    with pytest.raises(click.BadParameter, match="expected an address"):
        _address(context, click.Option(["--monitor"]), wrong)


def _status(port: int, *names: str) -> list[int]:
    return [httpx.get(f"http://127.0.0.1:{port}/health/{name}").status_code for name in names]
