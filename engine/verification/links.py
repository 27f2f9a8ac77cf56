"""What two chains have in common: rows that each name the hash of the one before, and anchored heads."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from engine.errors import Incompatible
from engine.history import audit_hash
from engine.store import history_rows
from engine.store.rows import AuditRow, HistoryRow


class Head(msgspec.Struct, frozen=True, array_like=True):
    """The last row of one chain when ``anchor`` was signed."""

    seq: int
    hash: bytes
    anchor: int


def fits(row: HistoryRow | AuditRow) -> bool:
    """Return whether a row's content gives its hash; one of an unknown format, not ours, does not."""
    try:
        return row.hash == (
            history_rows.hash_of(row) if isinstance(row, HistoryRow) else _operation_hash(row)
        )
    except Incompatible:
        return False


def goes_on_to(anchored: Head, rows: Iterable[HistoryRow | AuditRow], last: tuple[int, bytes]) -> bool:
    """Return whether ``rows``, from the anchored one on, lead without a break to ``last`` (seq, hash)."""
    seq, digest = anchored.seq - 1, b""
    for row in rows:
        follows = row.hash == anchored.hash if row.seq == anchored.seq else row.prev_hash == digest
        if row.seq != seq + 1 or not follows or not fits(row):
            return False
        seq, digest = row.seq, row.hash
    return (seq, digest) == last


def _operation_hash(row: AuditRow) -> bytes:
    return audit_hash(
        row.prev_hash, seq=row.seq, at=row.at, actor=row.actor, action=row.action, payload=row.payload
    )
