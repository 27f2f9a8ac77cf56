"""Finding cases among many: by number, who filed them, process, state and deadline.

The most telling condition says which line of cases is gone through (``instance_lists``); the others are
looked at row by row, ``MOST_LOOKED_AT`` of them at most. So an answer takes no longer among a million cases
than among some thousands; where there was more to look at, it says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Select, func, null, select, text

from engine.keys import bucket_of, number_of
from engine.store.instance_lists import (
    AT_ONCE,
    BEGUN,
    ENDED,
    OPEN,
    begun_by,
    by_start,
    lines_of,
    merged,
    read,
)
from engine.store.prepared import lists, with_lists
from engine.store.rows import InstanceRow, record
from engine.store.statements import columns, drawn
from engine.store.tables import history, instance, user_task
from engine.store.transaction import Transaction

MOST_LOOKED_AT = 2_500
_LAST = chr(0x10FFFF)  # sorts after every character a number can have
_WIDTH = len(InstanceRow.__struct_fields__)
_MANY = 1_000  # cases whose deadlines one statement reads
_WHO = (
    select(history.c.actor)
    .where(
        history.c.bucket == instance.c.bucket, history.c.instance_key == instance.c.key, history.c.seq == 1
    )
    .scalar_subquery()
)
_ROWS = with_lists(
    lambda among: select(*columns(instance, InstanceRow), _WHO).where(
        among(instance.c.bucket, "buckets"), among(instance.c.key, "keys")
    )
)
_CALLED = with_lists(
    lambda among: select(instance.c.key).where(
        among(instance.c.bucket, "buckets"),
        among(instance.c.root_key, "roots"),
        instance.c.parent_key.is_not(None),
        instance.c.ended_at.is_(None),
    )
)
_DUE = with_lists(
    lambda among: (
        select(user_task.c.root_key, func.min(user_task.c.due_at))
        .where(
            among(user_task.c.bucket, "buckets"),
            among(user_task.c.instance_key, "keys"),
            user_task.c.ended_at.is_(None),
            user_task.c.due_at.is_not(None),
        )
        .group_by(user_task.c.root_key)
    )
)
_SEEN = [
    instance.c[name] for name in ("key", "started_at", "parent_key", "process_id", "state", "business_key")
]


# PostgreSQL would rather read and sort a whole line than step through it, where it thinks steps dear.
_STEP_BY_STEP = text(
    "SELECT set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true), "
    "set_config('enable_seqscan', 'off', true)"
)


class CaseFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for; a field left out does not narrow. ``number`` ends with ``*`` for all that begin so.

    ``due_before`` (µs, UTC) finds cases with an open user task due before. ``order`` is newest, oldest,
    number, or deadline; the last two find only cases that have one.
    """

    number: str = ""
    filed_by: tuple[str, ...] | None = None
    process_id: str = ""
    states: tuple[str, ...] = ()
    due_before: int | None = None
    order: str = "newest"


class Seen(NamedTuple):
    """What is known of a case while going through a line: of a root or, until left out, of a called one."""

    key: int
    started_at: int
    parent_key: int | None
    process_id: str
    state: str
    business_key: str | None
    actor: str | None = None
    due_at: int | None = None


class Keys(NamedTuple):
    """Keys of cases in the order asked for; whether these are all (as far as they were needed)."""

    keys: list[int]
    complete: bool


class _Line(NamedTuple):
    """Cases to be gone through, and the order they come in, "" for none that is offered.

    A case may come again, once for each of its deadlines (``has_due``): the first one counts.
    """

    cases: Iterator[Seen]
    order: str
    has_due: bool = False


