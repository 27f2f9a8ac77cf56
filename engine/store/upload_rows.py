"""Files sent before the form they belong to: sealed by the caller, gone once a case has taken them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import asdict
from sqlalchemy import bindparam, delete, func, insert, select

from engine.store.office_tables import upload
from engine.store.rows import UploadRow, record, records
from engine.store.statements import columns
from engine.store.transaction import Transaction

_INSERT = insert(upload)
_READ = select(*columns(upload, UploadRow)).where(
    upload.c.person_id == bindparam("of_person"), upload.c.ref == bindparam("of_ref")
)
_HEADS = select(*(each for each in columns(upload, UploadRow) if each.name != "content")).where(
    upload.c.person_id == bindparam("of_person"), upload.c.ref.in_(bindparam("refs", expanding=True))
)
_COUNT = select(func.count()).where(upload.c.person_id == bindparam("of_person"))
_REMOVE = delete(upload).where(
    upload.c.person_id == bindparam("of_person"), upload.c.ref.in_(bindparam("refs", expanding=True))
)
_PURGE = delete(upload).where(upload.c.saved_at < bindparam("before"))


def add(tx: Transaction, row: UploadRow) -> None:
    """Keep a file."""
    tx.execute(_INSERT, asdict(row))


def read(tx: Transaction, person_id: str, ref: str) -> UploadRow | None:
    """Return one file of a person."""
    row = tx.execute(_READ, {"of_person": person_id, "of_ref": ref}).first()
    return None if row is None else record(UploadRow, row)


def heads(tx: Transaction, person_id: str, refs: Sequence[str]) -> list[UploadRow]:
    """Return these files of a person, without their content."""
    rows = tx.execute(_HEADS, {"of_person": person_id, "refs": list(refs)}) if refs else ()
    return records(UploadRow, ((*row, b"") for row in rows))


def count(tx: Transaction, person_id: str) -> int:
    """Return how many files of a person wait."""
    return int(tx.execute(_COUNT, {"of_person": person_id}).scalar_one())


def remove(tx: Transaction, person_id: str, refs: Sequence[str]) -> int:
    """Remove files of a person; return how many there were."""
    return tx.execute(_REMOVE, {"of_person": person_id, "refs": list(refs)}).rowcount if refs else 0


def purge(tx: Transaction, before: int) -> int:
    """Remove what has waited since before an instant of the machine clock; return how many."""
    return tx.execute(_PURGE, {"before": before}).rowcount
