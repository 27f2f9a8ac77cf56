"""Searching cases on rows: the same as going through all one by one, and no further than it says."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from random import Random  # noqa: TID251  # seeded: every run draws the same
from typing import Any

import pytest
from sqlalchemy import event, text

from engine.store import Store, Transaction, case_search, history_rows, instance_lists, instances, user_tasks
from engine.store.case_search import CaseFilter
from engine.store.rows import HistoryRow, InstanceRow
from tests.store.rows import START_US, insert_instance, instance_row, root_key, user_task_row

STATES = ("active", "suspended", "completed", "terminated", "cancelled")
OPEN = STATES[:2]
NUMBERS = (None, "A/1", "A/10", "A/9", "ab", "Ż/1", "B/1")
PEOPLE = ("anna", "jan", "poczta")
ORDERS = ("newest", "oldest", "number", "deadline")
MOST = 1_000
EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN (COSTS OFF)"}
NEEDLESS = re.compile(r"SCAN (?!.* USING )|USE TEMP B-TREE FOR ORDER BY|Seq Scan|Sort(?! Key)|Bitmap")
Known = dict[int, tuple[InstanceRow, str, int | None]]


@pytest.fixture
def cases(store: Store) -> Known:
    """Cases of every kind, some with a called instance that has the deadline."""
    drawn = Random(5)
    with store.transaction() as tx:
        return {row.key: (row, actor, due) for row, actor, due in _written(tx, drawn)}


def _written(tx: Transaction, drawn: Random) -> Iterator[tuple[InstanceRow, str, int | None]]:
    for number in range(1, 201):
        key, state, actor = root_key(number), drawn.choice(STATES), drawn.choice(PEOPLE)
        values: dict[str, Any] = {
            "process_id": f"p{number % 3}",
            "state": state,
            "business_key": drawn.choice(NUMBERS),
            "started_at": START_US + drawn.randrange(40),
            "ended_at": None if state in OPEN else START_US + 99,
        }
        insert_instance(tx, key, **values)
        row = instance_row(key, **values)
        _begun(tx, row, actor)
        due = _tasks(tx, row, drawn) if state in OPEN else None
        yield row, actor, due


def _begun(tx: Transaction, row: InstanceRow, actor: str) -> None:
    rest: dict[str, Any] = {"on_behalf_of": "", "command": "start", "format": 1, "semantics_version": 1}
    rest |= {"prev_hash": b"", "hash": b"", "payload": b""}
    first = HistoryRow(instance_key=row.key, seq=1, at=row.started_at, actor=actor, **rest)
    history_rows.append(tx, [first])


def _tasks(tx: Transaction, row: InstanceRow, drawn: Random) -> int | None:
    """Write tasks of a case, some in an instance it has called; return its first deadline."""
    called = root_key(row.key % 1_000_000 + 10_000) % (1 << 55) + (row.key >> 55 << 55)
    relation = {"root_key": row.key, "parent_key": row.key, "process_id": "inner", "business_key": "A/1"}
    child = instance_row(called, started_at=row.started_at, **relation)
    instances.insert(tx, child, data_key=tx.keyring.new_data_key(row.key), state=b"", new_data_key=False)
    dues = [drawn.choice((None, START_US + drawn.randrange(30))) for _ in range(3)]
    user_tasks.upsert(
        tx,
        [
            user_task_row(
                called + 1_000_000 * (number + 1),
                drawn.choice((row.key, called)),
                root_key=row.key,
                due_at=due,
            )
            for number, due in enumerate(dues)
        ],
    )
    return min((due for due in dues if due is not None), default=None)


def one_by_one(cases: Known, wanted: CaseFilter) -> list[int]:
    """The keys of what is asked for, in order, found the slow way."""
    number = wanted.number

    def fits(row: InstanceRow, actor: str, due: int | None) -> bool:
        own = row.business_key or ""
        return (
            (not wanted.process_id or row.process_id == wanted.process_id)
            and (not wanted.states or row.state in wanted.states)
            and (wanted.filed_by is None or actor in wanted.filed_by)
            and (not number or row.business_key is not None)
            and (own.startswith(number[:-1]) if number.endswith("*") else number in ("", own))
            and (wanted.due_before is None or (due is not None and due < wanted.due_before))
            and (wanted.order != "number" or row.business_key is not None)
            and (wanted.order != "deadline" or due is not None)
        )

    ranks = {
        "newest": lambda row, due: (-row.started_at, -(row.key % (1 << 55))),
        "oldest": lambda row, due: (row.started_at, row.key % (1 << 55)),
        "number": lambda row, due: (row.business_key, row.key % (1 << 55)),
        "deadline": lambda row, due: (due, row.key % (1 << 55)),
    }
    found = [
        (ranks[wanted.order](row, due), row.key)
        for row, actor, due in cases.values()
        if fits(row, actor, due)
    ]
    return [key for _, key in sorted(found)]


def asked() -> Iterator[CaseFilter]:
    """Every combination of a few values of each condition."""
    for number, filed_by, process_id, states, due_before, order in itertools.product(
        ("", "A/1", "A/1*", "*"),
        (None, ("anna",), ("jan", "poczta"), ()),
        ("", "p1", "nic"),
        ((), OPEN, ("suspended",), ("active",), STATES[2:], ("cancelled", "active")),
        (None, START_US + 10),
        ORDERS,
    ):
        yield CaseFilter(
            number=number,
            filed_by=filed_by,
            process_id=process_id,
            states=states,
            due_before=due_before,
            order=order,
        )


def test_every_combination_finds_what_going_through_all_finds(store: Store, cases: Known) -> None:
    with store.reading() as tx:
        for wanted in Random(3).sample(list(asked()), 120):
            found = case_search.search(tx, wanted, most=MOST)
            assert found == (one_by_one(cases, wanted), True), wanted
            assert case_search.search(tx, wanted, most=5).keys == found.keys[:5], wanted


def test_more_than_is_looked_at_is_told(store: Store, cases: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found is right, only maybe not all."""
    monkeypatch.setattr(case_search, "MOST_LOOKED_AT", 10)
    monkeypatch.setattr(instance_lists, "_MOST_AT_ONCE", 7)
    with store.reading() as tx:
        assert case_search.search(tx, CaseFilter(), most=5) == (one_by_one(cases, CaseFilter())[:5], True)
        rare = CaseFilter(filed_by=("anna",), number="*", process_id="p1")
        few = case_search.search(tx, rare, most=5)
        assert not few.complete
        assert set(few.keys) <= set(one_by_one(cases, rare))


