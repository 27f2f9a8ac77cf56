"""Eager dispatch: a job born locked by the node that creates it, for a thread that is free (``durability.md``
§2 rule 10).

Nobody then claims it: that is a transaction less. The thread is kept for it from that moment: no claim and
no other job gets it, until the job runs on it, or the transaction has not come about. If the node dies first,
the lease runs out as any other.
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

    def reserve(self, job_type: str) -> bool:
        """Keep a free thread for one job of a type; return whether there was one."""

    def free(self, threads: int) -> None:
        """Take back so many threads that were kept for jobs which have not come about."""

    def hand(self, rows: Sequence[JobRow]) -> None:
        """Run jobs it has the leases of, each on the thread kept for it."""


class Dispatch:
    """How the verbs of a process reach its worker, if it has one that runs."""

    def __init__(self) -> None:
        self._worker: LocalWorker | None = None

    def serve(self, worker: LocalWorker) -> None:
        """From now on jobs are for this worker, as far as it has room."""
        self._worker = worker

    def locked(self, tx: Transaction, rows: Sequence[JobRow], *, owner: str) -> list[JobRow]:
        """Return new ready jobs as they are to be inserted: as many locked as there are free threads.

        What is locked is in ``tx.born_locked``: whoever commits hands it over, whoever does not forgets it.
        """
        worker = self._worker
        if worker is None:
            return list(rows)
        until = tx.machine_now + worker.lease // _MICROSECOND
        return [self._locked(tx, worker, row, owner, until) for row in rows]

    def _locked(self, tx: Transaction, worker: LocalWorker, row: JobRow, owner: str, until: int) -> JobRow:
        if row.kind != "job" or row.stage != JobState.READY or not worker.reserve(row.type):
            return row
        locked = msgspec.structs.replace(
            row, stage=JobState.LOCKED, lock_owner=owner, lock_until=until, attempt=row.attempt + 1
        )
        tx.born_locked.append(locked)
        return locked

    def hand(self, tx: Transaction) -> None:
        """Let the worker have what a committed transaction has locked for it."""
        rows = _taken(tx)
        if rows and self._worker is not None:
            self._worker.hand(rows)

    def forget(self, *attempts: Transaction) -> None:
        """Free the threads kept for jobs of transactions that were not committed; others have none left."""
        rows = [row for tx in attempts for row in _taken(tx)]
        if rows and self._worker is not None:
            self._worker.free(len(rows))


def _taken(tx: Transaction) -> list[JobRow]:
    rows, tx.born_locked = tx.born_locked, []
    return rows
