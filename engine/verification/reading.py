"""Everything there is to verify, in order, a bounded number of rows in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator

from engine.store import Transaction, anchors, audit, history_rows, instances
from engine.store.rows import AnchorRow, AuditRow, HistoryRow, InstanceRow

_MANY = 1000
_BIG = 200  # history rows have payloads, anchors documents


def instance_rows(tx: Transaction) -> Iterator[InstanceRow]:
    """Yield all instances in the order of their keys."""
    after = 0
    while found := instances.heads(tx, after=after, limit=_MANY):
        yield from found
        after = found[-1].key


def history_of(tx: Transaction, instance_key: int, *, from_seq: int = 0) -> Iterator[HistoryRow]:
    """Yield the history rows of an instance in order."""
    while found := history_rows.read(tx, instance_key, from_seq=from_seq, limit=_BIG):
        yield from found
        from_seq = found[-1].seq + 1


def operations(tx: Transaction, *, from_seq: int = 0) -> Iterator[AuditRow]:
    """Yield the operations outside instances in order."""
    while found := audit.read(tx, from_seq=from_seq, limit=_MANY):
        yield from found
        from_seq = found[-1].seq + 1


def anchor_rows(tx: Transaction, *, from_number: int = 1) -> Iterator[AnchorRow]:
    """Yield anchors in order."""
    while found := anchors.read(tx, from_number=from_number, limit=_BIG):
        yield from found
        from_number = found[-1].number + 1
