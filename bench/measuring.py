"""How a workload is measured: by programs of its own, on both databases, several rounds, medians.

A workload is prepared by this process, which is not measured, and then carried out by one or more programs at
once. Figures are per unit of work: wall time, CPU of the programs and of PostgreSQL's server (Linux: /proc),
statements without BEGIN and COMMIT, commits, bytes the database grew by, and WAL.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import click
import msgspec
from sqlalchemy import text

from engine import HandlerRegistry, ProcessEngine
from tests import postgres

ROUNDS = 3
QUICK = 10  # a quick run does a tenth
AT_ONCE = 50_000  # rows written in bulk by one statement, well within its time limit
NUMBERS = {  # the numbers n after :after up to :until, for writing in bulk
    "sqlite": "(WITH RECURSIVE n(n) AS (SELECT :after + 1 UNION ALL SELECT n + 1 FROM n WHERE n < :until) "
    "SELECT n FROM n)",
    "postgresql": "(SELECT generate_series(CAST(:after AS bigint) + 1, CAST(:until AS bigint)) AS n)",
}


def nothing(engine: ProcessEngine, units: int) -> None:
    """Prepare nothing."""


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What is measured: functions of a module, so that another program can import them.

    ``prepare`` makes so many units ready; ``work`` carries the units of these numbers out, in each program
    its share of them; ``handlers`` are what the programs' service tasks do.
    """

    name: str
    units: int
    work: Callable[[ProcessEngine, range], None]
    files: Sequence[tuple[str, bytes]] = ()
    prepare: Callable[[ProcessEngine, int], None] = nothing
    handlers: Callable[[], HandlerRegistry] = HandlerRegistry
    programs: tuple[int, ...] = (1, 2)


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """What one program needed for its share: CPU seconds, statements, commits."""

    cpu: float
    statements: int
    commits: int


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """One round, per unit: seconds, CPU ms of the programs and of the server, counts, bytes."""

    seconds: float
    cpu: float
    server: float
    statements: float
    commits: float
    grown: float
    wal: float


