"""Date and time functions (DMN 1.5 §10.3.4.6-7)."""

from __future__ import annotations

import calendar
import datetime as dt

from engine.feel.builtins.registry import builtin
from engine.feel.environment import Environment

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@builtin("now()", environment=True, cost=12)
def now(environment: Environment) -> dt.datetime:
    """Return the present instant in the environment's zone."""
    return environment.now.astimezone(environment.zone)


@builtin("today()", environment=True, cost=12)
def today(environment: Environment) -> dt.date:
    """Return the present day in the environment's zone."""
    return now(environment).date()


@builtin("day of year(date: date|date and time)", cost=12)
def day_of_year(date: dt.date) -> int:
    """Return the number of the day in its year."""
    return date.timetuple().tm_yday if not isinstance(date, dt.datetime) else date.date().timetuple().tm_yday


@builtin("day of week(date: date|date and time)", cost=12)
def day_of_week(date: dt.date) -> str:
    """Return the English name of the day."""
    return _DAYS[date.weekday()]


@builtin("month of year(date: date|date and time)", cost=12)
def month_of_year(date: dt.date) -> str:
    """Return the English name of the month."""
    return _MONTHS[date.month - 1]


@builtin("week of year(date: date|date and time)", cost=12)
def week_of_year(date: dt.date) -> int:
    """Return the number of the week (ISO 8601)."""
    return date.isocalendar().week


@builtin("last day of month(date: date|date and time)", cost=12)
def last_day_of_month(date: dt.date) -> dt.date:
    """Return the last day of the date's month (not in the standard; Camunda has it)."""
    return dt.date(date.year, date.month, calendar.monthrange(date.year, date.month)[1])
