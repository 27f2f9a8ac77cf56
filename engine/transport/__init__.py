"""How a ready job reaches a worker: a hint that carries only a job key, and may be lost or repeated.

The row in the job table decides; a transport never is the reason why something runs or does not run.
The third transport is ``engine.transport.celery``; Celery is imported only where somebody asks for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol


class Transport(Protocol):
    """Something that tells workers to look at the job table.

    ``lossy``: others than this process depend on its hints, so that what is not claimed is hinted again.
    """

    lossy: bool

    def hint(self, job_key: int) -> None:
        """Say that a job may be ready (0: some job); never blocks, never raises."""

    def wake(self) -> None:
        """Let the threads of this process look again."""

    def wait(self, seconds: float) -> None:
        """Wait for a hint, at most so long."""


class LocalTransport:
    """Wakes the workers of this process at once."""

    lossy = False

    def __init__(self) -> None:
        self._hinted = threading.Event()

    def hint(self, job_key: int) -> None:
        """Wake the waiting threads."""
        self._hinted.set()

    def wake(self) -> None:
        """Wake the waiting threads."""
        self._hinted.set()

    def wait(self, seconds: float) -> None:
        """Wait for a hint from this process, at most so long."""
        if self._hinted.wait(seconds):
            self._hinted.clear()


class PollTransport:
    """Needs no further server: every worker looks at the table itself, as often as it likes to wait."""

    lossy = False

    def __init__(self) -> None:
        self._here = LocalTransport()

    def hint(self, job_key: int) -> None:
        """Do nothing: others look for themselves."""

    def wake(self) -> None:
        """Let the threads of this process look again."""
        self._here.wake()

    def wait(self, seconds: float) -> None:
        """Wait so long."""
        self._here.wait(seconds)


def celery_transport(broker: str) -> Transport:
    """Return the transport that hints a Celery fleet; raises ``EngineError`` for an address it cannot use."""
    from engine.transport.celery import CeleryTransport

    return CeleryTransport(broker)


def run_celery(
    broker: str,
    opened: Callable[[], AbstractContextManager[Callable[[int], object]]],
    *,
    processes: int,
    time_limit: float,
) -> int:
    """Be a Celery worker (``engine.transport.celery.run_fleet``) until SIGTERM; return its exit code."""
    from engine.transport.celery import run_fleet

    return run_fleet(broker, opened, processes=processes, time_limit=time_limit)
