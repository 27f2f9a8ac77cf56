"""Finding one case among a million finished ones and some thousand open ones; ``python -m bench finished``.

The cases are written in bulk: copies of one finished and one open case that the engine itself has carried
through, with numbers, processes, states, people and times of their own; the numbers of each process begin
alike, as registers' do. A quarter was filed by one mailbox. Times are of ``engine.find_cases`` (page, count,
deadlines), ``engine.instances`` and ``engine.case``.
"""

from __future__ import annotations

import datetime as dt
import os
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import click
from sqlalchemy import text

from bench.measuring import AT_ONCE, NUMBERS, databases, server_cpu
from engine import ProcessEngine
from engine.store import Transaction
from engine.store.tables import history, instance, user_task
from tests.builders import process

CASES = 1_000_000
OPEN_SHARE = 50  # one open case for so many finished ones
ROUNDS = 40
DRAWING = process("case").start().script_task("s", "1", "n").end()
OPEN = process("open").start().user_task("t", due='=date and time("2027-01-01T10:00:00Z")').end()
ENDED = ("completed", "terminated", "cancelled")
OPEN_STATES = ("active", "suspended")
PEOPLE = tuple(f"anna{number}" for number in range(1, 41, 2))
SEARCHES: Mapping[str, dict[str, Any]] = {
    "newest": {},
    "oldest": {"order": "oldest"},
    "a number": {"business_key": "P17/2026/777777"},
    "the beginning of a number": {"business_key": "P17/2026/7777*"},
    "the beginning of 50 000 numbers": {"business_key": "P17/*"},
    "by number": {"order": "number"},
    "one process": {"process_id": "case_7"},
    "one process, finished, by number": {"process_id": "case_7", "state": ENDED, "order": "number"},
    "finished": {"state": ENDED},
    "cancelled": {"state": ("cancelled",)},
    "cancelled, of one process": {"state": ("cancelled",), "process_id": "case_0"},
    "open": {"state": OPEN_STATES},
    "open, oldest, of one process": {"state": OPEN_STATES, "process_id": "open", "order": "oldest"},
    "open, by number": {"state": OPEN_STATES, "order": "number"},
    "suspended": {"state": ("suspended",)},
    "filed by one person": {"filed_by": ("anna7",)},
    "filed by one person, open": {"filed_by": ("anna7",), "state": OPEN_STATES},
    "filed by one of 20 people, by number": {"filed_by": PEOPLE, "order": "number"},
    "filed by the mailbox": {"filed_by": ("poczta",)},
    "filed by the mailbox, with a process it has not": {"filed_by": ("poczta",), "process_id": "case_7"},
    "with a deadline": {"order": "deadline"},
    "with a deadline, newest": {"due_before": dt.datetime(2030, 1, 1, tzinfo=dt.UTC)},
    "page 10": {"offset": 450},
    "page 50": {"offset": 2_450},
    "no such number": {"business_key": "nic takiego"},
}
LISTS: Mapping[str, dict[str, Any]] = {
    "instances": {},
    "instances of a process": {"process_id": "case_7"},
    "instances cancelled": {"state": "cancelled"},
    "instances started by": {"started_by": "anna7"},
}