def search(tx: Transaction, wanted: CaseFilter, *, most: int) -> Keys:
    """Return the keys of the first ``most`` root instances that meet what is asked for, in order.

    From then on the transaction is for reading by keys and indexes.
    """
    if tx.dialect == "postgresql":
        tx.execute(_STEP_BY_STEP)
    line = _line(tx, wanted)
    in_order = line.order == wanted.order and (line.has_due or not _asks_due(wanted))
    found: list[Seen] = []
    known: set[int] = set()
    looked = 0
    for looked, case in enumerate(line.cases, start=1):
        if looked > MOST_LOOKED_AT + most:
            break
        if case.key not in known and _fits(case, wanted):
            known.add(case.key)
            found.append(case)
            if in_order and len(found) == most:
                break
    complete = looked <= MOST_LOOKED_AT + most
    if _asks_due(wanted) and not line.has_due:
        found = list(_with_due(tx, found, wanted))
    if not in_order:
        found.sort(key=_RANKS[wanted.order])
    return Keys([case.key for case in found[:most]], complete)


def page(tx: Transaction, keys: Collection[int]) -> list[tuple[InstanceRow, str]]:
    """Return these root instances in the order given, each with who filed it."""
    if not keys:
        return []
    rows = tx.run(_ROWS, lists(keys=keys, buckets=map(bucket_of, keys)))
    known = {row[0]: (record(InstanceRow, row[:_WIDTH]), row[_WIDTH] or "") for row in rows}
    return [known[key] for key in keys]


def next_due(tx: Transaction, root_keys: Collection[int]) -> dict[int, int]:
    """Return when the first open user task of each of these cases is due, for those that have one."""
    if not root_keys:
        return {}
    buckets = {bucket_of(key) for key in root_keys}
    called = [key for (key,) in tx.run(_CALLED, lists(roots=root_keys, buckets=buckets))]
    found = tx.run(_DUE, lists(keys=[*root_keys, *called], buckets=buckets))
    return {int(root): int(due) for root, due in found}


_RANKS: dict[str, Any] = {
    "newest": lambda case: (-case.started_at, -number_of(case.key)),
    "oldest": lambda case: (case.started_at, number_of(case.key)),
    "number": lambda case: (case.business_key, number_of(case.key)),
    "deadline": lambda case: (case.due_at, number_of(case.key)),
}


def _asks_due(wanted: CaseFilter) -> bool:
    return wanted.due_before is not None or wanted.order == "deadline"


def _fits(case: Seen, wanted: CaseFilter) -> bool:
    """Return whether a case meets all that its line may have left open."""
    return (
        case.parent_key is None
        and (not wanted.process_id or case.process_id == wanted.process_id)
        and (not wanted.states or case.state in wanted.states)
        and (wanted.filed_by is None or case.actor in wanted.filed_by)
        and (wanted.order != "number" or case.business_key is not None)
        and _has_number(case.business_key or "", wanted.number)
    )


def _has_number(number: str, wanted: str) -> bool:
    if wanted.endswith("*"):
        return number.startswith(wanted[:-1])
    return not wanted or number == wanted


def _line(tx: Transaction, wanted: CaseFilter) -> _Line:
    """Return the line that the most telling condition leads to."""
    if wanted.number:
        return _of_number(tx, wanted)
    if wanted.filed_by is not None:
        return _filed_by(tx, wanted, wanted.filed_by)
    if _asks_due(wanted):
        return _by_deadline(tx, wanted)
    if wanted.order == "number":
        return _by_number(tx, wanted)
    return _by_start(tx, wanted)


def _of_number(tx: Transaction, wanted: CaseFilter) -> _Line:
    """Return the cases whose number is, or begins with, what is asked for; the last ones first if newest."""
    backwards = wanted.order not in ("number", "oldest")
    seen = select(*_SEEN) if wanted.filed_by is None else select(*_SEEN, _WHO)
    if wanted.number.endswith("*"):
        found = seen.where(*_begins(wanted.number[:-1], tx.dialect))
    else:
        found = seen.where(instance.c.business_key == wanted.number)
    found = found.order_by(_numbers(tx.dialect, backwards=backwards), drawn(instance))
    return _Line(_cases(tx, found), "" if backwards else "number")


