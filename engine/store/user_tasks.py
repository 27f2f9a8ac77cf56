"""User tasks: the worklist's rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, Text, bindparam, cast, func, literal, literal_column, select
from sqlalchemy import update as update_table
from sqlalchemy.dialects.postgresql import array

from engine.keys import bucket_of
from engine.store.rows import UserTaskRow, record
from engine.store.statements import at_key, columns, drawn, key_of, upsert_into, values_of
from engine.store.tables import user_task
from engine.store.transaction import Transaction

_SEPARATOR = "\x1f"  # the ASCII unit separator: no name of a group or person has it
_CANDIDATES = ("candidate_groups", "candidate_users")
_GROUPS_AT, _USERS_AT = (UserTaskRow.__struct_fields__.index(name) for name in _CANDIDATES)
_OPEN = ("created", "assigned")
_UPSERT = upsert_into(user_task, keep=("instance_key", "root_key", "created_at"))
_END = (
    update_table(user_task)
    .where(
        user_task.c.bucket.in_(bindparam("buckets", expanding=True)),
        user_task.c.key.in_(bindparam("keys", expanding=True)),
    )
    .values(state=bindparam("new_state"), ended_at=bindparam("at"))
)
_SELECT = select(*columns(user_task, UserTaskRow))
_READ = _SELECT.where(*at_key(user_task))


def upsert(tx: Transaction, rows: Iterable[UserTaskRow]) -> None:
    """Insert new tasks and replace known ones, all in one statement."""
    values = [_values(row) for row in rows]
    if values:
        tx.execute_for(_UPSERT, values)


def end(tx: Transaction, states: Mapping[int, str], at: int) -> None:
    """End tasks, each in its state (completed or cancelled): one statement per state."""
    for state in sorted(set(states.values())):
        keys = sorted(key for key, ended in states.items() if ended == state)
        buckets = sorted({bucket_of(key) for key in keys})
        tx.execute(_END, {"keys": keys, "buckets": buckets, "new_state": state, "at": at})


def read(tx: Transaction, key: int) -> UserTaskRow | None:
    """Return one task."""
    row = tx.execute(_READ, key_of(key)).first()
    return None if row is None else task_of(row)


def query(
    tx: Transaction,
    *,
    instance_key: int | None = None,
    assignee: str | None = None,
    group: str | None = None,
    candidate_user: str | None = None,
    process_id: str | None = None,
    element_id: str | None = None,
    states: Collection[str] | None = None,
    limit: int = 100,
    offset: int = 0,
) -> list[UserTaskRow]:
    """Return tasks that meet all conditions given, oldest first."""
    found = _SELECT
    equal = {
        "instance_key": instance_key,
        "assignee": assignee,
        "process_id": process_id,
        "element_id": element_id,
    }
    for name, value in equal.items():
        if value is not None:
            found = found.where(user_task.c[name] == value)
    if instance_key is not None:
        found = found.where(user_task.c.bucket == bucket_of(instance_key))
    if states is not None:
        found = found.where(user_task.c.state.in_(states))
        if not set(states).difference(_OPEN):
            found = found.where(user_task.c.ended_at.is_(None))  # lets the indexes of open tasks be used
    for column, wanted in zip(_CANDIDATES, (group, candidate_user), strict=True):
        if wanted is not None:
            found = _among(tx, found, column, wanted)
    oldest_first = found.order_by(user_task.c.created_at, drawn(user_task))
    return [task_of(row) for row in tx.execute(oldest_first.limit(limit).offset(offset))]


def task_of(values: Sequence[Any]) -> UserTaskRow:
    """Return the record of a row selected in the order of its fields."""
    unfolded = list(values)
    for position in (_GROUPS_AT, _USERS_AT):
        unfolded[position] = tuple(name for name in unfolded[position].split(_SEPARATOR) if name)
    return record(UserTaskRow, unfolded)


def _among(tx: Transaction, found: Select[Any], column: str, name: str) -> Select[Any]:
    if tx.dialect == "sqlite":
        return found.where(func.instr(user_task.c[column], f"{_SEPARATOR}{name}{_SEPARATOR}") > 0)
    names = func.string_to_array(user_task.c[column], func.chr(literal_column("31")))
    return found.where(names.op("@>")(array([cast(literal(name), Text)])))


def _values(row: UserTaskRow) -> dict[str, Any]:
    values = values_of(row, row.key)
    for column in _CANDIDATES:
        values[column] = _folded(values[column])
    return values


def _folded(names: Sequence[str]) -> str:
    if any(_SEPARATOR in name for name in names):
        raise ValueError(f"expected names of groups and people without control characters, but got {names!r}")
    return _SEPARATOR.join(("", *names, "")) if names else ""
