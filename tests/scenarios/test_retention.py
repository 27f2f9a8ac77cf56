"""Ended cases are erased when their time is over: unreadable, and their chain still verifies."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import text

from engine import Conflict, EngineError, File, NotFound, ProcessEngine, VirtualClock
from engine.process_engine import loose_files
from engine.process_engine.retention import over_at
from engine.scheduler import BATCH_DAYS, clean
from engine.store import data_keys, erasure, registers
from tests.builders import Process, process

CANARY = "Jadwiga-Canary"
DAY = dt.timedelta(days=1)
UTC = dt.UTC


def drawn(retention: str, identity: str = "p") -> Process:
    return process(identity, retention=retention).start().user_task("approve").end("done")


def ended(engine: ProcessEngine, number: int, process_id: str = "p") -> int:
    """Carry a case to its end; its business key and its variables name a person."""
    key = engine.start(
        process_id, variables={"name": CANARY}, business_key=f"{CANARY}-{number}", actor="anna"
    ).key
    [task] = engine.user_tasks(instance_key=key)
    engine.complete(task.key, variables={"also": CANARY}, actor="jan")
    return key


def test_what_is_over_is_erased_and_the_rest_stays(engine: ProcessEngine, clock: VirtualClock) -> None:
    engine.deploy(drawn("P90D").files() + drawn("", "forever").files(), by="owner")
    first, forever = ended(engine, 1), ended(engine, 2, "forever")
    still_open = engine.start("p", actor="anna").key
    clock.advance(60 * DAY)
    later = ended(engine, 3)
    engine.anchor()
    clock.advance(29 * DAY)
    assert engine.retained() == []
    clock.advance(2 * DAY)
    [found] = engine.retained()
    assert (found.instance_key, found.over_at - found.ended_at) == (first, 90 * DAY)
    engine.erase(first, actor="archiwista", reason="czas minął")
    assert engine.retained() == []
    for unreadable in (engine.history, engine.variables):
        with pytest.raises(Conflict, match="erased"):
            unreadable(first)
    with pytest.raises(Conflict, match="erased"):
        engine.erase(first, actor="archiwista", reason="again")
    assert engine.instance(first).business_key is None
    assert engine.user_tasks(instance_key=first) == []
    report = engine.verify(first)
    assert (report.ok, report.chain, report.fold) == (True, "ok", "erased")
    assert engine.verify().ok
    for key in (forever, later):
        assert engine.variables(key)["name"] == CANARY
    with pytest.raises(Conflict, match="ended"):
        engine.erase(still_open, actor="archiwista", reason="too early")


def test_a_held_case_stays_until_it_is_released(engine: ProcessEngine, clock: VirtualClock) -> None:
    engine.deploy(drawn("P1D").files(), by="owner")
    key = ended(engine, 1)
    engine.hold(key, actor="radca", reason="spór w sądzie")
    with pytest.raises(Conflict, match="already"):
        engine.hold(key, actor="radca", reason="twice")
    clock.advance(3 * DAY)
    assert engine.retained() == []
    with pytest.raises(Conflict, match="holds it"):
        engine.erase(key, actor="archiwista", reason="czas minął")
    assert [(each.instance_key, each.by) for each in engine.holds()] == [(key, "radca")]
    engine.release(key, actor="radca", reason="wyrok")
    with pytest.raises(NotFound, match="not"):
        engine.release(key, actor="radca", reason="twice")
    [found] = engine.retained()
    engine.erase(found.instance_key, actor="archiwista", reason="czas minął")
    assert engine.verify().ok


@pytest.mark.parametrize("caller", ["tells", "calls"])
def test_a_case_that_has_something_to_send_is_not_erased(
    engine: ProcessEngine, clock: VirtualClock, caller: str
) -> None:
    calls = process("calls", retention="P1D").start().call_activity("call", "tells").end()
    tells = process("tells", retention="P1D").start().end_message("m", "last")
    engine.deploy(tells.files() + calls.files() + drawn("P1D").files(), by="owner")
    engine.run_until_idle()
    key = engine.start(caller, actor="anna").key
    clock.advance(3 * DAY)
    assert engine.instance(key).state == "completed"
    assert engine.retained() == []
    with pytest.raises(Conflict, match="a message of it waits"):
        engine.erase(key, actor="archiwista", reason="czas minął")
    engine.run_until_idle()
    assert [each.instance_key for each in engine.retained()] == [key]
    engine.erase(key, actor="archiwista", reason="czas minął")


def test_a_case_that_was_tampered_with_is_not_erased(engine: ProcessEngine, clock: VirtualClock) -> None:
    engine.deploy(drawn("P1D").files(), by="owner")
    key = ended(engine, 1)
    with engine.parts.store.transaction() as tx:
        tx.connection.execute(text("UPDATE instance SET seq = seq + 1 WHERE key = :key"), {"key": key})
    with pytest.raises(EngineError, match="to verify before it is erased"):
        engine.erase(key, actor="archiwista", reason="czas minął")


def test_batches_are_forgotten(engine: ProcessEngine, clock: VirtualClock) -> None:
    engine.deploy(drawn("").files(), by="owner")
    keys = [engine.start("p", actor="anna").key for _ in range(3)]
    started = engine.start_batch("cancel", keys=keys, actor="anna", reason="test")
    engine.run_until_idle()
    clock.advance((BATCH_DAYS - 1) * DAY)
    clean(engine.parts)
    assert engine.batch(started.key).total == 3
    clock.advance(2 * DAY)
    clean(engine.parts)
    with pytest.raises(NotFound):
        engine.batch(started.key)
    assert engine.verify().ok


@pytest.mark.parametrize(
    ("ended_at", "retention", "over"),
    [
        # Years count from the 1 January after the case ended, in Warsaw.
        (dt.datetime(2026, 3, 1, tzinfo=UTC), "P5Y", dt.datetime(2031, 12, 31, 23, tzinfo=UTC)),
        (dt.datetime(2026, 12, 31, 22, 59, tzinfo=UTC), "P1Y", dt.datetime(2027, 12, 31, 23, tzinfo=UTC)),
        (dt.datetime(2026, 12, 31, 23, 0, tzinfo=UTC), "P1Y", dt.datetime(2028, 12, 31, 23, tzinfo=UTC)),
        (dt.datetime(2026, 3, 20, 12, tzinfo=UTC), "P10D", dt.datetime(2026, 3, 30, 11, tzinfo=UTC)),
    ],
)
def test_periods_are_counted_as_offices_count(
    ended_at: dt.datetime, retention: str, over: dt.datetime
) -> None:
    assert over_at(ended_at, retention) == over


def test_a_retention_that_is_no_period_says_so(engine: ProcessEngine) -> None:
    engine.deploy(drawn("five years").files(), by="owner")
    with pytest.raises(EngineError, match="expected obieg:retention to be a period like P5Y"):
        engine.retained()


def letter(engine: ProcessEngine, request: str, root_key: int | None = None) -> tuple[int, str]:
    """Take a letter in with a file; return its number in the register and the file's reference."""
    kept = File(name="wiadomosc.eml", media_type="message/rfc822", content=CANARY.encode())
    number = engine.take_in(
        request_id=request, register="poczta", subject="pismo", data={}, files=[kept, kept], root_key=root_key
    ).number
    return number, engine.registers.entry("poczta", number).data["dokumenty"][0]["ref"]


