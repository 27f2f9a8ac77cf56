"""The office around the workers that die: people, outside systems, and the processes themselves.

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

import cli
from commands.deploy import publish
from demo.servers import DemoServers
from engine import WARSAW, ProcessEngine
from engine.transport import Transport
from tests.crash.worker_process import ENVIRONMENT, Death, Order

ROOT = Path(cli.__file__).parent
PROCESS = "zszo03_haslo_startowe"
DIRECTOR, CLERK = "dyrektor.sp900", "ek04.nowak"
SCHOOL = 999001
SENDER = "edukacja@um.krakow.example"  # as demo.servers configures it
# One director reports every lost password on one morning: far more texts than the quotas let pass.
NO_QUOTAS = {"OBIEG_SMS_PER_NUMBER": "0", "OBIEG_SMS_PER_DAY": "0"}
_SOON = dt.timedelta(hours=2)  # the hour in which a mail may bounce is passed over, the reminders are not
_INSTANT = dt.timedelta(seconds=1)


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One case of ZSZO-03: its key, the number people use, the account whose password is lost."""

    key: int
    number: str
    login: str


class WorkerProcesses:
    """The fork server and its orders; a context manager."""

    def __init__(self, url: str, folder: Path) -> None:
        command = [sys.executable, "-m", "tests.crash.worker_process", url, str(folder)]
        self._server = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self) -> WorkerProcesses:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.communicate(timeout=60)

    def run(self, order: Order) -> Death:
        """Let one worker process live and say how it died."""
        if self._server.stdin is None or self._server.stdout is None:
            raise TypeError("expected pipes to the fork server, but there are none")
        self._server.stdin.write(msgspec.json.encode(order) + b"\n")
        self._server.stdin.flush()
        return msgspec.json.decode(self._server.stdout.readline(), type=Death)


class Office:
    """People who start cases and do their tasks, and a clock they can move."""

    def __init__(self, engine: ProcessEngine, servers: DemoServers) -> None:
        self.engine = engine
        self.servers = servers
        self.cases: list[Case] = []

    def start(self) -> Case:
        """File another report, of a lost password of somebody else."""
        number = len(self.cases) + 1
        login, called = f"pracownik{number}", f"ZSZO/2026/{number:04}"
        account = {
            "login": login, "imie": "Jan", "nazwisko": "Próbny", "numer_rspo": SCHOOL, "zablokowane": False,
        }  # fmt: skip
        self.servers.city.zszo.accounts[login] = {**account, "haslo": "wlasne"}
        form = {
            "login": login, "powod": "zgubienie", "data_wykrycia": self._today(), "oswiadczenie": True,
            "dane_zweryfikowane": True, "sposob_przekazania": "elektronicznie",
        }  # fmt: skip
        variables = {"numer_sprawy": called, "wnioskodawca": DIRECTOR, **form}
        started = self.engine.start(
            PROCESS, variables=variables, business_key=called, actor=DIRECTOR, request_id=f"start-{number}"
        )
        self.cases.append(Case(key=started.key, number=called, login=login))
        return self.cases[-1]

    def do_tasks(self) -> int:
        """Do every open task and return how many there were."""
        today = self._today()
        answers: dict[str, dict[str, Any]] = {
            "podejmij_wniosek": {"decyzja": "generuj"},
            "zatwierdz_wysylke": {"zatwierdzono": True},
            "potwierdz_odbior": {
                "data_otrzymania": today, "otworzono_plik": True, "data_przekazania": today,
                "sposob_przekazania_pracownikowi": "osobiscie",
            },
        }  # fmt: skip
        tasks = self.engine.user_tasks()
        for task in tasks:
            actor = DIRECTOR if task.element_id == "potwierdz_odbior" else CLERK
            self.engine.complete(
                task.key, variables=answers[task.element_id], actor=actor, request_id=f"task-{task.key}"
            )
        return len(tasks)

    def resolve_crashes(self) -> int:
        """Let what crashed too often try again, as an operator would; return how many there were.

        Whoever dies a hundred times takes some jobs with him more than five times (poison pill). Any other
        incident is an error.
        """
        found = self.engine.incidents(state="open", limit=1000)
        for incident in found:
            assert incident.type == "job_crashed", incident
            self.engine.resolve_incident(incident.key, actor=CLERK, reason="the worker was killed")
        return len(found)

    def pass_time(self) -> bool:
        """Move the clock to the next thing that is due soon; return whether there is one."""
        due, now = self.engine.next_due(), self.engine.now()
        if due is None or due > now + _SOON:
            return False
        if due > now:
            self.engine.set_clock_offset(self.engine.clock_offset() + (due - now) + _INSTANT)
        return True

    def open_cases(self) -> int:
        """Return how many cases of the procedure have not ended; those that watch over passwords go on."""
        return len(self.engine.instances(process_id=PROCESS, state="active", limit=1000))

    def _today(self) -> dt.date:
        return self.engine.now().astimezone(WARSAW).date()


@contextmanager
def opened(url: str, folder: Path, transport: Transport | None = None) -> Iterator[Office]:
    """Start the outside systems, open an engine without handlers and deploy the procedure."""
    outside = folder / "outside"
    engine = ProcessEngine(url, transport=transport)
    with engine, DemoServers(outside, now=engine.now) as servers:
        messages = str(ROOT / "processes" / "zszo03" / "messages")
        environment = {"OBIEG_SMTP_MESSAGES": messages, **NO_QUOTAS, **servers.environment}
        (folder / ENVIRONMENT).write_bytes(msgspec.json.encode(environment))
        publish(engine, [ROOT / "processes" / "zszo03", ROOT / "forms" / "zszo03"], by="wlasciciel")
        yield Office(engine, servers)
