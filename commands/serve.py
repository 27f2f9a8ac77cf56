"""``obieg serve``: pages, worker and scheduler in one process; ``--demo`` with invented people."""

from __future__ import annotations

import datetime as dt
import math
import os
import shutil
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from commands import deviations, output
from commands.demonstration import office as invented
from commands.doctor import refuse_insecure
from commands.monitoring import monitor_option, monitored
from commands.office import Command, Office, pass_office
from commands.running import broker_option, drain_option, lease_option, leave, log_option, working
from engine import EngineError, ProcessEngine, Worker

if TYPE_CHECKING:
    import uvicorn

    from handlers.reconciliation import Outcome
    from handlers.sms_reports import SmsReports
    from web.pages.registers import Extract
    from web.pages.sheets import Sheet

_DEMO = Path("var/serve")


@click.command(cls=Command)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65_535), default=8080, show_default=True, help="The port.")
@click.option("--demo", is_flag=True, help="Invented people, demo servers, a clock that can be moved.")
@click.option(
    "--threads",
    type=click.IntRange(0, 256),
    default=4,
    show_default=True,
    help="Jobs at the same time; with 0 others run them.",
)
@broker_option()
@click.option(
    "--office", "file", type=click.Path(path_type=Path, dir_okay=False, exists=True), envvar="OBIEG_OFFICE",
    show_envvar=True, allow_from_autoenv=False,
    help="The office's file: its name, colour and contacts for the accessibility statement.",
)  # fmt: skip
@lease_option
@drain_option
@monitor_option
@log_option
@pass_office
def command(
    office: Office,
    host: str,
    port: int,
    demo: bool,
    threads: int,
    broker: str | None,
    file: Path | None,
    lease: dt.timedelta,
    drain: dt.timedelta,
    monitor: tuple[str, int] | None,
) -> None:
    """Serve the pages, run jobs and timers, until SIGTERM or Ctrl+C; pages and jobs under way are finished.

    Without --demo people sign in with a password (`obieg user password`), and the outside systems are those
    of OBIEG_SMTP_… and its like. With --demo everything outside is a server on this machine,
    and the database of an earlier demonstration is replaced; it is shown on this machine only.
    """
    if demo:
        require_loopback(host)
    else:
        refuse_insecure(office)
    from web import create_application, identity

    whose = identity.read(file) if file is not None else None
    listener = _listening(host, port)  # first: a demonstration that runs there keeps its database
    with (
        listener,
        _opened(office, demo=demo, broker=broker, address=_address(host, port)) as (engine, outside),
    ):
        worker = Worker(engine, threads=threads, lease=lease, drain=drain)
        with (
            working(engine, worker, kind="serve") as running,
            monitored(monitor, engine, worker, running.is_alive),
        ):
            output.show(f"http://{host}:{port}  (Ctrl+C stops it)")
            if outside is not None:
                for system in outside.systems():
                    output.show(f"the pages of the reference {system.name}: {system.address}")
            application = create_application(
                engine,
                demonstration=outside,
                identity=whose,
                reports=_reports(office, engine, outside),
                extract=_extract(whose.name if whose is not None else identity.Identity().name),
                sheets=sheets_of(whose.name if whose is not None else identity.Identity().name),
                reconcile=_compare,
                deviations=deviations.read(office.processes),
            )
            told = threading.Event()
            server = _pages(application, worker, drain, told)
            _stop_with(running, server)
            # uvicorn raises SIGTERM anew once the pages have ended; by default that would end jobs half done.
            signal.signal(signal.SIGTERM, lambda _number, _frame: None)
            server.run([listener])
    leave(worker)
    if not told.is_set():
        raise EngineError(
            "expected the pages to run until they are stopped, but their worker ended by itself; see the log"
        )


def _pages(
    application: Callable[..., Any], worker: Worker, drain: dt.timedelta, told: threading.Event
) -> uvicorn.Server:
    """Return the web server; ``told`` to stop, it tells the worker at once, and both have ``drain`` to end.

    Without an end a page whose sender stands still would keep the program until it is killed, its jobs half
    done.
    """
    import uvicorn  # only where pages are served

    class Pages(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            told.set()
            worker.stop()
            super().handle_exit(sig, frame)

    return Pages(
        uvicorn.Config(
            application,
            log_config=None,
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=math.ceil(drain.total_seconds()),
        )
    )


def _stop_with(worker: threading.Thread, server: uvicorn.Server) -> threading.Thread:
    """Let the pages end when the worker does by itself, as it does once the tables are another program's.

    Returns the thread that waits for it.
    """

    def wait() -> None:
        worker.join()
        server.should_exit = True

    waiting = threading.Thread(target=wait, name="obieg-pages", daemon=True)
    waiting.start()
    return waiting


def _compare(engine: ProcessEngine, system: str, content: bytes) -> Outcome:
    """Compare the registers with a list of another system."""
    from handlers import reconciliation  # with all handlers: only where pages are served

    return reconciliation.compare(engine, system, content)


def _extract(office_name: str) -> Extract:
    """Return who sets extracts of registers as PDF, with the office's name at the head."""
    from handlers import sheet  # typst: only where pages are served

    def extract(
        title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], made_at: dt.datetime
    ) -> bytes:
        return sheet.set_extract(title, columns, rows, office=office_name, made_at=made_at)

    return extract


def sheets_of(office_name: str) -> dict[str, Sheet]:
    """Return who sets the sheets forms name, with the office's name at the head."""
    from handlers import letter  # typst: only where pages are served

    def f01(variables: Mapping[str, Any], made_at: dt.datetime) -> bytes:
        return letter.set_f01(letter.f01_fields(variables), office=office_name, made_at=made_at)

    return {"F-01": f01}


def _listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raises ``EngineError`` where another program has the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise EngineError(
            f"expected to listen on {host}:{port}, but {error.strerror}; give another port with --port"
        ) from None


def _reports(office: Office, engine: ProcessEngine, outside: invented.Outside | None) -> SmsReports:
    """Return who takes in what the SMS gateway reports to OBIEG_SMS_NOTIFY_URL."""
    from handlers.sms_reports import SmsReports

    environment = os.environ if outside is None else outside.environment
    return SmsReports(engine, office.settings(environment).sms)


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def require_loopback(host: str) -> None:
    """Refuse to show a demonstration to others than who runs it; raises ``UsageError``."""
    try:
        is_own = ip_address(host).is_loopback
    except ValueError:
        is_own = host == "localhost"
    if not is_own:
        raise click.UsageError(
            f"expected --demo on this machine only (127.0.0.1, ::1, localhost), but --host is {host}: there "
            "anybody could sign in as anyone. Leave out --host, or --demo."
        )


@contextmanager
def _opened(
    office: Office, *, demo: bool, broker: str | None, address: str
) -> Iterator[tuple[ProcessEngine, invented.Outside | None]]:
    if demo:
        shutil.rmtree(_DEMO, ignore_errors=True)
        output.show("demo servers, invented people, both procedures and some cases: a few seconds …")
        with invented.opened(office, _DEMO, with_cases=True, pages=address) as opened:
            yield opened
        return
    with office.engine(create=True, handlers=office.handlers(), broker=broker) as engine:
        yield engine, None
