"""The worklist: which open tasks somebody sees, in which order, how many; three statements for any number.

Open tasks have few different sets of candidate groups: they are read off the index by jumping from one to the
next. For the order of deadlines each set is a branch that is in order already, so that a page reads as many
entries as it shows; the other orders read the entries of the index, never the rows, but of the page. The
statements of each shape of a question are put together once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    ColumnElement,
    Executable,
    Select,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    union_all,
)

from engine.clock import micros
from engine.model.worklist import MOST_COUNTED, Order, Scope, WorklistQuery
from engine.store.rows import UserTaskRow
from engine.store.search_text import folded
from engine.store.statements import columns, literally
from engine.store.tables import instance, user_task
from engine.store.transaction import Transaction
from engine.store.user_tasks import names_in, task_of

_MOST_BRANCHES = 24  # beyond it, sorting once costs less than putting so many branches together
_OPEN = user_task.c.ended_at.is_(None)
_LAST_CHARACTER = "\U0010ffff"
_KEYS = ("bucket", "key", "due_order", "priority", "created_at")


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One line: a task with the number and the process of its case."""

    task: UserTaskRow
    business_key: str | None
    process_id: str


class _Shape(NamedTuple):
    """What a statement depends on, besides its parameters; ``branches`` is None where sets come at once."""

    dialect: str
    scope: Scope
    order: Order
    branches: int | None
    by_group: bool
    by_process: bool
    due_from: bool
    due_before: bool
    by_text: bool


def candidate_groups(tx: Transaction) -> list[str]:
    """Return the different sets of candidate groups of open tasks, as they are stored; "" for none."""
    return [found for (found,) in tx.execute(_SETS)]


def counts(
    tx: Transaction, wanted: WorklistQuery, sets: Sequence[str], scopes: Sequence[Scope]
) -> dict[str, int]:
    """Return how many tasks each scope has, and how many (``found``) meet all that is wanted.

    Up to ``MOST_COUNTED`` + 1 each.
    """
    shape = _shape(tx, wanted, None)
    row = tx.execute(_counting(shape, tuple(scopes)), _parameters(wanted, sets)).one()
    return {name: int(row[at]) for at, name in enumerate([*map(str, scopes), "found"])}


def page(tx: Transaction, wanted: WorklistQuery, sets: Sequence[str]) -> list[Found]:
    """Return one page of tasks, in order."""
    parameters = _parameters(wanted, sets)
    chosen: list[str] = parameters["chosen"]
    # PostgreSQL plans a search for each branch, with the cases of that number: one scan is sooner done.
    in_order = wanted.order is Order.DUE and not (wanted.text and tx.dialect == "postgresql")
    in_order &= wanted.scope is not Scope.MINE and len(chosen) <= _MOST_BRANCHES
    parameters |= {f"set_{at}": each for at, each in enumerate(chosen if in_order else ())}
    parameters |= {"reach": wanted.offset + wanted.limit, "limit": wanted.limit, "offset": wanted.offset}
    shape = _shape(tx, wanted, len(chosen) if in_order else None)
    if not _branches(shape, "chosen"):
        return []
    return [
        Found(task=task_of(row[:-2]), business_key=row[-2], process_id=row[-1])
        for row in tx.execute(_paging(shape), parameters)
    ]


def _shape(tx: Transaction, wanted: WorklistQuery, branches: int | None) -> _Shape:
    return _Shape(
        dialect=tx.dialect,
        scope=wanted.scope,
        order=wanted.order,
        branches=branches,
        by_group=bool(wanted.group),
        by_process=bool(wanted.process_id),
        due_from=wanted.due_from is not None,
        due_before=wanted.due_before is not None,
        by_text=bool(wanted.text),
    )


def _parameters(wanted: WorklistQuery, sets: Sequence[str]) -> dict[str, Any]:
    """Return the parameters by name: ``theirs`` are sets of their groups, ``chosen`` those asked for."""
    theirs = [each for each in sets if set(names_in(each)).intersection(wanted.groups)]
    seen = theirs if wanted.scope in (Scope.FREE, Scope.GROUPS) else sets
    escaped = folded(wanted.text).replace("/", "//").replace("%", "/%").replace("_", "/_")
    written, capital = wanted.text, wanted.text.upper()
    return {
        "person": wanted.person_id,
        "offered": f"\x1f{wanted.person_id}\x1f",
        "theirs": theirs,
        "chosen": [each for each in seen if not wanted.group or wanted.group in names_in(each)],
        "process": wanted.process_id,
        "due_from": 0 if wanted.due_from is None else micros(wanted.due_from),
        "due_before": 0 if wanted.due_before is None else micros(wanted.due_before),
        "like": f"%{escaped}%",
        "from_written": written,
        "to_written": written + _LAST_CHARACTER,
        "from_capital": capital,
        "to_capital": capital + _LAST_CHARACTER,
    }


