"""Entries of registers that a start event declares: in the start's own transaction, or there is no start."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from engine.errors import RefusedEntry
from tests.builders import Process, process
from tests.scenarios.run import Run

FIELDS = {
    "obieg:entry:spis": '="osoba " + osoba',
    "obieg:entry:spis:rodzaj": "utrata",
    "obieg:entry:spis:kiedy": "=now()",
    "obieg:entry:spis:odcisk": '=fingerprint("spis", osoba)',
    "obieg:entry:dziennik": "=osoba",
}


def recorded(name: str = "p", **more: str) -> Process:
    """Draw a process whose start writes an entry into two registers."""
    return process(name).start("poczatek", properties={**FIELDS, **more}).user_task("dalej").end()


def test_a_case_begins_with_its_entries(run: Run) -> None:
    case = run(recorded(), osoba=" Anna ")
    (entry,) = run.engine.registers.entries("spis", instance_key=case.key)
    assert (entry.number, entry.subject, entry.data["rodzaj"]) == (1, "osoba  Anna ", "utrata")
    assert entry.data["kiedy"].astimezone(dt.UTC) == entry.at
    later = run.start("p", osoba="anna")
    (again,) = run.engine.registers.entries("dziennik", instance_key=later.key)
    assert (again.number, again.data) == (2, {})
    prints = {each.data["odcisk"] for each in run.engine.registers.all_in("spis")}
    assert len(prints) == 1
    assert len(prints.pop()) == 16
    told = [each for each in run.engine.history(case.key) if each.type == "register_entry_made"]
    assert [(each.seq, each.element_id, each.payload["register"]) for each in told] == [
        (1, "poczatek", "spis"), (1, "poczatek", "dziennik"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("more", "given", "told"),
    [
        ({}, {}, "'spis' to say what it is about, but '\"osoba \" + osoba' gives null"),
        ({"obieg:entry:spis": "=liczba"}, {"osoba": "x", "liczba": 7}, "about a text that is not empty, but"),
        ({"obieg:entry:spis": "=puste"}, {"osoba": "x", "puste": " "}, "about a text that is not empty, but"),
        ({"obieg:entry:dziennik:nr": "=nr"}, {"osoba": "x"}, "'dziennik' to have a value in 'nr', but 'nr' "),
        ({"obieg:entry:spis:f": "=function(x) x"}, {"osoba": "x"}, "of values that can be stored, but"),
    ],
)
def test_an_entry_that_cannot_be_made_refuses_the_start(
    run: Run, more: dict[str, str], given: dict[str, Any], told: str
) -> None:
    run.deploy(recorded(**more))
    with pytest.raises(RefusedEntry) as refused:
        run.engine.start("p", variables=given, actor="anna", request_id="r1")
    assert "the entry of start event 'poczatek' in register" in str(refused.value)
    assert told in str(refused.value)
    assert run.engine.instances() == []
    assert [run.engine.registers.counts(each) for each in ("spis", "dziennik")] == [(0, 0), (0, 0)]
    good = {"osoba": "y", "liczba": "siedem", "puste": "nie", "nr": 1}
    if "obieg:entry:spis:f" not in more:  # the same request may be sent again, in order this time
        case = run.engine.start("p", variables=good, actor="anna", request_id="r1")
        assert [each.instance_key for each in run.engine.registers.all_in("spis")] == [case.key]


def test_a_called_process_that_cannot_make_its_entry_is_an_incident_of_its_caller(run: Run) -> None:
    caller = process("wolajacy").start().call_activity("wywolaj", "p").end()
    case = run(caller, recorded())
    engine = run.engine
    (incident,) = engine.incidents(instance_key=case.key)
    assert incident.element_id == "wywolaj"
    assert "the entry of start event 'poczatek' in register 'spis'" in incident.message
    assert engine.registers.all_in("spis") == []
    assert [each.process_id for each in engine.instances()] == ["wolajacy"]
    engine.set_variables(case.key, variables={"osoba": "anna"}, actor="ola", reason="brakowało")
    engine.resolve_incident(incident.key, actor="ola", reason="jest osoba")
    run.settle()
    (entry,) = run.engine.registers.all_in("spis")
    (called,) = (each for each in run.engine.instances() if each.process_id == "p")
    assert entry.instance_key == called.key


CALL = {
    "obieg:completedBy": "kto",
    "obieg:entryIf:rozmowy": 'numer != "bez rozmowy"',
    "obieg:entryClosed:rozmowy": "wpis ze sprawy",
    "obieg:entry:rozmowy": "=numer_sprawy",
    "obieg:entry:rozmowy:telefon": "=numer",
    "obieg:entry:rozmowy:kto": "=kto",
}


def test_a_user_task_writes_its_entry_with_what_was_entered_or_is_not_completed(run: Run) -> None:
    drawing = process("p").start().user_task("zadzwon", properties=CALL, outputs={"numer": "1"})
    case = run(drawing.user_task("zapisz", properties=CALL).end(), numer_sprawy="S/1")
    (task,) = run.engine.user_tasks(instance_key=case.key)
    for given, told in (
        ({}, "'telefon'"),
        ({"numer": 7}, "the condition of the entry of user task 'zadzwon'"),
    ):
        with pytest.raises(RefusedEntry, match=told):
            run.engine.complete(task.key, variables=given, actor="jan")
    assert run.engine.registers.all_in("rozmowy") == []
    run.engine.complete(task.key, variables={"numer": "12 600"}, actor="jan")
    (entry,) = run.engine.registers.all_in("rozmowy")
    assert (entry.subject, entry.data) == ("S/1", {"telefon": "12 600", "kto": "jan"})
    assert (entry.resolution, entry.instance_key) == ("wpis ze sprawy", case.key)
    run.settle()
    (task,) = run.engine.user_tasks(instance_key=case.key)
    run.engine.complete(task.key, variables={"numer": "bez rozmowy"}, actor="jan")
    assert run.engine.registers.counts("rozmowy") == (1, 0)
