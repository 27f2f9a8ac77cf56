"""``obieg worker``: one node that runs jobs, fires timers and delivers messages until it is told to stop."""

from __future__ import annotations

import datetime as dt
import signal
import threading

import click

from commands import output
from commands.doctor import refuse_insecure
from commands.monitoring import monitor_option, monitored
from commands.office import Command, Office, pass_office
from commands.running import broker_option, drain_option, lease_option, leave, log_option, working
from engine import EngineError, Worker

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
@drain_option
@monitor_option
@log_option
@pass_office
def command(
    office: Office,
    threads: int,
    broker: str | None,
    lease: dt.timedelta,
    drain: dt.timedelta,
    monitor: tuple[str, int] | None,
) -> None:
    """Run jobs, timers and messages until SIGTERM or SIGINT; what is running is finished first.

    Where the outside systems are is told in OBIEG_SMTP_…, OBIEG_SMS_…, OBIEG_RSPO_…, OBIEG_SEOD_… and
    OBIEG_ZSZO_…. A second signal ends it at once; nothing is lost, the leases run out and others go on.
    """
    refuse_insecure(office)
    handlers = office.handlers()
    with office.engine(create=True, handlers=handlers, broker=broker) as engine:
        worker = Worker(engine, threads=threads, lease=lease, drain=drain)
        # Before any thread is started: only sigtimedwait below shall see them.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
        with (
            working(engine, worker, kind="worker") as running,
            monitored(monitor, engine, worker, running.is_alive),
        ):
            output.show(
                f"worker with {threads} threads for {len(handlers.types())} job types; SIGTERM stops it"
            )
            told = _wait_for_signal(running)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
    if told:
        leave(worker)
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
