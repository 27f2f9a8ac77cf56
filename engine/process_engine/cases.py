"""A case as one page shows it: its instances, what they wait for, what happened, what was done outside.

The number of statements does not depend on how many instances, jobs or incidents a case has; its history is
read some hundred rows at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine import replay
from engine.catalogue import BoundProcess
from engine.clock import instant
from engine.errors import NotFound
from engine.forms import Component
from engine.kernel import InstanceTree, codec
from engine.kernel.state import ElementInstance, TimerData
from engine.model.case import Case, CasePart, Effect, OpenJob, Personal, Wait, WaitKind
from engine.model.records import IncidentState, JobState
from engine.process_engine.instances import process_instance
from engine.process_engine.parts import Parts
from engine.process_engine.queries import incident_of
from engine.process_engine.trees import opened, whole
from engine.replay import MULTI_INSTANCE_BODY, user_task_of
from engine.store import Transaction, effects, incidents, instances, jobs
from engine.store.instances import LockedInstance
from engine.store.rows import EffectRow, IncidentRow, InstanceRow, JobRow
from engine.store.sealing import DataKey, place

MOST_PARTS = 100  # instances of one case that are shown
_MOST_ROWS = 1_000
_SHEET = "obieg:sheet"  # the property of a form's field: what the field is about is written on this sheet
_OPEN_STAGES = tuple(JobState)


def case(parts: Parts, instance_key: int) -> Case:
    """Return an instance with those it has called; raises ``NotFound``, ``Conflict`` for an erased one."""
    with parts.store.reading() as tx:
        row = _instance(tx, instance_key)
        whole = _whole(tx, row)
        family = list(_descendants(row, whole))
        shown = family[:MOST_PARTS]
        keys = [each.key for each in shown]
        history = tuple(replay.history(tx, instance_key))
        loaded = instances.load_many(tx, {*keys, *(each.key for each in whole[:MOST_PARTS])})
        data_key = loaded[instance_key].data_key
        read = _Read(parts, tx, {key: loaded[key] for key in keys})
        fields = list(_fields(parts, tx, [each.definition_key for each in shown]))
        return Case(
            parts=tuple(read.part(each) for each in shown),
            history=history,
            variables=read.variables(row),
            personal=_personal(parts, tx, whole, loaded),
            sheets=tuple(dict.fromkeys(each for field in fields if (each := field.properties.get(_SHEET)))),
            labels={field.key: field.label for field in reversed(fields) if field.label},
            choices=_choices(reversed(fields)),
            effects=tuple(_effects(tx, shown, data_key)),
            more_parts=len(family) > len(shown),
        )


def _instance(tx: Transaction, instance_key: int) -> InstanceRow:
    row = instances.read(tx, instance_key)
    if row is None:
        raise NotFound(f"no process instance {instance_key}")
    return row


def _descendants(row: InstanceRow, called: Iterable[InstanceRow]) -> Iterator[InstanceRow]:
    """Yield an instance and those called by it and by those, callers before what they have called."""
    children: dict[int, list[InstanceRow]] = {}
    for each in called:
        children.setdefault(each.parent_key or 0, []).append(each)
    pending = [row]
    for each in pending:
        yield each
        pending += sorted(children.get(each.key, []), key=lambda child: (child.started_at, child.key))


class _Read:
    """What belongs to the instances of one case, read at once."""

    def __init__(self, parts: Parts, tx: Transaction, loaded: dict[int, LockedInstance]) -> None:
        self._parts = parts
        self._tx = tx
        self._loaded = loaded
        self._trees = {key: whole(locked) for key, locked in loaded.items()}
        self._jobs = _by_instance(
            jobs.query(tx, instance_keys=loaded, kinds=("job",), stages=_OPEN_STAGES, limit=_MOST_ROWS)
        )
        self._incidents = _by_instance(
            incidents.query(tx, instance_keys=loaded, states=(IncidentState.OPEN,), limit=_MOST_ROWS)
        )
        self._called_at: dict[int, str] = {}
        for tree in self._trees.values():
            self._called_at |= {
                each.called: each.element_id for each in tree.elements.values() if each.called
            }

    def variables(self, row: InstanceRow) -> dict[str, Any]:
        """Return an instance's own variables, as they are or were at its end."""
        return dict(self._trees[row.key].root.variables or {})

    def part(self, row: InstanceRow) -> CasePart:
        """Return one instance with what it waits for."""
        bound = self._parts.catalogue.process(self._tx, row.definition_key)
        tree = self._trees[row.key]
        data_key = self._loaded[row.key].data_key
        running = () if row.ended_at is not None else tuple(_elements(tree))
        found: list[IncidentRow] = self._incidents.get(row.key, [])
        return CasePart(
            instance=process_instance(row),
            name=bound.definition.name or bound.definition.id,
            called_at=self._called_at.get(row.key, ""),
            waits=tuple(wait for each in running for wait in _waits(bound, each)),
            user_tasks=tuple(
                user_task_of(row.key, each, each.user_task) for each in running if each.user_task is not None
            ),
            jobs=tuple(open_job(each) for each in self._jobs.get(row.key, [])),
            incidents=tuple(incident_of(each, data_key) for each in found),
        )


def _by_instance(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.instance_key, []).append(row)
    return found


def _elements(tree: InstanceTree) -> Iterator[ElementInstance]:
    for key in sorted(tree.elements):
        yield tree.elements[key]


