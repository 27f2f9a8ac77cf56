"""Finding cases among many: by number, who filed them, process, state and deadline, a page at a time.

Two statements whatever is asked for: one page of rows, and a count that stops at its limit.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, exists, func, literal, select

from engine.keys import bucket_of
from engine.store.rows import InstanceRow, record
from engine.store.statements import columns, drawn
from engine.store.tables import history, instance, user_task
from engine.store.transaction import Transaction

_LAST = chr(0x10FFFF)  # sorts after every character a number can have
_WIDTH = len(InstanceRow.__struct_fields__)
_OPEN = {"active", "suspended"}
_FILED_BY = (
    select(history.c.actor)
    .where(
        history.c.bucket == instance.c.bucket, history.c.instance_key == instance.c.key, history.c.seq == 1
    )
    .scalar_subquery()
)


class CaseFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for; a field left out does not narrow. ``number`` ends with ``*`` for all that begin so.

    ``due_before`` (µs, UTC) finds cases with an open user task due before; ``order`` is newest, oldest,
    number, or deadline, which finds only cases that have one.
    """

    number: str = ""
    filed_by: tuple[str, ...] | None = None
    process_id: str = ""
    states: tuple[str, ...] = ()
    due_before: int | None = None
    order: str = "newest"


def page(tx: Transaction, wanted: CaseFilter, *, limit: int, offset: int) -> list[tuple[InstanceRow, str]]:
    """Return one page of root instances, each with who filed it."""
    found = _narrowed(select(*columns(instance, InstanceRow), _FILED_BY), wanted, tx.dialect)
    key = drawn(instance)
    if wanted.order == "deadline":
        due = _due(wanted).subquery()
        found = found.join(due, due.c.root_key == instance.c.key).order_by(due.c.due, key)
    elif wanted.order == "number":
        found = found.order_by(instance.c.business_key.is_(None), instance.c.business_key, key)
    elif wanted.order == "oldest":
        found = found.order_by(instance.c.started_at, key)
    else:
        found = found.order_by(instance.c.started_at.desc(), key.desc())
    rows = tx.execute(found.limit(limit).offset(offset))
    return [(record(InstanceRow, row[:_WIDTH]), row[_WIDTH] or "") for row in rows]


def count(tx: Transaction, wanted: CaseFilter, *, most: int) -> int:
    """Return how many cases there are, at most ``most``: the count stops there."""
    found = _narrowed(select(literal(1)).select_from(instance), wanted, tx.dialect)
    if wanted.order == "deadline":
        due = _due(wanted).subquery()
        found = found.join(due, due.c.root_key == instance.c.key)
    return int(tx.execute(select(func.count()).select_from(found.limit(most).subquery())).scalar_one())


def next_due(tx: Transaction, root_keys: Collection[int]) -> dict[int, int]:
    """Return when the first open user task of each of these cases is due, for those that have one."""
    if not root_keys:
        return {}
    buckets = {bucket_of(key) for key in root_keys}
    found = _due(CaseFilter()).where(user_task.c.bucket.in_(buckets), user_task.c.root_key.in_(root_keys))
    return {int(root): int(due) for root, due in tx.execute(found)}


def _due(wanted: CaseFilter) -> Select[Any]:
    """Select the first deadline of each case."""
    found = select(user_task.c.root_key, func.min(user_task.c.due_at).label("due")).where(
        user_task.c.ended_at.is_(None), user_task.c.due_at.is_not(None)
    )
    if wanted.due_before is not None:
        found = found.where(user_task.c.due_at < wanted.due_before)
    return found.group_by(user_task.c.root_key)


def _narrowed(found: Select[Any], wanted: CaseFilter, dialect: str) -> Select[Any]:
    found = found.where(instance.c.parent_key.is_(None))
    if wanted.number.endswith("*"):
        found = found.where(*_begins(wanted.number[:-1], dialect))
    elif wanted.number:
        found = found.where(instance.c.business_key == wanted.number)
    if wanted.process_id:
        found = found.where(instance.c.process_id == wanted.process_id)
    if wanted.states:
        found = found.where(instance.c.state.in_(wanted.states))
        if not set(wanted.states) - _OPEN:
            found = found.where(instance.c.ended_at.is_(None))  # lets the index of open cases be used
    if wanted.filed_by is not None:
        found = found.where(_filed_by(wanted.filed_by))
    if wanted.due_before is not None and wanted.order != "deadline":
        found = found.where(instance.c.key.in_(select(_due(wanted).subquery().c.root_key)))
    return found


def _begins(text: str, dialect: str) -> list[ColumnElement[bool]]:
    """Return the condition that a number begins with a text, as the index of numbers can answer it."""
    least, below = (">=", "<") if dialect == "sqlite" else ("~>=~", "~<~")
    number = instance.c.business_key
    return [number.op(least, is_comparison=True)(text), number.op(below, is_comparison=True)(text + _LAST)]


def _filed_by(people: Collection[str]) -> Any:
    first = (history.c.bucket == instance.c.bucket, history.c.instance_key == instance.c.key)
    return exists().where(*first, history.c.seq == 1, history.c.actor.in_(people))
