"""An instance as it was: its history as events, its elements past and present, its state after any command.

Nothing is executed here: recorded events are folded again (``engine.kernel.fold``).
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import msgspec

from engine.catalogue import Catalogue
from engine.clock import instant
from engine.errors import Conflict, NotFound
from engine.kernel import InstanceTree, fold
from engine.kernel import events as ev
from engine.kernel.codec import CommandRecord, decode_record
from engine.kernel.state import ElementInstance as ActiveElement
from engine.kernel.state import TimerData, UserTaskData
from engine.model.definition import ProcessDefinition
from engine.model.records import (
    ElementInstance,
    ElementState,
    HistoryEvent,
    InstanceView,
    Timer,
    UserTask,
    UserTaskState,
)
from engine.store import Transaction, data_keys, history_rows, instances
from engine.store.rows import HistoryRow, InstanceRow
from engine.store.sealing import place

ROWS_AT_ONCE = 200
MULTI_INSTANCE_BODY = "multiInstanceBody"
_ABOUT = ("element_key", "owner")  # which field of an event names the element instance it is about
_ABOUT_ITSELF = (  # here it is the event's own key, which user tasks and multi-instance bodies share
    ev.InstanceStarted,
    ev.ElementActivated,
    ev.ElementCompleted,
    ev.ElementTerminated,
    ev.UserTaskCreated,
    ev.UserTaskUpdated,
    ev.UserTaskEnded,
    ev.LoopStarted,
    ev.LoopProgressed,
)


def replay(catalogue: Catalogue, tx: Transaction, instance_key: int, *, until: int) -> InstanceView:
    """Return the instance as it stood after its command number ``until`` (1 is the start).

    Raises ``NotFound`` for no such instance or command, ``Conflict`` for an erased one, ``Damaged``.
    """
    row = _instance(tx, instance_key)
    if not 1 <= until <= row.seq:
        raise NotFound(
            f"expected a command from 1 to {row.seq} of instance {instance_key}, but asked for {until}"
        )
    course = _Course()
    for _, record in records(tx, row, until=until):
        course.take(record)
    tree = course.state
    return InstanceView(
        seq=until,
        elements=course.elements(catalogue, tx),
        variables=dict(tree.root.variables or {}),
        user_tasks=tuple(_user_tasks(tree)),
        timers=tuple(_timers(tree)),
    )


def history(tx: Transaction, instance_key: int) -> list[HistoryEvent]:
    """Return everything that happened in an instance, in order; raises as ``replay``."""
    described = Described()
    return [
        described.take(row, index, event)
        for row, record in records(tx, _instance(tx, instance_key))
        for index, event in enumerate(record.events)
    ]


def elements(catalogue: Catalogue, tx: Transaction, instance_key: int) -> list[ElementInstance]:
    """Return the element instances, active and ended, in the order of entering; raises as ``replay``."""
    row = _instance(tx, instance_key)
    course = _Course()
    for _, record in records(tx, row):
        course.take(record)
    return list(course.elements(catalogue, tx))


def records(
    tx: Transaction, row: InstanceRow, *, until: int | None = None
) -> Iterator[tuple[HistoryRow, CommandRecord]]:
    """Yield an instance's history rows with their content, a bounded number read at once.

    Raises ``Conflict`` where the instance is erased, ``Damaged`` where a row does not open.
    """
    key = data_keys.read(tx, [row.root_key]).get(row.root_key)
    if key is None:
        raise Conflict(f"expected a case that can be read, but instance {row.key} was erased")
    seq, last = 1, row.seq if until is None else until
    while seq <= last:
        found = history_rows.read(tx, row.key, from_seq=seq, limit=min(ROWS_AT_ONCE, last - seq + 1))
        for each in found:
            sealed = key.open(place("history", each.instance_key, each.seq), each.payload)
            yield each, decode_record(sealed)
        if not found:
            return
        seq = found[-1].seq + 1


class _Entry(msgspec.Struct):
    """One entry into an element: where and when, what it is called in which version, how it ended."""

    activated: ev.ElementActivated
    at: int
    element_id: str
    definition_key: int
    state: ElementState | None = None
    ended_at: int | None = None


class _Course:
    """What became of each element instance, in the order of entering."""

    def __init__(self) -> None:
        self._tree: InstanceTree | None = None
        self._entries: dict[int, _Entry] = {}

    def take(self, record: CommandRecord) -> None:
        """Fold the events of one command."""
        at = record.context.now
        self._tree = fold(self._tree, list(record.events), at)
        definition_key = self._tree.header.definition_key
        for event in record.events:
            if isinstance(event, ev.ElementActivated):
                self._entries[event.key] = _Entry(event, at, event.element_id, definition_key)
            elif isinstance(event, ev.ElementCompleted | ev.ElementTerminated):
                self._end(event, at)
            elif isinstance(event, ev.InstanceMigrated):
                self._migrate(event)

    def _end(self, event: ev.ElementCompleted | ev.ElementTerminated, at: int) -> None:
        entry = self._entries.get(event.key)
        if entry is not None:
            completed = isinstance(event, ev.ElementCompleted)
            entry.state = ElementState.COMPLETED if completed else ElementState.TERMINATED
            entry.ended_at = at

    def _migrate(self, event: ev.InstanceMigrated) -> None:
        """Give what is active the name it has in the new version; what has ended keeps its own."""
        for entry in self._entries.values():
            if entry.state is None:
                entry.element_id = event.mapping.get(entry.element_id, entry.element_id)
                entry.definition_key = event.definition_key

    @property
    def state(self) -> InstanceTree:
        """Return the state after the last command taken."""
        if self._tree is None:
            raise NotFound("expected at least one command in the history, but there is none")
        return self._tree

    def elements(self, catalogue: Catalogue, tx: Transaction) -> tuple[ElementInstance, ...]:
        """Return all element instances but the process itself."""
        return tuple(
            self._element(catalogue.process(tx, entry.definition_key).definition, entry)
            for entry in self._entries.values()
        )

    def _element(self, definition: ProcessDefinition, entry: _Entry) -> ElementInstance:
        event, element = entry.activated, definition.elements[entry.element_id]
        body = element.loop is not None and not event.loop_index
        return ElementInstance(
            key=event.key,
            element_id=element.id,
            element_type=MULTI_INSTANCE_BODY if body else str(element.type),
            state=self.state.elements[event.key].state if entry.state is None else entry.state,
            parent_key=event.scope,
            activated_at=instant(entry.at),
            ended_at=None if entry.ended_at is None else instant(entry.ended_at),
        )


def user_task_of(instance_key: int, element: ActiveElement, task: UserTaskData) -> UserTask:
    """Return the open user task of an element instance as a record."""
    return UserTask(
        key=element.key,
        instance_key=instance_key,
        element_id=element.element_id,
        name=task.name,
        state=UserTaskState(task.state),
        assignee=task.assignee,
        candidate_groups=tuple(task.groups),
        candidate_users=tuple(task.users),
        due_at=None if task.due_at is None else instant(task.due_at),
        follow_up_at=None if task.follow_up_at is None else instant(task.follow_up_at),
        priority=task.priority,
        form_id=task.form_id,
        created_at=instant(task.created_at),
    )


def timer_of(instance_key: int, timer: TimerData) -> Timer:
    """Return a waiting timer as a record; its inputs are what the due instant was computed from."""
    inputs = {
        "kind": timer.kind,
        "value": timer.value,
        "local": timer.local,
        "remaining": timer.remaining,
    }
    return Timer(
        key=timer.key,
        instance_key=instance_key,
        element_id=timer.element_id,
        due_at=instant(timer.due_at),
        inputs=inputs,
    )


def _user_tasks(tree: InstanceTree) -> Iterator[UserTask]:
    for key in sorted(tree.elements):
        element = tree.elements[key]
        if element.user_task is not None:
            yield user_task_of(tree.header.key, element, element.user_task)


def _timers(tree: InstanceTree) -> Iterator[Timer]:
    for key in sorted(tree.elements):
        for timer in tree.elements[key].timers or ():
            yield timer_of(tree.header.key, timer)


def _instance(tx: Transaction, instance_key: int) -> InstanceRow:
    row = instances.read(tx, instance_key)
    if row is None:
        raise NotFound(f"expected a process instance {instance_key}, but there is none")
    return row


class Described:
    """Turns events into records, one after the other: each may be about an element instance met before."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}

    def take(self, row: HistoryRow, index: int, event: ev.Event) -> HistoryEvent:
        """Return the next event as a record."""
        return _described(row, index, event, self._names)


