"""What hashes alone cannot show, being without a key: chains cut short, rebuilt or gone, forged anchors."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from engine import Report, VirtualClock
from engine.verification import anchor, anchors
from tests.builders import process
from tests.scenarios.tampering.attacker import Attacker, Insider, replaced
from tests.scenarios.tampering.case import Case, messages, places


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


def test_anchoring_again_does_not_cover_up_what_was_rebuilt_or_deleted(
    case: Case, attacker: Attacker
) -> None:
    other = case.engine.start("sprawa", variables={"numer": "8"}, actor="anna").key
    case.anchor()
    rows = attacker.rows(case.key)
    rows[0] = replaced(rows[0], actor="ewa")
    attacker.rebuild(case.key, rows)
    attacker.change("DELETE FROM instance WHERE key = :key", key=other)
    attacker.change("DELETE FROM history WHERE instance_key = :key", key=other)
    case.engine.set_variables(case.key, variables={"uwaga": "y"}, actor="ola", reason="po przebudowie")
    case.engine.deploy(process("inna").start().end().files(), by="owner")
    case.anchor()
    assert sorted(places(case.verify(), "chain")) == sorted([(case.key, case.last), (other, 1)])


def test_full_anchors_start_the_list_anew(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anchors, "FULL_EVERY", 2)
    sizes = []
    for note in ("a", "b", "c", "d"):
        case.engine.start("sprawa", variables={"numer": note}, actor="anna")
        signed = case.engine.parts.store.run(anchor)
        assert signed is not None
        statement = msgspec.msgpack.decode(signed.document, type=anchors.AnchorDocument)
        sizes.append((statement.instances, len(statement.heads)))
    assert sizes == [(2, 2), (3, 1), (4, 4), (5, 1)]  # every other one lists all
    assert case.verify().ok


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


def test_an_anchor_signed_again_breaks_the_row_of_anchors(case: Case, insider: Insider) -> None:
    for note in ("a", "b"):
        case.engine.set_variables(case.key, variables={"uwaga": note}, actor="ola", reason="")
        case.anchor()
    insider.sign_again(1)
    assert messages(case.verify(), "chain") == "anchor 2 does not follow anchor 1"


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
    attacker.change("UPDATE audit_head SET seq = 2")
    assert "operation 3 is not the one the chain ends with" in messages(case.engine.verify(), "chain")
    attacker.change("UPDATE audit_head SET seq = 3")
    attacker.change("UPDATE audit SET prev_hash = hash WHERE seq = 2")
    assert "operation 2 does not follow operation 1" in messages(case.engine.verify(), "chain")
    attacker.change("UPDATE audit SET actor = 'ewa' WHERE seq = 3")
    assert {(0, 2), (0, 3)} == set(places(case.engine.verify(), "chain"))
    attacker.change("DELETE FROM audit WHERE seq = 2")
    assert "operation 2 is missing" in messages(case.engine.verify(), "chain")
    attacker.change("DELETE FROM audit WHERE seq = 3")
    report = case.engine.verify()
    assert "operation 2 is missing: anchor 1 has 3" in messages(report, "chain")
