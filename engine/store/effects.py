"""What must not happen twice: replies of the outside world, and what a handler draws once."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from msgspec.structs import asdict
from sqlalchemy import bindparam, or_, select

from engine.keys import bucket_of
from engine.store.rows import EffectRow, record, records
from engine.store.sealing import DataKey, place
from engine.store.statements import columns, insert_if_new, insert_new_into
from engine.store.tables import effect
from engine.store.tables import once as once_table
from engine.store.transaction import Transaction

_INSERT = insert_new_into(effect)
_READ = select(*columns(effect, EffectRow)).where(
    effect.c.bucket == bindparam("bucket"), effect.c.idempotency_key == bindparam("idempotency_key")
)
_OF_CASE = select(*columns(effect, EffectRow)).order_by(effect.c.created_at, effect.c.idempotency_key)
_INSERT_ONCE = insert_new_into(once_table)
_READ_ONCE = select(once_table.c.content).where(
    once_table.c.bucket == bindparam("bucket"),
    once_table.c.idempotency_key == bindparam("idempotency_key"),
    once_table.c.purpose == bindparam("purpose"),
)


def insert(tx: Transaction, row: EffectRow, *, root_key: int) -> bool:
    """Record the reply to an effect of a case; False where one is recorded already (the first one counts)."""
    return insert_if_new(tx, _INSERT, asdict(row) | {"bucket": bucket_of(root_key)})


def read(tx: Transaction, idempotency_key: str, *, root_key: int) -> EffectRow | None:
    """Return the recorded reply to an effect of a case."""
    row = tx.execute(_READ, {"bucket": bucket_of(root_key), "idempotency_key": idempotency_key}).first()
    return None if row is None else record(EffectRow, row)


def of_instances(tx: Transaction, instance_keys: Collection[int], *, root_key: int) -> list[EffectRow]:
    """Return the recorded replies to effects of these instances of a case, the earliest first.

    Their idempotency keys begin with the instance's key and a hyphen.
    """
    if not instance_keys:
        return []
    theirs = (effect.c.idempotency_key.startswith(f"{key}-") for key in sorted(instance_keys))
    found = _OF_CASE.where(effect.c.bucket == bucket_of(root_key), or_(*theirs))
    return records(EffectRow, tx.execute(found))


def read_once(tx: Transaction, *, data_key: DataKey, idempotency_key: str, purpose: str) -> bytes | None:
    """Return what was drawn for this purpose of this step, None where nothing was yet."""
    found = tx.execute(_READ_ONCE, _where(data_key, idempotency_key, purpose)).scalar()
    return None if found is None else data_key.open(_place(data_key, idempotency_key, purpose), found)


def once(
    tx: Transaction, *, data_key: DataKey, idempotency_key: str, purpose: str, make: Callable[[], bytes]
) -> bytes:
    """Return what was drawn for this purpose of this step; where nothing was, ``make`` it and keep it.

    The content is sealed with the case's key. Call it in a transaction of its own, committed before any
    effect.
    """
    found = read_once(tx, data_key=data_key, idempotency_key=idempotency_key, purpose=purpose)
    if found is not None:
        return found
    content = data_key.seal(_place(data_key, idempotency_key, purpose), make())
    where = _where(data_key, idempotency_key, purpose)
    insert_if_new(tx, _INSERT_ONCE, where | {"root_key": data_key.root_key, "content": content})
    stored = tx.execute(_READ_ONCE, where).scalar_one()  # another attempt may have been first
    return data_key.open(_place(data_key, idempotency_key, purpose), stored)


def _where(data_key: DataKey, idempotency_key: str, purpose: str) -> dict[str, Any]:
    return {"bucket": bucket_of(data_key.root_key), "idempotency_key": idempotency_key, "purpose": purpose}


def _place(data_key: DataKey, idempotency_key: str, purpose: str) -> bytes:
    return place("once", data_key.root_key, idempotency_key, purpose)
