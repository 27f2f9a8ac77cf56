"""How a ready job reaches a worker: a hint that carries only a job key, and may be lost or repeated.

The row in the job table decides; a transport never is the reason why something runs or does not run.
"""

from __future__ import annotations

import threading
from typing import Protocol


class Transport(Protocol):
    """Something that tells workers to look at the job table."""

    def hint(self, job_key: int) -> None:
        """Say that a job may be ready; never blocks, never raises."""

    def wait(self, seconds: float) -> None:
        """Wait for a hint, at most so long."""


class LocalTransport:
    """Wakes the workers of this process at once."""

    def __init__(self) -> None:
        self._hinted = threading.Event()

    def hint(self, job_key: int) -> None:
        """Wake the waiting threads."""
        self._hinted.set()

    def wait(self, seconds: float) -> None:
        """Wait for a hint from this process, at most so long."""
        if self._hinted.wait(seconds):
            self._hinted.clear()


class PollTransport:
    """Needs no further server: every worker looks at the table itself, as often as it likes to wait."""

    def __init__(self) -> None:
        self._never = threading.Event()

    def hint(self, job_key: int) -> None:
        """Do nothing: others look for themselves."""

    def wait(self, seconds: float) -> None:
        """Wait so long."""
        self._never.wait(seconds)
