"""What waits to create instances of the newest version of a process: start events, and whatever else
instantiates, as message and signal subscriptions and timers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine import recurrence
from engine.calendar import polish_calendar
from engine.clock import WARSAW, instant, micros
from engine.errors import EngineError
from engine.feel import Environment, compile_expression
from engine.kernel import codec
from engine.kernel.instantiation import entries
from engine.keys import bucket_of_text, compose
from engine.model.definition import (
    Element,
    EventDefinition,
    EventType,
    Expression,
    ProcessDefinition,
    TimerType,
)
from engine.model.records import JobState
from engine.store import Transaction, jobs, subscriptions
from engine.store.rows import DefinitionRow, JobRow, SubscriptionRow

Numbers = Iterator[int]
PRIORITY = 50


def swap(tx: Transaction, row: DefinitionRow, process: ProcessDefinition, numbers: Numbers) -> None:
    """Let what creates instances of a new version take over from the old one's, in one transaction.

    A job looks, once that is committed, for messages that were published before.
    """
    opened: list[SubscriptionRow] = []
    subscriptions.delete_starts(tx, row.id)
    waiting = jobs.query(tx, kinds=("timer_start",), limit=None)
    jobs.delete(tx, [job.key for job in waiting if job.process_id == row.id])
    for element in entries(process):
        for definition in element.events:
            key = compose(bucket_of_text(row.id), next(numbers))
            opened += _open(tx, row, element, definition, key)
    _look_again(tx, row, opened, numbers)
    if not row.active:
        close(tx, row.id)


def close(tx: Transaction, process_id: str) -> None:
    """Let nothing start instances of a process; what is on its way, and start timers, wait."""
    subscriptions.delete_starts(tx, process_id)
    jobs.suspend_starts(tx, process_id)


def reopen(tx: Transaction, row: DefinitionRow, process: ProcessDefinition, numbers: Numbers) -> None:
    """Let a process start again by messages and signals, and its timers go on from where they were."""
    opened: list[SubscriptionRow] = []
    for element in entries(process):
        for definition in element.events:
            if definition.type is not EventType.TIMER:
                opened += _open(tx, row, element, definition, compose(bucket_of_text(row.id), next(numbers)))
    jobs.activate_starts(tx, row.id, tx.now)
    _look_again(tx, row, opened, numbers)


def _look_again(tx: Transaction, row: DefinitionRow, opened: list[SubscriptionRow], numbers: Numbers) -> None:
    for_messages = [each for each in opened if each.kind == "message_start"]
    if for_messages:
        key = compose(bucket_of_text(row.id), next(numbers))
        jobs.insert(tx, [_look_in_buffer(key, row.id, for_messages, tx.now)])


def _look_in_buffer(key: int, process_id: str, opened: list[SubscriptionRow], now: int) -> JobRow:
    """Return the job that looks for messages published before, once the deployment is committed."""
    return JobRow(
        key=key,
        kind="open_starts",
        instance_key=None,
        root_key=None,
        element_key=None,
        element_id="",
        process_id=process_id,
        type="",
        stage=JobState.READY,
        priority=PRIORITY,
        due_at=now,
        created_at=now,
        payload=codec.encode_values([each.key for each in opened]),
    )


def same_start(definition: ProcessDefinition, element_id: str, name: str) -> str | None:
    """Return where a delivery meant for another version of a process starts this one, None for nowhere."""
    known = list(entries(definition))
    if any(entry.id == element_id for entry in known):
        return element_id
    for entry in known:
        for event in entry.events:
            if event.name is not None and event.name.literal and event.name.source == name:
                return entry.id
    return None


def _open(
    tx: Transaction, row: DefinitionRow, element: Element, definition: EventDefinition, key: int
) -> list[SubscriptionRow]:
    if definition.type is EventType.TIMER and definition.timer is not None and definition.timer_type:
        value = evaluated(tx, definition.timer)
        try:
            due = recurrence.due(definition.timer_type, value, now=instant(tx.now), zone=WARSAW)
        except ValueError as error:
            raise EngineError(f"the timer of start event '{element.id}': {error}") from error
        content = {"definition": row.key, "kind": str(definition.timer_type), "value": value}
        timer = _timer(
            key=key, element_id=element.id, process_id=row.id, due=due, content=content, now=tx.now
        )
        jobs.insert(tx, [timer])
    elif definition.type in (EventType.MESSAGE, EventType.SIGNAL) and definition.name is not None:
        name = str(evaluated(tx, definition.name))
        opened = [_subscription(tx, row, element, definition.type, name, key)]
        subscriptions.insert(tx, opened)
        return opened
    return []


def evaluated(tx: Transaction, expression: Expression) -> Any:
    """Return the value of an expression that is asked where there is no instance yet."""
    if expression.literal:
        return expression.source
    environment = Environment(now=instant(tx.now), calendars={"pl": polish_calendar()})
    return compile_expression(expression.source).evaluate({}, environment)


def _subscription(
    tx: Transaction, row: DefinitionRow, element: Element, kind: EventType, name: str, key: int
) -> SubscriptionRow:
    return SubscriptionRow(
        key=key,
        kind=f"{kind}_start",
        name_hash=tx.keyring.digest(name),
        correlation_hash=tx.keyring.digest(name),
        name=name,
        process_id=row.id,
        instance_key=None,
        root_key=None,
        element_key=None,
        element_id=element.id,
        definition_key=row.key,
        opened_at=tx.now,
    )


def _timer(
    *, key: int, element_id: str, process_id: str, due: recurrence.Due, content: dict[str, Any], now: int
) -> JobRow:
    return JobRow(
        key=key,
        kind="timer_start",
        instance_key=None,
        root_key=None,
        element_key=None,
        element_id=element_id,
        process_id=process_id,
        type="",
        stage=JobState.SCHEDULED,
        priority=PRIORITY,
        due_at=micros(due.at),
        created_at=now,
        payload=codec.encode_values({**content, "remaining": due.repetitions}),
    )


def next_timer(row: JobRow, key: int, now: int) -> JobRow | None:
    """Return the row of a start timer's next repetition, None when it has none."""
    content = codec.decode_values(row.payload)
    if content["kind"] != TimerType.CYCLE:
        return None
    following, _ = recurrence.following(
        TimerType.CYCLE,
        content["value"],
        previous=instant(row.due_at),
        now=instant(now),
        remaining=content["remaining"],
        zone=WARSAW,
    )
    if following is None:
        return None
    return _timer(
        key=key, element_id=row.element_id, process_id=row.process_id, due=following, content=content, now=now
    )
