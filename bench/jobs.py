"""One service task through the job path, its handler doing nothing; ``python -m bench jobs``.

Once with all jobs waiting for the workers, as after an outage (claim, run, complete), of a handler as most
are and of one registered for answering together with others; and once as they come: each program starts
instances and its own worker runs them.
"""

from __future__ import annotations

import threading
from functools import partial

from bench.measuring import Workload, measure
from engine import Completed, HandlerRegistry, JobContext, ProcessEngine, Worker
from tests.builders import process

THREADS = 4
DRAWING = process("job").start().service_task("s", "work").end()


def handlers(*, together: bool = False) -> HandlerRegistry:
    """Return a handler that does nothing."""
    registry = HandlerRegistry()

    @registry.handler("work", together=together)
    def work(context: JobContext) -> Completed:
        return Completed({})

    return registry


def waiting(engine: ProcessEngine, units: int) -> None:
    """Start instances, each with one job."""
    for _ in range(units):
        engine.start("job", variables={"numer": "ZSZO/2026/17"}, actor="anna")


def drain(engine: ProcessEngine, share: range) -> None:
    """Run whatever is ready until nothing is left for this program."""
    worker = Worker(engine, threads=THREADS)
    while worker.run_once() or worker.running:
        engine.parts.transport.wait(0.05)


def as_they_come(engine: ProcessEngine, share: range) -> None:
    """Start instances while a worker of the same program runs their jobs."""
    worker = Worker(engine, threads=THREADS)
    running = threading.Thread(target=worker.run)
    running.start()
    waiting(engine, len(share))
    while engine.instances(state="active", limit=1):
        engine.parts.transport.wait(0.02)
    worker.stop()
    running.join()


WORKLOADS = (
    Workload(
        name="1 job, all waiting",
        units=600,
        files=DRAWING.files(),
        prepare=waiting,
        work=drain,
        handlers=handlers,
    ),
    Workload(
        name="1 job, all waiting, answered together",
        units=600,
        files=DRAWING.files(),
        prepare=waiting,
        work=drain,
        handlers=partial(handlers, together=True),
    ),
    Workload(
        name="1 job, start to end in one program",
        units=600,
        files=DRAWING.files(),
        work=as_they_come,
        handlers=handlers,
        programs=(1,),
    ),
)


def main(*, quick: bool = False) -> None:
    """Measure and print."""
    measure(WORKLOADS, quick=quick)


if __name__ == "__main__":
    main()
