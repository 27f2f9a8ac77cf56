"""Claiming and leases: ready jobs stand in lanes, one per kind, type and process.

And every claim takes from several lanes.

A claim is at most three statements: which lanes have ready jobs (one index probe per lane, however many jobs
stand in it), the claim itself, and whatever the caller reads with it. Lanes take turns from claim to claim,
so neither a type nor a process that floods the table starves the others; within a lane the higher priority,
then the longer wait comes first.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy import update as update_table

from engine.keys import number_of
from engine.store.prepared import Prepared
from engine.store.rows import JobRow, record, records
from engine.store.statements import at_key, columns, key_of, literally
from engine.store.tables import instance, job
from engine.store.transaction import Transaction

_SEPARATOR = "\x1f"
_ARMS = 8  # lanes one claim takes from
_CRASHES = 5  # lost leases before a person must look (durability.md §2 rule 4)
_SUSPECTED = 2  # lost leases after which a job runs alone, so that only the one at fault is blamed further
_MARK = "!"  # what the lane of a suspect begins with
_READY, _LOCKED = literally("ready"), literally("locked")


class Recovered(msgspec.Struct, frozen=True, kw_only=True):
    """What a sweep over expired leases found: the keys of those ready again, and those that lost too many."""

    ready: list[int]
    exhausted: list[JobRow]


def lane_of(row: JobRow) -> str:
    """Return the lane a job stands in; suspects stand apart."""
    mark = _MARK if row.crash_count >= _SUSPECTED else ""
    return mark + _SEPARATOR.join((row.kind, row.type, row.process_id))


def acquitted() -> ColumnElement[str]:
    """Return the lane of a job whose crashes are forgiven."""
    return case((job.c.lane.startswith(_MARK), func.substr(job.c.lane, 2)), else_=job.c.lane)


def _suspected() -> ColumnElement[str]:
    """Return the lane of a job that has crashed once more."""
    newly = and_(job.c.crash_count >= _SUSPECTED - 1, job.c.lane.not_like(f"{_MARK}%"))
    return case((newly, literally(_MARK).concat(job.c.lane)), else_=job.c.lane)


def _lanes() -> Select[Any]:
    """Return the lanes that have ready jobs, by a loose index scan: from each lane straight to the next."""
    first = (
        select(func.min(job.c.lane).label("lane")).where(job.c.stage == _READY).cte("lanes", recursive=True)
    )
    next_lane = (
        select(func.min(job.c.lane)).where(job.c.stage == _READY, job.c.lane > first.c.lane).scalar_subquery()
    )
    lanes = first.union_all(select(next_lane).where(first.c.lane.is_not(None)))
    return select(lanes.c.lane).where(lanes.c.lane.is_not(None))


def _arm(number: int) -> Select[Any]:
    """Return the first jobs of one lane."""
    taken = (
        select(job.c.bucket, job.c.key)
        .where(job.c.stage == _READY, job.c.lane == bindparam(f"lane{number}"))
        .order_by(job.c.priority.desc(), job.c.due_at)
        .limit(bindparam(f"share{number}"))
        .with_for_update(skip_locked=True)
        .subquery()
    )
    return select(taken.c.bucket, taken.c.key)


_LANES = Prepared(_lanes())
_PICKED = union_all(*map(_arm, range(_ARMS))).cte("picked")
_TAKEN: dict[str, Any] = {
    "stage": "locked",
    "lock_owner": bindparam("owner"),
    "lock_until": bindparam("until"),
    "attempt": job.c.attempt + 1,
}
_CLAIM = Prepared(
    update_table(job)
    .where(job.c.bucket == _PICKED.c.bucket, job.c.key == _PICKED.c.key, job.c.stage == _READY)
    .values(**_TAKEN)
    .returning(*columns(job, JobRow))
)
_CLAIM_ONE = (
    update_table(job)
    .where(
        *at_key(job),
        job.c.stage == _READY,
        or_(
            job.c.kind.in_(bindparam("kinds", expanding=True)),
            and_(job.c.kind == literally("job"), job.c.type.in_(bindparam("types", expanding=True))),
        ),
    )
    .values(**_TAKEN)
    .returning(*columns(job, JobRow))
)
_EXPIRED = (
    select(job.c.bucket, job.c.key)
    .where(job.c.stage == _LOCKED, job.c.lock_until <= bindparam("machine_now"))
    .order_by(job.c.lock_until)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
)
_AGAIN = _EXPIRED.where(job.c.crash_count < _CRASHES).cte("expired")
_SUSPENDED = (
    select(literal_column("1"))
    .where(
        instance.c.bucket == job.c.bucket,
        instance.c.key == job.c.instance_key,
        instance.c.state == "suspended",
    )
    .exists()
)
_RECOVER = Prepared(
    update_table(job)
    .where(job.c.bucket == _AGAIN.c.bucket, job.c.key == _AGAIN.c.key)
    .values(
        stage=case((_SUSPENDED, literally("suspended")), else_=_READY),
        crash_count=job.c.crash_count + 1,
        lane=_suspected(),
        lock_owner=None,
        lock_until=None,
    )
    .returning(job.c.key)  # the SQLite driver counts no rows of a statement that begins with WITH
)
_EXHAUSTED = (
    select(*columns(job, JobRow))
    .where(
        job.c.stage == _LOCKED, job.c.lock_until <= bindparam("machine_now"), job.c.crash_count >= _CRASHES
    )
    .order_by(job.c.lock_until)
    .limit(bindparam("at_most"))
)


def claim(
    tx: Transaction,
    *,
    owner: str,
    limit: int,
    lease_us: int,
    kinds: Collection[str] = ("job",),
    types: Collection[str] | None = None,
    suspects: bool | None = None,
    lanes: Sequence[str] | None = None,
) -> list[JobRow]:
    """Lock up to ``limit`` ready jobs of these kinds (and types) for ``lease_us`` microseconds.

    ``lanes`` are those of ``ready_lanes``, where several claims of one transaction share them.

    ``suspects``: only those that lost several leases (True), only others (False), or all (None). They are to
    run alone: a process that dies cannot say which of its jobs killed it.

    The lease is by the machine clock; the attempt counts from here, before the work. Fewer than ``limit`` may
    come back although more are ready; none means that there are none, or that others are just claiming them.
    """
    known = ready_lanes(tx) if lanes is None else lanes
    chosen = wanted(known, kinds, types, suspects)
    if not chosen or limit < 1:
        return []
    until = tx.machine_now + lease_us
    parameters: dict[str, Any] = {"owner": owner, "until": until} | _shares(chosen, limit, tx.machine_now)
    claimed = records(JobRow, tx.run(_CLAIM, parameters))
    return sorted(claimed, key=_in_order)


def ready_lanes(tx: Transaction) -> list[str]:
    """Return the lanes that have ready jobs."""
    return [lane for (lane,) in tx.run(_LANES)]


def claim_one(
    tx: Transaction, key: int, *, owner: str, lease_us: int, kinds: Collection[str], types: Collection[str]
) -> JobRow | None:
    """Lock one job if it is ready and of these kinds, or kind job and these types; else return None."""
    parameters = {"owner": owner, "until": tx.machine_now + lease_us, "kinds": [*kinds], "types": [*types]}
    found = tx.execute(_CLAIM_ONE, key_of(key) | parameters).first()
    return None if found is None else record(JobRow, found)


def _in_order(row: JobRow) -> tuple[int, int, int]:
    return -row.priority, row.due_at, number_of(row.key)


def recover_expired(tx: Transaction, *, limit: int = 500) -> Recovered:
    """Make jobs ready again whose lease ran out, counting a crash each.

    Those that crashed too often are only reported, and again by every sweep, until the engine has failed them
    with their instance locked: a job must never be failed without its incident.
    """
    parameters = {"machine_now": tx.machine_now, "at_most": limit}
    ready = [key for (key,) in tx.run(_RECOVER, parameters)]
    return Recovered(ready=ready, exhausted=records(JobRow, tx.execute(_EXHAUSTED, parameters)))


def any_ready(
    tx: Transaction,
    *,
    kinds: Collection[str] = ("job",),
    types: Collection[str] | None = None,
    suspects: bool | None = None,
) -> bool:
    """Return whether a claim would find something."""
    return bool(wanted(ready_lanes(tx), kinds, types, suspects))


def wanted(
    lanes: Sequence[str], kinds: Collection[str], types: Collection[str] | None, suspects: bool | None
) -> list[str]:
    """Return those lanes a claim of these kinds, types and suspects takes from."""
    return [lane for lane in lanes if _wanted(lane, kinds, types, suspects)]


def _wanted(lane: str, kinds: Collection[str], types: Collection[str] | None, suspects: bool | None) -> bool:
    marked = lane.startswith(_MARK)
    if suspects is not None and suspects != marked:
        return False
    kind, job_type, _ = lane.removeprefix(_MARK).split(_SEPARATOR, 2)
    return kind in kinds and (types is None or job_type in types)


def _shares(lanes: list[str], limit: int, turn: int) -> dict[str, Any]:
    """Return the parameters of the claim's arms.

    Up to ``_ARMS`` lanes from ``turn`` on, with equal shares.
    """
    start = turn % len(lanes)
    chosen = (lanes[start:] + lanes[:start])[: min(_ARMS, limit)]
    each, more = divmod(limit, len(chosen))
    parameters: dict[str, Any] = {}
    for arm in range(_ARMS):
        used = arm < len(chosen)
        parameters[f"lane{arm}"] = chosen[arm] if used else ""
        parameters[f"share{arm}"] = each + (arm < more) if used else 0
    return parameters
