"""Worklist filters people have kept, sealed: what is searched for may be somebody's name."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select

from engine.store.office_tables import saved_filter
from engine.store.statements import upsert_into
from engine.store.transaction import Transaction

_OF = select(saved_filter.c.name, saved_filter.c.content).where(
    saved_filter.c.person_id == bindparam("of_person")
)
_UPSERT = upsert_into(saved_filter)
_REMOVE = delete(saved_filter).where(
    saved_filter.c.person_id == bindparam("of_person"), saved_filter.c.name == bindparam("of_name")
)


def of_person(tx: Transaction, person_id: str) -> dict[str, bytes]:
    """Return somebody's filters by name, sealed."""
    found = tx.execute(_OF, {"of_person": person_id})
    return {str(name): bytes(content) for name, content in found}


def upsert(tx: Transaction, person_id: str, name: str, content: bytes) -> None:
    """Keep a filter, in place of the one of this name."""
    row = {"person_id": person_id, "name": name, "content": content}
    tx.execute_for(_UPSERT, [row])


def remove(tx: Transaction, person_id: str, name: str) -> None:
    """Remove a filter; one that is not there is no error."""
    tx.execute(_REMOVE, {"of_person": person_id, "of_name": name})
