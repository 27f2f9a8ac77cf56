"""Cases of three user tasks in sequence, start to end, by one and by two programs: 10 calls.

``python -m bench.cases``. Each case has 5 variables, each task adds 3; per task: query, claim, complete. CPU
is that of the programs and, on PostgreSQL, of its server (Linux: /proc); bytes are what the database grew by.
"""

from __future__ import annotations

import multiprocessing
import time

import click

from bench.verbs import Meter, databases, server_cpu, size
from engine import ProcessEngine
from tests.builders import process

CASES = 300
WARMING = 30
GROUP = "EK-04"
DRAWING = process("case").start().user_task("a", group=GROUP).user_task("b", group=GROUP)
DRAWING.user_task("c", group=GROUP).end()
VARIABLES = {
    "numer": "ZSZO/2026/17",
    "kwota": 1200,
    "pilne": True,
    "szkola": "SP 900",
    "email": "s@sp900.example",
}
ENTERED = {"ok": True, "uwagi": "brak", "dnia": "2026-11-22"}


def one_case(engine: ProcessEngine, meter: Meter) -> None:
    """Carry one case through: ten calls."""
    case = meter("start", lambda: engine.start("case", variables=VARIABLES, actor="anna"))
    for element in ("a", "b", "c"):
        (task,) = meter(
            "query user tasks",
            lambda at=element: engine.user_tasks(instance_key=case.key, element_id=at),  # type: ignore[misc]
        )
        meter("claim", lambda key=task.key: engine.claim(key, actor="jan"))  # type: ignore[misc]
        meter(
            "complete",
            lambda key=task.key: engine.complete(key, variables=ENTERED, actor="jan"),  # type: ignore[misc]
        )


def work(url: str, ready: object, go: object, answers: object) -> None:
    """Carry ``CASES`` cases through in a program of its own; answer with its CPU seconds and statements."""
    with ProcessEngine(url) as engine:
        for _ in range(WARMING):
            one_case(engine, Meter(engine))
        ready.release()  # type: ignore[attr-defined]
        go.wait()  # type: ignore[attr-defined]
        meter, begun, statements = Meter(engine), time.process_time(), engine.statements
        for _ in range(CASES):
            one_case(engine, meter)
        spent = time.process_time() - begun
        each = {verb: (meter.statements[verb], meter.cpu[verb] / meter.calls[verb]) for verb in meter.calls}
        answers.put((spent, engine.statements - statements, each))  # type: ignore[attr-defined]


def measure(name: str, url: str, programs: int) -> None:
    """Measure one database with so many programs and print."""
    spawned = multiprocessing.get_context("spawn")
    ready, go, answers = spawned.Semaphore(0), spawned.Event(), spawned.Queue()
    with ProcessEngine(url) as engine:
        engine.deploy(DRAWING.files(), by="owner")
        running = [spawned.Process(target=work, args=(url, ready, go, answers)) for _ in range(programs)]
        for each in running:
            each.start()
        for _ in running:
            ready.acquire()
        before, server, begun = size(engine), server_cpu(), time.perf_counter()
        go.set()
        results = [answers.get() for _ in running]
        took, served = time.perf_counter() - begun, server_cpu() - server
        cases = CASES * programs
        grown = (size(engine) - before) / cases
    cpu = sum(spent for spent, _, _ in results) / cases * 1000
    click.echo(
        f"{name}, {programs} program(s): {cases / took:.0f} cases/s, {results[0][1] / CASES:.0f} statements, "
        f"CPU {cpu:.2f} ms + server {served / cases * 1000:.2f} ms, {grown:.0f} bytes per case"
    )
    if programs == 1:
        for verb, (statements, spent) in results[0][2].items():
            click.echo(f"  {verb:18} {statements} statements {spent * 1000:6.2f} ms")
    for each in running:
        each.join()


def main() -> None:
    """Measure both databases, with one program and with two."""
    for programs in (1, 2):
        with databases() as addresses:
            for name, url in addresses.items():
                measure(name, url, programs)


if __name__ == "__main__":
    main()