def _waits(bound: BoundProcess, element: ElementInstance) -> Iterator[Wait]:
    """Yield what an element instance waits for, incidents first."""
    kind = bound.definition.elements[element.element_id]
    body = kind.loop is not None and not element.loop_index
    about: dict[str, Any] = {
        "element_id": element.element_id,
        "element_type": MULTI_INSTANCE_BODY if body else str(kind.type),
        "name": kind.name,
    }
    if element.incident is not None:
        yield Wait(kind=WaitKind.INCIDENT, text=element.incident.type, key=element.incident.key, **about)
    if element.user_task is not None:
        task = element.user_task
        due = None if task.due_at is None else instant(task.due_at)
        yield Wait(kind=WaitKind.TASK, text=task.name, key=element.key, due_at=due, **about)
    elif element.job is not None:
        yield Wait(kind=WaitKind.JOB, text=element.job.type, key=element.job.key, **about)
    if element.called:
        yield Wait(kind=WaitKind.CALL, key=element.called, **about)
    yield from _listened(bound, element)


def _listened(bound: BoundProcess, element: ElementInstance) -> Iterator[Wait]:
    for timer in element.timers or ():
        yield _timer(bound, timer)
    for subscription in element.subscriptions or ():
        kind = bound.definition.elements[subscription.element_id]
        yield Wait(
            kind=WaitKind(subscription.kind),
            element_id=kind.id,
            element_type=str(kind.type),
            name=kind.name,
            text=subscription.name,
            key=subscription.key,
        )
    for condition in element.conditions or ():
        kind = bound.definition.elements[condition.element_id]
        yield Wait(kind=WaitKind.CONDITION, element_id=kind.id, element_type=str(kind.type), name=kind.name)


def _timer(bound: BoundProcess, timer: TimerData) -> Wait:
    kind = bound.definition.elements[timer.element_id]
    return Wait(
        kind=WaitKind.TIMER,
        element_id=kind.id,
        element_type=str(kind.type),
        name=kind.name,
        key=timer.key,
        due_at=instant(timer.due_at),
    )


def open_job(row: JobRow) -> OpenJob:
    """Return the record of a job's row."""
    return OpenJob(
        key=row.key,
        instance_key=row.instance_key or 0,
        process_id=row.process_id,
        element_id=row.element_id,
        type=row.type or row.kind,
        state=JobState(row.stage),
        retries=row.retries,
        attempt=row.attempt,
        due_at=instant(row.due_at),
        locked_by=row.lock_owner or "",
    )


def _fields(parts: Parts, tx: Transaction, definition_keys: Iterable[int]) -> Iterator[Component]:
    """Yield the fields of the forms of these processes."""
    for key in dict.fromkeys(definition_keys):
        bound = parts.catalogue.process(tx, key)
        tasks = (each.user_task for each in bound.definition.elements.values() if each.user_task is not None)
        for form_id in sorted({task.form_id for task in tasks if task.form_id}):
            form = parts.catalogue.form(tx, form_id, deployment_key=bound.row.deployment_key)
            yield from form.fields if form else ()


def _choices(fields: Iterable[Component]) -> dict[str, dict[str, str]]:
    """Return what forms call the values of variables that are chosen, by variable."""
    found: dict[str, dict[str, str]] = {}
    for field in fields:
        if field.options:
            found.setdefault(field.key, {}).update({each.value: each.label for each in field.options})
    return found


def personal(parts: Parts, instance_key: int) -> Personal:
    """Return what is personal in the case an instance belongs to; raises ``NotFound``."""
    with parts.store.reading() as tx:
        whole = _whole(tx, _instance(tx, instance_key))
        return _personal(parts, tx, whole, instances.load_many(tx, (each.key for each in whole[:MOST_PARTS])))


def _whole(tx: Transaction, row: InstanceRow) -> list[InstanceRow]:
    """Return all instances of the case of one of them, the root first."""
    root = row if row.key == row.root_key else _instance(tx, row.root_key)
    return [root, *instances.called(tx, row.root_key)]


def _personal(
    parts: Parts, tx: Transaction, whole: list[InstanceRow], loaded: Mapping[int, LockedInstance]
) -> Personal:
    """Gather names and values from a whole case: what one process calls personal, it hands on to others.

    What any form of today calls personal is so here too: a process that an event has started may have none.
    """
    keys = [each.definition_key for each in whole]
    names = frozenset(field.key for field in _fields(parts, tx, keys) if field.personal)
    names |= parts.catalogue.personal_names(tx)
    trees = (opened(each) for each in loaded.values())
    return Personal(names=names, variables=tuple(tree.root.variables or {} for tree in trees))


def _effects(tx: Transaction, rows: Iterable[InstanceRow], data_key: DataKey) -> Iterator[Effect]:
    ids = {str(row.key) for row in rows}
    for row in effects.of_instances(tx, [int(each) for each in ids], root_key=data_key.root_key):
        yield _effect(row, data_key)


def _effect(row: EffectRow, data_key: DataKey) -> Effect:
    step, _, name = row.idempotency_key.partition("/")
    instance_key, element_key, *_ = [int(each) for each in step.split("-")]
    reply: dict[str, Any] = codec.decode_values(data_key.open(place("effect", step, name), row.reply))
    return Effect(
        instance_key=instance_key, element_key=element_key, name=name, at=instant(row.created_at), reply=reply
    )
