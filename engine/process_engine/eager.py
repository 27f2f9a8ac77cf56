"""Eager dispatch: a job born locked by the node that creates it, for a thread that is free (``durability.md``
§2 rule 10).

Nobody then claims it: that is a transaction less. If the node dies first, the lease runs out as any other;
where others were faster than it, it stands in line for a moment, and is then given back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

import msgspec

from engine.model.records import JobState
from engine.store import Transaction
from engine.store.rows import JobRow

_MICROSECOND = dt.timedelta(microseconds=1)


class LocalWorker(Protocol):
    """The worker of this process."""

    lease: dt.timedelta

    def room(self, job_type: str) -> int:
        """Return how many jobs of a type it could begin at once."""

    def hand(self, rows: Sequence[JobRow]) -> None:
        """Run jobs it has the leases of."""


class Dispatch:
    """How the verbs of a process reach its worker, if it has one that runs."""

    def __init__(self) -> None:
        self._worker: LocalWorker | None = None

    def serve(self, worker: LocalWorker) -> None:
        """From now on jobs are for this worker, as far as it has room."""
        self._worker = worker

    def locked(self, tx: Transaction, rows: Sequence[JobRow], *, owner: str) -> list[JobRow]:
        """Return new ready jobs as they are to be inserted: as many locked as there is room for.

        What is locked is in ``tx.born_locked``; whoever commits hands it over.
        """
        worker = self._worker
        if worker is None:
            return list(rows)
        until = tx.machine_now + worker.lease // _MICROSECOND
        return [self._locked(tx, worker, row, owner, until) for row in rows]

    def _locked(self, tx: Transaction, worker: LocalWorker, row: JobRow, owner: str, until: int) -> JobRow:
        if row.kind != "job" or row.stage != JobState.READY or worker.room(row.type) <= len(tx.born_locked):
            return row
        locked = msgspec.structs.replace(
            row, stage=JobState.LOCKED, lock_owner=owner, lock_until=until, attempt=row.attempt + 1
        )
        tx.born_locked.append(locked)
        return locked

    def hand(self, rows: Sequence[JobRow]) -> None:
        """Let the worker have what a committed transaction has locked for it."""
        if rows and self._worker is not None:
            self._worker.hand(rows)
