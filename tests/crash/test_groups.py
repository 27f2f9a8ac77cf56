"""Group commit: several jobs share a transaction, and what goes wrong with one of them is only its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine import ProcessEngine, VirtualClock, Worker, failpoint
from engine.process_engine import claiming, groups, idle, internal
from engine.process_engine.family import Family
from engine.scheduler import promote
from engine.store import instances, jobs
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


def test_a_case_that_somebody_holds_keeps_nobody_else_from_the_commit(
    office: ProcessEngine, clock: VirtualClock, postgresql_url: str
) -> None:
    keys, rows = due(office, clock, 3)
    held = rows[1]
    with ThreadPoolExecutor(max_workers=1) as beside, office.parts.store.transaction() as tx:
        assert instances.lock(tx, instance_key=held.instance_key or 0)
        left = beside.submit(internal.run_together, office.parts, rows).result(timeout=4)
    assert left == [held]
    assert late(office, keys) == [key for key in keys if key != held.instance_key]
    assert internal.run(office.parts, held)
    assert late(office, keys) == keys


def test_a_group_that_would_have_to_wait_is_left_to_run_one_by_one(
    office: ProcessEngine, clock: VirtualClock, postgresql_url: str
) -> None:
    other = office.start("p", actor="anna").key
    keys, rows = due(office, clock, 2)

    def fire(family: Family, row: JobRow) -> None:
        instances.lock(family.tx, instance_key=other)
        internal._run(family, row)

    units = [(row, lambda family, row=row: fire(family, row)) for row in rows if row.instance_key in keys]
    with ThreadPoolExecutor(max_workers=1) as beside, office.parts.store.transaction() as tx:
        assert instances.lock(tx, instance_key=other)
        left = beside.submit(groups.together, office.parts, units, actor="engine").result(timeout=4)
    assert left == [row for row, _ in units]
    assert late(office, keys) == []


def test_a_flood_of_deadlines_leaves_every_other_claim_to_the_rest(
    office: ProcessEngine, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claiming, "MOST", 1)
    office.deploy(process("throwing").start().throw_message("m").end().files(), by="owner")
    office.start("throwing", actor="anna")
    for _ in range(3):
        office.start("p", actor="anna")
    clock.advance(2 * HOUR)
    promote(office.parts)
    worker = Worker(office, threads=1)
    claimed = [[row.kind for rows in worker._claim(1, suspects=False) for row in rows] for _ in range(2)]
    assert sorted(claimed) == [["publish"], ["timer"]]


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
