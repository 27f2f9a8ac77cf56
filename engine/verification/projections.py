"""The rows that worklists, workers and operators read, held against the state they come from, both ways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from engine.errors import EngineError
from engine.kernel import InstanceTree
from engine.kernel.state import ElementInstance
from engine.model.records import IncidentState, JobState, UserTaskState
from engine.store import Transaction, incidents, jobs, subscriptions, user_tasks
from engine.store.rows import IncidentRow, InstanceRow, JobRow
from engine.store.sealing import DataKey, Keyring, place

Shape: TypeAlias = dict[str, Any]
Shapes: TypeAlias = dict[int, Shape]

_ALL = 2**31 - 1
_OPEN_TASKS = (UserTaskState.CREATED, UserTaskState.ASSIGNED)


def differences(tx: Transaction, row: InstanceRow, tree: InstanceTree, key: DataKey) -> Iterator[str]:
    """Say in what the instance's own row and its open rows differ from a state."""
    yield from _compared("instance", {row.key: _instance_expected(tree)}, {row.key: _instance_found(row)})
    yield from _compared("user task", _tasks_expected(tree), _tasks_found(tx, row.key))
    yield from _compared(
        "subscription", _subscriptions_expected(tree, tx.keyring), _subscriptions_found(tx, row.key)
    )
    yield from _compared("incident", _incidents_expected(tree), _incidents_found(tx, row.key, key))
    waiting = jobs.query(tx, instance_key=row.key, kinds=("job", "timer", "continue"), limit=None)
    found = {each.key: each for each in waiting}
    yield from _compared("job", _jobs_expected(tree, found), _jobs_found(waiting))
    yield from _compared("timer", _timers_expected(tree, found), _timers_found(waiting))
    if row.ended_at is None and tree.header.queue is None and not any(map(_waits, tree.elements.values())):
        yield "the instance has not ended, but nothing in it waits: it can never go on"
    interrupted = tree.header.queue is not None and tree.root.incident is None
    if interrupted and not any(each.kind == "continue" for each in waiting):
        yield "a step was interrupted, but there is no job that goes on with it"


def _waits(element: ElementInstance) -> bool:
    waiting = (
        element.job,
        element.user_task,
        element.timers,
        element.subscriptions,
        element.incident,
        element.conditions,
    )
    chosen_from = element.ad_hoc is not None and not element.ad_hoc.ending
    return any(waiting) or bool(element.called) or chosen_from


def _compared(what: str, expected: Shapes, found: Shapes) -> Iterator[str]:
    for key in sorted(expected.keys() | found.keys()):
        if key not in found:
            yield f"{what} {key} ('{expected[key]['element_id']}') waits in the state, but it has no open row"
        elif key not in expected:
            yield f"{what} {key} ('{found[key]['element_id']}') has an open row, but nothing waits for it"
        else:
            for name, value in expected[key].items():
                if found[key][name] != value:
                    yield f"{what} {key}: expected {name} {value!r}, but the row has {found[key][name]!r}"


def _instance_expected(tree: InstanceTree) -> Shape:
    header = tree.header
    return {
        "state": str(header.state),
        "ended_at": header.ended_at,
        "started_at": header.started_at,
        "process_id": header.process_id,
        "definition_key": header.definition_key,
        "business_key": header.business_key,
        "parent_key": header.parent_key,
        "parent_element_key": header.parent_element_key,
        "root_key": header.root_key,
    }


def _instance_found(row: InstanceRow) -> Shape:
    shape = {name: getattr(row, name) for name in row.__struct_fields__}
    return {**shape, "parent_key": row.parent_key or 0, "parent_element_key": row.parent_element_key or 0}


def _tasks_expected(tree: InstanceTree) -> Shapes:
    return {
        key: {
            "element_id": element.element_id,
            "name": task.name,
            "state": str(task.state),
            "assignee": task.assignee,
            "candidate_groups": tuple(task.groups),
            "candidate_users": tuple(task.users),
            "due_at": task.due_at,
            "follow_up_at": task.follow_up_at,
            "priority": task.priority,
            "form_id": task.form_id,
            "created_at": task.created_at,
            "page": tree.places.get(key),
        }
        for key, element in tree.elements.items()
        if (task := element.user_task) is not None
    }


