"""Group commit: several commands of the engine's own in one transaction (``engine.md`` §6).

Instances are locked in the order of their keys, no data flows between them, and each command is a history row
of its own. If anything goes wrong nothing of the group is written, and its jobs are run one by one: whoever
is at fault then meets it alone. A group waits for nobody: a case that somebody holds is left out of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import TypeAlias

from engine.clock import monotonic
from engine.errors import Unavailable
from engine.failpoint import failpoint
from engine.logs import event_log, places
from engine.process_engine.family import RESERVED_NUMBERS, Family, LockedJobs
from engine.process_engine.parts import Parts
from engine.process_engine.verb import written
from engine.store import Transaction, instances, jobs
from engine.store.rows import JobRow
from engine.store.trouble import Interrupted

log = event_log("groups")
Decide: TypeAlias = Callable[[Family], object]
Unit: TypeAlias = tuple[JobRow, Decide]

MOST = 20  # jobs in one transaction: more save hardly anything, and hold their locks for longer
LONGEST = 0.2  # seconds after which no further case is begun
_ROOM = 4 * RESERVED_NUMBERS  # key numbers after which no further case is begun; each takes one share at most


def together(parts: Parts, units: Sequence[Unit], *, actor: str) -> list[JobRow]:
    """Do what claimed jobs are for in one transaction; return those left to be run one by one.

    Left is also whose case is held by somebody else, or no longer there. A job whose lease is lost is neither
    done nor left. Raises ``Unavailable`` where the database is gone.
    """
    rows = [row for row, _ in units]
    if len(units) < 2:
        return rows
    try:
        done = _commit(parts, units, actor)
    except Exception as error:  # each job meets it again by itself, where it becomes that job's outcome
        if isinstance(error, Unavailable) and not (isinstance(error, Interrupted) and error.others):
            raise
        log.info("group_undone", jobs=len(rows), error=type(error).__name__, at=places(error))
        return rows
    return [row for row in rows if row.key not in done]


class _Group:
    """One attempt: the families it has worked on, and the jobs that need no further run."""

    def __init__(self) -> None:
        self.families: list[Family] = []
        self.done: set[int] = set()

    @property
    def numbers(self) -> int:
        """Return how many key numbers were taken."""
        return sum(family.numbers_used for family in self.families)


def _commit(parts: Parts, units: Sequence[Unit], actor: str) -> set[int]:
    allocator = parts.store.allocator()
    first = allocator.base(reserve=_ROOM + RESERVED_NUMBERS)
    groups: list[_Group] = []

    def verb(tx: Transaction) -> _Group:
        _forget(parts, groups)
        group = _Group()
        groups.append(group)
        tx.hurry()
        locked = instances.lock_by_jobs(tx, [row.key for row, _ in units])
        failpoint("group.locked")
        group.done |= {key for row, _ in units if (key := row.key) in locked and not _leased(locked, row)}
        give_up = monotonic() + LONGEST
        alive = sorted(
            (unit for unit in units if _leased(locked, unit[0])), key=lambda unit: unit[0].root_key or 0
        )
        with tx.gathering() as writes:
            for _, case in groupby(alive, key=lambda unit: unit[0].root_key):
                if group.families and (monotonic() > give_up or group.numbers > _ROOM):
                    break
                writes.next_verb()
                family = Family(parts, tx, first + group.numbers, actor=actor, locked=locked)
                group.families.append(family)
                group.done |= _carried_out(family, case)
        return group

    def acknowledged(tx: Transaction) -> _Group | None:
        return next((each for each in groups if each.families and _written(tx, each)), None)

    try:
        group = parts.store.run(verb, acknowledged=acknowledged, yielding=True)
        if group.families:
            parts.offer(group.families[-1].tx)
    finally:
        allocator.used(max((each.numbers for each in groups), default=0))
        _forget(parts, groups)
    return group.done


def _carried_out(family: Family, units: Iterable[Unit]) -> set[int]:
    """Decide what jobs of one case are about, and save it once; return the jobs."""
    done: set[int] = set()
    for row, decide in units:
        decide(family)
        done.add(row.key)
    family.save()
    return done


def _written(tx: Transaction, group: _Group) -> bool:
    return all(written(tx, family) for family in group.families)


def _forget(parts: Parts, groups: Sequence[_Group]) -> None:
    parts.dispatch.forget(*(family.tx for group in groups for family in group.families))


def _leased(locked: LockedJobs, claimed: JobRow) -> bool:
    """Return whether a job is still there under the lease it was claimed with."""
    return claimed.key in locked and jobs.leased(locked[claimed.key][1], claimed)
