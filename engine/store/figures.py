"""How much there is of what operators watch; each count stops at ``MOST``, so that asking stays cheap."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Select, bindparam, func, literal_column, select

from engine.store.jobs import STRANDED
from engine.store.office_tables import node
from engine.store.statements import literally
from engine.store.tables import incident, instance, job, message
from engine.store.transaction import Transaction

MOST = 100_000


class FigureRow(msgspec.Struct, frozen=True, kw_only=True):
    """Counts up to ``MOST``; instants are None where there is nothing."""

    open_instances: int
    jobs: dict[str, int]
    stranded_jobs: int
    open_incidents: int
    buffered_messages: int
    nodes_seen: int
    oldest_scheduled: int | None
    oldest_ready: int | None


def _counted(table: Any, *where: Any) -> Select[Any]:
    some = select(literal_column("1").label("one")).select_from(table).where(*where).limit(MOST).subquery()
    return select(func.count()).select_from(some)


_STAGES = ("scheduled", "ready", "locked")
_COUNTS = select(
    _counted(instance, instance.c.ended_at.is_(None)).scalar_subquery(),
    *(_counted(job, job.c.stage == literally(stage)).scalar_subquery() for stage in _STAGES),
    _counted(job, *STRANDED).scalar_subquery(),
    _counted(incident, incident.c.state == literally("open")).scalar_subquery(),
    _counted(message, message.c.state == literally("buffered")).scalar_subquery(),
)
_NODES = select(func.count()).select_from(node).where(node.c.seen_at >= bindparam("since"))
_OLDEST = select(
    *(
        select(func.min(job.c.due_at)).where(job.c.stage == literally(stage)).scalar_subquery()
        for stage in ("scheduled", "ready")
    )
)


def read(tx: Transaction, *, seen_since: int) -> FigureRow:
    """Return the figures; nodes are those seen since an instant of the machine clock."""
    instances, scheduled, ready, locked, stranded, incidents, buffered = tx.execute(_COUNTS).one()
    oldest_scheduled, oldest_ready = tx.execute(_OLDEST).one()
    alive = tx.execute(_NODES, {"since": seen_since}).scalar_one()
    return FigureRow(
        open_instances=instances,
        jobs={"scheduled": scheduled, "ready": ready, "locked": locked},
        stranded_jobs=stranded,
        open_incidents=incidents,
        buffered_messages=buffered,
        nodes_seen=alive,
        oldest_scheduled=oldest_scheduled,
        oldest_ready=oldest_ready,
    )
