"""Where the demonstration happens: demo servers, a database in a file, a worker with threads."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from commands import output
from commands.deploy import publish, tell
from commands.office import Office
from commands.running import working
from demo.servers import DemoServers
from engine import EngineError, ProcessEngine, SystemClock, UserTask, Worker

T = TypeVar("T")
PROCESS = "zszo03_haslo_startowe"
DIRECTOR, CLERK, OWNER = "dyrektor.sp900", "ek04.nowak", "wlasciciel"
_THREADS = 4
_PATIENCE = 30.0  # seconds for the machines to get to the next thing
_GLANCE = 0.05


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """What the scenes need; ``number`` is the case number people use."""

    engine: ProcessEngine
    servers: DemoServers
    folder: Path
    number: str

    def scene(self, title: str) -> None:
        """Print the heading of what comes now, with the business time."""
        output.show_section(f"── {title}  ({output.local(self.engine.now())})")

    def wait_for(self, what: str, look: Callable[[], T | None]) -> T:
        """Return what ``look`` finds once the worker has come so far; ``EngineError`` if it never does."""
        pause = threading.Event()
        for _ in range(int(_PATIENCE / _GLANCE)):
            found = look()
            if found:
                return found
            self._complain()
            pause.wait(_GLANCE)
        raise EngineError(f"expected {what} within {_PATIENCE:g} s, but it did not come")

    def task(self, key: int, element_id: str) -> UserTask:
        """Return an open user task of the case, once it is there."""
        return self.wait_for(
            f"the user task {element_id}",
            lambda: next(
                (
                    task
                    for instance in self.engine.instances(root_key=key)
                    for task in self.engine.user_tasks(instance_key=instance.key, element_id=element_id)
                ),
                None,
            ),
        )

    def require(self, what: str, holds: bool) -> None:
        """Print a check that holds; raises ``EngineError`` for one that does not."""
        if not holds:
            raise EngineError(f"expected that {what}, but it is not so")
        output.show(f"  ✓ {what}")

    def today(self) -> dt.date:
        """Return the business day in Warsaw."""
        return self.engine.now().astimezone(output.WARSAW).date()

    def _complain(self) -> None:
        for incident in self.engine.incidents():
            if incident.resolved_at is None:
                raise EngineError(f"expected no incident, but at {incident.element_id}: {incident.message}")


class CityClock:
    """What time it is in the city's own systems: ours, so that their entries fit our history."""

    def __init__(self) -> None:
        self.engine: ProcessEngine | None = None

    def now(self) -> dt.datetime:
        """Return the business time."""
        return self.engine.now() if self.engine is not None else SystemClock().now()


@contextmanager
def opened(office: Office, folder: Path) -> Iterator[Stage]:
    """Start the servers, deploy to a fresh database, start a worker; stop all of it at the end."""
    clock = CityClock()
    with DemoServers(folder / "outside", now=clock.now) as servers:
        registry = office.handlers(servers.environment)
        with ProcessEngine(f"sqlite:///{folder / 'obieg.db'}", handlers=registry) as engine:
            clock.engine = engine
            year = engine.now().astimezone(output.WARSAW).year
            stage = Stage(engine=engine, servers=servers, folder=folder, number=f"ZSZO/{year}/1")
            _introduce(stage, office)
            with working(engine, Worker(engine, threads=_THREADS), kind="worker"):
                yield stage


def _introduce(stage: Stage, office: Office) -> None:
    output.show_section("── Servers on this machine, and what is deployed")
    environment = stage.servers.environment
    for name in ("SMS", "RSPO", "SEOD", "ZSZO"):
        output.show(f"  {name:<5} {environment[f'OBIEG_{name}_URL']}")
    output.show(f"  SMTP  {environment['OBIEG_SMTP_HOST']}:{environment['OBIEG_SMTP_PORT']}, STARTTLS")
    people = stage.engine.people
    people.add(DIRECTOR, name="Anna Przykładowa", roles=["applicant"], school="999001", by=OWNER)
    people.add(CLERK, name="Nina Nowak", roles=["clerk"], groups=["EK-04"], by=OWNER)
    tell(publish(stage.engine, [office.processes / "zszo03", office.forms / "zszo03"], by=OWNER))