def _tasks_found(tx: Transaction, instance_key: int) -> Shapes:
    rows = user_tasks.query(tx, instance_key=instance_key, states=_OPEN_TASKS, limit=_ALL)
    return {row.key: {name: getattr(row, name) for name in row.__struct_fields__} for row in rows}


def _subscriptions_expected(tree: InstanceTree, keyring: Keyring) -> Shapes:
    return {
        each.key: {
            "element_id": each.element_id,
            "element_key": key,
            "kind": each.kind,
            "name": each.name,
            "name_hash": keyring.digest(each.name),
            "correlation_hash": keyring.digest(f"{each.name}\0{each.correlation_key}"),
            "definition_key": tree.header.definition_key,
            "page": tree.places.get(key),
        }
        for key, element in tree.elements.items()
        for each in element.subscriptions or ()
    }


def _subscriptions_found(tx: Transaction, instance_key: int) -> Shapes:
    rows = subscriptions.query(tx, instance_key=instance_key)
    return {row.key: {name: getattr(row, name) for name in row.__struct_fields__} for row in rows}


def _incidents_expected(tree: InstanceTree) -> Shapes:
    return {
        incident.key: {
            "element_id": element.element_id,
            "element_key": key,
            "type": incident.type,
            "message": incident.message,
            "page": tree.places.get(key),
        }
        for key, element in tree.elements.items()
        if (incident := element.incident) is not None
    }


def _incidents_found(tx: Transaction, instance_key: int, key: DataKey) -> Shapes:
    rows = incidents.query(tx, instance_key=instance_key, states=(IncidentState.OPEN,), limit=_ALL)
    return {
        row.key: {
            "element_id": row.element_id,
            "element_key": row.element_key,
            "type": row.type,
            "message": _message(row, key),
            "page": row.page,
        }
        for row in rows
    }


def _message(row: IncidentRow, key: DataKey) -> str | None:
    try:
        return key.open(place("incident", row.key), row.message).decode()
    except EngineError:
        return None  # differs from every message, so it is reported


def _jobs_expected(tree: InstanceTree, found: dict[int, JobRow]) -> Shapes:
    shapes: Shapes = {}
    for key, element in tree.elements.items():
        job = element.job
        if job is None:
            continue
        effect = f"-{job.effect}" if job.effect else ""
        shapes[job.key] = {
            "element_id": element.element_id,
            "element_key": key,
            "type": job.type,
            "retries": job.retries,
            "idempotency_key": f"{tree.header.key}-{key}{effect}",
            "stage": _stage(element, found.get(job.key)),
            "page": tree.places.get(key),
        }
    return shapes


def _stage(element: ElementInstance, row: JobRow | None) -> str:
    """Return the stage a job's row must be in: failed exactly when a person must look at it, else its own."""
    stopped = element.incident is not None
    if stopped and (row is None or row.stage != JobState.SUSPENDED):
        return str(JobState.FAILED)
    if row is None or row.stage == JobState.FAILED:
        return str(JobState.READY)
    return row.stage


def _jobs_found(rows: list[JobRow]) -> Shapes:
    return {
        row.key: {name: getattr(row, name) for name in row.__struct_fields__}
        for row in rows
        if row.kind == "job"
    }


def _timers_expected(tree: InstanceTree, found: dict[int, JobRow]) -> Shapes:
    shapes: Shapes = {}
    for key, element in tree.elements.items():
        for timer in element.timers or ():
            row = found.get(timer.key)
            # A timer whose firing was tried and put off waits until a later instant than its own.
            tried = row is not None and row.attempt > 0 and row.due_at >= timer.due_at
            due_at = row.due_at if row is not None and tried else timer.due_at
            shapes[timer.key] = {
                "element_id": timer.element_id,
                "element_key": key,
                "due_at": due_at,
                "page": tree.places.get(key),
            }
    return shapes


def _timers_found(rows: list[JobRow]) -> Shapes:
    return {
        row.key: {name: getattr(row, name) for name in row.__struct_fields__}
        for row in rows
        if row.kind == "timer"
    }
