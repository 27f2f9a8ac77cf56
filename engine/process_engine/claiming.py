"""What a node claims for its free threads: one job each, or several that share a transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from engine.process_engine.groups import MOST
from engine.process_engine.internal import ALONE, TOGETHER
from engine.process_engine.parts import Parts
from engine.store import Transaction, jobs
from engine.store.rows import JobRow


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs wanted: of these kinds and types, how many at most, and how many one thread takes."""

    kinds: tuple[str, ...]
    types: tuple[str, ...] | None = None
    limit: int
    each: int = 1


def claim(
    parts: Parts,
    free: int,
    *,
    lease_us: int,
    running: Mapping[str, int],
    suspects: bool | None,
    turn: int = 0,
) -> list[list[JobRow]]:
    """Lock ready jobs for so many free threads, and return what each thread is to do.

    ``running`` counts the jobs of this node by type. Jobs that several processes have died of (``suspects``)
    run alone: only where those are left out (False) does a thread get more than one. ``turn`` counts the
    claims: the shares that have ready jobs come first in turn.
    """
    shares = _shares(parts, free, running, several=suspects is False)

    def locked(tx: Transaction) -> list[list[JobRow]]:
        lanes = jobs.ready_lanes(tx)
        ready = [each for each in shares if jobs.wanted(lanes, each.kinds, each.types, suspects)]
        first = turn % len(ready) if ready else 0
        work: list[list[JobRow]] = []
        for share in ready[first:] + ready[:first]:
            wanted = min(share.limit, (free - len(work)) * share.each)
            rows = jobs.claim(
                tx,
                kinds=share.kinds,
                types=share.types,
                limit=wanted,
                lanes=lanes,
                owner=parts.node,
                lease_us=lease_us,
                suspects=suspects,
            )
            work += shared_out(rows, share.each)
        return work

    return parts.store.run(locked)


def shared_out(rows: Sequence[JobRow], each: int) -> list[list[JobRow]]:
    """Return rows in parts of at most ``each``."""
    return [list(rows[first : first + each]) for first in range(0, len(rows), each)]


def _shares(parts: Parts, free: int, running: Mapping[str, int], *, several: bool) -> list[Share]:
    """Return what is wanted: the engine's own, types with a limit one by one, short ones, others."""
    many = MOST if several else 1
    limits = {each: _limit(parts, each) for each in parts.handlers.types()}
    limited = [
        Share(kinds=("job",), types=(each,), limit=limit - running.get(each, 0))
        for each, limit in limits.items()
        if limit
    ]
    unlimited = [each for each, limit in limits.items() if not limit]
    short = tuple(each for each in unlimited if several and _in_turn(parts, each))
    others = tuple(each for each in unlimited if each not in short)
    wanted: list[Share] = [
        Share(kinds=TOGETHER, limit=free * many, each=many),
        Share(kinds=ALONE, limit=free),
        *limited,
        Share(kinds=("job",), types=short, limit=free * many, each=many),
        Share(kinds=("job",), types=others, limit=free),
    ]
    return [share for share in wanted if share.types != () and share.limit > 0]


def _in_turn(parts: Parts, job_type: str) -> bool:
    """Return whether one thread may run several jobs of a type before it commits their answers."""
    registration: Any = parts.handlers.get(job_type)
    return registration is not None and registration.together and parts.paces.short(job_type)


def _limit(parts: Parts, job_type: str) -> int:
    registration: Any = parts.handlers.get(job_type)
    return registration.concurrency if registration is not None else 0
