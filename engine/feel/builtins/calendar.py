"""Working days in FEEL (engine.md §5); the last argument, a calendar's name, may be left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

from engine.calendar import DEFAULT_CALENDAR, MAX_CALENDAR_DAYS, MAX_WORKING_DAYS, WorkingCalendar
from engine.errors import EvaluationError
from engine.feel.builtins.registry import builtin
from engine.feel.environment import Environment
from engine.feel.values import Undefined, truncated

_T = TypeVar("_T")
_COST_OF_DAY, _COST_OF_COUNTING = 3, 40


@builtin("is working day(date: date|date and time, [calendar: string?])", environment=True, cost=20)
def is_working_day(environment: Environment, date: dt.date, calendar: str | None = None) -> bool:
    """Say whether the office works on a day."""
    found = _calendar(environment, calendar)
    return found.is_working_day(found.local_date(date))


@builtin("add working days(date: date|date and time, count: number, [calendar: string?])", environment=True)
def add_working_days(
    environment: Environment, date: dt.date, count: int | Decimal, calendar: str | None = None
) -> dt.date:
    """Return the n-th working day after a day."""
    found = _calendar(environment, calendar)
    days = _whole(environment, count)
    return _attempt(lambda: found.add_working_days(found.local_date(date), days))


@builtin(
    "working days between(start: date|date and time, end: date|date and time, [calendar: string?])",
    environment=True,
)
def working_days_between(
    environment: Environment, start: dt.date, end: dt.date, calendar: str | None = None
) -> int:
    """Count the working days after the first day up to and including the second."""
    found = _calendar(environment, calendar)
    first, last = found.local_date(start), found.local_date(end)
    environment.spend(_COST_OF_COUNTING + min(abs((last - first).days), MAX_CALENDAR_DAYS) * _COST_OF_DAY)
    return _attempt(lambda: found.working_days_between(first, last))


@builtin(
    "working day deadline(from: date|date and time, count: number, [calendar: string?])", environment=True
)
def working_day_deadline(
    environment: Environment, start: dt.date, count: int | Decimal, calendar: str | None = None
) -> dt.datetime:
    """Return the instant when the n-th working day after a day ends, 24:00 local."""
    found = _calendar(environment, calendar)
    days = _whole(environment, count)
    return _attempt(lambda: found.deadline(start, days))


def _calendar(environment: Environment, name: str | None) -> WorkingCalendar:
    wanted = name or DEFAULT_CALENDAR
    found = environment.calendars.get(wanted)
    if found is None:
        known = ", ".join(sorted(environment.calendars)) or "none"
        raise Undefined(f"expected the name of a calendar ({known}), but there is no “{wanted[:40]}”")
    return found


def _whole(environment: Environment, count: int | Decimal) -> int:
    days = truncated(count)
    if count != days:
        raise Undefined(f"expected a whole number of working days, but got {count}")
    environment.spend(_COST_OF_COUNTING + min(abs(days), MAX_WORKING_DAYS) * _COST_OF_DAY)
    return days


def _attempt(work: Callable[[], _T]) -> _T:
    try:
        return work()
    except EvaluationError as problem:
        raise Undefined(str(problem)) from None
