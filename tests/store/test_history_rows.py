"""History is appended and nothing else, whoever asks."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from engine.history import FORMAT, GENESIS, chain_hash
from engine.store import Store, Transaction, history_rows
from engine.store.rows import HistoryRow
from tests.store.rows import START_US, root_key

KEY = root_key(1)


def row(seq: int) -> HistoryRow:
    values: dict[str, Any] = {
        "instance_key": KEY,
        "seq": seq,
        "at": START_US,
        "actor": "anna",
        "on_behalf_of": "",
        "command": "start",
        "format": FORMAT,
        "semantics_version": 1,
        "payload": bytes([seq]),
    }
    return HistoryRow(prev_hash=GENESIS, hash=chain_hash(GENESIS, **values), **values)


def append(tx: Transaction) -> int:
    history_rows.append(tx, [row(2), row(1), row(3)])
    return tx.statements


def test_rows_come_back_in_order_and_whole(store: Store) -> None:
    assert store.run(append) == 1
    with store.reading() as tx:
        assert history_rows.read(tx, KEY) == [row(1), row(2), row(3)]
        assert history_rows.read(tx, KEY, from_seq=2, limit=1) == [row(2)]
        assert history_rows.last(tx, KEY) == row(3)
        assert history_rows.read(tx, root_key(2)) == []


@pytest.mark.parametrize(
    "attempt",
    [
        "UPDATE history SET actor = 'nobody' WHERE seq = 2",
        "DELETE FROM history WHERE seq = 2",
        "TRUNCATE history",
        "INSERT OR REPLACE INTO history SELECT bucket, instance_key, seq, at, 'nobody', on_behalf_of, "
        "command, format, semantics_version, prev_hash, hash, payload FROM history WHERE seq = 2",
    ],
)
def test_no_statement_changes_a_row(store: Store, attempt: str) -> None:
    store.run(append)
    with pytest.raises(Exception, match=r"append-only|syntax error"), store.transaction() as tx:
        tx.connection.execute(text(attempt))
    with store.reading() as tx:
        assert history_rows.read(tx, KEY) == [row(1), row(2), row(3)]
