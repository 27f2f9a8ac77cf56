"""A worker and the scheduler beside something else in one process: the pages, a demonstration."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata

from engine import ProcessEngine, Scheduler, Worker


@contextmanager
def working(engine: ProcessEngine, threads: int) -> Iterator[None]:
    """Run jobs and timers for as long as the block lasts; what is running is finished first."""
    worker = Worker(engine, threads=threads)
    scheduler = Scheduler(engine, worker, version=metadata.version("obieg"))
    running = threading.Thread(target=worker.run, name="obieg-worker")
    scheduler.start()
    running.start()
    try:
        yield
    finally:
        worker.stop()
        running.join()
        scheduler.stop()
