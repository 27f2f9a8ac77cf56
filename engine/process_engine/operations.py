"""What operators ask: counts by process and element, incidents with their jobs, timers that are due next."""

from __future__ import annotations

import datetime as dt
from typing import Any

from engine.clock import instant, micros
from engine.errors import NotFound
from engine.model.operations import (
    DueTimer,
    ElementCount,
    IncidentCount,
    IncidentLine,
    InstanceList,
    JobCount,
    OpenInstances,
)
from engine.model.records import IncidentState, InstanceState, JobState
from engine.process_engine.cases import open_job
from engine.process_engine.instances import process_instance
from engine.process_engine.jobs import visible
from engine.process_engine.parts import Parts
from engine.process_engine.queries import incident_of
from engine.process_engine.trees import opened
from engine.store import Transaction, data_keys, incidents, instances, jobs, operations
from engine.store.rows import IncidentRow

MOST_GROUPS = 100


def instance_counts(parts: Parts) -> list[OpenInstances]:
    """Return how many instances of each version have not ended, by state."""
    with parts.store.reading() as tx:
        rows = operations.open_instances(tx)
    return [
        OpenInstances(process_id=process_id, version=version, state=InstanceState(state), count=count)
        for process_id, version, state, count in sorted(rows)
    ]


def job_counts(parts: Parts) -> list[JobCount]:
    """Return how many jobs there are by kind, type and stage."""
    with parts.store.reading() as tx:
        rows = operations.job_counts(tx)
    return [JobCount(kind=kind, type=type_, stage=stage, count=n) for kind, type_, stage, n in sorted(rows)]


def element_counts(parts: Parts, process_id: str) -> list[ElementCount]:
    """Return what waits at the elements of a process, whatever its version, by element id."""
    with parts.store.reading() as tx:
        found = operations.by_element(tx, process_id)
    elements = sorted({element_id for counts in found.values() for element_id in counts})
    return [
        ElementCount(
            element_id=each,
            tasks=found["task"].get(each, 0),
            jobs=found["job"].get(each, 0),
            timers=found["timer"].get(each, 0),
            messages=found["message"].get(each, 0),
            incidents=found["incident"].get(each, 0),
        )
        for each in elements
    ]


def at_element(parts: Parts, process_id: str, element_id: str, *, limit: int, offset: int) -> InstanceList:
    """Return a page of the instances for which something waits at an element, the oldest first."""
    with parts.store.reading() as tx:
        rows = operations.at_element(tx, process_id, element_id, limit=limit + 1, offset=offset)
    return InstanceList(
        instances=tuple(process_instance(row) for row in rows[:limit]), more=len(rows) > limit
    )


def incident_counts(parts: Parts) -> list[IncidentCount]:
    """Return the open incidents by process, element and type, the most frequent first."""
    with parts.store.reading() as tx:
        rows = operations.incident_counts(tx, limit=MOST_GROUPS)
    return [
        IncidentCount(
            process_id=process_id, element_id=element_id, type=type_, count=count, since=instant(since)
        )
        for process_id, element_id, type_, count, since in rows
    ]


def incident_lines(parts: Parts, *, before: dt.datetime | None, **filters: Any) -> list[IncidentLine]:
    """Return open incidents that meet the filters, the oldest first, in four statements."""
    created_before = None if before is None else micros(before)
    with parts.store.reading() as tx:
        rows = incidents.query(tx, states=(IncidentState.OPEN,), created_before=created_before, **filters)
        return _lines(tx, rows)


def incident_line(parts: Parts, incident_key: int) -> tuple[IncidentLine, tuple[str, ...]]:
    """Return one incident with the names of the variables its element sees; raises ``NotFound``."""
    with parts.store.reading() as tx:
        row = incidents.read(tx, incident_key)
        if row is None:
            raise NotFound(f"no incident {incident_key}")
        (line,) = _lines(tx, [row])
        return line, _names_seen(tx, row)


def _lines(tx: Transaction, rows: list[IncidentRow]) -> list[IncidentLine]:
    keys = data_keys.read(tx, {row.root_key for row in rows})
    numbers = operations.numbers(tx, {row.instance_key for row in rows})
    found = operations.jobs_of(tx, {row.job_key for row in rows if row.job_key is not None})
    return [
        IncidentLine(
            incident=incident_of(row, keys.get(row.root_key)),
            process_id=row.process_id,
            business_key=numbers.get(row.instance_key, (None, ""))[0],
            job=open_job(found[row.job_key]) if row.job_key in found else None,
        )
        for row in rows
    ]


def _names_seen(tx: Transaction, row: IncidentRow) -> tuple[str, ...]:
    loaded = instances.load_many(tx, [row.instance_key]).get(row.instance_key)
    if loaded is None:
        return ()
    tree = opened(loaded, row.page)
    element = tree.elements.get(row.element_key or 0)
    return () if element is None else tuple(sorted(visible(tree, element)))


def due_timers(
    parts: Parts, *, process_id: str | None, before: dt.datetime | None, limit: int, offset: int
) -> list[DueTimer]:
    """Return the timers that wait, the first due first; ``before``: only those due until then."""
    with parts.store.reading() as tx:
        rows = jobs.query(
            tx,
            kinds=("timer",),
            process_id=process_id,
            stages=(JobState.SCHEDULED, JobState.READY, JobState.LOCKED, JobState.SUSPENDED),
            due_before=None if before is None else micros(before),
            limit=limit,
            offset=offset,
        )
        numbers = operations.numbers(tx, {row.instance_key for row in rows if row.instance_key is not None})
    return [
        DueTimer(
            key=row.key,
            instance_key=row.instance_key or 0,
            process_id=row.process_id,
            element_id=row.element_id,
            business_key=numbers.get(row.instance_key or 0, (None, ""))[0],
            due_at=instant(row.due_at),
            suspended=row.stage == JobState.SUSPENDED,
        )
        for row in rows
    ]
