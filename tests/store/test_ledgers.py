"""What offices count on: registers without gaps, an audit chain, secrets read once, things drawn once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from sqlalchemy import event, text

from engine.history import audit_hash
from engine.store import (
    Store,
    Transaction,
    audit,
    definitions,
    document_rows,
    effects,
    incidents,
    nodes,
    parameters,
    people,
    registers,
    requests,
    secret_rows,
    user_tasks,
)
from engine.store.rows import (
    DefinitionRow,
    DocumentRow,
    EffectRow,
    IncidentRow,
    NodeRow,
    ParametersRow,
    PersonRow,
    RequestRow,
    SecretRow,
)
from engine.store.sealing import place
from tests.store.rows import insert_instance, root_key, user_task_row
from tests.store.waiting import all_at_once

KEY = root_key(1)


def append_entry(tx: Transaction) -> int:
    return registers.append(tx, register="incydenty", instance_key=KEY, at=1, subject=b"s", data=b"d")


def test_what_a_register_says_of_one_case_is_found_without_reading_the_register(store: Store) -> None:
    store.run(append_entry)
    store.run(append_entry)
    asked: list[tuple[str, object]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    with store.reading() as tx:
        event.listen(tx.connection, "before_cursor_execute", note)
        found = registers.query(tx, "incydenty", instance_key=KEY)
        event.remove(tx.connection, "before_cursor_execute", note)
        assert [row.number for row in found] == [2, 1]
        assert registers.query(tx, "zgloszenia", instance_key=KEY) == []
        [(statement, parameters)] = asked
        explain = "EXPLAIN QUERY PLAN" if tx.dialect == "sqlite" else "EXPLAIN"
        if tx.dialect == "postgresql":  # two rows it would rather read than look for
            tx.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            tx.connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        plan = tx.connection.exec_driver_sql(f"{explain} {statement}", parameters)  # type: ignore[arg-type]
        assert "register_entry_of_case" in str(plan.all())


def test_a_registers_numbers_have_no_gaps(store: Store) -> None:
    def failing(tx: Transaction) -> None:
        append_entry(tx)
        raise ZeroDivisionError

    store.run(append_entry)
    with pytest.raises(ZeroDivisionError):
        store.run(failing)
    numbers = all_at_once([lambda: store.run(append_entry) for _ in range(8)])
    assert sorted(numbers) == list(range(2, 10))


@pytest.mark.parametrize(
    "attempt",
    [
        "DELETE FROM register_entry",
        "UPDATE register_entry SET subject = data",
        "UPDATE register_entry SET resolved = NULL",
        "UPDATE register_entry SET resolved = 'twice'",
    ],
)
def test_a_register_entry_is_resolved_once_and_never_goes(store: Store, attempt: str) -> None:
    store.run(append_entry)
    assert store.run(lambda tx: registers.resolve(tx, "incydenty", 1, "wyjaśniono"))
    assert not store.run(lambda tx: registers.resolve(tx, "incydenty", 1, "again"))
    with pytest.raises(Exception, match=r"append-only|resolved once"), store.transaction() as tx:
        tx.connection.execute(text(attempt))
    with store.reading() as tx:
        (entry,) = registers.query(tx, "incydenty", instance_key=KEY)
        assert (entry.resolved, entry.subject) == ("wyjaśniono", b"s")
        assert registers.query(tx, "incydenty", unresolved=True) == []


def test_the_audit_chain_holds_under_concurrency(store: Store) -> None:
    def append(number: int) -> Callable[[Transaction], Any]:
        return lambda tx: audit.append(tx, at=number, actor="anna", action="deploy", payload=bytes([number]))

    all_at_once([lambda n=n: store.run(append(n)) for n in range(8)])  # type: ignore[misc]
    with store.reading() as tx:
        rows = audit.read(tx)
        assert audit.head(tx) == (8, rows[-1].hash)
    previous = bytes(32)
    for seq, row in enumerate(rows, start=1):
        values = {"at": row.at, "actor": row.actor, "action": row.action, "payload": row.payload}
        assert (row.seq, row.prev_hash) == (seq, previous)
        assert row.hash == audit_hash(previous, seq=seq, **values)  # type: ignore[arg-type]
        previous = row.hash


def test_a_secret_is_read_once_whoever_races(store: Store) -> None:
    key = store.keyring.new_data_key(KEY)
    sealed = key.seal(place("secret", KEY), b"hunter2")
    row = SecretRow(
        ref="s1",
        root_key=KEY,
        purpose="password",
        kid=key.kid,
        wrapped=key.wrapped,
        ciphertext=sealed,
        expires_at=100,
    )
    assert store.run(lambda tx: secret_rows.insert(tx, row))
    assert not store.run(lambda tx: secret_rows.insert(tx, row))
    assert store.run(lambda tx: secret_rows.take(tx, "s1", 100)) is None, "expired"
    taken = all_at_once([lambda: store.run(lambda tx: secret_rows.take(tx, "s1", 99)) for _ in range(6)])
    (winner,) = [each for each in taken if each is not None]
    opened = store.keyring.data_key(KEY, winner.kid, winner.wrapped).open(
        place("secret", KEY), winner.ciphertext
    )
    assert opened == b"hunter2"
    assert store.run(lambda tx: secret_rows.destroy(tx, "s1"))
    with store.reading() as tx:
        blank = secret_rows.read(tx, "s1")
    assert blank is not None
    assert (blank.state, blank.wrapped, blank.ciphertext) == ("destroyed", b"", b"")


def test_what_is_drawn_once_stays_whatever_is_drawn_later(store: Store) -> None:
    key = store.run(lambda tx: insert_instance(tx, KEY))

    def draw(value: bytes, purpose: str = "password") -> bytes:
        return store.run(
            lambda tx: effects.once(
                tx, data_key=key, idempotency_key="1:2", purpose=purpose, make=lambda: value
            )
        )

    drawn = all_at_once([lambda n=n: draw(bytes([n])) for n in range(5)])  # type: ignore[misc]
    assert len(set(drawn)) == 1
    assert draw(b"other", "key") == b"other"
    with store.reading() as tx:
        assert effects.read_once(tx, data_key=key, idempotency_key="1:2", purpose="password") == drawn[0]
        assert effects.read_once(tx, data_key=key, idempotency_key="1:3", purpose="password") is None


def test_the_first_reply_to_an_effect_counts(store: Store) -> None:
    row = EffectRow(idempotency_key="1:2", name="sms.send", reply=b"first", created_at=1)
    later = msgspec.structs.replace(row, reply=b"second")
    assert store.run(lambda tx: effects.insert(tx, row, root_key=KEY))
    assert not store.run(lambda tx: effects.insert(tx, later, root_key=KEY))
    with store.reading() as tx:
        assert effects.read(tx, "1:2", root_key=KEY) == row


def test_a_document_of_a_repeated_step_is_the_earlier_one(store: Store) -> None:
    row = DocumentRow(
        ref="d1",
        root_key=KEY,
        name="a.pdf",
        media_type="application/pdf",
        content=b"1",
        created_at=1,
        idempotency_key="k",
    )
    again = msgspec.structs.replace(row, ref="d2", content=b"2")
    uploads = [msgspec.structs.replace(row, ref=ref, idempotency_key="") for ref in ("u1", "u2")]
    assert store.run(lambda tx: document_rows.insert(tx, row)) == "d1"
    assert store.run(lambda tx: document_rows.insert(tx, again)) == "d1"
    assert [store.run(lambda tx, u=u: document_rows.insert(tx, u)) for u in uploads] == ["u1", "u2"]  # type: ignore[misc]
    with store.reading() as tx:
        assert [each.ref for each in document_rows.of_case(tx, KEY)] == ["d1", "u1", "u2"]


def test_worklists_match_names_exactly(store: Store) -> None:
    def insert(tx: Transaction) -> None:
        user_tasks.upsert(
            tx,
            [
                user_task_row(KEY + 1, KEY, candidate_groups=("EK-04", "EK")),
                user_task_row(KEY + 2, KEY, candidate_groups=("EK-041",), candidate_users=("%",)),
                user_task_row(KEY + 3, KEY, assignee="anna", state="assigned", candidate_groups=("EK",)),
            ],
        )

    store.run(insert)

    def keys(**conditions: Any) -> list[int]:
        with store.reading() as tx:
            return [row.key - KEY for row in user_tasks.query(tx, **conditions)]

    assert keys(group="EK-04") == [1]
    assert keys(group="EK", states=["created"]) == [1]
    assert keys(candidate_user="%") == [2]
    assert keys(candidate_user="_") == []
    assert keys(assignee="anna", instance_key=KEY) == [3]
    store.run(lambda tx: user_tasks.end(tx, {KEY + 1: "completed", KEY + 3: "cancelled"}, 77))
    assert keys(states=["created", "assigned"]) == [2]
    assert keys(states=["completed"]) == [1]
    with store.reading() as tx:
        ended = user_tasks.read(tx, KEY + 1)
    assert ended is not None
    assert (ended.ended_at, ended.candidate_groups) == (77, ("EK-04", "EK"))
    with pytest.raises(ValueError, match="control characters"):
        store.run(
            lambda tx: user_tasks.upsert(tx, [user_task_row(KEY + 9, KEY, candidate_groups=("a\x1fb",))])
        )


def definition(key: int, version: int, **values: Any) -> DefinitionRow:
    filled: dict[str, Any] = {"id": "p", "kind": "process", "version_tag": "", "name": "P", "file": "p.bpmn"}
    filled |= {"sha256": "ab", "deployment_key": 9, "deployed_at": 1, "deployed_by": "anna", "active": True}
    filled |= {"comment": ""}
    return DefinitionRow(key=key, version=version, **filled | values)


def test_two_deployments_never_share_a_version(store: Store) -> None:
    def deploy(key: int) -> int:
        def verb(tx: Transaction) -> int:
            newest = definitions.latest(tx, "process", "p")
            version = 1 if newest is None else newest.version + 1
            definitions.insert(tx, [definition(key, version)])
            return version

        return store.run(verb)

    assert sorted(all_at_once([lambda: deploy(1), lambda: deploy(2), lambda: deploy(3)])) == [1, 2, 3]


def test_definitions_are_found_by_version_tag_and_deployment(store: Store) -> None:
    rows = [definition(1, 1, version_tag="stable"), definition(2, 2), definition(3, 1, id="f", kind="form")]

    def insert(tx: Transaction) -> None:
        definitions.insert_files(tx, {"ab": b"<xml/>"})
        definitions.insert_files(tx, {"ab": b"<xml/>", "cd": b"{}"})
        definitions.insert_deployment(tx, key=9, at=1, by="anna")
        definitions.insert(tx, rows)
        definitions.set_active(tx, [1], active=False)

    store.run(insert)
    with store.reading() as tx:
        assert definitions.latest(tx, "process", "p") == rows[1]
        tagged = definitions.by_tag(tx, "process", "p", "stable")
        assert tagged == msgspec.structs.replace(rows[0], active=False)
        assert definitions.by_version(tx, "process", "p", 3) is None
        assert [row.key for row in definitions.of_deployment(tx, 9)] == [1, 2, 3]
        assert [row.key for row in definitions.query(tx, latest_only=True)] == [3, 2]
        assert definitions.file(tx, "cd") == b"{}"


def test_incidents_stay_after_they_are_resolved(store: Store) -> None:
    row = IncidentRow(
        key=KEY + 1, instance_key=KEY, root_key=KEY, process_id="p", element_id="e", element_key=None,
        job_key=None, type="job_no_retries", message=b"sealed", state="open", created_at=5,
    )  # fmt: skip
    store.run(lambda tx: incidents.upsert(tx, [row]))
    store.run(lambda tx: incidents.resolve(tx, [row.key], 9))
    store.run(lambda tx: incidents.resolve(tx, [row.key], 10))
    with store.reading() as tx:
        assert incidents.query(tx, states=["open"]) == []
        (found,) = incidents.query(tx, instance_key=KEY, process_id="p")
    assert (found.state, found.resolved_at, found.message) == ("resolved", 9, b"sealed")


def test_a_request_answered_meanwhile_is_found_by_the_repetition(store: Store) -> None:
    def verb(name: str) -> Callable[[Transaction], bytes]:
        def work(tx: Transaction) -> bytes:
            known = requests.read(tx, "r1")
            if known is not None:
                return known.result
            row = RequestRow(id="r1", root_key=KEY, seq=1, result=name.encode(), created_at=50)
            requests.insert(tx, row)
            return row.result

        return work

    answers = all_at_once([lambda n=n: store.run(verb(n)) for n in "abcd"])  # type: ignore[misc]
    assert len(set(answers)) == 1
    assert store.run(lambda tx: requests.purge(tx, 50)) == 0
    assert store.run(lambda tx: requests.purge(tx, 51)) == 1


def test_people_parameters_and_nodes_come_back_as_they_are(store: Store) -> None:
    anna = PersonRow(id="anna", name="Anna", roles=("clerk", "auditor"), groups=("EK-04",))
    changed = msgspec.structs.replace(anna, groups=("EK-05", "EK-06"), active=False)
    first = ParametersRow(procedure="p", version=1, content=b"a: 1", at=1, by="anna")
    second = msgspec.structs.replace(first, version=2, content=b"a: 2")
    node = NodeRow(id="n1", started_at=1, seen_at=2, version="1")

    def write(tx: Transaction) -> None:
        people.upsert(tx, [anna])
        people.upsert(tx, [changed])
        for row in (first, second):
            parameters.insert(tx, row)
        for seen_at in (2, 3):
            nodes.beat(tx, msgspec.structs.replace(node, started_at=seen_at, seen_at=seen_at))

    store.run(write)
    with store.reading() as tx:
        assert people.read(tx, "anna") == changed
        assert (people.all(tx), people.members(tx, "EK-06"), people.members(tx, "EK-04")) == (
            [changed],
            ["anna"],
            [],
        )
        assert parameters.latest(tx, "p") == second
        assert parameters.version(tx, "p", 1) == first
        assert nodes.all(tx) == [msgspec.structs.replace(node, started_at=2, seen_at=3)]
    assert store.run(lambda tx: nodes.remove_silent(tx, 4)) == 1


def test_times_of_the_injected_clock_are_kept_to_the_microsecond(store: Store, moving_clock: Any) -> None:
    moving_clock.set(dt.datetime(2026, 10, 25, 0, 59, 59, 999_999, tzinfo=dt.UTC))
    with store.reading() as tx:
        assert tx.now == 1_792_889_999_999_999
