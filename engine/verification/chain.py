"""The chain of one instance's history: gapless, hashes right, ending where instance and anchor say."""

from __future__ import annotations

from engine.history import GENESIS
from engine.store.rows import HistoryRow, InstanceRow
from engine.verification.links import Head, fits
from engine.verification.verdict import Verdict


class ChainCheck:
    """Checks row after row; ``take`` gets them in the order of their numbers."""

    def __init__(self, instance: InstanceRow, anchored: Head | None, verdict: Verdict) -> None:
        self._instance = instance
        self._anchored = anchored
        self._verdict = verdict
        self._last_seq = 0
        self._last_hash = GENESIS

    def take(self, row: HistoryRow) -> None:
        """Check one row against the one before it."""
        expected = self._last_seq + 1
        if row.seq < expected:
            self._report(row.seq, f"row {row.seq} was added: the first row has the number 1")
        elif row.seq > expected:
            missing = str(expected) if row.seq == expected + 1 else f"{expected} to {row.seq - 1}"
            self._report(expected, f"row {missing} is missing")
        elif row.prev_hash != self._last_hash:
            self._report(
                row.seq, f"row {row.seq} does not follow row {self._last_seq}: it or one before it is another"
            )
        if not fits(row):
            self._report(row.seq, f"row {row.seq} was changed: its content does not give its hash")
        if row.seq > self._instance.seq:
            self._report(row.seq, f"row {row.seq} was added: the instance ends with row {self._instance.seq}")
        if self._anchored is not None and row.seq == self._anchored.seq and row.hash != self._anchored.hash:
            self._report(
                row.seq, f"row {row.seq} is not the one that anchor {self._anchored.anchor} was signed for"
            )
        self._last_seq, self._last_hash = row.seq, row.hash

    def end(self) -> None:
        """Check that the chain ends where it must."""
        last, instance, anchored = self._last_seq, self._instance, self._anchored
        if last < instance.seq:
            self._report(last + 1, f"row {last + 1} is missing: the instance ends with row {instance.seq}")
        elif last == instance.seq and self._last_hash != instance.head_hash:
            self._report(last, f"row {last} is not the one the instance ends with")
        if anchored is not None and last < anchored.seq:
            self._report(
                last + 1, f"row {last + 1} is missing: anchor {anchored.anchor} has {anchored.seq} rows"
            )

    def _report(self, seq: int, message: str) -> None:
        self._verdict.add("chain", self._instance.key, seq, message)
