"""The verbs on both databases: CPU ms, statements and bytes of a case of three user tasks and one job.

``python -m bench.verbs``. CPU is this process' own plus, on PostgreSQL, its server's (Linux: /proc);
statements are
without BEGIN and COMMIT; bytes are how much the database grew per case, and the sealed history of one case.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import defaultdict
from collections.abc import Callable
from typing import TypeVar

import click
from sqlalchemy import text

from bench.measuring import databases, server_cpu, size
from engine import ProcessEngine
from tests.builders import process

T = TypeVar("T")
CASES = 200
LEASE = dt.timedelta(minutes=1)
DRAWING = process("case").start().user_task("a", group="EK-04").user_task("b").service_task("s", "work")
DRAWING.user_task("c").end()
VARIABLES = {
    "numer_sprawy": "ZSZO/2026/17",
    "szkola": {"numer_rspo": 999001, "email": "sekretariat@sp900.example"},
}


class Meter:
    """Adds up what each verb has cost."""

    def __init__(self, engine: ProcessEngine) -> None:
        self._engine = engine
        self.calls: dict[str, int] = defaultdict(int)
        self.cpu: dict[str, float] = defaultdict(float)
        self.statements: dict[str, int] = {}

    def __call__(self, verb: str, work: Callable[[], T]) -> T:
        """Do one verb and count it."""
        statements, begun = self._engine.statements, time.process_time()
        result = work()
        self.cpu[verb] += time.process_time() - begun
        self.calls[verb] += 1
        self.statements[verb] = self._engine.statements - statements
        return result


def one_case(engine: ProcessEngine, meter: Meter) -> int:
    """Carry one case through."""
    case = meter("start", lambda: engine.start("case", variables=VARIABLES, actor="anna"))
    task = engine.user_tasks(instance_key=case.key)[0]
    meter("claim a user task", lambda: engine.claim(task.key, actor="jan"))
    for element in ("a", "b"):
        key = engine.user_tasks(instance_key=case.key, element_id=element)[0].key
        meter(
            "complete a user task",
            lambda key=key: engine.complete(key, variables={"ok": True}, actor="jan"),  # type: ignore[misc]
        )
    (job,) = meter("activate a job", lambda: engine.activate_jobs("work", worker="w", limit=1, lease=LEASE))
    meter("complete a job", lambda: engine.complete_job(job.key, variables={"done": True}))
    last = engine.user_tasks(instance_key=case.key)[0]
    meter("complete the last task", lambda: engine.complete(last.key, actor="jan"))
    return case.key


def measure(name: str, url: str) -> None:
    """Measure one database and print."""
    with ProcessEngine(url) as engine:
        engine.deploy(DRAWING.files(), by="owner")
        for _ in range(20):
            one_case(engine, Meter(engine))
        before, server, meter = size(engine), server_cpu(engine), Meter(engine)
        begun = time.perf_counter()
        for _ in range(CASES):
            key = one_case(engine, meter)
        took = time.perf_counter() - begun
        served = (server_cpu(engine) - server) / CASES
        click.echo(f"{name}: {CASES / took:.0f} cases/s, one client")
        for verb, calls in meter.calls.items():
            cpu = meter.cpu[verb] / calls * 1000
            click.echo(f"  {verb:24} {meter.statements[verb]:3} statements {cpu:8.2f} ms CPU")
        total = sum(meter.cpu.values()) / CASES * 1000
        click.echo(f"  {'a case, all verbs':24} {total:23.2f} ms CPU, server {served * 1000:.2f} ms")
        grown = (size(engine) - before) / CASES
        click.echo(
            f"  bytes: the database grew {grown:.0f} per case, its sealed history is {history(engine, key)}"
        )


def history(engine: ProcessEngine, key: int) -> int:
    """Return the sealed bytes of one case's history."""
    with engine.parts.store.reading() as tx:
        found = tx.connection.execute(
            text("SELECT sum(length(payload)) FROM history WHERE instance_key = :key"), {"key": key}
        )
        return int(found.scalar_one())


def main() -> None:
    """Measure both databases."""
    with databases() as addresses:
        for name, url in addresses.items():
            measure(name, url)


if __name__ == "__main__":
    main()
