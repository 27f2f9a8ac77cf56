"""The page of the worklist with 100 000 open tasks, on both databases: ms of the server, statements.

``python -m bench.worklist [TASKS]``. The tasks are written in bulk: 20 groups of one process each and a clerk
in three of them; every fifth task is somebody's. One group has half of all tasks, as the worst case has it.
Times are of the whole page, through the application, its session and its template; one client.
"""

from __future__ import annotations

import datetime as dt
import statistics
import sys
import time
from collections.abc import Iterator, Sequence

import click
from sqlalchemy import insert, text
from starlette.testclient import TestClient

from bench.measuring import databases
from engine import ProcessEngine
from engine.clock import micros
from engine.history import GENESIS
from engine.keys import bucket_of_root, compose
from engine.store import user_tasks
from engine.store.rows import UserTaskRow
from engine.store.tables import instance
from tests.builders import process
from web import create_application

TASKS = 100_000
AT_ONCE = 5_000
ROUNDS = 40
GROUPS = 20
NAMES = ("Podejmij wniosek", "Sprawdź dane", "Wydaj hasło", "Potwierdź tożsamość", "Zatwierdź wysyłkę")
PAGES = {
    "of my groups, by deadline": "/tasks?which=groups",
    "to be taken": "/tasks?which=free",
    "mine": "/tasks?which=mine",
    "all": "/tasks?which=all",
    "page 10 of all": "/tasks?which=all&from=450",
    "by priority": "/tasks?which=all&sort=priority",
    "by age": "/tasks?which=groups&sort=age",
    "overdue": "/tasks?which=all&due=overdue",
    "one process": "/tasks?which=all&process=case_7",
    "a part of a name": "/tasks?which=all&q=tozsamosc",
    "a case number": "/tasks?which=all&q=ZSZO03/2026/777",
    "nothing found": "/tasks?which=all&q=nic takiego",
}


def fill(engine: ProcessEngine, tasks: int) -> None:
    """Write so many cases with one open task each, in bulk: rows as the verbs leave them, states empty."""
    for number in range(GROUPS):
        drawing = process(f"case_{number}", name=f"Sprawa {number}").start().user_task("t").end()
        engine.deploy(drawing.files(), by="olga")
    definitions = {each.id: each.key for each in engine.definitions()}
    for first in range(0, tasks, AT_ONCE):
        numbers = range(1_000_000 + first, 1_000_000 + min(first + AT_ONCE, tasks))
        rows = [row(number, engine.now()) for number in numbers]
        with engine.parts.store.transaction() as tx:
            tx.execute(insert(instance), [case(each, definitions) for each in rows])
            user_tasks.upsert(tx, rows)
    with engine.parts.store.transaction() as tx:
        tx.execute(text("ANALYZE"))


def row(number: int, now: dt.datetime) -> UserTaskRow:
    """Return one open task; it and its case have neighbouring keys."""
    key = compose(bucket_of_root(number), number)
    group = number // 2 % GROUPS if number % 2 else 7
    due = now + dt.timedelta(hours=number * 7919 % 2000 - 400)
    return UserTaskRow(
        key=key,
        instance_key=key,
        root_key=key,
        process_id=f"case_{group}",
        element_id="t",
        name=NAMES[number % len(NAMES)],
        state="created" if number % 5 else "assigned",
        assignee=None if number % 5 else f"clerk{number % 97}",
        candidate_groups=(f"EK-{group:02}",),
        candidate_users=(),
        due_at=micros(due) if number % 9 else None,
        follow_up_at=None,
        priority=number % 5 * 25,
        form_id=None,
        created_at=micros(now - dt.timedelta(minutes=number * 104_729 % 50_000)),
    )


def case(task: UserTaskRow, definitions: dict[str, int]) -> dict[str, object]:
    """Return the case of a task, as columns."""
    return {
        "bucket": task.key >> 55,
        "key": task.key,
        "root_key": task.key,
        "definition_key": definitions[task.process_id],
        "process_id": task.process_id,
        "version": 1,
        "state": "active",
        "business_key": f"ZSZO03/2026/{task.key % (1 << 55)}",
        "started_at": task.created_at,
        "parameters_version": 0,
        "seq": 1,
        "head_hash": GENESIS,
        "revision": 1,
        "pages": 0,
        "state_bytes": b"\0" * 1500,
    }


def rounds(client: TestClient, path: str) -> Iterator[float]:
    """Yield the milliseconds of each of so many openings of a page."""
    client.get(path)
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        answer = client.get(path)
        yield (time.perf_counter() - begun) * 1000
        assert answer.status_code == 200, answer.status_code


def measure(name: str, url: str, tasks: int) -> None:
    """Fill one database, open every kind of page and print."""
    with ProcessEngine(url) as engine:
        fill(engine, tasks)
        engine.people.add(
            "jan", name="Jan Próbny", roles=("clerk",), groups=("EK-07", "EK-03", "EK-11"), by="bench"
        )
        click.echo(f"{name}: {tasks} open tasks")
        with TestClient(create_application(engine), base_url="https://obieg.test") as client:
            client.cookies.set("__Host-obieg", engine.accounts.open("jan"), domain="obieg.test")
            for what, path in PAGES.items():
                took = sorted(rounds(client, path))
                before = engine.statements
                size = len(client.get(path).content)
                report(what, took, engine.statements - before, size)


def report(what: str, took: Sequence[float], statements: int, size: int) -> None:
    """Print one line."""
    p95 = took[int(len(took) * 0.95)]
    click.echo(
        f"  {what:26} p50 {statistics.median(took):6.1f} ms  p95 {p95:6.1f} ms"
        f"  {statements:3} statements  {size // 1024:3} kB"
    )


def main() -> None:
    """Measure both databases."""
    tasks = int(sys.argv[1]) if len(sys.argv) > 1 else TASKS
    with databases() as addresses:
        for name, url in addresses.items():
            measure(name, url, tasks)


if __name__ == "__main__":
    main()
