"""Documents of cases: stored once per step and name, sealed by the caller."""

from __future__ import annotations

from msgspec.structs import asdict
from sqlalchemy import LargeBinary, bindparam, literal, select
from sqlalchemy import delete as delete_from

from engine.keys import bucket_of
from engine.store.rows import DocumentRow, record, records
from engine.store.sealing import place
from engine.store.statements import at_key, columns, insert_if_new, insert_new_into, key_of
from engine.store.tables import document
from engine.store.transaction import Transaction

_COLUMNS = columns(document, DocumentRow)
_INSERT = insert_new_into(document)
_READ = select(*_COLUMNS).where(document.c.ref == bindparam("ref"))
_SAME = select(document.c.ref).where(
    document.c.bucket == bindparam("bucket"),
    document.c.idempotency_key == bindparam("idempotency_key"),
    document.c.name == bindparam("name"),
)
_OF_CASE = (  # without the content, which may be large
    select(
        *(literal(b"", LargeBinary).label(each.name) if each.name == "content" else each for each in _COLUMNS)
    )
    .where(*at_key(document, "root_key"))
    .order_by(document.c.created_at, document.c.ref)
)
_DELETE_CASE = delete_from(document).where(*at_key(document, "root_key"))


def place_of(root_key: int, ref: str) -> bytes:
    """Return the place a document is sealed to."""
    return place("document", root_key, ref)


def insert(tx: Transaction, row: DocumentRow) -> str:
    """Store a document and return its reference.

    The earlier one where this step stored one of this name before.
    """
    values = asdict(row) | {"bucket": bucket_of(row.root_key)}
    if insert_if_new(tx, _INSERT, values):
        return row.ref
    same = {name: values[name] for name in ("bucket", "idempotency_key", "name")}
    return str(tx.execute(_SAME, same).scalar_one())


def read(tx: Transaction, ref: str) -> DocumentRow | None:
    """Return one document."""
    row = tx.execute(_READ, {"ref": ref}).first()
    return None if row is None else record(DocumentRow, row)


def of_case(tx: Transaction, root_key: int) -> list[DocumentRow]:
    """Return the documents of a case without their content, oldest first."""
    return records(DocumentRow, tx.execute(_OF_CASE, key_of(root_key)))


def delete_case(tx: Transaction, root_key: int) -> int:
    """Delete the documents of a case, for its erasure; return how many."""
    return tx.execute(_DELETE_CASE, key_of(root_key)).rowcount
