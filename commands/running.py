"""A worker and the scheduler, alone or beside something else in one process, with their options."""

from __future__ import annotations

import datetime as dt
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import metadata
from typing import Any, TypeVar

import click

from engine import ProcessEngine, Scheduler, Worker, log_events

F = TypeVar("F", bound=Callable[..., Any])


def broker_option(*, required: bool = False) -> Callable[[F], F]:
    """Return the option that names the broker of a Celery fleet."""
    return click.option(
        "--broker",
        metavar="URL",
        required=required,
        envvar="OBIEG_BROKER",
        show_envvar=True,
        help="Redis or RabbitMQ that hints `obieg celery`: redis://…, redis+socket://…, amqp://…",
    )


def _seconds(_: click.Context, __: click.Parameter, value: float) -> dt.timedelta:
    return dt.timedelta(seconds=value)


lease_option = click.option(
    "--lease",
    type=click.FloatRange(1, 3600),
    default=30.0,
    show_default=True,
    envvar="OBIEG_LEASE",
    show_envvar=True,
    callback=_seconds,
    help="Seconds after which the jobs of a node that died are taken over.",
)


drain_option = click.option(
    "--drain",
    type=click.FloatRange(0, 3600),
    default=60.0,
    show_default=True,
    envvar="OBIEG_DRAIN",
    show_envvar=True,
    callback=_seconds,
    help="Seconds that running jobs may take to end once it is told to stop; the rest is given back.",
)


log_option = click.option(
    "--log-format",
    type=click.Choice(["console", "json"]),
    default="console",
    show_default=True,
    envvar="OBIEG_LOG_FORMAT",
    show_envvar=True,
    expose_value=False,
    callback=lambda _, __, value: log_events(sys.stderr, as_json=value == "json"),
    help="How events are written to standard error.",
)


@contextmanager
def ticking(engine: ProcessEngine, worker: Worker, *, kind: str) -> Iterator[None]:
    """Promote what is due, renew leases and be listed as a node for as long as the block lasts."""
    scheduler = Scheduler(engine, worker, version=metadata.version("obieg"), kind=kind)
    scheduler.start()
    try:
        yield
    finally:
        scheduler.stop()


@contextmanager
def working(engine: ProcessEngine, worker: Worker, *, kind: str) -> Iterator[threading.Thread]:
    """Run jobs and timers for as long as the block lasts, on the thread given; then drain."""
    running = threading.Thread(target=worker.run, name="obieg-worker")
    with ticking(engine, worker, kind=kind):
        running.start()
        try:
            yield running
        finally:
            worker.stop()
            running.join()


def leave(worker: Worker) -> None:
    """End the program though jobs that were given back still run here: threads cannot be ended."""
    if worker.abandoned:
        logging.shutdown()
        sys.stdout.flush()
        os._exit(0)
