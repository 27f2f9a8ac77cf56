"""A start that is killed anywhere: never a case without its entries, never an entry without its case."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from engine import ProcessEngine, failpoint
from tests.builders import process

ENTRIES = {
    "obieg:entry:incydenty": "=osoba",
    "obieg:entry:zgloszenia": "=osoba",
    "obieg:entry:zgloszenia:a": "b",
}


def start(engine: ProcessEngine) -> None:
    """Start one more case."""
    engine.start("p", variables={"osoba": "anna"}, actor="anna")


def killed(url: str, place: int) -> bool:
    """Start a case in a process that dies at its n-th failpoint; return whether it did."""
    child = os.fork()
    if child == 0:
        try:
            failpoint.configure("nothing=hang")
            with ProcessEngine(url) as engine:
                failpoint.configure(f"*=nth:{place}=kill")
                start(engine)
                failpoint.configure("")
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def cases_and_entries(engine: ProcessEngine) -> list[set[int]]:
    """Return which cases there are, and which ones each register knows."""
    registers = (engine.registers.all_in(name) for name in ("incydenty", "zgloszenia"))
    known = [{each.instance_key or 0 for each in register} for register in registers]
    return [{each.key for each in engine.instances(limit=1000)}, *known]


@pytest.mark.torture
def test_at_no_moment_is_there_a_case_without_entry_or_an_entry_without_case(
    database_url: str, record_property: Callable[[str, object], None], long_counts: bool
) -> None:
    drawing = process("p").start("poczatek", properties=ENTRIES).user_task("dalej").end()
    with ProcessEngine(database_url) as engine:
        engine.deploy(drawing.files(), by="owner")
        start(engine)
    seen: list[int] = []
    step, dies = 1 if long_counts else 8, True
    while dies:
        dies = killed(database_url, 1 + step * len(seen))
        with ProcessEngine(database_url) as engine:
            cases, *registers = cases_and_entries(engine)
            report = None if dies else engine.verify()
        assert registers == [cases, cases], f"killed at {1 + step * len(seen)}"
        seen.append(len(cases))
    assert seen == sorted(seen), seen  # a kill before the commit leaves nothing
    assert seen[-1] > seen[0] == 1
    assert len(seen) * step > 20
    assert report is not None
    assert report.ok, report
    record_property("kills", len(seen) - 1)
