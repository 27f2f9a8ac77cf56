"""Where time comes from: the only module that may ask the operating system for it.

The *business clock* (timers, back-off, history) is what people see and tests move; the *machine clock*
(leases, heartbeats) always runs. The store adds the offset kept in the database to a system clock's
business time.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from typing import Protocol
from zoneinfo import ZoneInfo

WARSAW = ZoneInfo("Europe/Warsaw")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


class Clock(Protocol):
    """Something that tells the business time as an aware UTC instant."""

    def now(self) -> dt.datetime:
        """Return the present instant, aware, in UTC."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> dt.datetime:
        """Return the present instant, aware, in UTC."""
        return dt.datetime.now(dt.UTC)


class VirtualClock:
    """A clock that stands still until it is moved: for tests, demonstrations and process tests."""

    def __init__(self, at: dt.datetime) -> None:
        self._lock = threading.Lock()
        self._at = _aware(at)

    def now(self) -> dt.datetime:
        """Return the instant the clock was last moved to, in UTC."""
        with self._lock:
            return self._at

    def advance(self, by: dt.timedelta) -> None:
        """Move the clock by a duration (negative: a clock stepping back)."""
        with self._lock:
            self._at += by

    def set(self, at: dt.datetime) -> None:
        """Move the clock to an aware instant."""
        with self._lock:
            self._at = _aware(at)


def monotonic() -> float:
    """Return seconds of a clock that never steps back, for measuring and leases inside one process."""
    return time.monotonic()


def _aware(at: dt.datetime) -> dt.datetime:
    if at.tzinfo is None:
        raise ValueError(f"expected an aware instant, but {at.isoformat()} has no time zone")
    return at.astimezone(dt.UTC)


def micros(at: dt.datetime) -> int:
    """Return an aware instant as whole microseconds since 1970, UTC."""
    return (at - _EPOCH) // _MICROSECOND


def instant(microseconds: int) -> dt.datetime:
    """Return microseconds since 1970 as an aware instant in UTC."""
    return _EPOCH + dt.timedelta(microseconds=microseconds)
