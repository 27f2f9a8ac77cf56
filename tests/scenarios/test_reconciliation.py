"""Registers against lists of other systems: each way in which they can differ is told, and nothing else."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from engine import ProcessEngine, VirtualClock
from handlers import reconciliation
from handlers.incident import fingerprint
from handlers.reconciliation import InvalidList, Outcome, compare, rows
from tests.builders import process

DAY = dt.timedelta(days=1)


def write(engine: ProcessEngine, register: str, of: int | None = None, **data: Any) -> None:
    with engine.parts.store.transaction() as tx:
        engine.registers.append(tx, register=register, instance_key=of, subject="s", data=data)


def told(outcome: Outcome) -> set[tuple[str, str]]:
    return {(str(each.what), each.subject) for each in outcome.found}


def test_authorisations_are_compared_with_what_sio_calls_valid(engine: ProcessEngine) -> None:
    last = engine.now().date() + 300 * DAY
    for number in ("U-1", "U-2", "U-3", "U-4", "U-5"):
        write(engine, "upowaznienia", zdarzenie="nadano", numer=number, do=last)
    write(engine, "upowaznienia", zdarzenie="zablokowano", numer="U-5")
    listed = f"""stan;do;numer
aktywne;{last};U-1
Aktywne;{last:%d.%m.%Y};U-2
aktywne;{last + DAY};U-3
zablokowane;{last};U-4
aktywne;{last};U-5
wygasłe;{last};U-6
aktywne;{last};U-7
"""
    outcome = compare(engine, "sio", listed.encode("cp1250"))
    assert told(outcome) == {
        ("other_end", "U-3"), ("only_here", "U-4"), ("only_there", "U-5"), ("only_there", "U-7"),
    }  # fmt: skip
    assert (outcome.ours, outcome.theirs, len(outcome.differences)) == (4, 7, 4)


def test_each_reset_has_an_incident_of_its_own_before_it(engine: ProcessEngine, clock: VirtualClock) -> None:
    first = engine.now().date()
    for login in ("anna", "Anna", "jan"):
        write(engine, "incydenty", account=fingerprint(login), case=f"ZSZO/{login}")
    clock.advance(2 * DAY)
    write(engine, "incydenty", account=fingerprint("ewa"), case="ZSZO/ewa")
    rows_of = [("anna", 0), ("anna", 1), ("ewa", 1), ("obcy", 0)]
    listed = "\n".join(["login,data", *(f"{login},{first + days * DAY}T10:00" for login, days in rows_of)])
    outcome = compare(engine, "zszo", listed.encode())
    notes = {("incident_without_reset", fingerprint(login)) for login in ("jan", "ewa")}
    resets = {("reset_without_incident", fingerprint(login)) for login in ("ewa", "obcy")}
    assert told(outcome) == notes | resets
    assert {each.what for each in outcome.differences} == {"reset_without_incident"}
    assert "obcy" not in str(outcome)


def test_an_incident_explains_a_reset_of_its_own_case_soon_after_it(
    engine: ProcessEngine, clock: VirtualClock
) -> None:
    engine.deploy(process("p").start().user_task("wait").end().files(), by="owner")
    refused = engine.start("p", variables={"haslo_ustawiono": None}, actor="anna").key
    served = engine.start("p", variables={"haslo_ustawiono": engine.now()}, actor="anna").key

    def incident(login: str, case: str, of: int | None = None, category: str = "inne") -> None:
        write(engine, "incydenty", of, account=fingerprint(login), case=case, category=category)

    incident("anna", "old")
    incident("jan", "long ago")
    clock.advance(61 * DAY)
    incident("anna", "new", served)
    incident("ewa", "refused", refused)
    incident("ola", "counter", served, category="proba_odbioru_przez_nieuprawnionego")
    day = engine.now().date()
    listed = "login;data\n" + "".join(f"{login};{day}\n" for login in ("anna", "jan", "ewa", "ola"))
    outcome = compare(engine, "zszo", listed.encode())
    assert {each.subject for each in outcome.differences} == {
        fingerprint(login) for login in ("jan", "ewa", "ola")
    }
    assert {each.ours for each in outcome.found} == {"", "old", "long ago", "refused", "counter"}


def test_an_ended_case_leaves_no_ticket_open(engine: ProcessEngine) -> None:
    engine.deploy(process("p").start().user_task("wait").end().files(), by="owner")
    open_case, ended = (engine.start("p", actor="anna").key for _ in range(2))
    [task] = engine.user_tasks(instance_key=ended)
    engine.complete(task.key, actor="jan")
    write(engine, "zgloszenia", open_case, case="Z/1")
    write(engine, "zgloszenia", ended, case="Z/2")
    write(engine, "zgloszenia", ended, case="Z/3")
    listed = "numer;sprawa;stan\nT1;Z/1;otwarte\nT2;Z/2;zamknięte\nT3;Z/2;otwarte\nT9;Z/9;otwarte\n"
    outcome = compare(engine, "seod", listed.encode())
    assert told(outcome) == {("still_open", "T3"), ("no_ticket", "Z/3"), ("only_there", "T9")}
    assert len(outcome.differences) == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "login, data is missing"),
        (b"login;kiedy\n", "data is missing"),
        (b"login;data\n" + b"x;y\n" * 4, "at most 3 lines"),
        (b"x" * 101, "at most 100 bytes"),
    ],
)
def test_a_list_that_is_none_is_refused(content: bytes, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciliation, "MOST_ROWS", 3)
    monkeypatch.setattr(reconciliation, "MOST_BYTES", 100)
    with pytest.raises(InvalidList, match=reason):
        list(rows(content, ("login", "data")))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_any_spreadsheet_ends_them(end: str) -> None:
    content = end.join(["login,data", '"a;b",2026-01-01', ""]).encode()
    assert list(rows(content, ("login", "data"))) == [{"login": "a;b", "data": "2026-01-01"}]


@pytest.mark.parametrize("cell", [b"a" * 140_000, b'"' + b"a\n" * 70_000])
def test_a_cell_without_end_is_refused(cell: bytes) -> None:
    with pytest.raises(InvalidList, match="as a spreadsheet saves it"):
        list(rows(b"login;data\n" + cell, ("login", "data")))


def test_a_day_that_is_none_is_refused(engine: ProcessEngine) -> None:
    with pytest.raises(InvalidList, match=r"17\.12\.2026"):
        compare(engine, "zszo", b"login;data\nx;jutro\n")
