"""Real processes, made to be killed.

    python -m tests.crash.worker_process

reads orders from its standard input, one JSON line each, and forks one process per order: importing
everything takes seconds, forking does not. This process itself has no database open, so a child starts as
empty as a new program does. For each child that has ended, one JSON line says how. An order's folder has
``environment.json`` (the ``OBIEG_`` variables of the outside systems) and gets the logs.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import sys
from collections import Counter
from pathlib import Path

import msgspec

from commands import reading
from engine import ProcessEngine, failpoint
from tests.crash.lives import LIVES, Compiled, Place
from tests.crash.procedures import folders
from tests.crash.verbs import ACKNOWLEDGED, Verb

LOG, CROSSINGS, ENVIRONMENT = "worker.log", "crossings", "environment.json"
NOWHERE = "before the first failpoint"
VERSIONS = 3  # of each diagram: a campaign deploys them one after the other, and instances are migrated


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """Where and how one process lives: its failpoints, and after how many seconds it is killed anyhow."""

    url: str = ""
    folder: str = ""
    procedure: str = ""
    failpoints: str = ""
    lifetime: float = 60.0
    life: str = "work"
    verbs: list[Verb] = []


class Death(msgspec.Struct, frozen=True, kw_only=True):
    """How one process ended, the last failpoint it crossed, how often each, and which verbs had returned."""

    pid: int
    killed: bool
    code: int
    place: str
    crossed: dict[str, int]
    acknowledged: list[str]


def main() -> None:
    """Fork a process per order until there are no more orders."""
    known: dict[str, Compiled] = {}
    for line in sys.stdin:
        order = msgspec.json.decode(line, type=Order)
        if order.procedure not in known:
            known[order.procedure] = compiled(order.procedure)
        folder = Path(order.folder)
        environment = msgspec.json.decode((folder / ENVIRONMENT).read_bytes(), type=dict[str, str])
        place = Place(url=order.url, folder=folder, environment=environment, compiled=known[order.procedure])
        crossings, acknowledged = folder / CROSSINGS, folder / ACKNOWLEDGED
        crossings.unlink(missing_ok=True)
        acknowledged.unlink(missing_ok=True)
        pid = os.fork()
        if pid == 0:
            _live(place, order)
        status = _watch(pid, order.lifetime)
        places = [each.split()[2] for each in _lines(crossings)]
        death = Death(
            pid=pid,
            killed=os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL,
            code=os.waitstatus_to_exitcode(status),
            place=places[-1] if places else NOWHERE,
            crossed=Counter(places),
            acknowledged=_lines(acknowledged),
        )
        sys.stdout.write(msgspec.json.encode(death).decode() + "\n")
        sys.stdout.flush()


def version_of(procedure: str, number: int) -> list[tuple[str, bytes]]:
    """Return a procedure's files as version ``number``: its diagrams differ from others by a comment."""
    comment = f"<!-- {number} -->".encode() if number > 1 else b""
    found = reading.files(folders(procedure))
    return [(name, content + comment if name.endswith(".bpmn") else content) for name, content in found]


def compiled(procedure: str) -> Compiled:
    """Return the compiled diagrams of all versions, by the hash of their bytes."""
    with ProcessEngine("sqlite:///:memory:") as engine:
        for number in range(1, VERSIONS + 1):
            deployed = engine.deploy(version_of(procedure, number), by="wlasciciel").definitions
            with engine.parts.store.reading() as tx:
                for each in deployed:
                    if each.kind == "process":
                        engine.parts.catalogue.latest(tx, each.id)
        return dict(engine.parts.catalogue._compiled)


def _watch(pid: int, lifetime: float) -> int:
    """Wait for the child, kill it when its time is over, and return its status."""
    child = os.pidfd_open(pid)
    ended, _, _ = select.select([child], [], [], lifetime)
    if not ended:
        os.kill(pid, signal.SIGKILL)
    os.close(child)
    return os.waitpid(pid, 0)[1]


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def _live(place: Place, order: Order) -> None:
    """Be a process until there is nothing to do; never returns to the fork server's loop."""
    code = 1
    try:
        logging.basicConfig(filename=place.folder / LOG, level=logging.DEBUG, force=True)
        failpoint.configure(order.failpoints, log=str(place.folder / CROSSINGS))
        LIVES[order.life](place, order.verbs)
        code = 0
    except BaseException:
        logging.exception("worker_process_failed")
    finally:
        logging.shutdown()
        os._exit(code)


if __name__ == "__main__":
    main()
