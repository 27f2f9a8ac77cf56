"""The clock of a node: bounded, idempotent ticks that every node may run at the same time, without a leader.

APScheduler only ticks, from memory; timers are rows. Each tick is a plain function with its own test.
"""

from __future__ import annotations

import datetime as dt
import logging
import socket
import threading
from collections.abc import Callable

from apscheduler.schedulers.background import BackgroundScheduler

from engine.clock import SystemClock, monotonic
from engine.errors import Conflict, EngineError, Incompatible, NotFound
from engine.kernel import commands as cmd
from engine.logs import event_log
from engine.model.records import JobState
from engine.process_engine.engine import ProcessEngine
from engine.process_engine.family import Family
from engine.process_engine.parts import ENGINE, Parts
from engine.process_engine.verb import run_verb
from engine.store import Transaction, attempts, erasure, instances, jobs, messages, nodes, requests, sessions
from engine.store.rows import JobRow, NodeRow
from engine.store.schema import REVISION
from engine.worker import LEASE, Worker

log = event_log("scheduler")
logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a tick it skips is made up for by the next one
BATCH = 500
REQUEST_DAYS = 30
BATCH_DAYS = 90
_DAY = 86_400_000_000
_HOUR = 3_600_000_000
_GLANCE = 1.0  # seconds between looks at the machine's clock
_STEP = 1.0  # seconds by which it was set, not slewed


