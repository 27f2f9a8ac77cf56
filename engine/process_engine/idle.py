"""Working until nothing is due: what tests, demonstrations and the command line use instead of daemons."""

from __future__ import annotations

from engine.process_engine import handler_runs, internal
from engine.process_engine.parts import Parts
from engine.store import jobs
from engine.store.rows import JobRow

LEASE_US = 30_000_000
MAX_UNITS = 1_000_000


def run_until_idle(parts: Parts) -> int:
    """Fire what is due, in due order, run registered handlers and deliveries; return how many units were
    done."""
    done = 0
    while done < MAX_UNITS and (work_once(parts) or _promote_next(parts)):
        done += 1
    return done


def work_once(parts: Parts) -> bool:
    """Do one ready unit: an internal job, else a job this node has a handler for; return whether there
    was one."""
    return run_internal(parts) or handler_runs.run_next(parts)


def run_internal(parts: Parts, limit: int = 1) -> bool:
    """Run ready internal jobs; return whether there were any."""
    rows = claim_internal(parts, limit)
    for row in rows:
        internal.run(parts, row)
    return bool(rows)


def claim_internal(parts: Parts, limit: int) -> list[JobRow]:
    """Lock ready internal jobs for this node."""
    return parts.store.run(
        lambda tx: jobs.claim(tx, kinds=internal.KINDS, owner=parts.node, limit=limit, lease_us=LEASE_US)
    )


def _promote_next(parts: Parts) -> bool:
    """Make the one longest due job ready, so that each fires before the next is looked at."""
    return parts.store.run(lambda tx: jobs.promote_due(tx, tx.now, limit=1)) > 0
