"""Instances: locked, written, opened; what was tampered with does not open; nobody's write is lost."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import text

from engine.errors import Conflict, Damaged
from engine.keys import bucket_of, compose
from engine.store import Store, Transaction, data_keys, instance_lists, instances, user_tasks
from tests.store.rows import insert_instance, instance_row, root_key, user_task_row
from tests.store.waiting import beside, until_blocked

KEY = root_key(1)
TASK = compose(bucket_of(KEY), 2)


def test_what_is_written_is_what_is_opened(store: Store) -> None:
    pages = {1: b"page" * 1000, 2: b"", 7: b"other"}
    row = instance_row(KEY, business_key="ZSZO-03/1")

    def insert(tx: Transaction) -> None:
        instances.insert(tx, row, data_key=tx.keyring.new_data_key(KEY), state=b"root" * 100, inserted=pages)

    store.run(insert)
    with store.transaction() as tx:
        locked = instances.lock(tx, instance_key=KEY)
        assert locked is not None
        assert (locked.state, locked.pages.all(), locked.root_state) == (b"root" * 100, pages, "active")
        assert locked.pages.read({2, 7, 8}) == {2: b"", 7: b"other"}
        assert locked.row == msgspec.structs.replace(row, pages=3)
        instances.update(
            tx,
            msgspec.structs.replace(locked.row, state="completed", seq=2, pages=2),
            data_key=locked.data_key,
            state=None,
            upserted={7: b"changed"},
            deleted=[2],
        )
    with store.reading() as tx:
        read = instances.load(tx, KEY)
        assert read is not None
        assert (read.state, read.row.state, read.row.revision) == (b"root" * 100, "completed", 1)
        assert read.pages.all() == {1: b"page" * 1000, 7: b"changed"}


def test_a_start_and_a_lock_by_task_take_few_statements(store: Store) -> None:
    def start(tx: Transaction) -> int:
        insert_instance(tx, KEY)
        user_tasks.upsert(tx, [user_task_row(TASK, KEY), user_task_row(TASK + 1, KEY)])
        return tx.statements

    assert store.run(start) == 3
    before = store.statements
    with store.transaction() as tx:
        found = instances.lock_by_task(tx, TASK)
    assert found is not None
    assert found[1] == user_task_row(TASK, KEY)
    assert store.statements - before == 1


def test_a_called_instance_is_sealed_with_its_cases_key_and_gated_by_its_root(store: Store) -> None:
    child = compose(bucket_of(KEY), 5)

    def start(tx: Transaction) -> None:
        key = insert_instance(tx, KEY, state="suspended")
        called = instance_row(child, root_key=KEY, parent_key=KEY)
        instances.insert(tx, called, data_key=key, state=b"child", new_data_key=False)

    store.run(start)
    with store.transaction() as tx:
        locked = instances.lock(tx, instance_key=child)
        assert locked is not None
        assert (locked.state, locked.root_state) == (b"child", "suspended")
        assert [row.key for row in instances.called(tx, KEY)] == [child]


def test_a_second_write_of_one_revision_is_refused(store: Store) -> None:
    key = store.run(lambda tx: insert_instance(tx, KEY))
    row = instance_row(KEY)
    store.run(lambda tx: instances.update(tx, row, data_key=key, state=b"one"))
    with pytest.raises(Conflict, match="changed meanwhile"):
        store.run(lambda tx: instances.update(tx, row, data_key=key, state=b"two"))


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"state": "completed", "ended_at": 7},
        {"definition_key": 2, "version": 2},
        {"process_id": "other"},
        {"business_key": "ZSZO-03/2"},
    ],
)
def test_a_row_is_written_whatever_has_changed_since_it_was_loaded(
    store: Store, changed: dict[str, object]
) -> None:
    key = store.run(lambda tx: insert_instance(tx, KEY))
    loaded = instance_row(KEY)
    row = msgspec.structs.replace(loaded, seq=2, head_hash=b"h" * 32, pages=3, **changed)
    store.run(lambda tx: instances.update(tx, row, data_key=key, state=b"next", loaded=loaded))
    with store.reading() as tx:
        assert instances.read(tx, KEY) == msgspec.structs.replace(row, revision=1)


def test_a_known_task_is_changed_and_keeps_what_nobody_changes(store: Store) -> None:
    task = user_task_row(TASK, KEY, candidate_groups=("a",), form_id="f", name="Zażółć")
    store.run(lambda tx: user_tasks.upsert(tx, [task]))
    shape: dict[str, object] = {"state": "assigned", "assignee": "jan", "due_at": 9, "follow_up_at": 8}
    shape |= {"candidate_groups": ("b",), "candidate_users": ("anna",), "priority": 70}
    changed = msgspec.structs.replace(task, **shape)
    store.run(lambda tx: user_tasks.update(tx, [msgspec.structs.replace(changed, name="other")]))
    with store.reading() as tx:
        assert user_tasks.read(tx, TASK) == changed


def test_a_write_refused_on_the_way_to_commit_takes_the_others_with_it(store: Store) -> None:
    key = store.run(lambda tx: insert_instance(tx, KEY))
    stale = instance_row(KEY)
    store.run(lambda tx: instances.update(tx, stale, data_key=key, state=b"one"))

    def verb(tx: Transaction) -> None:
        with tx.last_writes():
            user_tasks.upsert(tx, [user_task_row(TASK, KEY)])
            instances.update(tx, stale, data_key=key, state=b"two")
            user_tasks.end(tx, {TASK: "completed"}, 1)

    with pytest.raises(Conflict, match="changed meanwhile"):
        store.run(verb)
    with store.reading() as tx:
        assert user_tasks.read(tx, TASK) is None
        locked = instances.load(tx, KEY)
        assert locked is not None
        assert locked.state == b"one"


def test_concurrent_verbs_lose_nothing(store: Store) -> None:
    store.run(lambda tx: insert_instance(tx, KEY, b"0"))

    def count(tx: Transaction) -> None:
        locked = instances.lock(tx, instance_key=KEY)
        assert locked is not None
        counted = str(int(locked.state) + 1).encode()
        instances.update(tx, locked.row, data_key=locked.data_key, state=counted)

    def worker() -> None:
        for _ in range(20):
            store.run(count)

    for future in [beside(worker) for _ in range(4)]:
        future.result(timeout=60)
    with store.reading() as tx:
        found = instances.load(tx, KEY)
    assert found is not None
    assert (found.state, found.row.revision) == (b"80", 80)


def test_who_waited_for_a_case_sees_the_task_as_it_is_now(store: Store) -> None:
    """PostgreSQL re-reads after a wait only the rows it locks: the task must be one of them."""

    def start(tx: Transaction) -> None:
        insert_instance(tx, KEY)
        user_tasks.upsert(tx, [user_task_row(TASK, KEY)])

    store.run(start)

    def assignee(tx: Transaction) -> str | None:
        found = instances.lock_by_task(tx, TASK)
        return None if found is None else found[1].assignee

    with store.transaction() as tx:
        instances.lock_by_task(tx, TASK)
        second = beside(lambda: store.run(assignee))
        until_blocked(tx)
        user_tasks.upsert(tx, [user_task_row(TASK, KEY, assignee="anna", state="assigned")])
    assert second.result(timeout=30) == "anna"


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE instance SET state_bytes = other.state_bytes FROM instance other "
        "WHERE instance.key <> other.key",
        "UPDATE instance SET state_bytes = substr(state_bytes, 1, length(state_bytes) - 1)",
        "UPDATE instance SET state_bytes = substr(state_bytes, 1, 1)",
    ],
)
def test_changed_state_does_not_open(store: Store, tampering: str) -> None:
    child = compose(bucket_of(KEY), 5)

    def start(tx: Transaction) -> None:
        key = insert_instance(tx, KEY)
        called = instance_row(child, root_key=KEY, parent_key=KEY)
        instances.insert(tx, called, data_key=key, state=b"child", new_data_key=False)

    store.run(start)
    with store.transaction() as tx:
        tx.connection.execute(text(tampering))
    with store.reading() as tx, pytest.raises(Damaged, match=rf"expected state\|{KEY}\|0 to open"):
        instances.load(tx, KEY)


def test_an_erased_case_is_a_conflict_not_damage(store: Store) -> None:
    store.run(lambda tx: insert_instance(tx, KEY))
    assert store.run(lambda tx: data_keys.destroy(tx, KEY))
    with store.reading() as tx, pytest.raises(Conflict, match="erased"):
        instances.load(tx, KEY)
    with store.reading() as tx:
        assert instances.read(tx, KEY) is not None
        assert instances.load_many(tx, [KEY]) == {}


def test_cases_are_found_by_what_is_asked(store: Store) -> None:
    def start(tx: Transaction) -> None:
        for number in range(1, 7):
            state, ended = ("completed", 9) if number % 2 else ("active", None)
            insert_instance(
                tx,
                root_key(number),
                process_id="a" if number < 4 else "b",
                state=state,
                started_at=number,
                ended_at=ended,
                business_key=f"k{number}",
            )

    store.run(start)

    def numbers(**conditions: object) -> list[int]:
        with store.reading() as tx:
            return [row.started_at for row in instance_lists.query(tx, **conditions)]  # type: ignore[arg-type]

    assert numbers() == [6, 5, 4, 3, 2, 1]
    assert numbers(states=["active"], process_id="b") == [6, 4]
    assert numbers(states=["completed"], limit=2, offset=1) == [3, 1]
    assert numbers(business_key="k2") == [2]
    assert numbers(root_key=root_key(3)) == [3]


def test_different_cases_do_not_wait_for_each_other(postgresql_store: Store) -> None:
    store, other = postgresql_store, root_key(2)
    store.run(lambda tx: (insert_instance(tx, KEY), insert_instance(tx, other)))
    with store.transaction() as tx:
        instances.lock(tx, instance_key=KEY)
        locked = beside(lambda: store.run(lambda tx: instances.lock(tx, instance_key=other)))
        assert locked.result(timeout=5) is not None