def _described(row: HistoryRow, index: int, event: ev.Event, names: dict[int, str]) -> HistoryEvent:
    """Return an event as a record; ``names`` remembers the element id of each element instance met so far."""
    payload: dict[str, Any] = {name: getattr(event, name) for name in event.__struct_fields__}
    element_key = _element_key(event, payload)
    element_id = payload.pop("element_id", "")
    if isinstance(event, ev.InstanceStarted):
        element_id = event.process_id
    if isinstance(event, ev.InstanceStarted | ev.ElementActivated):
        names[event.key] = element_id
    if isinstance(event, ev.InstanceMigrated):
        names.update({key: event.mapping.get(name, name) for key, name in names.items()})
    return HistoryEvent(
        seq=row.seq,
        index=index,
        at=instant(row.at),
        actor=row.actor,
        type=str(event.__struct_config__.tag),
        element_id=element_id or names.get(element_key, ""),
        element_key=element_key,
        payload={
            name: str(value) if isinstance(value, StrEnum) else value for name, value in payload.items()
        },
    )


def _element_key(event: ev.Event, payload: dict[str, Any]) -> int:
    if isinstance(event, _ABOUT_ITSELF):
        return int(payload.pop("key"))
    if isinstance(event, ev.VariablesSet):
        return int(payload.pop("scope"))
    for name in _ABOUT:
        if name in payload:
            return int(payload.pop(name))
    return 0
