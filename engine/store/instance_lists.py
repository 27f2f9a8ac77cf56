"""Lists of instances, newest or oldest first, each read off an index from its end.

No index has all instances in order: the open ones, and those that ended in each state, stand in lines of
their own, each only as long as it has to be. A list is merged from the lines it is about, so that neither a
million ended cases stand in the way of an open one, nor a million completed ones in that of a cancelled one.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Select, literal_column, select

from engine.keys import bucket_of, number_of
from engine.model.records import InstanceState
from engine.store.rows import InstanceRow, record
from engine.store.statements import columns, drawn, literally
from engine.store.tables import history, instance
from engine.store.transaction import Transaction

OPEN = frozenset({InstanceState.ACTIVE, InstanceState.SUSPENDED})
ENDED = frozenset(InstanceState) - OPEN
_COLUMNS = columns(instance, InstanceRow)
BEGUN = history.join(
    instance, (history.c.bucket == instance.c.bucket) & (history.c.instance_key == instance.c.key)
)
AT_ONCE = 600  # rows of a line read by its first statement; each further one reads four times as many
_MOST_AT_ONCE = 4_000
Conditions = tuple[ColumnElement[bool], ...]


def lines_of(states: Collection[str] | None, process_id: str | None) -> list[Conditions]:
    """Return the lines that have the instances of these states (None: all) of a process (None: of all).

    The line of open ones has the active and the suspended: who wants the active only looks at each.
    """
    wanted = set(InstanceState) if states is None else set(states)
    of_process = () if process_id is None else (instance.c.process_id == process_id,)
    found: list[Conditions] = []
    if wanted & OPEN == {InstanceState.SUSPENDED}:
        found.append((instance.c.state == literally("suspended"), *of_process))
    elif wanted & OPEN:
        found.append((instance.c.ended_at.is_(None), *of_process))
    over = instance.c.ended_at.is_not(None)
    return found + [(over, instance.c.state == str(each), *of_process) for each in sorted(wanted & ENDED)]


def begun_by(actor: str) -> Conditions:
    """Return the line of the instances somebody has started; select it from ``BEGUN``."""
    return history.c.seq == literal_column("1"), history.c.actor == actor


def read(tx: Transaction, line: Select[Any], *, at_once: int = AT_ONCE) -> Iterator[Any]:
    """Yield the rows of a line in its order, reading only as far as somebody goes on."""
    # The number of rows is written into the statement: a plan made for any number would sort the whole line.
    offset = 0
    while True:
        part = line.limit(literal_column(str(at_once))).offset(literal_column(str(offset)))
        rows = tx.execute(part).all()
        yield from rows
        if len(rows) < at_once:
            return
        offset, at_once = offset + at_once, min(at_once * 4, _MOST_AT_ONCE)


def by_start(line: Select[Any], *, oldest: bool = False, begun: bool = False) -> Select[Any]:
    """Return a line in the order of starting; ``begun``: one of ``begun_by``, whose index has the instant."""
    started, key = history.c.at if begun else instance.c.started_at, drawn(instance)
    return line.order_by(started, key) if oldest else line.order_by(started.desc(), key.desc())


def merged(rows: Iterable[Iterator[Any]], *, oldest: bool = False) -> Iterator[Any]:
    """Yield the rows of lines (each in order, with ``started_at`` and ``key``) in one order."""
    return heapq.merge(*rows, key=lambda row: (row.started_at, number_of(row.key)), reverse=not oldest)


def query(
    tx: Transaction,
    *,
    process_id: str | None = None,
    version: int | None = None,
    states: Collection[str] | None = None,
    business_key: str | None = None,
    parent_key: int | None = None,
    root_key: int | None = None,
    started_by: str | None = None,
    roots: bool = False,
    limit: int = 100,
    offset: int = 0,
) -> list[InstanceRow]:
    """Return instances that meet all conditions given, newest first.

    ``started_by`` is the actor of an instance's first command, ``roots`` leaves out those that were called.
    What ``offset`` passes over is read, and so is what ``version`` or ``roots`` leave out of a process.
    """
    equal = {
        "process_id": process_id,
        "version": version,
        "business_key": business_key,
        "parent_key": parent_key,
    }
    known = [instance.c[name] == value for name, value in equal.items() if value is not None]
    known += [instance.c.parent_key.is_(None)] * roots
    known += [] if states is None else [instance.c.state.in_(states)]
    if started_by is not None:
        lines = [select(*_COLUMNS).select_from(BEGUN).where(*begun_by(started_by))]
        known += [] if root_key is None else [instance.c.root_key == root_key]
    elif root_key is not None:
        lines = [select(*_COLUMNS).where(*each) for each in _of_case(root_key)]
    elif business_key is not None or parent_key is not None:
        lines = [select(*_COLUMNS)]
    else:
        lines = [select(*_COLUMNS).where(*each) for each in lines_of(states, process_id)]
    at_once = max(1, min(limit + offset, _MOST_AT_ONCE))
    begun = started_by is not None
    rows = merged([read(tx, by_start(each.where(*known), begun=begun), at_once=at_once) for each in lines])
    return [record(InstanceRow, row) for row in islice(rows, offset, offset + limit)]


def _of_case(root_key: int) -> list[Conditions]:
    """Return where the instances of a case are: its root by its key, what it called by an index."""
    of_bucket = instance.c.bucket == bucket_of(root_key)
    called = (instance.c.root_key == root_key, instance.c.parent_key.is_not(None))
    return [(of_bucket, instance.c.key == root_key), (of_bucket, *called)]
