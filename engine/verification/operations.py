"""The chain of what happened outside instances: deployments, people, parameters, secrets shown."""

from __future__ import annotations

from engine.history import GENESIS
from engine.store import Transaction, audit
from engine.verification.links import Head, fits
from engine.verification.reading import operations
from engine.verification.verdict import Verdict


def check_operations(tx: Transaction, anchored: Head | None, verdict: Verdict) -> None:
    """Check the chain from its first row to the end that the database and the newest anchor name."""
    seq, last = 0, GENESIS
    for row in operations(tx):
        expected = seq + 1
        if row.seq != expected:
            _report(verdict, expected, f"operation {expected} is missing")
        elif row.prev_hash != last:
            _report(verdict, row.seq, f"operation {row.seq} does not follow operation {seq}")
        if not fits(row):
            _report(verdict, row.seq, f"operation {row.seq} was changed: its content does not give its hash")
        if anchored is not None and row.seq == anchored.seq and row.hash != anchored.hash:
            _report(
                verdict,
                row.seq,
                f"operation {row.seq} is not the one anchor {anchored.anchor} was signed for",
            )
        seq, last = row.seq, row.hash
    if (seq, last) != audit.head(tx):
        _report(verdict, seq, f"operation {seq} is not the one the chain ends with")
    if anchored is not None and seq < anchored.seq:
        _report(
            verdict, seq + 1, f"operation {seq + 1} is missing: anchor {anchored.anchor} has {anchored.seq}"
        )


def _report(verdict: Verdict, seq: int, message: str) -> None:
    verdict.add("chain", 0, seq, message)
