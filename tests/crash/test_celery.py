"""Jobs run by real Celery processes on a real Redis (in the long run on RabbitMQ too): hints get lost and
doubled, processes are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from engine import ProcessEngine
from engine.clock import monotonic
from engine.scheduler import promote
from engine.store import jobs
from engine.transport.celery import CeleryTransport
from tests import builders, rabbitmq, redis_server
from tests.acceptance.command_line import PROGRAM, ROOT, environment
from tests.crash import outcome
from tests.crash.office import Office, opened
from tests.crash.worker_process import ENVIRONMENT

CASES = 2
PATIENCE = 120.0
GLANCE = 0.05
# Each process dies after its second effect: the other side has it, we do not know it yet.
DEATHS = "effect.after=nth:2=kill"


class Unreliable(CeleryTransport):
    """Loses every third hint and doubles the others."""

    def __init__(self, broker: str) -> None:
        super().__init__(broker)
        self.lost = 0
        self.doubled = 0

    def hint(self, job_key: int) -> None:
        if (self.lost + self.doubled) % 3 == 0:
            self.lost += 1
            return
        self.doubled += 1
        super().hint(job_key)
        super().hint(job_key)


@pytest.fixture
def socket(tmp_path: Path) -> Iterator[Path]:
    with redis_server.server(tmp_path) as found:
        yield found


@pytest.fixture
def broker(broker_kind: str, request: pytest.FixtureRequest) -> Iterator[tuple[str, Callable[[], object]]]:
    """The address of a broker, and what makes it lose every hint on its way."""
    if broker_kind == "rabbitmq":
        with rabbitmq.broker() as address:
            yield address, lambda: rabbitmq.forget(address)
        return
    socket: Path = request.getfixturevalue("socket")

    def forget() -> None:
        with redis_server.client(socket) as connection:
            connection.flushall()

    yield f"redis+socket://{socket}", forget


@pytest.mark.torture
def test_cases_end_though_hints_are_lost_and_processes_killed(
    postgresql_url: str,
    tmp_path: Path,
    broker: tuple[str, Callable[[], object]],
    record_property: Callable[[str, object], None],
) -> None:
    address, forget = broker
    transport = Unreliable(address)
    with opened(postgresql_url, tmp_path, transport) as office:
        settings = msgspec.json.decode((tmp_path / ENVIRONMENT).read_bytes(), type=dict[str, str])
        more = {"OBIEG_DATABASE": postgresql_url, "OBIEG_BROKER": address, **settings}
        with _fleet(more, tmp_path, OBIEG_FAILPOINTS=DEATHS) as fleet:
            for _ in range(CASES):
                office.start()
            _until(lambda: office.do_tasks() >= 0 and _deaths(tmp_path) > 0)
            forget()
            fleet.kill()
        with _fleet(more, tmp_path) as fleet:
            _until(lambda: _ended(office))
            fleet.send_signal(signal.SIGTERM)
            assert fleet.wait(timeout=30) == 0
        assert min(transport.lost, transport.doubled) > 0
        told = f"{transport.lost} lost, {transport.doubled} doubled; {_deaths(tmp_path)} processes killed"
        record_property("hints", told)
        outcome.require_ended_well(office)
        report = office.engine.verify()
        assert report.ok, report


def test_a_handler_that_hangs_is_killed_and_tried_again(
    postgresql_url: str, tmp_path: Path, socket: Path
) -> None:
    broker = f"redis+socket://{socket}"
    drawn = builders.process("hang").start().service_task("work", job="hang.once").end()
    with ProcessEngine(postgresql_url, transport=CeleryTransport(broker)) as engine:
        engine.deploy(drawn.files(), by="owner")
        command = [sys.executable, "-m", "tests.crash.hanging_fleet", postgresql_url, broker]
        with _started(command, tmp_path, {}) as fleet:
            key = engine.start("hang", actor="anna").key
            _until(lambda: engine.instance(key).state == "completed")
            fleet.send_signal(signal.SIGTERM)
            assert fleet.wait(timeout=30) == 0
        assert engine.variables(key)["attempt"] == 2
        assert "TimeLimitExceeded" in (tmp_path / "fleet.log").read_text()


@contextmanager
def _fleet(more: Mapping[str, str], folder: Path, **extra: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [*PROGRAM, "celery", "--processes", "2", "--lease", "2"]
    with _started(command, folder, {**more, **extra}) as fleet:
        yield fleet


@contextmanager
def _started(command: list[str], folder: Path, more: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "fleet.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(more), stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=30)


def _deaths(folder: Path) -> int:
    return (folder / "fleet.log").read_text().count("exited with 'signal 9")


def _ended(office: Office) -> bool:
    """Do what people can do, let time pass when nothing else is to be done; return whether all has ended."""
    if not office.open_cases():
        return True
    if not office.do_tasks() and not _busy(office.engine):
        office.pass_time()
        promote(office.engine.parts)
    return False


def _busy(engine: ProcessEngine) -> bool:
    with engine.parts.store.reading() as tx:
        return bool(jobs.query(tx, stages=("ready", "locked"), limit=1))


def _until(true: Callable[[], bool]) -> None:
    pause, give_up = threading.Event(), monotonic() + PATIENCE
    while not true():
        assert monotonic() < give_up, "expected the fleet to get on, but it does not; see fleet.log"
        pause.wait(GLANCE)
