"""The worker: claims ready jobs for its free threads and runs them, one unit at a time (``durability.md``
§2).

``run_once`` says whether there was work; everything that can go wrong inside a job is the job's outcome
and never ends the loop.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for

from engine.clock import monotonic
from engine.errors import EngineError
from engine.failpoint import failpoint
from engine.logs import event_log, places
from engine.process_engine.claiming import claim
from engine.process_engine.completions import run_in_turn
from engine.process_engine.engine import ProcessEngine
from engine.process_engine.handler_runs import run_claimed
from engine.process_engine.internal import KINDS, run, run_together
from engine.process_engine.parts import Parts
from engine.store import Transaction, jobs
from engine.store.rows import JobRow

log = event_log("worker")
LEASE = dt.timedelta(seconds=30)
DRAIN = dt.timedelta(seconds=60)
LONGEST_WAIT = 1.0
QUEUED = 2.0  # seconds a job may stand behind short ones that turned out to be long
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
        self._busy = (
            0  # threads at work, or kept for what is being claimed or born; one may have several jobs
        )
        self._claims = 0
        self._queued: dict[int, float] = {}  # since when a job stands behind others of its thread
        self._suspected = self._alone = self._more_suspects = False
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
        self._parts.dispatch.serve(self)
        self._look_at_once()
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
            if self._busy and (self._alone or self._suspected):
                return False
            self._alone, self._suspected = self._suspected, self._more_suspects
            self._more_suspects = False
            free = 1 if self._alone else max(0, self.threads - self._busy)
            self._busy += free  # a job that is born meanwhile must not count on these
        work: list[list[JobRow]] = []
        try:
            work = self._claim(free, suspects=self._alone) if free else []
        finally:
            with self._lock:
                self._busy -= free - len(work)
                self._more_suspects = self._alone and bool(work)  # the next one after what others wait for
        for rows in work:
            self._start(rows)
        return bool(work) or self._alone or self._suspected

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

    def _look_at_once(self) -> None:
        try:
            self.look_for_suspects()
        except EngineError as error:  # the scheduler looks again
            log.error("look_failed", error=type(error).__name__)

    def reserve(self, job_type: str) -> bool:
        """Keep a free thread for a job of a type that is being born; return whether there was one.

        There is none for a type that has a limit, and none while a suspect runs alone or is about to.
        """
        registration = self._parts.handlers.get(job_type)
        if registration is None or registration.concurrency or self.draining:
            return False
        with self._lock:
            kept = not (self._alone or self._suspected) and self._busy < self.threads
            self._busy += kept
        return kept

    def free(self, threads: int) -> None:
        """Take back threads that were kept for jobs which have not come about."""
        with self._lock:
            self._busy -= threads
        self._parts.transport.wake()

    def hand(self, rows: Sequence[JobRow]) -> None:
        """Run jobs that were born with a lease of this node, each on the thread kept for it."""
        for row in rows:
            try:
                self._hand(row)
            except EngineError as error:  # what has created the job is committed; the lease runs out
                log.error("job_not_given_back", key=row.key, error=type(error).__name__)

    def _hand(self, row: JobRow) -> None:
        try:
            self._start([row])
        except RuntimeError:  # it was stopped meanwhile
            self._give_back(row)

    def run_hinted(self, job_key: int) -> bool:
        """Run one job to its end if it is ready and for this node, 0: some such job; return whether it was.

        What goes wrong in the job is the job's outcome; a hint that cannot be followed is as good as lost.
        """
        if self._stopped.is_set():
            return False
        try:
            work = self._claim_one(job_key) if job_key else self._claim(1)
        except EngineError as error:
            log.error("claim_failed", error=type(error).__name__)
            return False
        with self._lock:
            self._busy += len(work)
        wait_for([self._start(rows) for rows in work])
        if work and not job_key:
            self._parts.transport.hint(0)  # there may be more
        return bool(work)

    def _claim_one(self, job_key: int) -> list[list[JobRow]]:
        lease_us, owner, types = self.lease // _MICROSECOND, self._parts.node, self._parts.handlers.types()

        def claim(tx: Transaction) -> JobRow | None:
            return jobs.claim_one(tx, job_key, owner=owner, lease_us=lease_us, kinds=KINDS, types=types)

        row = self._parts.store.run(claim)
        return [] if row is None else [[row]]

    def _start(self, rows: list[JobRow]) -> Future[None]:
        """Let the thread kept for it run a job, or several that share a transaction."""
        failpoint("worker.claimed", rows[0].type or rows[0].kind)
        with self._lock:
            for row in rows:
                self._running[row.key] = (row, monotonic() + self._deadline(row))
            self._queued |= {row.key: monotonic() for row in rows[1:] if row.kind == "job"}
        try:
            started = self._pool.submit(self._run_all, rows)
        except RuntimeError:  # stopped, and letting what runs end
            with self._lock:
                self._busy -= 1
                for row in rows:
                    del self._running[row.key]
                    self._queued.pop(row.key, None)
            raise
        started.add_done_callback(self._report)
        return started

    def renew(self) -> None:
        """Extend the leases of running jobs whose handler is within its deadline; a hung one loses its
        lease, and those queued behind it are for others."""
        with self._lock:
            stuck = [key for key, since in self._queued.items() if monotonic() - since > QUEUED]
            behind = [self._running.pop(key)[0] for key in stuck]
            self._queued = {key: since for key, since in self._queued.items() if key not in stuck}
            running = list(self._running.values())
        for row in behind:
            self._give_back(row)
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

    def _claim(self, free: int, *, suspects: bool | None = None) -> list[list[JobRow]]:
        with self._lock:
            running = Counter(row.type for row, _ in self._running.values())
            self._claims += 1
        lease_us = self.lease // _MICROSECOND
        return claim(
            self._parts, free, lease_us=lease_us, running=running, suspects=suspects, turn=self._claims
        )

    def _deadline(self, row: JobRow) -> float:
        registration = self._parts.handlers.get(row.type)
        return registration.deadline.total_seconds() if registration is not None else 60.0

    def _run_all(self, rows: list[JobRow]) -> None:
        """Run one job, or several that share a transaction; what one of them raises is only its own."""
        try:
            if len(rows) == 1:
                if self._begin(rows[0]):
                    self._run(rows[0])
            elif rows[0].kind == "job":
                run_in_turn(self._parts, rows, self._begin)
            else:
                self._run_together(rows)
        finally:
            with self._lock:
                self._busy -= 1
                for row in filter(self._has, rows):
                    del self._running[row.key]
                    self._queued.pop(row.key, None)
            self._parts.transport.wake()

    def _run_together(self, rows: list[JobRow]) -> None:
        for row in run_together(self._parts, rows):
            try:
                self._run(row)
            except Exception as error:
                _crashed(error)

    def _begin(self, row: JobRow) -> bool:
        """Take a job that was queued behind others; return whether this node still has its lease."""
        with self._lock:
            if self._has(row):
                self._queued.pop(row.key, None)
                return True
            return False

    def _has(self, row: JobRow) -> bool:
        """Return whether a job is still this node's, and not given back (it may have come again since)."""
        return row.key in self._running and self._running[row.key][0] is row

    def _run(self, row: JobRow) -> None:
        if row.kind == "job":
            run_claimed(self._parts, row)
        else:
            run(self._parts, row)

    def _report(self, future: Future[None]) -> None:
        error = future.exception()
        if error is not None:
            _crashed(error)


def _crashed(error: BaseException) -> None:
    # The lease runs out and the job is tried again; what it was is for the developers.
    log.error("job_crashed", error=type(error).__name__, at=places(error))
