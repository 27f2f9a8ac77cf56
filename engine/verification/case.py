"""One instance under all three checks, in one pass over its history."""

from __future__ import annotations

from engine.catalogue import Catalogue
from engine.errors import EngineError
from engine.kernel.codec import CommandRecord, decode_record
from engine.store import Transaction, data_keys
from engine.store.rows import HistoryRow, InstanceRow
from engine.store.sealing import DataKey, place
from engine.verification.chain import ChainCheck
from engine.verification.fold import FoldCheck
from engine.verification.links import Head
from engine.verification.reexecution import ReexecutionCheck
from engine.verification.verdict import ERASED, Verdict


class CaseCheck:
    """Takes an instance's history rows in order; without its data key only the chain can be checked."""

    def __init__(
        self, catalogue: Catalogue, tx: Transaction, row: InstanceRow, anchored: Head | None, verdict: Verdict
    ) -> None:
        self._row = row
        self._verdict = verdict
        self._chain = ChainCheck(row, anchored, verdict)
        self._key = self._data_key(tx)
        self._fold = FoldCheck(tx, row, verdict)
        self._reexecution = ReexecutionCheck(catalogue, tx, row, verdict)
        self._next = 1
        self._readable = True
        verdict.instances += 1

    def _data_key(self, tx: Transaction) -> DataKey | None:
        try:
            found = data_keys.read(tx, [self._row.root_key]).get(self._row.root_key)
        except EngineError as error:
            self._unreadable(0, f"the data key does not open: {error}")
            return None
        if found is None:
            for check in ("fold", "reexecution"):
                self._verdict.add(
                    check, self._row.key, self._row.seq, "erased, so it cannot be read", outcome=ERASED
                )
        return found

    def take(self, row: HistoryRow) -> None:
        """Check one row, and run on from there as long as nothing before it is broken."""
        self._chain.take(row)
        if self._key is None or not self._readable:
            return
        record = self._opened(self._key, row)
        if record is None:
            self._readable = False
            return
        self._readable = self._fold.take(row.seq, record)
        if self._readable:
            self._reexecution.take(row.seq, record, self._fold.copy)

    def _opened(self, key: DataKey, row: HistoryRow) -> CommandRecord | None:
        if row.seq != self._next:
            self._unreadable(self._next, f"row {self._next} is missing, so nothing after it can be checked")
            return None
        self._next += 1
        try:
            return decode_record(key.open(place("history", row.instance_key, row.seq), row.payload))
        except EngineError as error:
            self._unreadable(
                row.seq, f"row {row.seq} cannot be read, so nothing after it can be checked: {error}"
            )
            return None

    def _unreadable(self, seq: int, message: str) -> None:
        for check in ("fold", "reexecution"):
            self._verdict.add(check, self._row.key, seq, message)

    def end(self) -> None:
        """Check what can only be checked once all rows were taken."""
        self._chain.end()
        if self._key is not None and self._readable:
            self._fold.end(self._key)
            self._reexecution.end()