def server_cpu(engine: ProcessEngine) -> float:
    """Return the CPU seconds of all processes the PostgreSQL server has or had, 0 for SQLite."""
    with engine.parts.store.reading() as tx:
        if tx.dialect == "sqlite":
            return 0.0
        backend = int(tx.connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
    postmaster = _fields(backend)[1]
    ticks = 0
    for folder in Path("/proc").glob("[0-9]*"):
        fields = _fields(int(folder.name))
        if fields and fields[1] == postmaster:
            ticks += int(fields[11]) + int(fields[12])
    ticks += sum(int(each) for each in _fields(int(postmaster))[11:15])  # its own, and of those that ended
    return ticks / os.sysconf("SC_CLK_TCK")


def _fields(process: int) -> list[str]:
    """Return what /proc says of a process after its name: state, parent, …; nothing for one that is gone."""
    try:
        content = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return []
    return content.rpartition(")")[2].split()


def size(engine: ProcessEngine) -> int:
    """Return the size of the database in bytes."""
    with engine.parts.store.reading() as tx:
        if tx.dialect == "sqlite":
            pages = tx.connection.execute(text("PRAGMA page_count")).scalar_one()
            return int(pages) * int(tx.connection.execute(text("PRAGMA page_size")).scalar_one())
        return int(tx.connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())


def logged(engine: ProcessEngine) -> int:
    """Return how many bytes of WAL PostgreSQL has written, 0 for SQLite."""
    with engine.parts.store.reading() as tx:
        if tx.dialect == "sqlite":
            return 0
        return int(
            tx.connection.execute(
                text("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')")
            ).scalar_one()
        )


@contextmanager
def servers() -> Iterator[Callable[[], dict[str, str]]]:
    """Yield what makes an empty database of each kind; PostgreSQL with its durable settings."""
    numbers = count(1)
    with tempfile.TemporaryDirectory() as folder, postgres.cluster(durable=True) as server:
        yield lambda: {
            "SQLite": f"sqlite:///{folder}/bench{next(numbers)}.db",
            "PostgreSQL": server.url(server.create()),
        }


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """Yield the addresses of an empty database of each kind."""
    with servers() as made:
        yield made()


@dataclass(kw_only=True)
class Programs:
    """Programs that wait for rounds of one workload; ``meeting`` lets all begin together."""

    workload: Workload
    url: str
    count: int
    running: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        spawned = multiprocessing.get_context("spawn")
        self.meeting = spawned.Barrier(self.count + 1)
        self.orders = [spawned.SimpleQueue() for _ in range(self.count)]
        self.answers = spawned.SimpleQueue()

    def __enter__(self) -> Programs:
        """Start the programs."""
        spawned = multiprocessing.get_context("spawn")
        for orders in self.orders:
            given = (self.workload, self.url, orders, self.meeting, self.answers)
            self.running.append(spawned.Process(target=_obey, args=given))
            self.running[-1].start()
        return self

    def __exit__(self, *_: object) -> None:
        """Let the programs end."""
        for orders, program in zip(self.orders, self.running, strict=True):
            orders.put(None)
            program.join()

    def round(self, engine: ProcessEngine, units: int) -> Figures:
        """Prepare and carry out so many units, each program an equal share."""
        self.workload.prepare(engine, units)
        for number, orders in enumerate(self.orders):
            orders.put(range(number * units // self.count, (number + 1) * units // self.count))
        before, wal, server = size(engine), logged(engine), server_cpu(engine)
        self.meeting.wait()
        begun = time.perf_counter()
        spent: list[Spent] = [self.answers.get() for _ in self.orders]
        took = time.perf_counter() - begun
        return Figures(
            seconds=took / units,
            cpu=sum(each.cpu for each in spent) / units * 1000,
            server=(server_cpu(engine) - server) / units * 1000,
            statements=sum(each.statements for each in spent) / units,
            commits=sum(each.commits for each in spent) / units,
            grown=(size(engine) - before) / units,
            wal=(logged(engine) - wal) / units,
        )


def _obey(workload: Workload, url: str, orders: Any, meeting: Any, answers: Any) -> None:
    """Be one program: open the engine, carry out the shares that are ordered, answer with what they cost."""
    with ProcessEngine(url, handlers=workload.handlers()) as engine:
        while (share := orders.get()) is not None:
            counter = engine.parts.store.counter
            meeting.wait()
            begun, statements, commits = time.process_time(), counter.statements, counter.commits
            workload.work(engine, share)
            spent = Spent(
                cpu=time.process_time() - begun,
                statements=counter.statements - statements,
                commits=counter.commits - commits,
            )
            answers.put(spent)


def figures(workload: Workload, url: str, programs: int, *, quick: bool) -> Figures:
    """Measure a workload on one database: a round to warm up, then the medians of some rounds."""
    units = max(programs, workload.units // QUICK if quick else workload.units)
    with ProcessEngine(url) as engine:
        if workload.files:
            engine.deploy(workload.files, by="bench")
        with Programs(workload=workload, url=url, count=programs) as running:
            running.round(engine, max(programs, min(units, 30)))
            rounds = [running.round(engine, units) for _ in range(1 if quick else ROUNDS)]
    return median(rounds)


def median(rounds: Sequence[Figures]) -> Figures:
    """Return the median of each figure."""
    names = Figures.__struct_fields__
    return Figures(**{name: statistics.median(getattr(each, name) for each in rounds) for name in names})


def told(name: str, found: Figures) -> None:
    """Print one line of figures."""
    wal = f" {found.wal / 1000:6.1f} kB WAL" if found.wal else ""
    click.echo(
        f"  {name:46} {1 / found.seconds:7.0f}/s  CPU {found.cpu:6.2f} + {found.server:5.2f} ms "
        f"{found.statements:6.1f} statements {found.commits:5.2f} commits {found.grown / 1000:6.1f} kB{wal}"
    )


def measure(workloads: Sequence[Workload], *, quick: bool) -> None:
    """Measure workloads on both databases, each in databases of its own, and print."""
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    click.echo(f"per unit; CPU of the programs + of the server; load of the machine {load}")
    with servers() as made:
        for workload in workloads:
            for programs in workload.programs[:1] if quick else workload.programs:
                for database, url in made().items():
                    found = figures(workload, url, programs, quick=quick)
                    told(f"{workload.name}, {database}, {programs} program(s)", found)
