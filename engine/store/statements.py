"""How statements are put together.

At import, so that SQLAlchemy compiles each once and runs it from its cache.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import asdict
from sqlalchemy import (
    CTE,
    ColumnElement,
    Executable,
    FromClause,
    LargeBinary,
    Select,
    Table,
    Update,
    bindparam,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from engine.keys import bucket_of, bucket_of_text
from engine.store.rows import StoredRow
from engine.store.transaction import Transaction


def columns(source: FromClause, kind: type[StoredRow]) -> list[ColumnElement[Any]]:
    """Return the columns of a table (or alias) in the order of the record's fields."""
    return [source.c[field] for field in kind.__struct_fields__]


def at_key(source: FromClause, column: str = "key") -> list[ColumnElement[bool]]:
    """Return the condition that finds one row by its key, with the parameters of ``key_of``."""
    return [source.c.bucket == bindparam("at_bucket"), source.c[column] == bindparam("at_key")]


def drawn(source: FromClause) -> ColumnElement[int]:
    """Return the number in a row's key: who came first at one moment (the key's high byte is a bucket)."""
    return source.c.key % (1 << 55)


def key_of(key: int) -> dict[str, Any]:
    """Return the parameters that ``at_key`` asks for."""
    return {"at_bucket": bucket_of(key), "at_key": key}


def starts_of(process_id: str) -> dict[str, Any]:
    """Return the parameters that find what starts instances of a process: all of it is in one bucket."""
    return {"at_bucket": bucket_of_text(process_id), "of_process": process_id}


def values_of(row: StoredRow, key: int) -> dict[str, Any]:
    """Return a row's columns, with the bucket of ``key``."""
    values = asdict(row)
    values["bucket"] = bucket_of(key)
    return values


def literally(text: str) -> ColumnElement[str]:
    """Return a constant written into the statement: partial indexes are only used for constants."""
    return literal_column(f"'{text}'")


def upsert_into(table: Table, *, keep: Iterable[str] = ()) -> Mapping[str, Executable]:
    """Return INSERT … ON CONFLICT DO UPDATE for each database.

    All columns but the key and ``keep`` are replaced.
    """
    unchanged = {column.name for column in table.primary_key} | set(keep)
    changed = [column.name for column in table.c if column.name not in unchanged]
    both: dict[str, Executable] = {}
    for name, insert in (("sqlite", sqlite.insert(table)), ("postgresql", postgresql.insert(table))):
        replaced = {column: insert.excluded[column] for column in changed}
        both[name] = insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=replaced)
    return both


def must_change_one(change: Update, *also: CTE) -> Mapping[str, Executable]:
    """Return an UPDATE of one row for each database; on PostgreSQL it fails where there is no such row.

    So it can be sent together with COMMIT, which a failed statement keeps from being carried out. SQLite says
    how many rows it changed. ``also`` is written in the same statement, on PostgreSQL.
    """
    changed = change.returning(literal_column("1")).cte("changed")
    checked: Select[Any] = select(literal_column("1 / count(*)")).select_from(changed).add_cte(*also)
    return {"sqlite": change, "postgresql": checked}


def insert_new_into(table: Table) -> Mapping[str, Executable]:
    """Return INSERT … ON CONFLICT DO NOTHING RETURNING for each database; see ``insert_if_new``."""
    first = next(iter(table.primary_key))
    return {
        "sqlite": sqlite.insert(table).on_conflict_do_nothing().returning(first),
        "postgresql": postgresql.insert(table).on_conflict_do_nothing().returning(first),
    }


def insert_if_new(tx: Transaction, table: Mapping[str, Executable], values: Mapping[str, Any]) -> bool:
    """Run a statement of ``insert_new_into`` with one row; return whether it was new."""
    # The drivers disagree on the row count of an INSERT; what comes back is certain.
    return tx.execute_for(table, values).first() is not None


def bytes_parameter(name: str) -> ColumnElement[bytes]:
    """Return a parameter holding bytes."""
    return bindparam(name, type_=LargeBinary)
