"""What the groups are called: a row for each that has a name."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select

from engine.store.office_tables import group_name
from engine.store.statements import upsert_into
from engine.store.transaction import Transaction

_ALL = select(group_name.c.id, group_name.c.name).order_by(group_name.c.id)
_UPSERT = upsert_into(group_name)
_REMOVE = delete(group_name).where(group_name.c.id == bindparam("of_group"))


def all(tx: Transaction) -> dict[str, str]:
    """Return the names there are, by group."""
    return {str(id): str(name) for id, name in tx.execute(_ALL)}


def upsert(tx: Transaction, id: str, name: str) -> None:
    """Call a group so from now on."""
    tx.execute_for(_UPSERT, [{"id": id, "name": name}])


def remove(tx: Transaction, id: str) -> None:
    """Take a group's name away; one without a name is no error."""
    tx.execute(_REMOVE, {"of_group": id})
