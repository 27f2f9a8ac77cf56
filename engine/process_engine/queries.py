"""What people and screens ask: instances, variables, incidents, timers, nodes; nothing here changes
anything."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from engine.clock import instant
from engine.errors import NotFound
from engine.model.node import SILENT_AFTER, Figures, Node, NodeState
from engine.model.records import Incident, ProcessInstance, StrandedJob, Timer
from engine.process_engine.instances import process_instance
from engine.process_engine.parts import Parts
from engine.process_engine.trees import tree_around, tree_of
from engine.replay import timer_of
from engine.store import (
    data_keys,
    definitions,
    figures,
    history_rows,
    incidents,
    instance_lists,
    instances,
    jobs,
    nodes,
)
from engine.store.rows import IncidentRow, NodeRow
from engine.store.sealing import DataKey, place


def process_instances(
    parts: Parts, *, state: str | Collection[str] | None = None, **filters: Any
) -> list[ProcessInstance]:
    """Return instances that meet the filters, the newest first."""
    states = None if state is None else (state,) if isinstance(state, str) else tuple(state)
    with parts.store.reading() as tx:
        return [process_instance(row) for row in instance_lists.query(tx, states=states, **filters)]


def starter(parts: Parts, key: int) -> str:
    """Return who started the case an instance belongs to; raises ``NotFound``."""
    with parts.store.reading() as tx:
        row = instances.read(tx, key)
        first = [] if row is None else history_rows.read(tx, row.root_key, limit=1)
    if not first:
        raise NotFound(f"no process instance {key}")
    return first[0].actor


def variables(parts: Parts, key: int) -> dict[str, Any]:
    """Return an instance's own variables; raises ``NotFound``."""
    with parts.store.reading() as tx:
        return dict(tree_around(tx, key).root.variables or {})


def timers(parts: Parts, key: int) -> list[Timer]:
    """Return an instance's waiting timers, the first due first; raises ``NotFound``."""
    with parts.store.reading() as tx:
        tree = tree_of(tx, key)
    found = [timer_of(key, timer) for element in tree.elements.values() for timer in element.timers or ()]
    return sorted(found, key=lambda timer: (timer.due_at, timer.key))


def incident_records(
    parts: Parts, *, state: str | Collection[str] | None = None, **filters: Any
) -> list[Incident]:
    """Return incidents that meet the filters, with their opened messages."""
    states = None if state is None else (state,) if isinstance(state, str) else tuple(state)
    with parts.store.reading() as tx:
        rows = incidents.query(tx, states=states, **filters)
        keys = data_keys.read(tx, {row.root_key for row in rows})
    return [incident_of(row, keys.get(row.root_key)) for row in rows]


def incident_of(row: IncidentRow, data_key: DataKey | None) -> Incident:
    """Return the record of a row with its message opened; None: the case is erased."""
    if data_key is None:
        message = "erased"
    else:
        message = data_key.open(place("incident", row.key), row.message).decode()
    return Incident(
        key=row.key,
        instance_key=row.instance_key,
        element_id=row.element_id,
        type=row.type,
        message=message,
        created_at=instant(row.created_at),
        resolved_at=None if row.resolved_at is None else instant(row.resolved_at),
    )


def all_nodes(parts: Parts) -> list[Node]:
    """Return the nodes the database knows."""
    with parts.store.reading() as tx:
        return [_node(row, tx.machine_now) for row in nodes.all(tx)]


def _node(row: NodeRow, now: int) -> Node:
    state = NodeState.DRAINING if row.draining else NodeState.ALIVE
    return Node(
        id=row.id,
        started_at=instant(row.started_at),
        seen_at=instant(row.seen_at),
        version=row.version,
        kind=row.kind,
        host=row.host,
        threads=row.threads,
        running=row.running,
        state=NodeState.SILENT if now - row.seen_at > SILENT_AFTER else state,
        job_types=tuple(row.types.split()),
        revision=row.revision,
    )


def job_types(parts: Parts) -> dict[str, tuple[str, ...]]:
    """Return the literal job types of each process' newest version, sorted."""
    with parts.store.reading() as tx:
        rows = definitions.query(tx, kind="process", latest_only=True)
        processes = [parts.catalogue.process(tx, row.key).definition for row in rows]
    return {
        process.id: tuple(
            sorted(
                {
                    e.job.type.source
                    for e in process.elements.values()
                    if e.job is not None and e.job.type.literal
                }
            )
        )
        for process in processes
    }


def now(parts: Parts) -> dt.datetime:
    """Return the business time."""
    with parts.store.reading() as tx:
        return instant(tx.now)


def next_due(parts: Parts) -> dt.datetime | None:
    """Return when the next timer or retry becomes due, None where none waits."""
    with parts.store.reading() as tx:
        due = jobs.next_due(tx)
    return None if due is None else instant(due)


def stranded_jobs(parts: Parts, limit: int) -> list[StrandedJob]:
    """Return the engine's own failed jobs that no instance shows as an incident, oldest first."""
    with parts.store.reading() as tx:
        rows = jobs.stranded(tx, limit=limit)
    return [
        StrandedJob(
            key=row.key,
            kind=row.kind,
            process_id=row.process_id,
            element_id=row.element_id,
            crashes=row.crash_count,
            created_at=instant(row.created_at),
        )
        for row in rows
    ]


def watched(parts: Parts) -> Figures:
    """Return what operators watch."""
    with parts.store.reading() as tx:
        row = figures.read(tx, seen_since=tx.machine_now - SILENT_AFTER)
        due = [each for each in (row.oldest_scheduled, row.oldest_ready) if each is not None]
        late = max((tx.now - each for each in due), default=0)
    counter = parts.store.counter
    return Figures(
        open_instances=row.open_instances,
        jobs=row.jobs,
        stranded_jobs=row.stranded_jobs,
        open_incidents=row.open_incidents,
        buffered_messages=row.buffered_messages,
        nodes_seen=row.nodes_seen,
        lateness=max(0, late) / 1_000_000,
        statements=counter.statements,
        commits=counter.commits,
        commit_seconds=counter.commit_seconds,
        steps=counter.steps,
        step_seconds=counter.step_seconds,
    )
