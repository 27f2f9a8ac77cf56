"""The worklist on rows: the same as going through all tasks one by one, and by the index alone."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from random import Random  # noqa: TID251  # seeded: every run draws the same

import msgspec
import pytest
from sqlalchemy import event

from engine.clock import instant
from engine.model.worklist import MOST_COUNTED, Order, Scope, WorklistQuery
from engine.store import Store, Transaction, user_tasks, worklist
from engine.store.rows import UserTaskRow
from engine.store.search_text import folded
from tests.store.rows import START_US, insert_instance, root_key, user_task_row

HOUR_US = 3_600_000_000
SETS = ((), ("EK-04",), ("EK-04", "EK-05"), ("EK-05",), ("EK-045",), ("Ćwikła\u00a0X",))
PEOPLE = (None, None, "jan", "ewa")
NAMES = ("Podejmij wniosek", "Żółć 100%", "Sprawdź dane")


@pytest.fixture
def tasks(store: Store) -> list[UserTaskRow]:
    """Tasks of every kind, more than a page, one ended."""
    drawn = Random(7)
    with store.transaction() as tx:
        rows = [each for number in range(1, 121) for each in _of_case(tx, number, drawn)]
        user_tasks.upsert(tx, rows)
        user_tasks.end(tx, {rows[5].key: "completed"}, START_US)
    return [*rows[:5], *rows[6:]]


def _of_case(tx: Transaction, number: int, drawn: Random) -> Iterator[UserTaskRow]:
    key = root_key(number)
    insert_instance(tx, key, business_key=f"ZSZO03/2026/{number}", process_id=f"p{number % 3}")
    yield user_task_row(
        key,
        key,
        process_id=f"p{number % 3}",
        name=drawn.choice(NAMES),
        assignee=drawn.choice(PEOPLE),
        candidate_groups=drawn.choice(SETS),
        candidate_users=drawn.choice(((), (), ("jan",), ("janek", "ewa"))),
        due_at=drawn.choice((None, START_US + drawn.randrange(-9, 9) * HOUR_US)),
        priority=drawn.choice((25, 50, 75)),
        created_at=START_US + drawn.randrange(5) * HOUR_US,
    )


def one_by_one(rows: Sequence[UserTaskRow], query: WorklistQuery) -> list[int]:
    """The keys of the tasks asked for, in order, found the slow way."""
    orders = {
        Order.DUE: lambda row: (row.due_at is None, row.due_at or 0, row.created_at, row.key),
        Order.PRIORITY: lambda row: (
            -row.priority,
            row.due_at is None,
            row.due_at or 0,
            row.created_at,
            row.key,
        ),
        Order.AGE: lambda row: (row.created_at, row.key % (1 << 55)),
    }
    found = [row for row in rows if _in_scope(row, query) and _meets(row, query)]
    return [row.key for row in sorted(found, key=orders[query.order])]


def _in_scope(row: UserTaskRow, query: WorklistQuery) -> bool:
    offered = bool(set(row.candidate_groups) & set(query.groups)) or (
        query.person_id in row.candidate_users and not query.group
    )
    return {
        Scope.ALL: True,
        Scope.MINE: row.assignee == query.person_id,
        Scope.GROUPS: offered,
        Scope.FREE: offered and row.assignee is None,
    }[query.scope]


def _meets(row: UserTaskRow, query: WorklistQuery) -> bool:
    number = f"ZSZO03/2026/{row.key % (1 << 55)}"
    due = None if row.due_at is None else instant(row.due_at)
    return (
        (not query.process_id or row.process_id == query.process_id)
        and (not query.group or query.group in row.candidate_groups)
        and (query.due_from is None or (due is not None and due >= query.due_from))
        and (query.due_before is None or (due is not None and due < query.due_before))
        and (folded(query.text) in folded(row.name) or number.startswith(query.text.upper()))
    )


NOW = instant(START_US)
FILTERS: tuple[dict[str, object], ...] = (
    {},
    {"process_id": "p1"},
    {"group": "EK-05"},
    {"group": "nie ma"},
    {"due_before": NOW},
    {"due_from": NOW, "due_before": NOW + dt.timedelta(hours=4)},
    {"text": "zolc 100%"},
    {"text": "0%"},
    {"text": "zszo03/2026/1"},
    {"text": "SPRAWDŹ"},
    {"groups": ()},
    {"groups": ("EK-04",), "process_id": "p2", "text": "wniosek"},
)


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("order", Order)
def test_every_question_has_the_answer_of_going_through_all(
    store: Store, tasks: list[UserTaskRow], scope: Scope, order: Order
) -> None:
    basis = WorklistQuery(person_id="jan", groups=("EK-05", "Ćwikła\u00a0X"), scope=scope, order=order)
    for filters in FILTERS:
        query = msgspec.structs.replace(basis, limit=1000, **filters)
        expected = one_by_one(tasks, query)
        with store.reading() as tx:
            sets = worklist.candidate_groups(tx)
            found = worklist.page(tx, query, sets)
            counted = worklist.counts(tx, query, sets, tuple(Scope))
            pages = [
                worklist.page(tx, msgspec.structs.replace(query, limit=7, offset=offset), sets)
                for offset in (0, 7, 14)
            ]
        assert [each.task.key for each in found] == expected, filters
        assert [each.task.key for each in itertools.chain(*pages)] == expected[:21], filters
        assert counted["found"] == len(expected)
    assert sorted(sets) == sorted({user_tasks.joined(each.candidate_groups) for each in tasks})


def test_many_sets_of_groups_are_sorted_at_once_and_counts_end(store: Store) -> None:
    with store.transaction() as tx:
        rows = []
        for number in range(1, MOST_COUNTED + 30):
            key = root_key(number)
            insert_instance(tx, key)
            rows.append(
                user_task_row(key, key, candidate_groups=(f"g{number % 40}",), due_at=START_US + number)
            )
        user_tasks.upsert(tx, rows)
    query = WorklistQuery(person_id="jan", scope=Scope.ALL, limit=50, offset=10)
    with store.reading() as tx:
        sets = worklist.candidate_groups(tx)
        page = worklist.page(tx, query, sets)
        counted = worklist.counts(tx, query, sets, (Scope.ALL, Scope.MINE))
    assert [each.task.key for each in page] == [row.key for row in rows[10:60]]
    assert counted == {"all": MOST_COUNTED + 1, "mine": 0, "found": MOST_COUNTED + 1}


def test_the_list_reads_the_index_and_never_all_rows(store: Store, tasks: list[UserTaskRow]) -> None:
    """Plans of SQLite say which index answers; PostgreSQL's depend on what it knows of the tables."""
    asked: list[tuple[str, object]] = []
    with store.reading() as tx:

        def note(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
            asked.append((statement, parameters))

        event.listen(tx.connection, "before_cursor_execute", note)
        sets = worklist.candidate_groups(tx)
        for order, scope in itertools.product(Order, (Scope.FREE, Scope.GROUPS, Scope.ALL)):
            query = WorklistQuery(person_id="jan", groups=("EK-05",), scope=scope, order=order, text="dane")
            worklist.counts(tx, query, sets, tuple(Scope))
            worklist.page(tx, query, sets)
        event.remove(tx.connection, "before_cursor_execute", note)
        assert len(asked) == 1 + 2 * 9
        if store.dialect != "sqlite":
            return
        for statement, parameters in asked:
            plan = tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[arg-type]
            read = [row[-1] for row in plan if " user_task" in row[-1]]
            assert read
            for step in read:
                assert any(
                    name in step
                    for name in (
                        "COVERING INDEX user_task_worklist",
                        "INDEX user_task_by_candidate",
                        "INDEX user_task_by_assignee",
                        "PRIMARY KEY (bucket=? AND key=?)",
                    )
                ), step


@pytest.mark.parametrize(
    ("text", "found"),
    [("Łódź  ŻÓŁĆ", "lodz zolc"), ("  ", ""), ("Straße", "strasse"), ("A\u0301", "a"), ("№1", "no1")],
)
def test_texts_are_folded_the_same_everywhere(text: str, found: str) -> None:
    assert folded(text) == found
