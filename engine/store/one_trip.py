"""PostgreSQL: what one command writes about its instance goes in one statement, hence one round trip.

State and history row (and the data key of a new case) are written by data-modifying WITH clauses; SQLite has
none, and no round trips either.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Insert, Table, bindparam
from sqlalchemy import insert as insert_into

from engine.keys import bucket_of
from engine.store import instances
from engine.store.prepared import Prepared
from engine.store.rows import HistoryRow, InstanceRow
from engine.store.sealing import DataKey
from engine.store.statements import must_change_one, values_of
from engine.store.tables import data_key, history, instance
from engine.store.transaction import Transaction


def _insert(table: Table, prefix: str) -> Insert:
    return insert_into(table).values(
        {column.name: bindparam(f"{prefix}_{column.name}") for column in table.c}
    )


_HISTORY = _insert(history, "history").cte("written")
_BEGIN = Prepared(_insert(instance, "new").add_cte(_insert(data_key, "key").cte("keyed"), _HISTORY))
_GO_ON = Prepared(must_change_one(instances.CHANGE, _HISTORY), strict=True)


def possible(tx: Transaction) -> bool:
    """Return whether the database has such statements."""
    return tx.dialect == "postgresql"


def begin(tx: Transaction, row: InstanceRow, *, data_key: DataKey, state: bytes, command: HistoryRow) -> None:
    """Write a new case without pages: its data key, its state and its first history row."""
    key = {
        "bucket": bucket_of(data_key.root_key),
        "root_key": data_key.root_key,
        "kid": data_key.kid,
        "wrapped": data_key.wrapped,
    }
    begun = values_of(row, row.key) | {"state_bytes": instances.sealed(row.key, data_key, state)}
    tx.write(_BEGIN, [_named("new", begun) | _named("key", key) | _of(command)])


def go_on(tx: Transaction, row: InstanceRow, *, data_key: DataKey, state: bytes, command: HistoryRow) -> None:
    """Write an instance back whose pages did not change, with its history row; raises as ``update`` does."""
    values = instances.changes(row) | {"new_state_bytes": instances.sealed(row.key, data_key, state)}
    instances.check_written(row, written=tx.write_one(_GO_ON, values | _of(command)))


def _of(command: HistoryRow) -> dict[str, Any]:
    return _named("history", values_of(command, command.instance_key))


def _named(prefix: str, values: dict[str, Any]) -> dict[str, Any]:
    return {f"{prefix}_{name}": value for name, value in values.items()}