def test_letters_of_no_case_are_erased_once_they_are_closed_and_old(
    engine: ProcessEngine, clock: VirtualClock
) -> None:
    engine.deploy(drawn("").files(), by="owner")
    case = engine.start("p", actor="anna").key
    (closed, gone), (_, waits) = letter(engine, "1"), letter(engine, "2")
    _, of_a_case = letter(engine, "3", case)
    engine.registers.resolve("poczta", closed, resolution="odpisano listem", by="jan")
    clock.advance(89 * DAY)
    assert engine.retained_files("P90D") == []
    clock.advance(2 * DAY)
    later, young = letter(engine, "4")
    engine.registers.resolve("poczta", later, resolution="odpisano listem", by="jan")
    [found] = engine.retained_files("P90D")
    assert gone in found.references
    assert len(found.references) == 2
    assert engine.documents.read(gone) == CANARY.encode()
    engine.erase_files(found.key, actor="archiwista", reason="czas minął")
    assert engine.retained_files("P90D") == []
    with pytest.raises(NotFound):
        engine.documents.read(gone)
    with pytest.raises(NotFound, match="no case"):
        engine.erase_files(found.key, actor="archiwista", reason="again")
    with pytest.raises(NotFound, match="no case"):
        engine.erase_files(case, actor="archiwista", reason="not a letter")
    with engine.parts.store.reading() as tx:
        assert data_keys.read(tx, [found.key]) == {}
        [of_open] = [
            key
            for key, ref, _ in erasure.loose_documents(tx, before=tx.now, after=0, limit=9)
            if ref == waits
        ]
    with pytest.raises(Conflict, match="waits for a clerk"):
        engine.erase_files(of_open, actor="archiwista", reason="too early")
    for kept in (waits, of_a_case, young):
        assert engine.documents.read(kept) == CANARY.encode()
    assert engine.registers.entry("poczta", closed).subject == "pismo"
    assert engine.verify().ok


def test_erasing_a_letter_opens_no_other(engine: ProcessEngine, clock: VirtualClock) -> None:
    closed, gone = letter(engine, "1")
    engine.registers.resolve("poczta", closed, resolution="odpisano listem", by="jan")
    clock.advance(91 * DAY)
    [found] = engine.retained_files("P90D")
    unreadable = b"sealed by nobody"
    with engine.parts.store.transaction() as tx:
        registers.append(
            tx, register="inny", instance_key=None, at=tx.now, subject=unreadable, data=unreadable
        )
    engine.erase_files(found.key, actor="archiwista", reason="czas minął")
    with pytest.raises(NotFound):
        engine.documents.read(gone)


def test_a_page_of_letters_cuts_none_of_them(
    engine: ProcessEngine, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loose_files, "PAGE", 3)
    for number in range(4):
        entry, _ = letter(engine, str(number))
        engine.registers.resolve("poczta", entry, resolution="odpisano listem", by="jan")
    clock.advance(91 * DAY)
    assert [len(each.references) for each in engine.retained_files("P90D")] == [2] * 4
    assert len(engine.retained_files("P90D", limit=3)) == 3
