"""The two clocks of a node, without a statement per transaction.

Both are the database's, followed by our own.

The machine clock is the database's time, the business clock the same plus the offset kept in the table
``clock`` (0 outside demonstrations and sandboxes). The difference to the local monotonic clock is measured
once a second at most, and again as soon as the local clocks disagree about how long that was (a suspended or
stepped machine).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from engine.clock import Clock, SystemClock, micros, monotonic

_FRESH = 1_000_000  # microseconds a measurement is used for
_STEP = 50_000  # microseconds the two local clocks may disagree by before we measure again


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What the database said, in microseconds.

    Its time, the business offset, and the local clocks at that moment.
    """

    database: int
    offset: int
    monotonic: int
    wall: int


class Times:
    """The clocks of one store; ``measure`` asks the database for (its time, the offset).

    Both in microseconds.
    """

    def __init__(self, measure: Callable[[], tuple[int, int]], clock: Clock | None) -> None:
        self._measure = measure
        self._clock = clock
        self._lock = threading.Lock()
        self._last: Measurement | None = None

    def refresh(self) -> None:
        """Measure again if the last measurement is too old; called before a transaction opens."""
        last = self._last
        if last is None or _age(last) > _FRESH or abs(_wall() - last.wall - _age(last)) > _STEP:
            with self._lock:
                before = _monotonic()
                database, offset = self._measure()
                # The answer was true somewhere between asking and hearing: take the middle.
                middle = (before + _monotonic()) // 2
                self._last = Measurement(database=database, offset=offset, monotonic=middle, wall=_wall())

    def forget(self) -> None:
        """Make the next transaction measure again (the offset was changed, the connection is a new one)."""
        self._last = None

    def machine(self) -> int:
        """Return the database's time in UTC microseconds."""
        last = self._measured()
        return last.database + _age(last)

    def business(self) -> int:
        """Return the business time in UTC microseconds.

        The injected clock's, else the database's plus the offset.
        """
        if self._clock is not None:
            return micros(self._clock.now())
        last = self._measured()
        return last.database + _age(last) + last.offset

    def _measured(self) -> Measurement:
        if self._last is None:
            raise RuntimeError("expected the clocks to be read inside a transaction of the store")
        return self._last


def _monotonic() -> int:
    return int(monotonic() * 1_000_000)


def _wall() -> int:
    return micros(SystemClock().now())


def _age(last: Measurement) -> int:
    return _monotonic() - last.monotonic
