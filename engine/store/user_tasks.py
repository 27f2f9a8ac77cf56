"""User tasks: the worklist's rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, Text, bindparam, cast, func, literal_column, select
from sqlalchemy import update as update_table
from sqlalchemy.dialects.postgresql import array

from engine.keys import bucket_of
from engine.store.prepared import Prepared, lists, with_lists
from engine.store.rows import UserTaskRow, record
from engine.store.search_text import folded
from engine.store.statements import at_key, columns, drawn, key_of, literally, upsert_into, values_of
from engine.store.tables import user_task
from engine.store.transaction import Transaction

_SEPARATOR = "\x1f"  # the ASCII unit separator: no name of a group or person has it
_CANDIDATES = ("candidate_groups", "candidate_users")
_GROUPS_AT, _USERS_AT = (UserTaskRow.__struct_fields__.index(name) for name in _CANDIDATES)
_OPEN = ("created", "assigned")
NO_DEADLINE = (1 << 63) - 1  # sorts after every deadline
_UPSERT = Prepared(upsert_into(user_task, keep=("instance_key", "root_key", "created_at")))
# What people change about a task. SQLite writes every index a named column is in, whether or not it changes.
_SHAPE = (
    *("state", "assignee", "candidate_groups", "candidate_users", "due_at", "follow_up_at", "priority"),
    "due_order",
)
_UPDATE = Prepared(
    update_table(user_task)
    .where(*at_key(user_task))
    .values({name: bindparam(f"new_{name}") for name in _SHAPE})
)
_END = with_lists(
    lambda among: (
        update_table(user_task)
        .where(among(user_task.c.bucket, "buckets"), among(user_task.c.key, "keys"))
        .values(state=bindparam("new_state"), ended_at=bindparam("at"))
    )
)
_SELECT = select(*columns(user_task, UserTaskRow))
_READ = Prepared(_SELECT.where(*at_key(user_task)))


def upsert(tx: Transaction, rows: Iterable[UserTaskRow]) -> None:
    """Insert new tasks and replace known ones, all in one statement."""
    values = [_values(row) for row in rows]
    if values:
        tx.write(_UPSERT, values)


def update(tx: Transaction, rows: Iterable[UserTaskRow]) -> None:
    """Write what people may change about known tasks, all in one statement; the other columns stay."""
    values = [
        key_of(row.key) | {f"new_{name}": value for name, value in _values(row).items() if name in _SHAPE}
        for row in rows
    ]
    if values:
        tx.write(_UPDATE, values)


def end(tx: Transaction, states: Mapping[int, str], at: int) -> None:
    """End tasks, each in its state (completed or cancelled): one statement per state."""
    for state in sorted(set(states.values())):
        keys = [key for key, ended in states.items() if ended == state]
        ended = {"new_state": str(state), "at": at}
        tx.write(_END, [lists(keys=keys, buckets=map(bucket_of, keys)) | ended])


def read(tx: Transaction, key: int) -> UserTaskRow | None:
    """Return one task."""
    row = tx.run(_READ, key_of(key)).first()
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
    conditions: dict[str, Any] = {
        "instance_key": instance_key,
        "assignee": assignee,
        "process_id": process_id,
        "element_id": element_id,
        "candidate_groups": group,
        "candidate_users": candidate_user,
    }
    given = {name: value for name, value in conditions.items() if value is not None}
    values = given | {"at_most": limit, "skipped": offset}
    if instance_key is not None:
        values["at_bucket"] = bucket_of(instance_key)
    chosen = None if states is None else tuple(sorted(map(str, states)))
    return [task_of(row) for row in tx.run(_query(frozenset(given), chosen), values)]


@lru_cache(maxsize=200)  # the combinations of filters that pages and programs use
def _query(names: frozenset[str], states: tuple[str, ...] | None) -> Prepared:
    """Return the query with these conditions; states are constants, for the partial indexes."""
    found = _SELECT
    for name in sorted(names - set(_CANDIDATES)):
        found = found.where(user_task.c[name] == bindparam(name))
    if "instance_key" in names:
        found = found.where(user_task.c.bucket == bindparam("at_bucket"))
    if states is not None:
        found = found.where(user_task.c.state.in_([literally(state) for state in states]))
        if not set(states).difference(_OPEN):
            found = found.where(user_task.c.ended_at.is_(None))  # lets the indexes of open tasks be used
    found = found.order_by(user_task.c.created_at, drawn(user_task))
    found = found.limit(bindparam("at_most")).offset(bindparam("skipped"))
    candidates = sorted(names.intersection(_CANDIDATES))
    return Prepared({dialect: _among(dialect, found, candidates) for dialect in ("sqlite", "postgresql")})


def task_of(values: Sequence[Any]) -> UserTaskRow:
    """Return the record of a row selected in the order of its fields."""
    unfolded = list(values)
    for position in (_GROUPS_AT, _USERS_AT):
        unfolded[position] = names_in(unfolded[position])
    return record(UserTaskRow, unfolded)


def names_in(candidates: str) -> tuple[str, ...]:
    """Return the names a column of candidates holds."""
    return tuple(name for name in candidates.split(_SEPARATOR) if name)


def _among(dialect: str, found: Select[Any], columns: Iterable[str]) -> Select[Any]:
    """Narrow to tasks that have the person or group wanted among the candidates in these columns."""
    separator = func.char(31) if dialect == "sqlite" else func.chr(literal_column("31"))
    for column in columns:
        wanted = bindparam(column, type_=Text)
        if dialect == "sqlite":
            found = found.where(func.instr(user_task.c[column], separator + wanted + separator) > 0)
        else:
            names = func.string_to_array(user_task.c[column], separator)
            found = found.where(names.op("@>")(array([cast(wanted, Text)])))
    return found


def _values(row: UserTaskRow) -> dict[str, Any]:
    values = values_of(row, row.key)
    for column in _CANDIDATES:
        values[column] = joined(values[column])
    due_order = NO_DEADLINE if row.due_at is None else row.due_at
    return values | {"due_order": due_order, "search_text": folded(row.name)}


def joined(names: Sequence[str]) -> str:
    """Return names as a column of candidates holds them; raises ``ValueError`` for one with a separator."""
    if any(_SEPARATOR in name for name in names):
        raise ValueError(f"expected names of groups and people without control characters, but got {names!r}")
    return _SEPARATOR.join(("", *names, "")) if names else ""
