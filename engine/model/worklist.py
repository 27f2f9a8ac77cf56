"""What somebody asks of the worklist, and what it answers."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

import msgspec

from engine.model.records import Record, UserTask

MOST_COUNTED = 500  # more than this are "500+": nobody reads on, and counting on costs


class Scope(StrEnum):
    """Whose tasks."""

    MINE = "mine"  # those somebody has taken
    FREE = "free"  # those they may take
    GROUPS = "groups"  # those of their groups, whoever has them
    ALL = "all"


class Order(StrEnum):
    """Which first."""

    DUE = "due"  # the first due; those without a deadline last
    PRIORITY = "priority"  # the most urgent, then the first due
    AGE = "age"  # the oldest


class WorklistQuery(Record, frozen=True, kw_only=True):
    """Whose open tasks, which of them, in which order; instants are aware, ``due_before`` is not counted in.

    ``text`` is the beginning of a case number or a part of a task's name.
    """

    person_id: str
    groups: tuple[str, ...] = ()
    scope: Scope = Scope.GROUPS
    order: Order = Order.DUE
    process_id: str = ""
    group: str = ""
    due_from: dt.datetime | None = None
    due_before: dt.datetime | None = None
    text: str = ""
    limit: int = 50
    offset: int = 0


class ListedTask(Record, frozen=True, kw_only=True):
    """One line: a task, the number and the process of its case."""

    task: UserTask
    business_key: str
    process_id: str


class Worklist(Record, frozen=True, kw_only=True):
    """One page of the worklist.

    ``found`` and ``counts`` (by scope, without the other filters) go up to ``MOST_COUNTED`` + 1; ``groups``
    are those that have open tasks in the scope.
    """

    lines: tuple[ListedTask, ...]
    found: int
    counts: dict[Scope, int] = msgspec.field(default_factory=dict)
    groups: tuple[str, ...] = ()
