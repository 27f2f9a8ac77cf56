"""``obieg celery``: a Celery worker whose processes run the jobs that are hinted, one at a time each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from commands import output
from commands.doctor import refuse_insecure
from commands.office import Command, Office, pass_office
from commands.running import broker_option, lease_option, log_option, ticking
from engine import EngineError, Worker, run_celery

_GRACE = 1.0  # seconds after the longest deadline, when the lease is lost anyhow


@click.command(cls=Command)
@broker_option(required=True)
@click.option(
    "--processes", type=click.IntRange(1, 256), default=2, show_default=True, help="Jobs at the same time."
)
@lease_option
@log_option
@pass_office
def command(office: Office, broker: str, processes: int, lease: dt.timedelta) -> None:
    """Run jobs, timers and messages in processes of their own until SIGTERM, told by Redis or RabbitMQ.

    As many as are wanted, on as many machines; `obieg serve --broker` and `obieg worker --broker` hint them.
    A process whose handler takes longer than the longest deadline of all is killed; nothing is lost, its
    lease runs out and another goes on.
    """
    refuse_insecure(office)
    limit = office.handlers().longest_deadline().total_seconds() + _GRACE

    @contextmanager
    def opened() -> Iterator[Callable[[int], object]]:
        with office.engine(create=True, handlers=office.handlers(), broker=broker) as engine:
            worker = Worker(engine, threads=1, lease=lease)
            with ticking(engine, worker, kind="celery"):
                yield worker.run_hinted

    output.show(f"Celery worker with {processes} processes; SIGTERM stops it")
    code = run_celery(broker, opened, processes=processes, time_limit=limit)
    if code:
        raise EngineError(
            f"expected Celery to run until it is stopped, but it ended with {code}; see the log"
        )
