"""What `verify` finds when somebody with access to the database changes what is stored, and where."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from engine import ProcessEngine, Report, VirtualClock
from engine.kernel import events as ev
from engine.store import audit, data_keys
from engine.verification import anchor
from tests.builders import Process, process
from tests.scenarios.attacker import Attacker, Insider, chained, replaced

LEASE = dt.timedelta(minutes=1)


class Case:
    """An instance with four commands behind it and one open wait of every kind."""

    def __init__(self, engine: ProcessEngine) -> None:
        self.engine = engine
        engine.deploy(_drawing().files(), by="owner")
        self.key = engine.start("sprawa", variables={"numer": "7"}, business_key="K/1", actor="anna").key
        self.task = engine.user_tasks(instance_key=self.key)[0].key
        engine.claim(self.task, actor="jan")
        (job,) = engine.activate_jobs("system.zawodny", worker="w", limit=5, lease=LEASE)
        engine.fail_job(job.key, reason="bramka nie działa", retries=0)
        self.broken_job = job.key
        (incident,) = engine.incidents(instance_key=self.key)
        self.incident = incident.key
        engine.set_variables(self.key, variables={"uwaga": "x"}, actor="ola", reason="dopisek")
        self.last = engine.history(self.key)[-1].seq

    def verify(self) -> Report:
        """Verify everything, and see that verifying the one instance finds as much about it."""
        report, alone = self.engine.verify(), self.engine.verify(self.key)
        own = [finding for finding in report.findings if finding.instance_key == self.key]
        assert own == [finding for finding in alone.findings if finding.instance_key == self.key]
        return report

    def anchor(self) -> None:
        """Sign where all chains end now."""
        self.engine.parts.store.run(anchor)


def _drawing() -> Process:
    return (
        process("sprawa")
        .start()
        .parallel("rozdziel")
        .user_task("zatwierdz", name="Zatwierdź", group="EK-04")
        .boundary_timer("P3D", "termin")
        .end("po_terminie")
        .at("zatwierdz")
        .end("zatwierdzono")
        .at("rozdziel")
        .catch_message("odpowiedz", "odpowiedz", key="numer")
        .end("odpowiedziano")
        .at("rozdziel")
        .service_task("powiadom", "system.powiadom")
        .end("powiadomiono")
        .at("rozdziel")
        .service_task("zawodny", "system.zawodny")
        .end("udalo_sie")
    )


@pytest.fixture
def case(engine: ProcessEngine) -> Case:
    return Case(engine)


@pytest.fixture
def attacker(case: Case) -> Attacker:
    return Attacker(case.engine)


@pytest.fixture
def insider(case: Case) -> Insider:
    return Insider(case.engine)


def places(report: Report, check: str) -> list[tuple[int, int]]:
    """Where one check found something: instance and seq."""
    return [(finding.instance_key, finding.seq) for finding in report.findings if finding.check == check]


def messages(report: Report, check: str) -> str:
    """What one check had to say."""
    return "\n".join(finding.message for finding in report.findings if finding.check == check)


def test_an_untouched_case_is_proved_before_and_after_anchoring(case: Case, clock: VirtualClock) -> None:
    assert case.verify() == Report(ok=True, chain="ok", fold="ok", reexecution="ok", findings=(), instances=1)
    case.anchor()
    case.engine.complete(case.task, variables={"decyzja": "tak"}, actor="jan")
    case.engine.resolve_incident(case.incident, actor="op", reason="bramka działa")
    case.engine.publish_message("odpowiedz", correlation_key="7", variables={"tekst": "tak"})
    clock.advance(dt.timedelta(days=4))
    case.engine.run_until_idle()
    case.anchor()
    assert case.verify().findings == ()


# --- the chain ---------------------------------------------------------------------------------------------


def test_a_changed_byte_of_a_payload(case: Case, attacker: Attacker) -> None:
    attacker.flip("history", "payload", "instance_key = :key AND seq = 2", key=case.key)
    report = case.verify()
    assert (report.ok, report.chain, report.fold) == (False, "failed", "failed")
    assert places(report, "chain") == places(report, "fold") == [(case.key, 2)]


def test_changed_clear_columns(case: Case, attacker: Attacker) -> None:
    found: list[tuple[int, int]] = []
    changes: list[tuple[str, Any]] = [
        ("actor", "ewa"),
        ("at", 1),
        ("command", "cancel"),
        ("on_behalf_of", "x"),
    ]
    for seq, (column, value) in enumerate(changes, 1):
        attacker.change(
            f"UPDATE history SET {column} = :value WHERE instance_key = :key AND seq = {seq}",  # noqa: S608
            value=value,
            key=case.key,
        )
        report = case.verify()
        found.append((case.key, seq))
        assert (report.chain, report.fold, report.reexecution) == ("failed", "ok", "ok")
        assert places(report, "chain") == found


def test_a_deleted_row(case: Case, attacker: Attacker) -> None:
    attacker.change("DELETE FROM history WHERE instance_key = :key AND seq = 2", key=case.key)
    report = case.verify()
    assert places(report, "chain") == places(report, "fold") == [(case.key, 2)]
    assert "row 2 is missing" in messages(report, "chain")


def test_a_deleted_first_row(case: Case, attacker: Attacker) -> None:
    attacker.change("DELETE FROM history WHERE instance_key = :key AND seq = 1", key=case.key)
    assert places(case.verify(), "chain") == [(case.key, 1)]


def test_a_deleted_last_row(case: Case, attacker: Attacker) -> None:
    attacker.change(
        "DELETE FROM history WHERE instance_key = :key AND seq = :seq", key=case.key, seq=case.last
    )
    report = case.verify()
    assert places(report, "chain") == [(case.key, case.last)]
    assert report.fold == "failed"  # the stored state is ahead of the history


def test_swapped_rows(case: Case, attacker: Attacker) -> None:
    rows = attacker.rows(case.key)
    attacker.write(replaced(rows[2], seq=2))
    attacker.write(replaced(rows[1], seq=3))
    report = case.verify()
    assert {(case.key, 2), (case.key, 3)} <= set(places(report, "chain"))
    assert places(report, "fold") == [(case.key, 2)]


def test_swapped_contents_with_hashes_that_fit(case: Case, attacker: Attacker) -> None:
    rows = attacker.rows(case.key)
    rows[1], rows[2] = replaced(rows[1], payload=rows[2].payload), replaced(rows[2], payload=rows[1].payload)
    attacker.rebuild(case.key, rows)
    report = case.verify()
    assert report.chain == "ok"  # hashes have no key: that is what sealing and anchors are for
    assert places(report, "fold") == [(case.key, 2)]


def test_an_appended_row(case: Case, attacker: Attacker) -> None:
    last = attacker.rows(case.key)[-1]
    forged = chained(replaced(last, seq=last.seq + 1), last.hash)
    attacker.append(forged)
    report = case.verify()
    assert places(report, "chain") == [(case.key, last.seq + 1)]
    assert "was added" in messages(report, "chain")
    attacker.end_with(case.key, forged.seq, forged.hash)
    report = case.verify()
    assert (report.chain, report.fold) == ("ok", "failed")  # the chain fits, but the forged row does not open
    assert places(report, "fold") == [(case.key, last.seq + 1)]


def test_a_chain_cut_short_together_with_its_instance(case: Case, attacker: Attacker) -> None:
    case.anchor()
    rows = attacker.rows(case.key)
    attacker.change(
        "DELETE FROM history WHERE instance_key = :key AND seq = :seq", key=case.key, seq=case.last
    )
    attacker.end_with(case.key, rows[-2].seq, rows[-2].hash)
    report = case.verify()
    assert places(report, "chain") == [(case.key, case.last)]
    assert f"anchor 1 has {case.last} rows" in messages(report, "chain")


def test_a_chain_rebuilt_as_a_whole_is_found_by_its_anchor(case: Case, attacker: Attacker) -> None:
    case.anchor()
    case.engine.set_variables(case.key, variables={"uwaga": "y"}, actor="ola", reason="po zakotwiczeniu")
    rows = attacker.rows(case.key)
    rows[0] = replaced(rows[0], actor="ewa")
    attacker.rebuild(case.key, rows)
    report = case.verify()
    assert places(report, "chain") == [(case.key, case.last)]  # the row the anchor was signed for
    assert (report.fold, report.reexecution) == ("ok", "ok")


def test_an_instance_deleted_with_and_without_its_history(case: Case, attacker: Attacker) -> None:
    case.anchor()
    attacker.change("DELETE FROM instance WHERE key = :key", key=case.key)
    report = case.engine.verify()
    assert "its history is there" in messages(report, "chain")
    attacker.change("DELETE FROM history WHERE instance_key = :key", key=case.key)
    report = case.engine.verify()
    assert (report.ok, report.instances, places(report, "chain")) == (False, 0, [(case.key, case.last)])


def test_anchors_changed_forged_or_removed(case: Case, attacker: Attacker) -> None:
    for note in ("a", "b", "c"):
        case.engine.set_variables(case.key, variables={"uwaga": note}, actor="ola", reason="")
        case.anchor()
    attacker.change("UPDATE anchor SET instances = 0 WHERE number = 3")
    assert "anchor 3: its columns" in messages(case.engine.verify(), "chain")
    attacker.flip("anchor", "document", "number = 3")
    assert "anchor 3: its signature" in messages(case.engine.verify(), "chain")
    attacker.change("DELETE FROM anchor WHERE number = 2")
    assert "anchor 2 is missing" in messages(case.engine.verify(), "chain")


def test_an_anchor_is_only_signed_when_something_has_happened(case: Case) -> None:
    store = case.engine.parts.store
    first = store.run(anchor)
    assert first is not None
    assert (first.number, first.instances) == (1, 1)
    assert store.run(anchor) is None
    case.engine.deploy(process("inna").start().end().files(), by="owner")  # an operation, not an instance
    second = store.run(anchor)
    assert second is not None
    assert second.number == 2


def test_operations_changed_removed_and_cut_short(case: Case, attacker: Attacker) -> None:
    case.engine.deploy(process("druga").start().end().files(), by="owner")
    case.engine.deploy(process("trzecia").start().end().files(), by="owner")
    case.anchor()
    attacker.change("UPDATE audit SET actor = 'ewa' WHERE seq = 2")
    assert places(case.engine.verify(), "chain") == [(0, 2)]
    attacker.change("DELETE FROM audit WHERE seq = 2")
    assert "operation 2 is missing" in messages(case.engine.verify(), "chain")
    attacker.change("DELETE FROM audit WHERE seq = 3")
    report = case.engine.verify()
    assert "operation 2 is missing: anchor 1 has 3" in messages(report, "chain")


# --- the fold ----------------------------------------------------------------------------------------------


def test_a_changed_byte_of_the_stored_state(case: Case, attacker: Attacker) -> None:
    attacker.flip("instance", "state_bytes", "key = :key", key=case.key)
    report = case.verify()
    assert (report.chain, report.fold, report.reexecution) == ("ok", "failed", "ok")
    assert places(report, "fold") == [(case.key, case.last)]


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


# --- re-execution --------------------------------------------------------------------------------------


def test_other_events_than_the_commands_give(case: Case, insider: Insider) -> None:
    rows = insider.rows(case.key)
    record = insider.record(rows[-1])
    (changed,) = (event for event in record.events if isinstance(event, ev.VariablesSet))
    forged = msgspec.structs.replace(changed, variables={"uwaga": "podrobiona"})
    events = [forged if event is changed else event for event in record.events]
    rows[-1] = insider.reseal(rows[-1], msgspec.structs.replace(record, events=events))
    insider.rebuild(case.key, rows)
    report = case.verify()
    assert (report.chain, report.reexecution) == ("ok", "failed")
    assert places(report, "reexecution") == [(case.key, case.last)]
    assert "variables_set with other content" in messages(report, "reexecution")


def test_a_command_that_could_not_have_run(case: Case, insider: Insider) -> None:
    rows = insider.rows(case.key)
    record = insider.record(rows[1])
    command = msgspec.structs.replace(record.command, task_key=12345)
    rows[1] = insider.reseal(rows[1], msgspec.structs.replace(record, command=command))
    insider.rebuild(case.key, rows)
    report = case.verify()
    assert (report.chain, report.fold, report.reexecution) == ("ok", "ok", "failed")
    assert places(report, "reexecution") == [(case.key, 2)]  # and the rows after it run again


def test_semantics_no_longer_available_are_not_called_tampering(case: Case, insider: Insider) -> None:
    rows = insider.rows(case.key)
    for index, row in enumerate(rows[:2]):
        record = insider.record(row)
        older = msgspec.structs.replace(record.context, semantics_version=0)
        rows[index] = insider.reseal(row, msgspec.structs.replace(record, context=older))
    insider.rebuild(case.key, rows)
    report = case.verify()
    assert (report.ok, report.chain, report.fold) == (True, "ok", "ok")
    assert report.reexecution == "not re-executable"
    assert places(report, "reexecution") == [(case.key, 1)]  # said once, not once per row


def test_a_changed_definition(case: Case, attacker: Attacker) -> None:
    attacker.flip("stored_file", "content", "true")
    report = case.verify()
    assert (report.ok, report.chain, report.fold, report.reexecution) == (False, "ok", "ok", "failed")
    assert "its bytes changed" in messages(report, "reexecution")


# --- erasure -------------------------------------------------------------------------------------------


def test_an_erased_case_still_has_its_chain(case: Case, attacker: Attacker) -> None:
    case.anchor()
    with case.engine.parts.store.transaction() as tx:
        assert data_keys.destroy(tx, case.key)
        audit.append(tx, at=tx.now, actor="iod", action="erase", payload=b"")
    report = case.verify()
    assert (report.ok, report.chain, report.fold, report.reexecution) == (True, "ok", "erased", "erased")
    attacker.change("UPDATE history SET actor = 'ewa' WHERE instance_key = :key AND seq = 3", key=case.key)
    report = case.verify()
    assert (report.ok, report.chain, places(report, "chain")) == (False, "failed", [(case.key, 3)])
