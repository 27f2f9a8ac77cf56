"""Boundary timers: 10 000 due at once, lateness at a steady load, and claims beside many future timers.

``python -m bench timers``. Fired means: its case's task interrupted, history written, the case ended.
"""

from __future__ import annotations

import datetime as dt
import os
import statistics
import threading
import time

import click
from sqlalchemy import select, text

from bench.jobs import drain
from bench.measuring import AT_ONCE, NUMBERS, Workload, databases, measure
from engine import ProcessEngine, Scheduler, Worker
from engine.clock import instant
from engine.keys import bucket_of_root, compose
from engine.scheduler import promote
from engine.store import jobs
from engine.store.rows import JobRow
from engine.store.tables import history, job
from tests.builders import process

HOUR = dt.timedelta(hours=1)
DRAWING = process("deadline").start().user_task("t").end().at("t").boundary_timer("PT1H").end("late")
LATER = process("later").start().user_task("t").end().at("t").boundary_timer("date:=due").end("late")
RATES = (50, 200)  # timers due per second, for a steady load
STEADY = 20  # seconds of it
FUTURE = (10_000, 1_000_000)
CLAIMS = 200


def due(engine: ProcessEngine, units: int) -> None:
    """Start cases and let their deadlines pass."""
    for _ in range(units):
        engine.start("deadline", actor="anna")
    engine.set_clock_offset(dt.timedelta(microseconds=engine.parts.store.clock_offset()) + 2 * HOUR)


def fire(engine: ProcessEngine, share: range) -> None:
    """Fire whatever is due."""
    promote(engine.parts)
    drain(engine, share)


WORKLOADS = (
    Workload(name="due boundary timer", units=10_000, files=DRAWING.files(), prepare=due, work=fire),
)


def lateness(engine: ProcessEngine, rate: int, seconds: int) -> list[float]:
    """Let timers become due evenly, a worker and its scheduler running; return by how many seconds each
    was late."""
    engine.deploy(LATER.files(), by="bench")
    first = engine.now() + dt.timedelta(seconds=seconds + 10)
    for number in range(rate * seconds):
        engine.start("later", variables={"due": first + dt.timedelta(seconds=number / rate)}, actor="anna")
    with engine.parts.store.reading() as tx:
        waiting = tx.execute(select(job.c.instance_key, job.c.due_at).where(job.c.kind == "timer"))
        expected: dict[int, int] = {int(key): int(at) for key, at in waiting}
    first_due = instant(min(expected.values()))
    engine.set_clock_offset(max(first_due - engine.now() - dt.timedelta(seconds=1), dt.timedelta(0)))
    _run_until_none_is_open(engine)
    with engine.parts.store.reading() as tx:
        fired = tx.execute(
            select(history.c.instance_key, history.c.at).where(history.c.command == "fire_timer")
        )
        return sorted((at - expected[key]) / 1e6 for key, at in fired)


def _run_until_none_is_open(engine: ProcessEngine) -> None:
    worker = Worker(engine, threads=4)
    scheduler, running = Scheduler(engine, worker), threading.Thread(target=worker.run)
    scheduler.start()
    running.start()
    while engine.instances(state="active", limit=1):
        time.sleep(0.2)
    worker.stop()
    running.join()
    scheduler.stop()


def claim_times(engine: ProcessEngine, future: int) -> list[float]:
    """Claim 20 of 40 ready jobs many times beside so many future timers; return the milliseconds of each."""
    _schedule(engine, future)
    taken = []
    for _ in range(CLAIMS):
        with engine.parts.store.transaction() as tx:
            begun = time.perf_counter()
            rows = jobs.claim(tx, types=("work",), owner="bench", limit=20, lease_us=60_000_000)
            taken.append((time.perf_counter() - begun) * 1000)
            assert len(rows) == 20, len(rows)
        with engine.parts.store.transaction() as tx:
            for row in rows:
                jobs.release(tx, row.key, owner="bench", attempt=row.attempt)
    return sorted(taken)


def _schedule(engine: ProcessEngine, future: int) -> None:
    """Write 40 ready jobs, and future timers in bulk: copies of one row that the store itself has written."""
    with engine.parts.store.transaction() as tx:
        ready = [_row(900_000_000 + number, "job", "ready", tx.now) for number in range(40)]
        model = _row(1_000_000_000, "timer", "scheduled", tx.now + 3_600_000_000)
        jobs.insert(tx, [*ready, model])
    others = ", ".join(each.name for each in job.c if each.name not in ("key", "due_at"))
    for first in range(0, future, AT_ONCE):
        with engine.parts.store.transaction() as tx:
            tx.execute(
                text(
                    f"INSERT INTO job (key, due_at, {others}) "  # noqa: S608  # names of our own columns
                    f"SELECT key + numbers.n, due_at + numbers.n * 1000, {others} "
                    f"FROM job, {NUMBERS[tx.dialect]} AS numbers WHERE key = :model"
                ),
                {"after": first, "until": min(first + AT_ONCE, future), "model": model.key},
            )
    with engine.parts.store.transaction() as tx:
        tx.execute(text("ANALYZE"))


def _row(number: int, kind: str, stage: str, due_at: int) -> JobRow:
    key = compose(bucket_of_root(number), number)
    return JobRow(
        key=key,
        kind=kind,
        instance_key=key,
        root_key=key,
        element_key=key,
        element_id="t",
        process_id="deadline",
        type="work" if kind == "job" else "",
        stage=stage,
        priority=50,
        due_at=due_at,
        created_at=due_at,
        payload=b"",
    )


def main(*, quick: bool = False) -> None:
    """Measure and print."""
    measure(WORKLOADS, quick=quick)
    for rate in RATES[:1] if quick else RATES:
        with databases() as addresses:
            for name, url in addresses.items():
                with ProcessEngine(url) as engine:
                    late = lateness(engine, rate, 5 if quick else STEADY)
                _told(f"lateness, {rate} timers/s due, {name}", late, "s")
    for future in (each // 10 if quick else each for each in FUTURE):
        with databases() as addresses:
            for name, url in addresses.items():
                with ProcessEngine(url) as engine:
                    _told(f"claim of 20 beside {future} timers, {name}", claim_times(engine, future), "ms")


def _told(name: str, found: list[float], unit: str) -> None:
    p95, p99 = (found[int(len(found) * share)] for share in (0.95, 0.99))
    click.echo(
        f"  {name:52} median {statistics.median(found):6.2f} p95 {p95:6.2f} p99 {p99:6.2f} {unit}"
        f" (load {os.getloadavg()[0]:.1f})"
    )


if __name__ == "__main__":
    main()