def _filed_by(tx: Transaction, wanted: CaseFilter, people: Collection[str]) -> _Line:
    oldest = wanted.order == "oldest"
    seen = select(*_SEEN, history.c.actor).select_from(BEGUN)
    at_once = max(50, AT_ONCE // max(1, len(people)))
    filed = (by_start(seen.where(*begun_by(each)), oldest=oldest, begun=True) for each in people)
    cases = merged([_cases(tx, each, at_once) for each in filed], oldest=oldest)
    return _Line(cases, "oldest" if oldest else "newest")


def _by_deadline(tx: Transaction, wanted: CaseFilter) -> _Line:
    """Return the cases with open tasks that are due, once for each of these, the first due first."""
    joined = user_task.join(
        instance, (user_task.c.bucket == instance.c.bucket) & (user_task.c.root_key == instance.c.key)
    )
    found = (
        select(*_SEEN, null(), user_task.c.due_at)
        .select_from(joined)
        .where(user_task.c.ended_at.is_(None), user_task.c.due_at.is_not(None))
        .order_by(user_task.c.due_at, drawn(instance))
    )
    if wanted.due_before is not None:
        found = found.where(user_task.c.due_at < wanted.due_before)
    return _Line(_cases(tx, found), "deadline", has_due=True)


def _by_number(tx: Transaction, wanted: CaseFilter) -> _Line:
    """Return the numbered cases: the open ones, those of a process, or all."""
    found = select(*_SEEN).where(instance.c.business_key.is_not(None))
    if wanted.states and OPEN.issuperset(wanted.states):
        found = found.where(instance.c.ended_at.is_(None))
    elif wanted.process_id:
        found = found.where(instance.c.process_id == wanted.process_id)
    return _Line(_cases(tx, found.order_by(_numbers(tx.dialect), drawn(instance))), "number")


def _by_start(tx: Transaction, wanted: CaseFilter) -> _Line:
    oldest = wanted.order == "oldest"
    found = lines_of(wanted.states or None, wanted.process_id or None)
    at_once = max(150, AT_ONCE // max(1, len(found)))
    cases = [_cases(tx, by_start(select(*_SEEN).where(*each), oldest=oldest), at_once) for each in found]
    return _Line(merged(cases, oldest=oldest), "oldest" if oldest else "newest")


def _cases(tx: Transaction, line: Select[Any], at_once: int = AT_ONCE) -> Iterator[Seen]:
    return (Seen(*row) for row in read(tx, line, at_once=at_once))


def _numbers(dialect: str, *, backwards: bool = False) -> Any:
    """Return the order of numbers as their indexes have it, whatever the collation."""
    if dialect == "sqlite":
        return instance.c.business_key.desc() if backwards else instance.c.business_key
    return text(f"instance.business_key USING {'~>~' if backwards else '~<~'}")


def _begins(beginning: str, dialect: str) -> list[ColumnElement[bool]]:
    """Return the condition that a number begins with a text, as the index of numbers can answer it."""
    least, below = (">=", "<") if dialect == "sqlite" else ("~>=~", "~<~")
    number = instance.c.business_key
    return [
        number.op(least, is_comparison=True)(beginning),
        number.op(below, is_comparison=True)(beginning + _LAST),
    ]


def _with_due(tx: Transaction, cases: list[Seen], wanted: CaseFilter) -> Iterator[Seen]:
    """Yield the cases that have a deadline, and the one asked for, with it."""
    running = [case for case in cases if case.state not in ENDED]
    for first in range(0, len(running), _MANY):
        part = running[first : first + _MANY]
        due = next_due(tx, [case.key for case in part])
        for case in part:
            at = due.get(case.key)
            if at is not None and (wanted.due_before is None or at < wanted.due_before):
                yield case._replace(due_at=at)
