"""How each deadline of an instance was computed: from its expression, with the values and days of then.

What is shown is computed anew from what the command had (time, variables, parameters); the recorded due
instant is what counts. Where the calendar has changed since, the days are those of the calendar of today.
"""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from engine.calendar import DEFAULT_CALENDAR, WorkingCalendar
from engine.clock import WARSAW, instant
from engine.errors import EngineError, NotFound
from engine.feel import Environment, Part, explain, working_day_terms
from engine.kernel import InstanceTree, fold
from engine.kernel import events as ev
from engine.kernel.codec import CommandRecord
from engine.model.case import CalendarDay, Deadline, WaitKind
from engine.model.definition import Element
from engine.process_engine.jobs import visible
from engine.process_engine.parts import Parts
from engine.replay import records
from engine.store import Transaction, instances
from engine.store.rows import HistoryRow, InstanceRow

MOST = 100  # deadlines of one instance, the newest
MOST_DAYS = 400


class _Terms(NamedTuple):
    """What a deadline was computed from: parts with values; the day before the first counted, how many."""

    parts: tuple[Part, ...] = ()
    start: dt.date | None = None
    number: int = 0


def deadlines(parts: Parts, instance_key: int) -> list[Deadline]:
    """Return the deadlines of an instance (timers, due dates of user tasks), the newest 100, earliest first.

    Raises ``NotFound``, ``Conflict`` for an erased one.
    """
    with parts.store.reading() as tx:
        row = instances.read(tx, instance_key)
        if row is None:
            raise NotFound(f"no process instance {instance_key}")
        course = _Deadlines(parts, tx, row)
        for each, record in records(tx, row):
            course.take(each, record)
    return list(course.found.values())


class _Deadlines:
    """Folds event after event: an expression is explained over the state of its moment."""

    def __init__(self, parts: Parts, tx: Transaction, row: InstanceRow) -> None:
        self._parts = parts
        self._tx = tx
        self._row = row
        self._tree: InstanceTree | None = None
        self.found: OrderedDict[int, Deadline] = OrderedDict()

    def take(self, row: HistoryRow, record: CommandRecord) -> None:
        """Fold one command and note the deadlines it set, moved or ended."""
        for event in record.events:
            self._tree = fold(self._tree, [event], record.context.now)
            self._note(row, record, event)

    def _note(self, row: HistoryRow, record: CommandRecord, event: ev.Event) -> None:
        match event:
            case ev.TimerScheduled():
                self._set(row, record, event.key, event.owner, WaitKind.TIMER, event.element_id, event.due_at)
            case ev.UserTaskCreated(due_at=int(due)):
                self._set(row, record, event.key, event.key, WaitKind.TASK, event.element_id, due)
            case ev.TimerRescheduled():
                self._change(
                    event.key, due_at=instant(event.due_at), moved_by=row.actor, moved_why=event.reason
                )
            case ev.UserTaskUpdated(due_at=int(due)) if self._due(event.key) not in (None, instant(due)):
                self._change(event.key, due_at=instant(due), moved_by=row.actor, moved_why=event.reason)
            case ev.TimerEnded():
                self._change(event.key, state="passed" if event.fired else "withdrawn")
            case ev.UserTaskEnded():
                self._change(event.key, state="withdrawn")

    def _due(self, key: int) -> dt.datetime | None:
        known = self.found.get(key)
        return None if known is None else known.due_at

    def _change(self, key: int, **changes: Any) -> None:
        if key in self.found:
            self.found[key] = msgspec.structs.replace(self.found[key], **changes)

    def _set(
        self,
        row: HistoryRow,
        record: CommandRecord,
        key: int,
        owner: int,
        kind: WaitKind,
        element_id: str,
        due_at: int,
    ) -> None:
        assert self._tree is not None  # noqa: S101 - the event was folded
        bound = self._parts.catalogue.process(self._tx, self._tree.header.definition_key)
        source = _source(bound.definition.elements[element_id], kind)
        scope = self._scope(record, owner)
        terms = self._explained(source, scope, record)
        calendar = self._parts.catalogue.calendars()[DEFAULT_CALENDAR]
        self.found[key] = Deadline(
            key=key,
            kind=kind,
            element_id=element_id,
            due_at=instant(due_at),
            computed_at=instant(row.at),
            seq=row.seq,
            state="waiting",
            expression=source,
            parts=tuple((part.text, part.value) for part in terms.parts),
            start=terms.start,
            count=terms.number,
            days=tuple(_days(calendar, terms)),
            calendar=record.context.calendar,
            other_calendar=record.context.calendar != self._parts.catalogue.calendar_version(),
        )
        if len(self.found) > MOST:
            self.found.popitem(last=False)

    def _scope(self, record: CommandRecord, owner: int) -> dict[str, Any]:
        assert self._tree is not None  # noqa: S101 - as above
        element = self._tree.elements.get(owner)
        seen = {} if element is None else visible(self._tree, element)
        process_id = self._tree.header.process_id
        parameters = self._parts.parameters.values_in(self._tx, process_id, record.context.parameters)
        return {"parameters": parameters, **seen}

    def _explained(self, source: str, scope: Mapping[str, Any], record: CommandRecord) -> _Terms:
        """Return what an expression came from; nothing where it cannot be read as one (a literal)."""
        environment = Environment(
            now=instant(record.context.now), zone=WARSAW, calendars=self._parts.catalogue.calendars()
        )
        try:
            found = explain(source, scope, environment)
            counted = working_day_terms(source, scope, environment)
        except EngineError:
            return _Terms()
        return _Terms(found, *counted) if counted else _Terms(found)


def _source(element: Element, kind: WaitKind) -> str:
    """Return the expression a deadline was computed with, "" where it has none."""
    if kind is WaitKind.TASK:
        due = None if element.user_task is None else element.user_task.due_date
    else:
        timers = [event.timer for event in element.events if event.timer is not None]
        due = timers[0] if timers else None
    return "" if due is None else due.source


def _days(calendar: WorkingCalendar, terms: _Terms) -> Iterator[CalendarDay]:
    if terms.start is None:
        return
    day, number = terms.start, 0
    for _ in range(MOST_DAYS):
        if number >= terms.number:
            return
        day += dt.timedelta(days=1)
        why = calendar.day_off(day)
        number += not why
        yield CalendarDay(day=day, number=0 if why else number, why=why)
