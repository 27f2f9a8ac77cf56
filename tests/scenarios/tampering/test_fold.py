"""Stored states and open rows changed: what the fold says."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import text

from engine.kernel import events as ev
from tests.builders import process
from tests.scenarios.tampering.attacker import Attacker, Insider
from tests.scenarios.tampering.case import Case, messages, places


def test_a_changed_byte_of_the_stored_state(case: Case, attacker: Attacker) -> None:
    attacker.flip("instance", "state_bytes", "key = :key", key=case.key)
    report = case.verify()
    assert (report.chain, report.fold, report.reexecution) == ("ok", "failed", "ok")
    assert places(report, "fold") == [(case.key, case.last)]


def test_a_changed_byte_of_a_page(case: Case, attacker: Attacker) -> None:
    engine = case.engine
    engine.deploy(process("big").start().user_task("a").multi_instance(times="250").end().files(), by="x")
    big = engine.start("big", actor="anna").key
    attacker.change("UPDATE user_task SET page = 3 WHERE page = 1 AND instance_key = :key", key=big)
    task = engine.user_tasks(instance_key=big, limit=1)[0]
    engine.complete(task.key, actor="jan")  # a row that names another page is found out, and does no harm
    assert "expected page 1, but the row has 3" in messages(engine.verify(big), "fold")
    attacker.flip("page", "content", "instance_key = :key AND page = 2", key=big)
    report = engine.verify(big)
    assert (report.chain, report.fold) == ("ok", "failed")
    assert f"expected state|{big}|2 to open" in messages(report, "fold")


def test_a_state_set_back_to_an_earlier_one(case: Case, attacker: Attacker) -> None:
    with case.engine.parts.store.reading() as tx:
        (earlier,) = tx.connection.execute(text("SELECT state_bytes FROM instance")).one()
    case.engine.complete(case.task, variables={"decyzja": "nie"}, actor="jan")
    attacker.change("UPDATE instance SET state_bytes = :state WHERE key = :key", state=earlier, key=case.key)
    report = case.verify()
    assert (report.chain, report.fold, report.reexecution) == ("ok", "failed", "ok")
    assert "'zatwierdz'" in messages(report, "fold")
    assert "('sprawa')" not in messages(report, "fold")


# What is changed, and what verify says then and did not say before; what deletes rows comes last.
CHANGED_ROWS = [
    ("UPDATE instance SET state = 'completed'", "expected state 'active', but the row has 'completed'"),
    ("UPDATE instance SET ended_at = 5", "expected ended_at None, but the row has 5"),
    ("UPDATE instance SET business_key = 'K/2'", "expected business_key 'K/1'"),
    ("UPDATE user_task SET assignee = 'ewa'", "expected assignee 'jan', but the row has 'ewa'"),
    ("UPDATE user_task SET candidate_groups = ''", "expected candidate_groups ('EK-04',)"),
    ("UPDATE user_task SET due_at = 5", "expected due_at None"),
    ("UPDATE job SET idempotency_key = 'x' WHERE type = 'system.powiadom'", "expected idempotency_key"),
    ("UPDATE job SET stage = 'failed' WHERE type = 'system.powiadom'", "expected stage 'ready'"),
    ("UPDATE job SET stage = 'ready' WHERE type = 'system.zawodny'", "expected stage 'failed'"),
    ("UPDATE job SET due_at = due_at + 1 WHERE kind = 'timer'", "timer"),
    ("UPDATE job SET type = 'email.send' WHERE type = 'system.powiadom'", "expected type 'system.powiadom'"),
    ("UPDATE subscription SET name = 'inna'", "expected name 'odpowiedz'"),
    ("UPDATE subscription SET correlation_hash = name_hash", "expected correlation_hash"),
    ("UPDATE incident SET type = 'expression'", "expected type 'job_no_retries'"),
    ("UPDATE incident SET state = 'resolved', resolved_at = 5", "('zawodny') waits in the state"),
    ("UPDATE user_task SET state = 'completed', ended_at = 5", "('zatwierdz') waits in the state"),
    ("DELETE FROM job WHERE kind = 'job'", "('powiadom') waits in the state"),
    ("DELETE FROM job WHERE kind = 'timer'", "('termin') waits in the state"),
    ("DELETE FROM subscription WHERE kind = 'message'", "('odpowiedz') waits in the state"),
]


def test_changed_open_rows(case: Case, attacker: Attacker) -> None:
    for statement, named in CHANGED_ROWS:
        before = messages(case.verify(), "fold")
        assert named not in before, statement
        attacker.change(statement)
        report = case.verify()
        assert (report.ok, report.chain, report.fold, report.reexecution) == (False, "ok", "failed", "ok")
        assert set(places(report, "fold")) == {(case.key, case.last)}
        assert named in messages(report, "fold"), statement


def test_an_open_row_nobody_waits_for(case: Case, attacker: Attacker) -> None:
    case.engine.complete(case.task, variables={"decyzja": "nie"}, actor="jan")
    attacker.change(
        "UPDATE user_task SET state = 'assigned', ended_at = NULL WHERE key = :key", key=case.task
    )
    assert "('zatwierdz') has an open row, but nothing waits for it" in messages(case.verify(), "fold")


def test_an_instance_that_can_never_go_on(case: Case, insider: Insider) -> None:
    first = insider.rows(case.key)[0]
    record = insider.record(first)
    entered = [
        event for event in record.events if isinstance(event, ev.InstanceStarted | ev.ElementActivated)
    ][:2]
    stopped = insider.reseal(first, msgspec.structs.replace(record, events=entered))
    insider.change("DELETE FROM history WHERE instance_key = :key AND seq > 1", key=case.key)
    insider.rebuild(case.key, [stopped])
    assert "it can never go on" in messages(case.verify(), "fold")


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM register_entry",
        "UPDATE register_entry SET instance_key = NULL",
        "UPDATE register_entry SET register = 'inny'",
        "UPDATE register_entry SET data = subject",
    ],
)
def test_an_entry_a_case_began_with_is_taken_or_changed(
    case: Case, attacker: Attacker, statement: str
) -> None:
    drawing = process("wpisany").start("poczatek", properties={"obieg:entry:spis": "x"}).user_task("a").end()
    case.engine.deploy(drawing.files(), by="owner")
    key = case.engine.start("wpisany", actor="anna").key
    assert case.engine.verify().ok
    attacker.change(statement)
    report = case.verify()
    assert (report.chain, report.fold, report.reexecution) == ("ok", "failed", "ok")
    assert places(report, "fold") == [(key, 1)]
    assert "the entry of 'poczatek' in register 'spis' is missing or is not as" in messages(report, "fold")