def test_a_case_with_many_deadlines_is_looked_at_no_further_than_others(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_search, "MOST_LOOKED_AT", 5)
    monkeypatch.setattr(instance_lists, "_MOST_AT_ONCE", 7)
    many, one = root_key(1), root_key(2)
    with store.transaction() as tx:
        for key, dues in ((many, range(30)), (one, (50,))):
            insert_instance(tx, key)
            tasks = [user_task_row(key + 100 * (1 + at), key, due_at=START_US + at) for at in dues]
            user_tasks.upsert(tx, tasks)
    by_deadline = CaseFilter(order="deadline")
    with store.reading() as tx:
        assert case_search.search(tx, by_deadline, most=1) == ([many], True)
        assert case_search.search(tx, by_deadline, most=20) == ([many], False)
        assert case_search.search(tx, by_deadline, most=26) == ([many, one], True)
        many_left = case_search.search(tx, CaseFilter(due_before=START_US + 99), most=20)
    assert many_left == ([many], False)


def test_instances_of_every_kind_are_listed_newest_first(store: Store, cases: Known) -> None:
    newest = one_by_one(cases, CaseFilter())
    with store.reading() as tx:
        everything = instance_lists.query(tx, limit=MOST)
        ranks = [(row.started_at, row.key % (1 << 55)) for row in everything]
        assert ranks == sorted(ranks, reverse=True)
        assert [row.key for row in everything if row.parent_key is None] == newest
        assert [row.key for row in instance_lists.query(tx, roots=True, limit=20, offset=30)] == newest[30:50]
        root = next(row.root_key for row in everything if row.parent_key is not None)
        assert {row.root_key for row in instance_lists.query(tx, root_key=root)} == {root}
        assert len(instance_lists.query(tx, root_key=root)) == 2
        assert [row.key for row in instance_lists.query(tx, started_by="jan", limit=MOST)] == one_by_one(
            cases, CaseFilter(filed_by=("jan",))
        )


def test_no_line_is_scanned_or_sorted(store: Store, cases: Known) -> None:
    """Every line can be read in order by an index of its own: no plan needs more, with what it may do instead
    forbidden (PostgreSQL) or never chosen (SQLite)."""
    plans: list[tuple[str, str]] = []

    def explain(connection: Any, cursor: Any, statement: str, given: Any, *_: Any) -> None:
        if statement.startswith("SELECT") and " LIMIT " in " ".join(statement.split()):
            asking = connection.connection.cursor()
            asking.execute(f"{EXPLAIN[connection.dialect.name]} {statement}", given)
            plans.extend((str(row[-1]).strip(" ->"), statement) for row in asking.fetchall())

    with store.reading() as tx:
        if tx.dialect == "postgresql":
            for way in ("seqscan", "bitmapscan", "sort", "hashjoin", "mergejoin"):
                tx.connection.execute(text(f"SET LOCAL enable_{way} = off"))
        engine = tx.connection.engine
        event.listen(engine, "before_cursor_execute", explain)
        for wanted in Random(4).sample([each for each in asked() if each.number != "A/1"], 50):
            case_search.search(tx, wanted, most=MOST)
        event.remove(engine, "before_cursor_execute", explain)
    assert len(plans) > 50
    assert [plan for plan in plans if NEEDLESS.match(plan[0])] == []
