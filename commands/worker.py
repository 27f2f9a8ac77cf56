"""``obieg worker``: one node that runs jobs, fires timers and delivers messages until it is told to stop."""

from __future__ import annotations

import datetime as dt
import signal
import threading
from importlib import metadata

import click

from commands import output
from commands.office import Command, Office, pass_office
from commands.running import broker_option, lease_option, log_to_stderr
from engine import EngineError, Scheduler, Worker

STOPPING = (signal.SIGTERM, signal.SIGINT)
_GLANCE = 1.0  # seconds between looks whether the worker still lives


@click.command(cls=Command)
@click.option(
    "--threads",
    type=click.IntRange(0, 256),
    default=4,
    show_default=True,
    help="Jobs at the same time; with 0 it only keeps time for others.",
)
@broker_option()
@lease_option
@pass_office
def command(office: Office, threads: int, broker: str | None, lease: dt.timedelta) -> None:
    """Run jobs, timers and messages until SIGTERM or SIGINT; what is running is finished first.

    Where the outside systems are is told in OBIEG_SMTP_…, OBIEG_SMS_…, OBIEG_RSPO_…, OBIEG_SEOD_… and
    OBIEG_ZSZO_…. A second signal ends it at once; nothing is lost, the leases run out and others go on.
    """
    log_to_stderr()
    handlers = office.handlers()
    with office.engine(create=True, handlers=handlers, broker=broker) as engine:
        worker = Worker(engine, threads=threads, lease=lease)
        scheduler = Scheduler(engine, worker, version=metadata.version("obieg"))
        signal.pthread_sigmask(
            signal.SIG_BLOCK, STOPPING
        )  # before any thread: only sigwait below shall see them
        running = threading.Thread(target=worker.run, name="obieg-worker")
        scheduler.start()
        running.start()
        output.show(f"worker with {threads} threads for {len(handlers.types())} job types; SIGTERM stops it")
        told = _wait_for_signal(running)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
        worker.stop()
        running.join()
        scheduler.stop()
    if not told:
        raise EngineError(
            "expected the worker to run until it is stopped, but it ended by itself; see the log"
        )


def _wait_for_signal(running: threading.Thread) -> bool:
    """Wait until a signal says stop; False if the worker ended before that."""
    while running.is_alive():
        if signal.sigtimedwait(STOPPING, _GLANCE) is not None:
            return True
    return False
