"""Lists of cases for people: what was found, a page at a time, counted only as far as anybody reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from engine.clock import instant, micros
from engine.errors import InvalidVariables
from engine.model.case import CaseLine, CaseList
from engine.process_engine.instances import process_instance
from engine.process_engine.parts import Parts
from engine.store import case_search

MOST_COUNTED = 500
FURTHEST = 2_500  # cases a page may begin after: what comes before is read
ORDERS = ("newest", "oldest", "number", "deadline")


def find(
    parts: Parts,
    *,
    number: str,
    filed_by: Collection[str] | None,
    process_id: str,
    state: Collection[str],
    due_before: dt.datetime | None,
    order: str,
    limit: int,
    offset: int,
) -> CaseList:
    """Return one page of the cases that meet all that is asked for, in some statements however many."""
    if offset > FURTHEST:
        raise InvalidVariables(f"expected an offset up to {FURTHEST}, but got {offset}: ask for fewer cases")
    wanted = case_search.CaseFilter(
        number=number,
        filed_by=None if filed_by is None else tuple(filed_by),
        process_id=process_id,
        states=tuple(state),
        due_before=None if due_before is None else micros(due_before),
        order=order if order in ORDERS else ORDERS[0],
    )
    most = max(MOST_COUNTED + 1, offset + limit)
    with parts.store.reading() as tx:
        found = case_search.search(tx, wanted, most=most)
        rows = case_search.page(tx, found.keys[offset : offset + limit])
        due = case_search.next_due(tx, [row.key for row, _ in rows if row.ended_at is None])
    return CaseList(
        lines=tuple(
            CaseLine(
                instance=process_instance(row),
                filed_by=actor,
                due_at=None if row.key not in due else instant(due[row.key]),
            )
            for row, actor in rows
        ),
        total=min(len(found.keys), MOST_COUNTED),
        more=len(found.keys) > MOST_COUNTED,
        complete=found.complete,
    )