def fill(engine: ProcessEngine, cases: int) -> int:
    """Write so many finished cases with their first history row, and open ones with a task and its deadline.

    Return the key of one of them.
    """
    engine.deploy(DRAWING.files(), by="bench")
    engine.deploy(OPEN.files(), by="bench")
    finished = engine.start("case", actor="anna", business_key="P0/2026/0").key
    waiting = engine.start("open", actor="anna", business_key="O/2026/0").key
    for first in range(0, cases, AT_ONCE):
        with engine.parts.store.transaction() as tx:
            _copy(tx, finished, first, min(first + AT_ONCE, cases), _FINISHED)
    for first in range(cases, cases + cases // OPEN_SHARE, AT_ONCE):
        with engine.parts.store.transaction() as tx:
            _copy(tx, waiting, first, min(first + AT_ONCE, cases + cases // OPEN_SHARE), _WAITING)
    with engine.parts.store.transaction() as tx:
        tx.execute(text("ANALYZE"))
    return waiting


# The high byte of a key is its bucket: copies go round all of them.
_MOVED = "((numbers.n % 256) * 36028797018963968 + 1000000000 + numbers.n)"
_COPIED = {
    "bucket": "numbers.n % 256",
    "key": _MOVED,
    "root_key": _MOVED,
    "instance_key": _MOVED,
    "actor": "CASE WHEN numbers.n % 4 = 0 THEN 'poczta' ELSE 'anna' || CAST(numbers.n % 5000 AS text) END",
}
_FINISHED = _COPIED | {
    "process_id": "'case_' || CAST(numbers.n % 20 AS text)",
    "state": "CASE WHEN numbers.n % 1000 = 0 THEN 'cancelled' ELSE 'completed' END",
    "business_key": "'P' || CAST(numbers.n % 20 AS text) || '/2026/' || CAST(numbers.n AS text)",
    "started_at": "started_at - numbers.n * 60000000",
    "at": "at - numbers.n * 60000000",
    "ended_at": "ended_at - numbers.n * 60000000 + 30000000",
}
_WAITING = _COPIED | {
    "started_at": "started_at - numbers.n * 1000000",
    "at": "at - numbers.n * 1000000",
    "business_key": "'O/2026/' || CAST(numbers.n AS text)",
    "due_at": "due_at + numbers.n * 1000000",
    "due_order": "due_order + numbers.n * 1000000",
}
_STATES = {"instance": "CASE WHEN numbers.n % 1000 = 0 THEN 'suspended' ELSE 'active' END"}


def _copy(tx: Transaction, model: int, after: int, until: int, changed: Mapping[str, str]) -> None:
    for each, condition in (
        (instance, "key = :model"),
        (history, "instance_key = :model AND seq = 1"),
        (user_task, "instance_key = :model"),
    ):
        names = [column.name for column in each.c]
        own = {"state": _STATES[each.name]} if changed is _WAITING and each.name in _STATES else {}
        values = ", ".join({**changed, **own}.get(name, name) for name in names)
        statement = (
            f"INSERT INTO {each.name} ({', '.join(names)}) "  # noqa: S608  # our own tables and columns
            f"SELECT {values} FROM {each.name}, {NUMBERS[tx.dialect]} AS numbers WHERE {condition}"
        )
        tx.execute(text(statement), {"after": after, "until": until, "model": model})


def measure(name: str, url: str, cases: int) -> None:
    """Fill one database, search in every way and print."""
    with ProcessEngine(url) as engine:
        begun = time.perf_counter()
        one = fill(engine, cases)
        took = dt.timedelta(seconds=round(time.perf_counter() - begun))
        click.echo(f"{name}: {cases} finished cases, written in {took}; load {os.getloadavg()[0]:.1f}")
        for what, asked in SEARCHES.items():
            found = engine.find_cases(**asked)
            said = f"{len(found.lines)} lines" + ("" if found.complete else ", says that there may be more")
            _told(engine, what, lambda asked=asked: engine.find_cases(**asked), said)  # type: ignore[misc]
        for what, asked in LISTS.items():
            _told(engine, what, lambda asked=asked: engine.instances(**asked), "")  # type: ignore[misc]
        _told(engine, "one case", lambda: engine.case(one), "")


def _told(engine: ProcessEngine, what: str, work: Callable[[], object], said: str) -> None:
    times = []
    cpu, server = time.process_time(), server_cpu(engine)
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        times.append((time.perf_counter() - begun) * 1000)
    spent = (time.process_time() - cpu) / ROUNDS * 1000, (server_cpu(engine) - server) / ROUNDS * 1000
    p95 = sorted(times)[int(ROUNDS * 0.95)]
    click.echo(
        f"  {what:48} p50 {statistics.median(times):6.1f} p95 {p95:6.1f} ms  "
        f"CPU {spent[0]:5.1f} + {spent[1]:4.1f} ms  {said}"
    )


def main(*, quick: bool = False) -> None:
    """Measure both databases."""
    with databases() as addresses:
        for name, url in addresses.items():
            measure(name, url, CASES // 20 if quick else CASES)


if __name__ == "__main__":
    main()
