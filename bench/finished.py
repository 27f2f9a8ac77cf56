"""Finding one case among a million finished ones; ``python -m bench finished``.

The cases are written in bulk: copies of one that the engine itself has carried through, with numbers,
processes, states and times of their own. Times are of ``engine.find_cases``: page, count and deadlines.
"""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Mapping
from typing import Any

import click
from sqlalchemy import text

from bench.measuring import AT_ONCE, NUMBERS, databases
from engine import ProcessEngine
from engine.store import Transaction
from engine.store.tables import history, instance
from tests.builders import process

CASES = 1_000_000
ROUNDS = 40
DRAWING = process("case").start().script_task("s", "1", "n").end()
OPEN = process("open").start().user_task("t", due='=date and time("2027-01-01T10:00:00Z")').end()
SEARCHES: Mapping[str, dict[str, Any]] = {
    "newest": {},
    "oldest": {"order": "oldest"},
    "a number": {"business_key": "ZSZO03/2026/777777"},
    "the beginning of a number": {"business_key": "ZSZO03/2026/7777*"},
    "by number": {"order": "number"},
    "one process": {"process_id": "case_7"},
    "one process, finished, by number": {"process_id": "case_7", "state": ("completed",), "order": "number"},
    "cancelled": {"state": ("cancelled",)},
    "open": {"state": ("active", "suspended")},
    "filed by one person": {"filed_by": ("anna7",)},
    "with a deadline": {"order": "deadline"},
    "page 10": {"offset": 450},
    "no such number": {"business_key": "nic takiego"},
}


def fill(engine: ProcessEngine, cases: int) -> None:
    """Write so many finished cases with their first history row, and fifty open ones with a deadline."""
    engine.deploy(DRAWING.files(), by="bench")
    engine.deploy(OPEN.files(), by="bench")
    model = engine.start("case", actor="anna", business_key="ZSZO03/2026/0").key
    for first in range(0, cases, AT_ONCE):
        with engine.parts.store.transaction() as tx:
            _copy(tx, model, first, min(first + AT_ONCE, cases))
    for _ in range(50):
        engine.start("open", actor="anna7")
    with engine.parts.store.transaction() as tx:
        tx.execute(text("ANALYZE"))


def _copy(tx: Transaction, model: int, after: int, until: int) -> None:
    # The high byte of a key is its bucket: copies go round all of them.
    moved = "((numbers.n % 256) * 36028797018963968 + 1000000000 + numbers.n)"
    changed = {
        "bucket": "numbers.n % 256",
        "key": moved,
        "root_key": moved,
        "instance_key": moved,
        "process_id": "'case_' || CAST(numbers.n % 20 AS text)",
        "state": "CASE WHEN numbers.n % 1000 = 0 THEN 'cancelled' ELSE 'completed' END",
        "business_key": "'ZSZO03/2026/' || CAST(numbers.n AS text)",
        "started_at": "started_at - numbers.n * 60000000",
        "ended_at": "ended_at - numbers.n * 60000000 + 30000000",
        "actor": "'anna' || CAST(numbers.n % 5000 AS text)",
    }
    for each, condition in ((instance, "key = :model"), (history, "instance_key = :model AND seq = 1")):
        names = [column.name for column in each.c]
        values = ", ".join(changed.get(name, name) for name in names)
        statement = (
            f"INSERT INTO {each.name} ({', '.join(names)}) "  # noqa: S608  # our own tables and columns
            f"SELECT {values} FROM {each.name}, {NUMBERS[tx.dialect]} AS numbers WHERE {condition}"
        )
        tx.execute(text(statement), {"after": after, "until": until, "model": model})


def measure(name: str, url: str, cases: int) -> None:
    """Fill one database, search in every way and print."""
    with ProcessEngine(url) as engine:
        begun = time.perf_counter()
        fill(engine, cases)
        took = dt.timedelta(seconds=round(time.perf_counter() - begun))
        click.echo(f"{name}: {cases} finished cases, written in {took}")
        for what, asked in SEARCHES.items():
            times = []
            for _ in range(ROUNDS):
                begun = time.perf_counter()
                found = engine.find_cases(**asked)
                times.append((time.perf_counter() - begun) * 1000)
            p95 = sorted(times)[int(ROUNDS * 0.95)]
            lines = len(found.lines)
            click.echo(
                f"  {what:34} p50 {statistics.median(times):7.1f} ms  p95 {p95:7.1f} ms  {lines:3} lines"
            )


def main(*, quick: bool = False) -> None:
    """Measure both databases."""
    with databases() as addresses:
        for name, url in addresses.items():
            measure(name, url, CASES // 20 if quick else CASES)


if __name__ == "__main__":
    main()
