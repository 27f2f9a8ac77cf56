"""A case as one page shows it, its course step by step, and how its deadlines were computed."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

from engine.model.records import (
    HistoryEvent,
    Incident,
    JobState,
    ProcessInstance,
    Record,
    UserTask,
)


class WaitKind(StrEnum):
    """What an instance may wait for."""

    TASK = "task"
    JOB = "job"
    CALL = "call"
    TIMER = "timer"
    MESSAGE = "message"
    SIGNAL = "signal"
    CONDITION = "condition"
    INCIDENT = "incident"


class Wait(Record, frozen=True, kw_only=True):
    """One thing an element instance waits for; ``name`` is the element's, ``text`` a task's, message's or
    signal's name, a job's type, an incident's type; ``key`` that of the task, timer, incident or called
    instance."""

    kind: WaitKind
    element_id: str
    element_type: str
    name: str = ""
    text: str = ""
    key: int = 0
    due_at: dt.datetime | None = None


class OpenJob(Record, frozen=True, kw_only=True):
    """A job that is not done: ``due_at`` is its next attempt, ``locked_by`` the worker that has it."""

    key: int
    instance_key: int
    process_id: str
    element_id: str
    type: str
    state: JobState
    retries: int
    attempt: int
    due_at: dt.datetime
    locked_by: str = ""


class CasePart(Record, frozen=True, kw_only=True):
    """One instance of a case with what it waits for; ``called_at`` is the element of its caller."""

    instance: ProcessInstance
    name: str
    called_at: str
    waits: tuple[Wait, ...]
    user_tasks: tuple[UserTask, ...]
    jobs: tuple[OpenJob, ...]
    incidents: tuple[Incident, ...]


class Effect(Record, frozen=True, kw_only=True):
    """Something a handler has done outside, for an element instance, with the reply that was kept."""

    instance_key: int
    element_key: int
    name: str
    at: dt.datetime
    reply: dict[str, Any]


class Personal(Record, frozen=True, kw_only=True):
    """What is personal in a case: ``names`` are those of variables that the forms of its processes mark,
    ``variables`` all that its instances have now, where their values and copies of them are found.
    """

    names: frozenset[str]
    variables: tuple[dict[str, Any], ...]


class Case(Record, frozen=True, kw_only=True):
    """An instance with all that a page shows of it.

    ``parts`` begins with the instance itself; those it has called follow, the earliest first.
    ``personal`` is what is personal in the whole case, its callers included, ``labels`` what forms call
    variables, ``choices`` what they call the values of those that are chosen. ``variables`` are those of the
    instance now, or at its end. ``sheets`` are the sheets of paper forms name in ``obieg:sheet``.
    """

    parts: tuple[CasePart, ...]
    history: tuple[HistoryEvent, ...]
    variables: dict[str, Any]
    personal: Personal
    labels: dict[str, str]
    effects: tuple[Effect, ...]
    more_parts: bool = False
    sheets: tuple[str, ...] = ()
    choices: dict[str, dict[str, str]]

    @property
    def instance(self) -> ProcessInstance:
        """Return the instance itself."""
        return self.parts[0].instance


class Change(Record, frozen=True, kw_only=True):
    """One variable a step has changed; ``element_id`` is whose it is; None stands for "there was none"."""

    element_id: str
    name: str
    before: Any
    after: Any


class CourseStep(Record, frozen=True, kw_only=True):
    """What one command did: which version ran it, where tokens are afterwards, over which flows they went.

    ``active`` counts the element instances by element; ``completed`` are the elements that ended in this
    step, ``incidents`` those that wait for an operator after it.
    """

    seq: int
    at: dt.datetime
    actor: str
    command: str
    process_id: str
    version: int
    events: tuple[HistoryEvent, ...]
    active: dict[str, int]
    incidents: tuple[str, ...]
    entered: tuple[str, ...]
    completed: tuple[str, ...]
    flows: tuple[str, ...]
    changes: tuple[Change, ...]


class Course(Record, frozen=True, kw_only=True):
    """The steps ``first`` and following of an instance, of ``last`` there are.

    ``flows`` and ``completed`` are what was gone through before the first of these steps.
    """

    last: int
    steps: tuple[CourseStep, ...]
    flows: tuple[str, ...]
    completed: tuple[str, ...]


class CalendarDay(Record, frozen=True, kw_only=True):
    """One day of a deadline: the ``number`` it counts as, or (0) why it does not."""

    day: dt.date
    number: int
    why: str = ""


class Deadline(Record, frozen=True, kw_only=True):
    """A deadline and how it was computed: the expression, the values of its parts, the days counted.

    ``key`` is the timer's or the user task's; ``state`` is waiting | passed | withdrawn; ``start`` is the
    day after which counting began, None where no working days were counted; ``other_calendar`` says that
    the calendar of today is not the one it was computed with; ``moved_by`` who has moved it, and why.
    """

    key: int
    kind: WaitKind
    element_id: str
    due_at: dt.datetime
    computed_at: dt.datetime
    seq: int
    state: str
    expression: str
    parts: tuple[tuple[str, str], ...] = ()
    start: dt.date | None = None
    count: int = 0
    days: tuple[CalendarDay, ...] = ()
    calendar: str = ""
    other_calendar: bool = False
    moved_by: str = ""
    moved_why: str = ""


class CaseLine(Record, frozen=True, kw_only=True):
    """One case of a list: who filed it, and when the first of its open user tasks is due."""

    instance: ProcessInstance
    filed_by: str
    due_at: dt.datetime | None


class CaseList(Record, frozen=True, kw_only=True):
    """One page of a list of cases; ``total`` is counted up to 500, ``more`` says that there are more.

    Not ``complete``: too many cases had to be looked at; what is listed meets all that was asked for, but
    others may too, and come before.
    """

    lines: tuple[CaseLine, ...]
    total: int
    more: bool
    complete: bool = True