class Scheduler:
    """Starts and stops the ticks of one node."""

    def __init__(
        self, engine: ProcessEngine, worker: Worker | None = None, *, version: str = "", kind: str = "worker"
    ) -> None:
        self._parts: Parts = engine.parts
        self._worker = worker
        self._version = version
        self._kind = kind
        self._started = 0
        self._stopped = threading.Event()
        self._watch = threading.Thread(target=self._watch_clock, name="obieg-clock", daemon=True)
        self._ticker = BackgroundScheduler(
            timezone=dt.UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._every(1, lambda: promote(self._parts))
        lease = (worker.lease if worker is not None else LEASE).total_seconds()
        self._every(lease / 6, lambda: recover(self._parts))
        self._every(5, self._beat_or_stop)
        self._every(3600, lambda: clean(self._parts))
        self._every(300, engine.anchor)
        if self._parts.transport.lossy:
            self._every(lease / 6, lambda: hint_again(self._parts))
        if worker is not None:
            self._every(lease / 3, worker.renew)
            self._every(1, worker.look_for_suspects)

    def start(self) -> None:
        """Begin to tick; raises Incompatible where the tables were finalized for a newer program."""
        log.info("node_started", node=self._parts.node, kind=self._kind, version=self._version)
        self._beat()
        self._ticker.start()
        self._watch.start()

    def stop(self) -> None:
        """Stop ticking and take this node off the list."""
        self._stopped.set()
        if self._watch.is_alive():
            self._watch.join()
        self._ticker.shutdown(wait=True)
        self._parts.store.run(lambda tx: nodes.remove(tx, self._parts.node))
        log.info("node_stopped", node=self._parts.node)

    def _watch_clock(self) -> None:
        """Tick at once when the machine's clock was set.

        APScheduler goes by that clock: set back by hours, it would not tick for as many.
        """
        known = _ahead()
        while not self._stopped.wait(_GLANCE):
            ahead = _ahead()
            if abs(ahead - known) > _STEP:
                known = ahead
                log.warning("clock_was_set", node=self._parts.node)
                for job in self._ticker.get_jobs():
                    job.modify(next_run_time=SystemClock().now())

    def _every(self, seconds: float, tick: Callable[[], object]) -> None:
        def guarded() -> None:
            try:
                tick()
            except EngineError as error:
                log.error("tick_failed", error=type(error).__name__)

        self._ticker.add_job(guarded, "interval", seconds=seconds)

    def _beat_or_stop(self) -> None:
        try:
            self._beat()
        except Incompatible as error:
            log.error("node_outdated", node=self._parts.node, revision=REVISION, reason=str(error))
            if self._worker is not None:
                self._worker.stop()

    def _beat(self) -> None:
        self._parts.store.run(self._write_beat)

    def _write_beat(self, tx: Transaction) -> None:
        self._started = self._started or tx.machine_now
        worker = self._worker
        row = NodeRow(
            id=self._parts.node,
            started_at=self._started,
            seen_at=tx.machine_now,
            version=self._version,
            kind=self._kind,
            host=socket.gethostname(),
            threads=worker.threads if worker is not None else 0,
            running=worker.running if worker is not None else 0,
            draining=int(worker is not None and worker.draining),
            types=" ".join(self._parts.handlers.types()),
            revision=REVISION,
        )
        nodes.beat(tx, row)


def _ahead() -> float:
    """Return by how many seconds the machine's clock is ahead of the one nobody can set."""
    return SystemClock().now().timestamp() - monotonic()


def promote(parts: Parts) -> int:
    """Make everything due ready, in bounded transactions, and wake the workers; return how many."""
    total = 0
    while True:
        made = parts.store.run(_promote)
        parts.hint(made)
        total += len(made)
        if len(made) < BATCH:
            return total


def _promote(tx: Transaction) -> list[int]:
    jobs.promote_due(tx, tx.now, limit=BATCH)
    return tx.ready_jobs


def hint_again(parts: Parts) -> int:
    """Hint what is still ready: a hint may have been lost, and doubled ones do no harm; return how many."""
    with parts.store.reading() as tx:
        found = jobs.unclaimed(tx, limit=BATCH)
    parts.hint(found)
    return len(found)


def recover(parts: Parts) -> int:
    """Make jobs ready again whose lease ran out; those that crashed too often become incidents; return
    how many."""
    recovered = parts.store.run(lambda tx: jobs.recover_expired(tx, limit=BATCH))
    for row in recovered.exhausted:
        try:
            bury(parts, row)
        except EngineError as error:
            # One that cannot be buried must not keep the others from it; the next sweep finds it again.
            log.error("job_not_buried", key=row.key, kind=row.kind, error=type(error).__name__)
    parts.hint(recovered.ready)
    if recovered.ready:
        log.warning("jobs_recovered", count=len(recovered.ready))
    return len(recovered.ready) + len(recovered.exhausted)


def bury(parts: Parts, row: JobRow) -> None:
    """Turn a job that keeps killing its workers into an incident (poison pill, ``durability.md`` §2 rule
    4)."""

    if row.instance_key is None:
        parts.store.run(lambda tx: _strand(tx, row))
        return

    def work(family: Family) -> None:
        found = instances.lock_by_job(family.tx, row.key)
        if found is None:
            raise NotFound(f"job {row.key} is gone")
        locked, current = found
        if locked.row.ended_at is not None:  # what it still had to send is the engine's to send
            _strand(family.tx, row)
            return
        reason = f"the job crashed {current.crash_count} times, each time losing its lease"
        _fail(family.tx, row)
        member = family.adopt(locked, current.page)
        element_key = current.element_key or 0
        if current.kind == "job":
            asked: cmd.AnyCommand = cmd.FailJob(
                job_key=row.key, element_key=element_key, reason=reason, retries=0, kind="job_crashed"
            )
        else:
            # A message already sent has no element any more: the instance itself then stands for it.
            place = element_key if element_key in member.state.elements else member.row.key
            asked = cmd.RaiseIncident(element_key=place, kind="job_crashed", message=reason)
        family.apply(member, asked)

    run_verb(parts, work, actor=ENGINE)


def _strand(tx: Transaction, row: JobRow) -> None:
    """Fail a job that is of no open instance: see ``stranded_jobs``."""
    _fail(tx, row)
    log.error("job_stranded", key=row.key, kind=row.kind, process_id=row.process_id)


def _fail(tx: Transaction, row: JobRow) -> None:
    fenced = jobs.fail(
        tx,
        row.key,
        owner=row.lock_owner or "",
        attempt=row.attempt,
        stage=JobState.FAILED,
        retries=0,
        due_at=tx.now,
    )
    if not fenced:
        raise Conflict(f"job {row.key} has been taken by another worker")


def clean(parts: Parts) -> None:
    """Forget old requests, batches, tries to sign in and silent nodes; destroy secrets whose time is over and
    let buffered messages expire.
    """
    while parts.store.run(lambda tx: requests.purge(tx, tx.now - REQUEST_DAYS * _DAY, limit=BATCH)) == BATCH:
        continue
    parts.store.run(lambda tx: nodes.remove_silent(tx, tx.machine_now - _HOUR))
    parts.store.run(lambda tx: sessions.forget_failures(tx, before=tx.machine_now - _DAY))
    parts.store.run(attempts.forget)
    while parts.store.run(lambda tx: erasure.purge_batches(tx, tx.now - BATCH_DAYS * _DAY)):
        continue
    while parts.secrets.destroy_expired() == BATCH:
        continue
    while parts.store.run(lambda tx: messages.expire(tx, tx.now, limit=BATCH)) == BATCH:
        continue
