"""What must grow in step with its size: multi-instances, long sequences, trees of calls.

``python -m bench growth``. Each runs start to end in one program, its service tasks by a worker. Figures are
per child, task or instance: a row says "linear" where the largest costs at most a fifth more each than the
smallest.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import click

from bench.jobs import THREADS, handlers
from bench.measuring import Figures, databases, logged, server_cpu, size, told
from engine import ProcessEngine, Worker
from tests.builders import Process, process

MOST = 1.2
BRANCHES = 3


def at_once(times: int) -> list[Process]:
    """Return a service task for each of so many items."""
    return [process("p").start().service_task("s", "work").multi_instance(times=str(times)).end()]


def collecting(times: int) -> list[Process]:
    """Return the same with an item for each, whose results are collected."""
    drawing = process("p").start().service_task("s", "work")
    items = f"for i in 1..{times} return i"
    return [drawing.multi_instance(items, "item", collect=("all", "item * 2")).end()]


def one_by_one(length: int) -> list[Process]:
    """Return a sequence of so many service tasks, each a wait state."""
    drawing = process("p").start()
    for number in range(length):
        drawing.service_task(f"s{number}", "work")
    return [drawing.end()]


def tree(instances: int) -> list[Process]:
    """Return a process whose calls make a tree of so many instances, each inner one calling three."""
    drawings, made, level = [], 1, 0
    while made < instances:
        made = made * BRANCHES + 1
        level += 1
    for depth in range(level + 1):
        identity = "p" if depth == 0 else f"p{depth}"
        drawing = process(identity).start()
        if depth == level:
            drawing.script_task("leaf", "1 + 1", "n")
        else:
            drawing.call_activity("c", f"p{depth + 1}").multi_instance(times=str(BRANCHES))
        drawings.append(drawing.end())
    return drawings[::-1]


@dataclass(frozen=True, kw_only=True)
class Growth:
    """One kind of process in several sizes."""

    name: str
    drawn: Callable[[int], list[Process]]
    sizes: Sequence[int]


KINDS = (
    Growth(name="multi-instance", drawn=at_once, sizes=(100, 1_000, 10_000)),
    Growth(name="with items and outputs", drawn=collecting, sizes=(100, 1_000, 10_000)),
    Growth(name="sequence", drawn=one_by_one, sizes=(50, 500)),
    Growth(name="tree of calls", drawn=tree, sizes=(13, 40, 121, 364)),
)


def grown(engine: ProcessEngine, drawings: Sequence[Process], units: int) -> Figures:
    """Run one instance to its end and return what it cost by unit."""
    engine.deploy([file for drawing in drawings for file in drawing.files()], by="bench")
    counter = engine.parts.store.counter
    before, wal, server = size(engine), logged(engine), server_cpu(engine)
    statements, commits = counter.statements, counter.commits
    begun, cpu = time.perf_counter(), time.process_time()
    worker = Worker(engine, threads=THREADS)
    running = threading.Thread(target=worker.run)
    running.start()
    key = engine.start("p", actor="anna").key
    while engine.instance(key).state == "active":
        engine.parts.transport.wait(0.05)
        time.sleep(0.05)
    cpu, took = time.process_time() - cpu, time.perf_counter() - begun
    worker.stop()
    running.join()
    return Figures(
        seconds=took / units,
        cpu=cpu / units * 1000,
        server=(server_cpu(engine) - server) / units * 1000,
        statements=(counter.statements - statements) / units,
        commits=(counter.commits - commits) / units,
        grown=(size(engine) - before) / units,
        wal=(logged(engine) - wal) / units,
    )


def main(*, quick: bool = False) -> None:
    """Measure and print."""
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    click.echo(f"per unit; CPU of the program + of the server; load of the machine {load}")
    for kind in KINDS:
        sizes = [each for each in kind.sizes if not quick or each <= 1_000]
        for database in ("SQLite", "PostgreSQL"):
            found = []
            for each in sizes:
                with (
                    databases() as addresses,
                    ProcessEngine(addresses[database], handlers=handlers()) as engine,
                ):
                    found.append(grown(engine, kind.drawn(each), each))
                told(f"{kind.name} of {each}, {database}", found[-1])
            _judge(found)


def _judge(found: Sequence[Figures]) -> None:
    for name in ("cpu", "server", "wal", "grown"):
        small, large = getattr(found[0], name), getattr(found[-1], name)
        if small:
            verdict = "linear" if large <= small * MOST else "GROWS"
            click.echo(f"    {name:8} per unit, largest to smallest {large / small:5.2f}  {verdict}")


if __name__ == "__main__":
    main()
