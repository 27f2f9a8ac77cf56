"""Forms people have begun: one per person and form, sealed by the caller."""

from __future__ import annotations

from msgspec.structs import asdict
from sqlalchemy import bindparam, delete, select

from engine.store.office_tables import draft
from engine.store.rows import DraftRow, record
from engine.store.statements import columns, upsert_into
from engine.store.transaction import Transaction

_UPSERT = upsert_into(draft)
_OF = (draft.c.person_id == bindparam("of_person"), draft.c.place == bindparam("at_place"))
_READ = select(*columns(draft, DraftRow)).where(*_OF)
_REMOVE = delete(draft).where(*_OF)
_REMOVE_AT = delete(draft).where(draft.c.place == bindparam("at_place"))
_PURGE = delete(draft).where(draft.c.saved_at < bindparam("before"))


def upsert(tx: Transaction, row: DraftRow) -> None:
    """Keep a draft, in place of the one there was."""
    tx.execute_for(_UPSERT, [asdict(row)])


def read(tx: Transaction, person_id: str, place: str) -> DraftRow | None:
    """Return one draft."""
    row = tx.execute(_READ, {"of_person": person_id, "at_place": place}).first()
    return None if row is None else record(DraftRow, row)


def remove(tx: Transaction, person_id: str, place: str) -> None:
    """Remove one draft; one that is not there is no error."""
    tx.execute(_REMOVE, {"of_person": person_id, "at_place": place})


def remove_at(tx: Transaction, place: str) -> None:
    """Remove everybody's drafts of one form."""
    tx.execute(_REMOVE_AT, {"at_place": place})


def purge(tx: Transaction, before: int) -> int:
    """Remove what was saved before an instant of the machine clock; return how many."""
    return tx.execute(_PURGE, {"before": before}).rowcount
