"""History rows changed, removed, swapped and added: what the chain says, and where."""

from __future__ import annotations

from typing import Any

from engine.store import audit, data_keys
from tests.scenarios.tampering.attacker import Attacker, chained, replaced
from tests.scenarios.tampering.case import Case, messages, places


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


def test_a_row_replaced_by_one_whose_own_hash_fits(case: Case, attacker: Attacker) -> None:
    rows = attacker.rows(case.key)
    attacker.write(chained(replaced(rows[-1], actor="ewa"), rows[-2].hash))
    report = case.verify()
    assert places(report, "chain") == [(case.key, case.last)]
    assert "is not the one the instance ends with" in messages(report, "chain")
    attacker.write(chained(replaced(rows[1], actor="ewa"), rows[0].hash))
    assert places(case.verify(), "chain") == [(case.key, 3), (case.key, case.last)]  # 3 follows another 2


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
