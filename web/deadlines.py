"""Deadlines in words: how long there is yet, since when it is over, and how the days were counted."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple, Protocol

from engine import WARSAW, UserTask
from web import words
from web.translation import _, ngettext

_DAY = dt.timedelta(days=1)
_LONGEST_LISTED = 60  # days; of a longer time nobody reads every Saturday
_MOST_DAYS = 36_000


class Calendar(Protocol):
    """What is asked of the office's calendar."""

    def working_days_between(self, start: dt.date, end: dt.date) -> int:
        """Return how many working days come after a day, up to and with another."""

    def is_working_day(self, day: dt.date) -> bool:
        """Say whether offices work on a day."""


class Deadline(NamedTuple):
    """A deadline as a page shows it; ``left`` says how long there is, ``until`` when it ends."""

    due_at: dt.datetime
    left: str
    until: str
    late: bool


def deadline_of(due_at: dt.datetime | None, now: dt.datetime, calendar: Calendar) -> Deadline | None:
    """Return a deadline in words, None where there is none."""
    if due_at is None:
        return None
    ends = words.deadline(due_at)
    if due_at <= now:
        return Deadline(due_at, _since(due_at, now, calendar), _("termin: %(ends)s", ends=ends), late=True)
    return Deadline(due_at, _left(due_at, now, calendar), _("do %(ends)s", ends=ends), late=False)


def why(task: UserTask, calendar: Calendar) -> str:
    """Return how the days of a task's deadline were counted, "" where it has none."""
    if task.due_at is None:
        return ""
    begun, last = task.created_at.astimezone(WARSAW).date(), words.last_day(task.due_at)
    if last <= begun or (last - begun).days > _MOST_DAYS:
        return _("Termin wyznacza procedura; zadanie powstało %(at)s.", at=words.instant(task.created_at))
    count = calendar.working_days_between(begun, last)
    told = ngettext(
        "Licząc od dnia po %(day)s (wtedy powstało zadanie), do końca terminu jest %(num)s dzień roboczy.",
        "Licząc od dnia po %(day)s (wtedy powstało zadanie), do końca terminu są %(num)s dni robocze.",
        count,
        day=words.day(begun),
    )
    skipped = [each for each in _days(begun, last) if not calendar.is_working_day(each)]
    if not skipped or (last - begun).days > _LONGEST_LISTED:
        return told
    listed = ", ".join(_named(each) for each in skipped)
    return f"{told} {_('Nie liczą się dni wolne: %(days)s.', days=listed)}"


def _since(due_at: dt.datetime, now: dt.datetime, calendar: Calendar) -> str:
    """Return for how long a deadline is over."""
    last, today = words.last_day(due_at), now.astimezone(WARSAW).date()
    days = calendar.working_days_between(last, today) if (today - last).days <= _MOST_DAYS else 0
    if days < 1:
        return _("po terminie")
    return ngettext("%(num)s dzień roboczy po terminie", "%(num)s dni robocze po terminie", days)


def _left(due_at: dt.datetime, now: dt.datetime, calendar: Calendar) -> str:
    today, last = now.astimezone(WARSAW).date(), words.last_day(due_at)
    if last == today:
        return _("kończy się dziś o %(hour)s", hour=_hour(due_at))
    days = calendar.working_days_between(today, last) if (last - today).days <= _MOST_DAYS else 0
    if days < 1:
        return _("nie został żaden dzień roboczy")
    return ngettext("został %(num)s dzień roboczy", "zostały %(num)s dni robocze", days)


def _hour(due_at: dt.datetime) -> str:
    local = due_at.astimezone(WARSAW)
    return "24:00" if local.time() == dt.time() else f"{local:%H:%M}"


def _days(begun: dt.date, last: dt.date) -> list[dt.date]:
    return [begun + number * _DAY for number in range(1, (last - begun).days + 1)]


def _named(day: dt.date) -> str:
    """Return a day with its day of the week: so 19.12.2026."""
    return words.deadline(dt.datetime.combine(day + _DAY, dt.time(), WARSAW)).rpartition(",")[0]
