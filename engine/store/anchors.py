"""Anchors: signed statements of all heads, so that a chain cut short or rebuilt is noticed."""

from __future__ import annotations

from msgspec.structs import asdict
from sqlalchemy import bindparam, select
from sqlalchemy import insert as insert_into

from engine.store.office_tables import anchor
from engine.store.rows import AnchorRow, record, records
from engine.store.statements import columns
from engine.store.transaction import Transaction

_INSERT = insert_into(anchor)
_SELECT = select(*columns(anchor, AnchorRow))
_LAST = _SELECT.order_by(anchor.c.number.desc()).limit(1)
_READ = (
    _SELECT.where(anchor.c.number >= bindparam("from_number"))
    .order_by(anchor.c.number)
    .limit(bindparam("at_most"))
)


def insert(tx: Transaction, row: AnchorRow) -> None:
    """Insert an anchor; its number is the last one's plus one."""
    tx.execute(_INSERT, [asdict(row)])


def last(tx: Transaction) -> AnchorRow | None:
    """Return the newest anchor."""
    row = tx.execute(_LAST).first()
    return None if row is None else record(AnchorRow, row)


def read(tx: Transaction, *, from_number: int = 1, limit: int = 1000) -> list[AnchorRow]:
    """Return anchors in order."""
    return records(AnchorRow, tx.execute(_READ, {"from_number": from_number, "at_most": limit}))
