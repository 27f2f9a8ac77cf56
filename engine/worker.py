"""The worker: claims ready jobs for its free threads and runs them, one unit at a time (``durability.md``
§2).

``run_once`` says whether there was work; everything that can go wrong inside a job is the job's outcome
and never ends the loop.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from typing import Any

from engine.clock import monotonic
from engine.errors import EngineError
from engine.failpoint import failpoint
from engine.logs import event_log, places
from engine.process_engine.engine import ProcessEngine
from engine.process_engine.groups import MOST
from engine.process_engine.handler_runs import run_claimed
from engine.process_engine.internal import ALONE, KINDS, TOGETHER, run, run_together
from engine.process_engine.parts import Parts
from engine.store import Transaction, jobs
from engine.store.rows import JobRow

log = event_log("worker")
LEASE = dt.timedelta(seconds=30)
DRAIN = dt.timedelta(seconds=60)
LONGEST_WAIT = 1.0
_MICROSECOND = dt.timedelta(microseconds=1)


class Worker:
    """Runs the jobs of one node in a pool of threads until stopped; with no threads, only what is hinted."""

    def __init__(
        self,
        engine: ProcessEngine,
        *,
        threads: int = 4,
        lease: dt.timedelta = LEASE,
        drain: dt.timedelta = DRAIN,
    ) -> None:
        self._parts: Parts = engine.parts
        self.lease = lease
        self.threads = threads
        self.abandoned = 0  # jobs that had not ended when patience did: their threads still run
        self._drain = drain
        self._pool = ThreadPoolExecutor(max_workers=max(1, threads), thread_name_prefix="obieg-job")
        self._running: dict[int, tuple[JobRow, float]] = {}
        self._busy = 0  # threads at work; one may have several of the engine's own jobs
        self._suspected = self._alone = False
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    @property
    def running(self) -> int:
        """Return how many jobs are being worked on."""
        with self._lock:
            return len(self._running)

    @property
    def draining(self) -> bool:
        """Return whether nothing more is claimed."""
        return self._stopped.is_set()

    def run(self) -> None:
        """Work until ``stop``; then let what is running end, as long as ``drain`` lasts, and give back the
        rest."""
        while not self._stopped.is_set():
            try:
                busy = self.run_once()
            except EngineError as error:
                log.error("claim_failed", error=type(error).__name__)
                busy = False
            if not busy:
                self._parts.transport.wait(LONGEST_WAIT)
        self._finish()

    def stop(self) -> None:
        """Claim nothing more; ``run`` returns when the running jobs have ended or were given back."""
        self._stopped.set()
        self._parts.transport.wake()

    def _finish(self) -> None:
        self._pool.shutdown(wait=False)
        give_up = monotonic() + self._drain.total_seconds()
        while self.running and (left := give_up - monotonic()) > 0:
            self._parts.transport.wait(min(left, LONGEST_WAIT))
        with self._lock:
            rows = [row for row, _ in self._running.values()]
        for row in rows:
            self._give_back(row)
        self.abandoned = len(rows)

    def _give_back(self, row: JobRow) -> None:
        """Let another node have a job at once; what this one may still answer is fenced off."""
        released = self._parts.store.run(
            lambda tx: jobs.release(tx, row.key, owner=row.lock_owner or "", attempt=row.attempt)
        )
        if released:
            log.warning("job_given_back", key=row.key, kind=row.kind, type=row.type)
            self._parts.hint([row.key])

    def run_once(self) -> bool:
        """Claim at most as many jobs as there are free threads and start them; return whether to look again
        at once."""
        with self._lock:
            busy = self._busy
        if busy and (self._alone or self._suspected):
            return False
        self._alone, self._suspected = self._suspected, False
        free = 1 if self._alone else self.threads - busy
        rows = self._claim(free, suspects=self._alone) if free > 0 else []
        for shared in _shared_out(rows):
            self._start(shared)
        return bool(rows) or self._alone

    def look_for_suspects(self) -> None:
        """See whether jobs wait that were worked on when processes died: such a one is run alone, and next.

        A process that dies cannot say which of its jobs killed it; so only the one at fault crashes so often
        that a person must look.
        """
        if self.threads:
            with self._parts.store.reading() as tx:
                self._suspected = any(
                    jobs.any_ready(tx, kinds=kinds, types=types, suspects=True)
                    for kinds, types in ((KINDS, None), (("job",), self._parts.handlers.types()))
                )

    def run_hinted(self, job_key: int) -> bool:
        """Run one job to its end if it is ready and for this node, 0: some such job; return whether it was.

        What goes wrong in the job is the job's outcome; a hint that cannot be followed is as good as lost.
        """
        if self._stopped.is_set():
            return False
        try:
            rows = self._claim_one(job_key) if job_key else self._claim(1)
        except EngineError as error:
            log.error("claim_failed", error=type(error).__name__)
            return False
        wait_for([self._start(shared) for shared in _shared_out(rows)])
        if rows and not job_key:
            self._parts.transport.hint(0)  # there may be more
        return bool(rows)

    def _claim_one(self, job_key: int) -> list[JobRow]:
        lease_us, owner, types = self.lease // _MICROSECOND, self._parts.node, self._parts.handlers.types()

        def claim(tx: Transaction) -> JobRow | None:
            return jobs.claim_one(tx, job_key, owner=owner, lease_us=lease_us, kinds=KINDS, types=types)

        row = self._parts.store.run(claim)
        return [] if row is None else [row]

    def _start(self, rows: list[JobRow]) -> Future[None]:
        """Let one thread run a job, or several that share a transaction."""
        failpoint("worker.claimed", rows[0].type or rows[0].kind)
        with self._lock:
            self._busy += 1
            for row in rows:
                self._running[row.key] = (row, monotonic() + self._deadline(row))
        started = self._pool.submit(self._run_all, rows)
        started.add_done_callback(self._report)
        return started

    def renew(self) -> None:
        """Extend the leases of running jobs whose handler is within its deadline; a hung one loses its
        lease."""
        with self._lock:
            running = list(self._running.values())
        for row, deadline in running:
            if monotonic() < deadline:
                self._renew(row)

    def _renew(self, row: JobRow) -> None:
        self._parts.store.run(
            lambda tx: jobs.renew(
                tx,
                row.key,
                owner=row.lock_owner or "",
                attempt=row.attempt,
                until=tx.machine_now + self.lease // _MICROSECOND,
            )
        )

    def _claim(self, free: int, *, suspects: bool | None = None) -> list[JobRow]:
        shares = self._shares(free)
        how: dict[str, Any] = {
            "owner": self._parts.node, "lease_us": self.lease // _MICROSECOND, "suspects": suspects
        }  # fmt: skip

        def claim(tx: Transaction) -> list[JobRow]:
            lanes = jobs.ready_lanes(tx)
            most = free * MOST if suspects is False else 1  # suspects run alone
            rows = jobs.claim(tx, kinds=TOGETHER, limit=most, lanes=lanes, **how)
            left = free - -(-len(rows) // MOST)
            for kinds, types, limit in ((ALONE, None, free), *shares):
                wanted = min(limit, left)
                if wanted > 0:
                    more = jobs.claim(tx, kinds=kinds, types=types, limit=wanted, lanes=lanes, **how)
                    rows, left = rows + more, left - len(more)
            return rows

        return self._parts.store.run(claim)

    def _shares(self, free: int) -> list[tuple[tuple[str, ...], tuple[str, ...], int]]:
        """Return how many jobs of which types may be claimed: types with a limit of their own one by one."""
        with self._lock:
            running = Counter(row.type for row, _ in self._running.values())
        limits = {each: self._limit(each) for each in self._parts.handlers.types()}
        unlimited = tuple(each for each, limit in limits.items() if not limit)
        shares: list[tuple[tuple[str, ...], tuple[str, ...], int]] = [
            (("job",), (each,), limit - running[each]) for each, limit in limits.items() if limit
        ]
        if unlimited:
            shares.append((("job",), unlimited, free))
        return shares

    def _limit(self, job_type: str) -> int:
        registration = self._parts.handlers.get(job_type)
        return registration.concurrency if registration is not None else 0

    def _deadline(self, row: JobRow) -> float:
        registration = self._parts.handlers.get(row.type)
        return registration.deadline.total_seconds() if registration is not None else 60.0

    def _run_all(self, rows: list[JobRow]) -> None:
        """Run jobs together, then one by one what could not be; what one of them raises is only its own."""
        try:
            left = run_together(self._parts, rows) if len(rows) > 1 else rows
            for row in left:
                try:
                    self._run(row)
                except Exception as error:
                    _crashed(error)
        finally:
            with self._lock:
                self._busy -= 1
                for row in rows:
                    self._running.pop(row.key, None)
            self._parts.transport.wake()

    def _run(self, row: JobRow) -> None:
        if row.kind == "job":
            run_claimed(self._parts, row)
        else:
            run(self._parts, row)

    def _report(self, future: Future[None]) -> None:
        error = future.exception()
        if error is not None:
            _crashed(error)


def _shared_out(rows: list[JobRow]) -> list[list[JobRow]]:
    """Return what one thread each is to do: some jobs that may share a transaction, or one that may not."""
    together = [row for row in rows if row.kind in TOGETHER]
    alone = [[row] for row in rows if row.kind not in TOGETHER]
    return [together[first : first + MOST] for first in range(0, len(together), MOST)] + alone


def _crashed(error: BaseException) -> None:
    # The lease runs out and the job is tried again; what it was is for the developers.
    log.error("job_crashed", error=type(error).__name__, at=places(error))
