"""Group commit: several jobs share a transaction, and what goes wrong with one of them is only its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import ProcessEngine, VirtualClock, failpoint
from engine.process_engine import groups, idle, internal
from engine.scheduler import promote
from engine.store import jobs
from engine.store.rows import JobRow
from tests.builders import process
from tests.crash.test_cut_off import broken_at, places_crossed

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def office(database_url: str, clock: VirtualClock) -> Iterator[ProcessEngine]:
    """An engine with failpoints and deadlines; all it did is verified at the end."""
    failpoint.configure("nothing=hang")  # wired when the engine opens
    engine = ProcessEngine(database_url, clock=clock)
    one = process("p").start().user_task("t").end().at("t").boundary_timer("PT1H").user_task("late").end()
    engine.deploy(one.files(), by="owner")
    many = process("many").start().parallel("fork")
    for number in range(3):
        many.at("fork").user_task(f"t{number}").end()
        many.at(f"t{number}").boundary_timer("PT1H", interrupting=False).end(f"reminded{number}")
    engine.deploy(many.files(), by="owner")
    yield engine
    failpoint.configure("")
    report = engine.verify()
    engine.close()
    assert report.ok, report


def due(office: ProcessEngine, clock: VirtualClock, cases: int) -> tuple[list[int], list[JobRow]]:
    """Start cases whose deadline has passed; return them and their claimed timers."""
    keys = [office.start("p", actor="anna").key for _ in range(cases)]
    clock.advance(2 * HOUR)
    promote(office.parts)
    return keys, idle.claim_internal(office.parts, 100)


def late(office: ProcessEngine, keys: list[int]) -> list[int]:
    """Return the cases whose deadline has fired, once."""
    opened = {key: [each.element_id for each in office.user_tasks(instance_key=key)] for key in keys}
    return [key for key, elements in opened.items() if elements == ["late"]]


def test_due_timers_of_several_cases_share_one_commit(office: ProcessEngine, clock: VirtualClock) -> None:
    keys, rows = due(office, clock, 5)
    commits = office.parts.store.counter.commits
    assert internal.run_together(office.parts, rows) == []
    assert office.parts.store.counter.commits == commits + 1
    assert late(office, keys) == keys


def test_several_timers_of_one_case_share_its_state_and_have_a_command_each(
    office: ProcessEngine, clock: VirtualClock
) -> None:
    key = office.start("many", actor="anna").key
    clock.advance(2 * HOUR)
    promote(office.parts)
    rows = idle.claim_internal(office.parts, 100)
    assert internal.run_together(office.parts, rows) == []
    fired = {each.seq for each in office.history(key) if each.element_id.startswith("reminded")}
    assert len(fired) == len(rows) == 3


def test_a_lease_that_was_lost_keeps_nobody_else_from_the_commit(
    office: ProcessEngine, clock: VirtualClock
) -> None:
    keys, rows = due(office, clock, 3)
    lost = rows[1]
    office.parts.store.run(
        lambda tx: jobs.release(tx, lost.key, owner=lost.lock_owner or "", attempt=lost.attempt)
    )
    assert internal.run_together(office.parts, rows) == []
    assert late(office, keys) == [key for key in keys if key != lost.instance_key]
    office.run_until_idle()
    assert late(office, keys) == keys


def test_what_one_job_raises_undoes_the_group_and_leaves_all_to_run_alone(
    office: ProcessEngine, clock: VirtualClock
) -> None:
    keys, rows = due(office, clock, 3)

    def fire(family: object, row: JobRow) -> None:
        if row is rows[2]:
            raise ZeroDivisionError
        internal._run(family, row)  # type: ignore[arg-type]

    units = [(row, lambda family, row=row: fire(family, row)) for row in rows]
    assert groups.together(office.parts, units, actor="engine") == rows
    assert late(office, keys) == []
    for row in rows:
        assert internal.run(office.parts, row)
    assert late(office, keys) == keys


def test_a_group_cut_off_anywhere_happens_once(
    office: ProcessEngine, clock: VirtualClock, tmp_path: Path
) -> None:
    keys, rows = due(office, clock, 3)
    places = places_crossed(lambda: internal.run_together(office.parts, rows), tmp_path / "places")
    assert places > 6
    for place in range(1, places + 1):
        keys, rows = due(office, clock, 3)
        with broken_at(place):
            assert internal.run_together(office.parts, rows) in ([], rows)
        for row in rows:
            internal.run(office.parts, row)
        assert late(office, keys) == keys, f"at place {place}"
        assert [each for each in office.incidents() if each.instance_key in keys] == []
