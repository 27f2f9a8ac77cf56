"""A demonstration office served in this process on a free port: real pages, demo servers, a standing clock.

No worker runs beside it: ``work()`` does what is due, so that a test knows when it has been done.
"""

from __future__ import annotations

import datetime as dt
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from commands import deviations
from commands.demonstration import office as invented
from commands.office import Office
from commands.running import working
from engine import ProcessEngine, VirtualClock, Worker
from web import create_application

ROOT = Path(__file__).parents[2]
SHIPPED = Office(processes=ROOT / "processes", forms=ROOT / "forms")
DEVIATIONS = deviations.read(SHIPPED.processes)
# 10:00 in Warsaw on the Thursday before Christmas: weekends, holidays and a year's end lie ahead.
START = dt.datetime(2026, 12, 17, 9, 0, tzinfo=dt.UTC)


class ServedOffice:
    """What a test sees of the office behind the pages."""

    def __init__(
        self, address: str, engine: ProcessEngine, outside: invented.Outside, clock: VirtualClock | None
    ) -> None:
        self.address = address
        self.engine = engine
        self.outside = outside
        self.clock = clock

    def work(self) -> None:
        """Run every job and timer that is due."""
        self.engine.run_until_idle()

    def pass_time(self, **by: float) -> None:
        """Let business time pass (``days=3``), and what becomes due happen; not in a busy office."""
        assert self.clock is not None, "expected a standing clock, but a busy office goes by the machine's"
        self.clock.advance(dt.timedelta(**by))
        self.work()

    def session_of(self, person: str) -> str:
        """Return the token of a new session."""
        return self.engine.accounts.open(person)


@contextmanager
def furnished(folder: Path) -> Iterator[None]:
    """Leave a database with the invented people and every procedure in the folder, to be copied."""
    with invented.opened(SHIPPED, folder, clock=VirtualClock(START)):
        yield


@contextmanager
def served(folder: Path, template: Path) -> Iterator[ServedOffice]:
    """Serve a copy of a furnished office on a free port of this machine until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in template.iterdir():
        if file.is_file():
            shutil.copy2(file, folder / file.name)
    clock = VirtualClock(START)
    with invented.opened(SHIPPED, folder, clock=clock) as (engine, outside):
        application = create_application(engine, demonstration=outside, deviations=DEVIATIONS)
        with _answering(application) as address:
            yield ServedOffice(address, engine, outside, clock)


@contextmanager
def demonstrated(folder: Path) -> Iterator[tuple[str, ProcessEngine]]:
    """Serve what ``make run`` serves, by the machine's clock and with a worker: its address, its engine."""
    with (
        invented.opened(SHIPPED, folder, with_cases=True) as (engine, outside),
        working(engine, Worker(engine, threads=1), kind="serve"),
        _answering(create_application(engine, demonstration=outside, deviations=DEVIATIONS)) as address,
    ):
        yield address, engine


@contextmanager
def busy(folder: Path) -> Iterator[ServedOffice]:
    """Serve a new office with the cases of the demonstration, one of them stuck, filed over nine days."""
    with (
        invented.opened(SHIPPED, folder, with_cases=True) as (engine, outside),
        _answering(create_application(engine, demonstration=outside, deviations=DEVIATIONS)) as address,
    ):
        yield ServedOffice(address, engine, outside, None)


@contextmanager
def _answering(application: object) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    configuration = uvicorn.Config(
        application,  # type: ignore[arg-type]
        log_level="warning",
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(configuration)
    running = threading.Thread(target=server.run, args=([listener],), name="served-office")
    running.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        running.join()
        listener.close()
