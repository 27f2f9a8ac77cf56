"""A node of four threads with a job that kills it, started again and again until there is nothing to do.

    python -m tests.crash.poisoned_node URL

prints how often it died.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import sys
import threading

from engine import Completed, HandlerRegistry, JobContext, ProcessEngine, Scheduler, Worker
from engine.scheduler import recover
from engine.store import jobs

LEASE = dt.timedelta(milliseconds=900)
_WORK = 0.2  # seconds an innocent job takes: longer than the guilty one needs


def registry() -> HandlerRegistry:
    """Return the handlers: one kills its process, the other works for a moment."""
    made = HandlerRegistry()

    @made.handler("guilty")
    def kill(context: JobContext) -> Completed:
        os.kill(os.getpid(), signal.SIGKILL)
        return Completed()

    @made.handler("innocent")
    def work(context: JobContext) -> Completed:
        threading.Event().wait(_WORK)
        return Completed()

    return made


def live(url: str) -> None:
    """Be a node until nothing is ready or locked."""
    with ProcessEngine(url, handlers=registry()) as engine:
        worker = Worker(engine, threads=4, lease=LEASE)
        scheduler = Scheduler(engine, worker)
        running = threading.Thread(target=worker.run)
        scheduler.start()
        running.start()
        while _anything_to_do(engine):
            threading.Event().wait(0.02)
        worker.stop()
        running.join()
        scheduler.stop()


def _anything_to_do(engine: ProcessEngine) -> bool:
    recover(engine.parts)
    with engine.parts.store.reading() as tx:
        return bool(jobs.query(tx, stages=("ready", "locked"), limit=1))


def main(url: str) -> None:
    """Fork nodes until one ends by itself."""
    deaths = 0
    while True:
        pid = os.fork()
        if pid == 0:
            live(url)
            os._exit(0)
        if os.waitpid(pid, 0)[1] == 0:
            break
        deaths += 1
    sys.stdout.write(f"{deaths}\n")


if __name__ == "__main__":
    main(sys.argv[1])
