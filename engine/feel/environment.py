"""What an evaluation may use besides its variables: the present instant, calendars and a budget.

Everything that limits an evaluation is counted, never timed, so that a replay ends exactly where the original
did (security.md §5). A unit stands for at most 0.25 µs of a quiet machine: what each operation is charged was
measured, so that a whole budget is spent within 25 ms, and within 50 ms where the machine is busy.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from engine.calendar import DEFAULT_CALENDAR, WorkingCalendar, polish_calendar
from engine.clock import WARSAW
from engine.errors import EvaluationError
from engine.feel.values import Value

MAX_LIST = 10_000
MAX_STRING = 65_536
MAX_LEVELS = 400
_MAX_WARNINGS = 100
_COST_OF_FAILURE, _COST_OF_WARNING = 20, 8


class Environment:
    """The surroundings and the budget of the evaluations of one step.

    ``now`` is an aware instant; ``fuel`` is what is left to spend (about one unit per node evaluated);
    ``warnings`` says why something became null and is cleared by the caller; ``trace`` is where decision
    tables note which rules matched; ``patterns`` are the regular expressions paid for already, ``missed``
    the names looked for in vain.
    """

    __slots__ = ("calendars", "fuel", "levels", "missed", "now", "patterns", "trace", "warnings", "zone")

    def __init__(
        self,
        *,
        now: dt.datetime,
        zone: ZoneInfo = WARSAW,
        calendars: Mapping[str, WorkingCalendar] | None = None,
        fuel: int = 100_000,
    ) -> None:
        self.now = now
        self.zone = zone
        self.calendars = {DEFAULT_CALENDAR: polish_calendar()} if calendars is None else calendars
        self.fuel = fuel
        self.levels = 0
        self.patterns: set[tuple[str, str]] = set()
        self.missed: set[str] = set()
        self.warnings: list[str] = []
        self.trace: list[Any] = []

    def renew(self, fuel: int) -> None:
        """Begin another evaluation that knows nothing of those before: a full budget and no warnings."""
        self.fuel = fuel
        self.warnings.clear()
        self.patterns.clear()
        self.missed.clear()

    def warn(self, reason: str, position: int | None = None) -> Value:
        """Note why a value became null and return that null; ``position`` is the 0-based offset."""
        self.fuel -= _COST_OF_WARNING  # whoever goes on is told that the budget is used up
        if len(self.warnings) < _MAX_WARNINGS:
            self.warnings.append(reason if position is None else f"{reason} (at position {position + 1})")
        return None

    def fail(self, problem: Exception, position: int) -> Value:
        """Pay for an operation that has no value, note why and return null."""
        self.spend(_COST_OF_FAILURE)
        return self.warn(str(problem), position)

    def spend(self, units: int) -> None:
        """Pay for work; raises ``EvaluationError`` when the budget is used up."""
        self.fuel -= units
        if self.fuel < 0:
            raise EvaluationError("expected an expression within its budget, but it needs too many steps")

    def admit_list(self, length: int) -> None:
        """Pay for a list of a length; raises ``EvaluationError`` above 10 000 items."""
        if length > MAX_LIST:
            raise EvaluationError(f"expected a list of at most {MAX_LIST} items, but it has {length}")
        self.spend(length >> 3)

    def admit_string(self, length: int) -> None:
        """Pay for a string of a length; raises ``EvaluationError`` above 65 536 characters."""
        if length > MAX_STRING:
            raise EvaluationError(f"expected text of at most {MAX_STRING} characters, but it has {length}")
        self.spend(length >> 6)
