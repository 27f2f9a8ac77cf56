"""The course of an instance, command by command: where tokens went, what changed, in which version of the
diagram.

Folded once from the first command on, whatever part of it is asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from engine.clock import instant
from engine.errors import NotFound
from engine.kernel import InstanceTree, fold
from engine.kernel import events as ev
from engine.kernel.codec import CommandRecord
from engine.kernel.state import ElementInstance
from engine.model.case import Change, Course, CourseStep
from engine.process_engine.parts import Parts
from engine.replay import Described, records
from engine.store import Transaction, instances
from engine.store.rows import HistoryRow

MOST_STEPS = 500
_Place = tuple[int, str]  # whose variable: key of the scope, name


def course(parts: Parts, instance_key: int, *, first: int = 1, limit: int = MOST_STEPS) -> Course:
    """Return the steps ``first`` and following, at most ``limit`` of them.

    Raises ``NotFound`` for no such instance or step, ``Conflict`` for an erased one, ``Damaged``.
    """
    with parts.store.reading() as tx:
        row = instances.read(tx, instance_key)
        if row is None:
            raise NotFound(f"no process instance {instance_key}")
        if not 1 <= first <= row.seq:
            raise NotFound(f"expected a step from 1 to {row.seq} of instance {instance_key}, but got {first}")
        read = _Course(parts, tx)
        until = min(row.seq, first + limit - 1)
        steps = tuple(
            step for each, record in records(tx, row, until=until) if (step := read.take(each, record, first))
        )
        return Course(last=row.seq, steps=steps, flows=read.flows_before, completed=read.completed_before)


def steps(parts: Parts, instance_key: int) -> int:
    """Return the number of an instance's last step; raises ``NotFound``."""
    with parts.store.reading() as tx:
        row = instances.read(tx, instance_key)
    if row is None:
        raise NotFound(f"no process instance {instance_key}")
    return row.seq


class _Course:
    """Folds command after command and says what each has done."""

    def __init__(self, parts: Parts, tx: Transaction) -> None:
        self._parts = parts
        self._tx = tx
        self._tree: InstanceTree | None = None
        self._described = Described()
        self._flows: dict[str, None] = {}
        self._completed: dict[str, None] = {}
        self.flows_before: tuple[str, ...] = ()
        self.completed_before: tuple[str, ...] = ()

    def take(self, row: HistoryRow, record: CommandRecord, first: int) -> CourseStep | None:
        """Fold a command; return what it did, None where it is before the first one asked for."""
        if row.seq == first:
            self.flows_before, self.completed_before = tuple(self._flows), tuple(self._completed)
        before = self._held(record.events)
        events = tuple(self._described.take(row, index, each) for index, each in enumerate(record.events))
        self._tree = fold(self._tree, list(record.events), record.context.now)
        flows, completed = self._went(record.events)
        if row.seq < first:
            return None
        bound = self._parts.catalogue.process(self._tx, self._tree.header.definition_key)
        return CourseStep(
            seq=row.seq,
            at=instant(row.at),
            actor=row.actor,
            command=row.command,
            process_id=bound.row.id,
            version=bound.row.version,
            events=events,
            active=dict(Counter(each.element_id for each in _inside(self._tree))),
            incidents=tuple(each.element_id for each in _inside(self._tree) if each.incident is not None),
            entered=_unique(each.element_id for each in events if each.type == "element_activated"),
            completed=completed,
            flows=flows,
            changes=tuple(self._changes(before, self._held(record.events))),
        )

    def _held(self, events: Iterable[ev.Event]) -> dict[_Place, Any]:
        """Return the variables these events write, as the state has them."""
        found: dict[_Place, Any] = {}
        for scope, names in _written(events):
            element = None if self._tree is None else self._tree.elements.get(scope)
            held = {} if element is None else element.variables or {}
            found |= {(scope, name): held[name] for name in names if name in held}
        return found

    def _changes(self, before: dict[_Place, Any], after: dict[_Place, Any]) -> Iterator[Change]:
        """Yield what became different; a scope that has ended takes its variables with it, unsaid."""
        assert self._tree is not None  # noqa: S101 - the command was folded
        for scope, name in {**after, **before}:
            element = self._tree.elements.get(scope)
            old, new = before.get((scope, name)), after.get((scope, name))
            if element is not None and old != new:
                yield Change(element_id=element.element_id, name=name, before=old, after=new)

    def _went(self, events: Iterable[ev.Event]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        flows: dict[str, None] = {}
        completed: dict[str, None] = {}
        for event in events:
            if isinstance(event, ev.ElementActivated | ev.TokenArrived) and event.flow:
                flows[event.flow] = None
            elif isinstance(event, ev.ElementCompleted):
                completed[event.element_id] = None
            elif isinstance(event, ev.InstanceMigrated):
                self._flows = _renamed(self._flows, event.mapping)
                self._completed = _renamed(self._completed, event.mapping)
        self._flows |= flows
        self._completed |= completed
        return tuple(flows), tuple(completed)


def _written(events: Iterable[ev.Event]) -> Iterator[tuple[int, Iterable[str]]]:
    for event in events:
        if isinstance(event, ev.VariablesSet):
            yield event.scope, event.variables
        elif isinstance(event, ev.InstanceStarted | ev.ElementActivated) and event.variables:
            yield event.key, event.variables


def _inside(tree: InstanceTree) -> Iterator[ElementInstance]:
    """Yield the element instances there are, but the process itself."""
    return (each for key, each in sorted(tree.elements.items()) if key != tree.header.key)


def _renamed(names: dict[str, None], mapping: dict[str, str]) -> dict[str, None]:
    return {mapping.get(name, name): None for name in names}


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
