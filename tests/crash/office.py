"""The office around the processes that die: people, outside systems, and the processes themselves.

The outside systems run in the test's process, so they outlive every worker, as do the people.
"""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from commands.deploy import publish
from demo.servers import DemoServers
from engine import WARSAW, ProcessEngine
from engine.transport import Transport
from tests.crash.procedures import CLERK, ROOT, Procedure, Zszo, folders
from tests.crash.verbs import Verb, do
from tests.crash.worker_process import ENVIRONMENT, Death, Order, version_of

SENDER = "edukacja@um.krakow.example"  # as demo.servers configures it
# One director reports every lost password on one morning: far more texts than the quotas let pass.
NO_QUOTAS = {"OBIEG_SMS_PER_NUMBER": "0", "OBIEG_SMS_PER_CLERK": "0", "OBIEG_SMS_PER_DAY": "0"}
_INSTANT = dt.timedelta(seconds=1)
_MOST = 1000


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One case: its key, the number people use, the account (or address) of the person it is about."""

    key: int
    number: str
    login: str


class ForkServer:
    """The process that forks those that die; a context manager."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.crash.worker_process"]
        self._server = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self) -> ForkServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.communicate(timeout=60)

    def run(self, order: Order) -> Death:
        """Let one process live and say how it died."""
        if self._server.stdin is None or self._server.stdout is None:
            raise TypeError("expected pipes to the fork server, but there are none")
        self._server.stdin.write(msgspec.json.encode(order) + b"\n")
        self._server.stdin.flush()
        return msgspec.json.decode(self._server.stdout.readline(), type=Death)


class Office:
    """People who start cases and do their tasks, and a clock they can move."""

    def __init__(
        self, engine: ProcessEngine, servers: DemoServers, procedure: Procedure, *, url: str, folder: Path
    ) -> None:
        self.url = url
        self.folder = folder
        self.engine = engine
        self.servers = servers
        self.procedure = procedure
        self.version = 1
        self._filed: list[Verb] = []

    @property
    def cases(self) -> list[Case]:
        """Return the cases filed so far that are there."""
        process = self.procedure.process
        found = [
            (verb, self.engine.instances(business_key=verb.number, process_id=process))
            for verb in self._filed
        ]
        return [
            Case(
                key=instances[0].root_key,
                number=verb.number,
                login=verb.variables.get("login", verb.variables.get("adres_email", "")),
            )
            for verb, instances in found
            if instances
        ]

    def order(self, **how: Any) -> Order:
        """Return an order to live in this office."""
        return Order(url=self.url, folder=str(self.folder), procedure=self.procedure.name, **how)

    def to_file(self) -> Verb:
        """Return what files another case."""
        filed = self.procedure.file(len(self._filed) + 1, self.today(), self.servers)
        self._filed.append(filed)
        return filed

    def start(self) -> Case:
        """File another case."""
        do(self.engine, self.to_file())
        return self.cases[-1]

    def to_do(self) -> list[Verb]:
        """Return what completes the open tasks."""
        today = self.today()
        found = [self.procedure.answer(task, today) for task in self.engine.user_tasks(limit=_MOST)]
        return [verb for verb in found if verb is not None]

    def do_tasks(self) -> int:
        """Do every open task and return how many there were."""
        verbs = self.to_do()
        for verb in verbs:
            do(self.engine, verb)
        return len(verbs)

    def resolve_crashes(self) -> int:
        """Let what crashed too often try again, as an operator would; return how many there were.

        Whoever dies a hundred times takes some jobs with him more than five times (poison pill). Any other
        incident is an error.
        """
        found = self.engine.incidents(state="open", limit=_MOST)
        for incident in found:
            assert incident.type == "job_crashed", incident
            self.engine.resolve_incident(incident.key, actor=CLERK, reason="the worker was killed")
        stranded = self.engine.stranded_jobs(limit=_MOST)
        for job in stranded:
            self.engine.retry_job(job.key, actor=CLERK, reason="the worker was killed")
        return len(found) + len(stranded)

    def pass_time(self) -> bool:
        """Move the clock to the next thing that is due soon; return whether there is one."""
        due, now = self.engine.next_due(), self.engine.now()
        if due is None or due > now + self.procedure.soon:
            return False
        if due > now:
            self.engine.set_clock_offset(self.engine.clock_offset() + (due - now) + _INSTANT)
        return True

    def deploy_again(self) -> int:
        """Deploy the procedure's next version and return its number."""
        self.version += 1
        self.engine.deploy(version_of(self.procedure.name, self.version), by="wlasciciel")
        return self.version

    def open_cases(self) -> int:
        """Return how many cases of the procedure have not ended; those that watch over passwords go on."""
        return len(self.engine.instances(process_id=self.procedure.process, state="active", limit=_MOST))

    def today(self) -> dt.date:
        """Return the day it is in the office."""
        return self.engine.now().astimezone(WARSAW).date()


@contextmanager
def opened(
    url: str, folder: Path, transport: Transport | None = None, *, procedure: Procedure | None = None
) -> Iterator[Office]:
    """Start the outside systems, open an engine without handlers and deploy the procedure (ZSZO-03)."""
    chosen = procedure or Zszo()
    outside = folder / "outside"
    engine = ProcessEngine(url, transport=transport)
    with engine, DemoServers(outside, now=engine.now) as servers:
        messages = str(ROOT / "processes" / chosen.name / "messages")
        environment = {"OBIEG_SMTP_MESSAGES": messages, **NO_QUOTAS, **servers.environment}
        (folder / ENVIRONMENT).write_bytes(msgspec.json.encode(environment))
        publish(engine, folders(chosen.name), by="wlasciciel")
        yield Office(engine, servers, chosen, url=url, folder=folder)
