"""Real worker processes, made to be killed.

    python -m tests.crash.worker_process URL FOLDER

reads orders from its standard input, one JSON line each, and forks one worker process per order: importing
everything takes seconds, forking does not. This process itself opens nothing, so a child starts as empty as a
new program does. For each child that has ended, one JSON line says how. ``FOLDER`` has ``environment.json``
(the ``OBIEG_`` variables of the outside systems) and gets the logs.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import select
import signal
import sys
import threading
from pathlib import Path

import msgspec

from engine import HandlerRegistry, ProcessEngine, Scheduler, Worker, failpoint
from engine.scheduler import promote, recover
from engine.store import jobs
from handlers import register_all, settings_from

LEASE = dt.timedelta(milliseconds=600)
THREADS = 2
LOG, CROSSINGS, ENVIRONMENT = "worker.log", "crossings", "environment.json"
_GLANCE = 0.02  # seconds between looks whether there is anything left to do


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """How one worker process is to live: its failpoints, and after how many seconds it is killed anyhow."""

    failpoints: str = ""
    lifetime: float = 60.0


class Death(msgspec.Struct, frozen=True, kw_only=True):
    """How one worker process ended, and the last failpoint it crossed."""

    pid: int
    killed: bool
    code: int
    place: str


def main(url: str, folder: Path) -> None:
    """Fork a worker process per order until there are no more orders."""
    environment = msgspec.json.decode((folder / ENVIRONMENT).read_bytes(), type=dict[str, str])
    for line in sys.stdin:
        order = msgspec.json.decode(line, type=Order)
        crossings = folder / CROSSINGS
        crossings.unlink(missing_ok=True)
        pid = os.fork()
        if pid == 0:
            _live(url, folder, environment, order)
        status = _watch(pid, order.lifetime)
        death = Death(
            pid=pid,
            killed=os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL,
            code=os.waitstatus_to_exitcode(status),
            place=_last_place(crossings),
        )
        sys.stdout.write(msgspec.json.encode(death).decode() + "\n")
        sys.stdout.flush()


def _watch(pid: int, lifetime: float) -> int:
    """Wait for the child, kill it when its time is over, and return its status."""
    child = os.pidfd_open(pid)
    ended, _, _ = select.select([child], [], [], lifetime)
    if not ended:
        os.kill(pid, signal.SIGKILL)
    os.close(child)
    return os.waitpid(pid, 0)[1]


def _last_place(crossings: Path) -> str:
    lines = crossings.read_text().splitlines() if crossings.exists() else []
    return lines[-1].split()[2] if lines else "before the first failpoint"


def _live(url: str, folder: Path, environment: dict[str, str], order: Order) -> None:
    """Be a worker process until there is nothing to do; never returns to the fork server's loop."""
    code = 1
    try:
        logging.basicConfig(filename=folder / LOG, level=logging.DEBUG, force=True)
        failpoint.configure(order.failpoints, log=str(folder / CROSSINGS))
        work(url, environment)
        code = 0
    except BaseException:
        logging.exception("worker_process_failed")
    finally:
        logging.shutdown()
        os._exit(code)


def work(url: str, environment: dict[str, str]) -> None:
    """Run a worker and its scheduler, as ``obieg worker`` does, until nothing is ready, running or due."""
    registry = HandlerRegistry()
    register_all(registry, settings_from(environment))
    with ProcessEngine(url, handlers=registry) as engine:
        worker = Worker(engine, threads=THREADS, lease=LEASE)
        scheduler = Scheduler(engine, worker)
        running = threading.Thread(target=worker.run)
        scheduler.start()
        running.start()
        pause = threading.Event()
        while _anything_to_do(engine):
            pause.wait(_GLANCE)
        worker.stop()
        running.join()
        scheduler.stop()


def _anything_to_do(engine: ProcessEngine) -> bool:
    promote(engine.parts)
    recover(engine.parts)
    with engine.parts.store.reading() as tx:
        return bool(jobs.query(tx, stages=("ready", "locked"), limit=1))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