def _sets() -> Select[Any]:
    stored = user_task.c.candidate_groups
    sets = select(func.min(stored).label("names")).where(_OPEN).cte("sets", recursive=True)
    following = select(func.min(stored)).where(_OPEN, stored > sets.c.names).scalar_subquery()
    sets = sets.union_all(select(following).where(sets.c.names.is_not(None)))
    return select(sets.c.names).where(sets.c.names.is_not(None))


_SETS = _sets()


@lru_cache(maxsize=128)
def _counting(shape: _Shape, scopes: tuple[Scope, ...]) -> Executable:
    plain = shape._replace(by_group=False)
    each = [_count(_branches(plain._replace(scope=scope), "theirs"), ()) for scope in scopes]
    return select(*each, _count(_branches(shape, "chosen"), _filters(shape)))


@lru_cache(maxsize=256)
def _paging(shape: _Shape) -> Select[Any]:
    keys = [user_task.c[name] for name in _KEYS]
    ordered = [
        select(*keys)
        .where(_OPEN, *branch, *_filters(shape))
        .order_by(*_order(user_task.c, shape.order))
        .limit(bindparam("reach"))
        .subquery()
        for branch in _branches(shape, "chosen")
    ]
    merged = union_all(*(select(each) for each in ordered)).subquery()
    top = select(merged).order_by(*_order(merged.c, shape.order)).limit(bindparam("limit"))
    top_keys = top.offset(bindparam("offset")).subquery()
    case = instance.alias("of_case")
    return (
        select(*columns(user_task, UserTaskRow), case.c.business_key, case.c.process_id)
        .select_from(top_keys)
        .join(user_task, and_(user_task.c.bucket == top_keys.c.bucket, user_task.c.key == top_keys.c.key))
        .join(case, and_(case.c.bucket == user_task.c.bucket, case.c.key == user_task.c.root_key))
        .order_by(*_order(user_task.c, shape.order))
    )


def _order(of: Any, order: Order) -> list[ColumnElement[Any]]:
    if order is Order.PRIORITY:
        return [of.priority.desc(), of.due_order, of.created_at, of.key]
    if order is Order.AGE:  # of no index: the one by age would be read to its end for a group without tasks
        return [of.created_at + literally("0"), of.key % (1 << 55)]
    return [of.due_order, of.created_at, of.key]  # deadlines meet at midnight: first come, first served


def _branches(shape: _Shape, sets: str) -> list[list[ColumnElement[bool]]]:
    """Return conditions: a task in the scope meets exactly one of them, any other none."""
    among_sets = user_task.c.candidate_groups.in_(bindparam(sets, expanding=True))
    if shape.scope is Scope.MINE:
        return [[user_task.c.assignee == bindparam("person"), *((among_sets,) if shape.by_group else ())]]
    if shape.branches is not None:
        found = [[user_task.c.candidate_groups == bindparam(f"set_{at}")] for at in range(shape.branches)]
    else:
        found = [[] if shape.scope is Scope.ALL and not shape.by_group else [among_sets]]
    if shape.scope is not Scope.ALL and not shape.by_group:
        found.append(_offered(shape.dialect))
    free = [user_task.c.assignee.is_(None)] if shape.scope is Scope.FREE else []
    return [[*branch, *free] for branch in found]


def _offered(dialect: str) -> list[ColumnElement[bool]]:
    """Return the conditions of tasks that are offered to the person, and to none of their groups."""
    found = func.instr if dialect == "sqlite" else func.strpos
    return [
        user_task.c.candidate_users != literally(""),
        found(user_task.c.candidate_users, bindparam("offered")) > 0,
        user_task.c.candidate_groups.not_in(bindparam("theirs", expanding=True)),
    ]


def _filters(shape: _Shape) -> list[ColumnElement[bool]]:
    named = user_task.c.search_text.like(bindparam("like"), escape="/")
    numbered = user_task.c.root_key.in_(_numbered(shape.dialect))
    filters = (
        (shape.by_process, user_task.c.process_id == bindparam("process")),
        (shape.due_from, user_task.c.due_order >= bindparam("due_from")),
        (shape.due_before, user_task.c.due_order < bindparam("due_before")),
        (shape.by_text, or_(named, numbered)),
    )
    return [condition for asked, condition in filters if asked]


def _numbered(dialect: str) -> Select[Any]:
    """Return the cases whose number begins with a text, or with it in capitals."""
    least, below = (">=", "<") if dialect == "sqlite" else ("~>=~", "~<~")
    number = instance.c.business_key
    ranges = [
        and_(number.op(least)(bindparam(f"from_{each}")), number.op(below)(bindparam(f"to_{each}")))
        for each in ("written", "capital")
    ]
    return select(instance.c.key).where(number.is_not(None), or_(*ranges))


def _count(
    branches: list[list[ColumnElement[bool]]], filters: Sequence[ColumnElement[bool]]
) -> ColumnElement[int]:
    up_to = MOST_COUNTED + 1
    one = select(literal(1).label("one")).select_from(user_task)
    found = [one.where(_OPEN, *branch, *filters).limit(up_to).subquery() for branch in branches]
    every = union_all(*(select(each) for each in found)).limit(up_to).subquery()
    return select(func.count()).select_from(every).scalar_subquery()
