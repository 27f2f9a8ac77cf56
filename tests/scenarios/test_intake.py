"""Taking in what comes from outside: once, in one transaction, and never lost."""

from __future__ import annotations

import threading

import pytest

from engine import Arrival, Conflict, File, ProcessEngine
from tests.builders import process

LETTER = File(name="wiadomosc.eml", media_type="message/rfc822", content=b"tajne pismo")


def waiting_case(engine: ProcessEngine) -> int:
    shape = process("p").start().catch_message("pismo", key="numer").end()
    engine.deploy(shape.files(), by="owner")
    return engine.start("p", variables={"numer": "A/2026/1"}, actor="anna").key


def take(engine: ProcessEngine, request: str, number: str, root_key: int | None = None) -> Arrival:
    return engine.take_in(
        request_id=request, register="poczta", subject="pismo", data={"od": "x@y.example"}, message="pismo",
        correlation_key=number, variables={"tresc": "abc"}, files=[LETTER], root_key=root_key,
    )  # fmt: skip


def test_a_case_that_waits_gets_it_and_the_entry_is_resolved(engine: ProcessEngine) -> None:
    case = waiting_case(engine)
    arrival = take(engine, "1", "A/2026/1", case)
    engine.run_until_idle()
    assert arrival == Arrival(number=1, deliveries=1)
    assert str(engine.instance(case).state) == "completed"
    assert engine.variables(case)["tresc"] == "abc"
    (entry,) = engine.registers.all_in("poczta")
    assert (entry.instance_key, entry.resolution) == (case, "przekazano sprawie: pismo")
    (kept,) = entry.data["dokumenty"]
    assert [each.reference for each in engine.documents.of_case(case)] == [kept["ref"]]
    assert engine.documents.read(kept["ref"], root_key=case) == b"tajne pismo"
    assert engine.verify().ok


def test_what_nobody_waits_for_stays_open_with_its_files(engine: ProcessEngine) -> None:
    waiting_case(engine)
    assert take(engine, "1", "A/2026/2").deliveries == 0
    (entry,) = engine.registers.entries("poczta", unresolved=True)
    assert engine.documents.read(entry.data["dokumenty"][0]["ref"]) == b"tajne pismo"
    assert engine.verify().ok


def test_the_same_again_changes_nothing(engine: ProcessEngine) -> None:
    case = waiting_case(engine)
    first = take(engine, "1", "A/2026/1", case)
    again = take(engine, "1", "A/2026/1", case)
    assert (again.number, again.deliveries, again.repeated) == (first.number, first.deliveries, True)
    assert len(engine.registers.all_in("poczta")) == len(engine.documents.of_case(case)) == 1
    assert take(engine, "2", "A/2026/1", case).number == 2


def test_an_effect_of_a_job_can_be_asked_for(engine: ProcessEngine) -> None:
    case = waiting_case(engine)
    assert engine.effect(f"{case}-1", "smtp") is None
    for key in ("", "x", "-", "²", f"{2**70}-1"):
        assert engine.effect(key, "smtp") is None


@pytest.mark.parametrize(("senders", "outcomes"), [("ABCDEF", ["held"] * 5 + ["1"]), ("AAAAAA", ["1"] * 6)])
def test_what_there_is_one_of_is_one_entrys_when_all_ask_at_once(
    engine: ProcessEngine, senders: str, outcomes: list[str]
) -> None:
    told: list[str] = []
    together = threading.Barrier(len(senders))

    def ask(sender: str) -> None:
        together.wait(timeout=30)
        try:
            told.append(str(slot(engine, sender).number))
        except Conflict:
            told.append("held")

    threads = [threading.Thread(target=ask, args=(sender,)) for sender in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == sorted(outcomes)
    assert len(engine.registers.all_in("terminarz")) == 1
    assert slot(engine, "Z", holds="10:15").number == 2


def slot(engine: ProcessEngine, sender: str, *, holds: str = "10:00") -> Arrival:
    return engine.take_in(
        request_id=sender, register="terminarz", subject="s", data={}, holds=holds, until_closed=True
    )


def test_it_is_free_again_once_its_entry_is_closed(engine: ProcessEngine) -> None:
    assert slot(engine, "A").number == 1
    engine.registers.resolve("terminarz", 1, resolution="odwołano telefonicznie", by="jan")
    assert slot(engine, "A").repeated
    assert slot(engine, "B").number == 2
    with pytest.raises(Conflict, match="entry 2 holds it"):
        slot(engine, "C")
