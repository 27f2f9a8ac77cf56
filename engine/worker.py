"""The worker: claims ready jobs for its free threads and runs them, one unit at a time (``durability.md``
§2).

``run_once`` says whether there was work; everything that can go wrong inside a job is the job's outcome
and never ends the loop.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for

from engine.clock import monotonic
from engine.errors import EngineError
from engine.failpoint import failpoint
from engine.process_engine.engine import ProcessEngine
from engine.process_engine.handler_runs import run_claimed
from engine.process_engine.internal import KINDS, run
from engine.process_engine.parts import Parts
from engine.store import Transaction, jobs
from engine.store.rows import JobRow

log = logging.getLogger("obieg.worker")
LEASE = dt.timedelta(seconds=30)
LONGEST_WAIT = 1.0
_MICROSECOND = dt.timedelta(microseconds=1)


class Worker:
    """Runs the jobs of one node in a pool of threads until stopped; with no threads, only what is hinted."""

    def __init__(self, engine: ProcessEngine, *, threads: int = 4, lease: dt.timedelta = LEASE) -> None:
        self._parts: Parts = engine.parts
        self.lease = lease
        self._pool = ThreadPoolExecutor(max_workers=max(1, threads), thread_name_prefix="obieg-job")
        self._threads = threads
        self._running: dict[int, tuple[JobRow, float]] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def run(self) -> None:
        """Work until ``stop``; then wait for what is running."""
        while not self._stopped.is_set():
            try:
                busy = self.run_once()
            except EngineError as error:
                log.error("claim_failed reason=%s", error)
                busy = False
            if not busy:
                self._parts.transport.wait(LONGEST_WAIT)
        self._pool.shutdown(wait=True)

    def stop(self) -> None:
        """Claim nothing more; ``run`` returns when the running jobs have ended."""
        self._stopped.set()
        self._parts.transport.wake()

    def run_once(self) -> bool:
        """Claim at most as many jobs as there are free threads and start them; return whether there were
        any."""
        with self._lock:
            free = self._threads - len(self._running)
        if free < 1:
            return False
        rows = self._claim(free)
        for row in rows:
            self._start(row)
        return bool(rows)

    def run_hinted(self, job_key: int) -> bool:
        """Run one job to its end if it is ready and for this node, 0: some such job; return whether it was.

        What goes wrong in the job is the job's outcome; a hint that cannot be followed is as good as lost.
        """
        try:
            rows = self._claim_one(job_key) if job_key else self._claim(1)
        except EngineError as error:
            log.error("claim_failed reason=%s", error)
            return False
        wait_for([self._start(row) for row in rows])
        if rows and not job_key:
            self._parts.transport.hint(0)  # there may be more
        return bool(rows)

    def _claim_one(self, job_key: int) -> list[JobRow]:
        lease_us, owner, types = self.lease // _MICROSECOND, self._parts.node, self._parts.handlers.types()

        def claim(tx: Transaction) -> JobRow | None:
            return jobs.claim_one(tx, job_key, owner=owner, lease_us=lease_us, kinds=KINDS, types=types)

        row = self._parts.store.run(claim)
        return [] if row is None else [row]

    def _start(self, row: JobRow) -> Future[None]:
        failpoint("worker.claimed")
        with self._lock:
            self._running[row.key] = (row, monotonic() + self._deadline(row))
        started = self._pool.submit(self._run, row)
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

    def _claim(self, free: int) -> list[JobRow]:
        shares = self._shares(free)
        lease_us, owner = self.lease // _MICROSECOND, self._parts.node

        def claim(tx: Transaction) -> list[JobRow]:
            rows = jobs.claim(tx, kinds=KINDS, owner=owner, limit=free, lease_us=lease_us)
            for types, limit in shares:
                wanted = min(limit, free - len(rows))
                if wanted > 0:
                    rows += jobs.claim(tx, types=types, owner=owner, limit=wanted, lease_us=lease_us)
            return rows

        return self._parts.store.run(claim)

    def _shares(self, free: int) -> list[tuple[tuple[str, ...], int]]:
        """Return how many jobs of which types may be claimed: types with a limit of their own one by one."""
        with self._lock:
            running = Counter(row.type for row, _ in self._running.values())
        limits = {each: self._limit(each) for each in self._parts.handlers.types()}
        unlimited = tuple(each for each, limit in limits.items() if not limit)
        shares: list[tuple[tuple[str, ...], int]] = [
            ((each,), limit - running[each]) for each, limit in limits.items() if limit
        ]
        if unlimited:
            shares.append((unlimited, free))
        return shares

    def _limit(self, job_type: str) -> int:
        registration = self._parts.handlers.get(job_type)
        return registration.concurrency if registration is not None else 0

    def _deadline(self, row: JobRow) -> float:
        registration = self._parts.handlers.get(row.type)
        return registration.deadline.total_seconds() if registration is not None else 60.0

    def _run(self, row: JobRow) -> None:
        try:
            if row.kind == "job":
                run_claimed(self._parts, row)
            else:
                run(self._parts, row)
        finally:
            with self._lock:
                self._running.pop(row.key, None)
            self._parts.transport.wake()

    def _report(self, future: Future[None]) -> None:
        error = future.exception()
        if error is not None:
            # The lease runs out and the job is tried again; what it was is for the developers.
            log.error("job_crashed", exc_info=error)
