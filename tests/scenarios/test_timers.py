"""Timers (BPMN 2.0.2 §10.5.5): computed once, fired once, whatever the clock and the downtime."""

from __future__ import annotations

import datetime as dt

from engine.process_engine import internal
from engine.store import jobs
from tests.builders import process
from tests.scenarios.run import Run


def test_an_interrupting_boundary_timer_ends_its_host(run: Run) -> None:
    case = run(process("p").start().user_task("ask").boundary_timer("PT1H", "late").end("expired"))
    run.advance(minutes=59)
    assert case.tasks == ["ask"]
    run.advance(minutes=1)
    assert (case.ended_at, case.tasks, case.count("ask", "terminated")) == (["expired"], [], 1)


def test_a_non_interrupting_boundary_timer_reminds_once(run: Run) -> None:
    drawing = process("p").start().user_task("ask").boundary_timer("PT1H", "soon", interrupting=False)
    drawing.end("reminded").at("ask").end("done")
    case = run(drawing)
    run.advance(hours=5)
    assert (case.ended_at, case.tasks) == (["reminded"], ["ask"])
    assert case.complete("ask").ended_at == ["reminded", "done"]


def test_a_cycle_catches_up_once_after_downtime(run: Run) -> None:
    drawing = process("p").start().user_task("ask").boundary_timer("R5/PT1H", "again", interrupting=False)
    drawing.end("reminded").at("ask").end("done")
    case = run(drawing)
    run.advance(hours=1)
    assert case.ended_at == ["reminded"]
    run.advance(hours=2, minutes=30)  # the 2nd and 3rd have passed: one firing, one missed
    assert case.ended_at == ["reminded"] * 2
    fired = [
        e.payload for e in run.engine.history(case.key) if e.type == "timer_ended" and e.payload["fired"]
    ]
    assert [each["missed"] for each in fired] == [0, 1]
    run.advance(days=1)
    assert case.count("reminded") <= 5
    assert case.complete("ask").ended_at[-1] == "done"


def test_a_due_instant_does_not_move_when_its_variables_do(run: Run) -> None:
    case = run(process("p").start().catch_timer("=wait", "rest").end("done"), wait="PT2H")
    run.engine.set_variables(case.key, {"wait": "PT9H"}, actor="op", reason="test")
    run.advance(hours=2)
    assert case.ended_at == ["done"]


def test_a_day_is_a_calendar_day_on_the_night_the_clocks_change(run: Run) -> None:
    run.clock.set(dt.datetime(2027, 3, 27, 11, 0, tzinfo=dt.UTC))  # Saturday noon in Warsaw
    case = run(process("p").start().catch_timer("P1D", "rest").end("done"))
    (timer,) = run.engine.timers(case.key)
    assert timer.due_at == dt.datetime(2027, 3, 28, 10, 0, tzinfo=dt.UTC)  # noon again, 23 hours later
    run.advance(hours=22, minutes=59)
    assert case.ended_at == []
    run.advance(minutes=1)
    assert case.ended_at == ["done"]


def test_a_rescheduled_timer_keeps_who_moved_it_and_why(run: Run) -> None:
    case = run(process("p").start().catch_timer("PT1H", "rest").end("done"))
    (timer,) = run.engine.timers(case.key)
    later = dt.datetime(2026, 12, 18, 9, 0, tzinfo=dt.UTC)
    run.engine.reschedule_timer(timer.key, due_at=later, actor="head", reason="illness")
    run.advance(hours=2)
    assert case.ended_at == []
    run.advance(hours=22)
    assert case.ended_at == ["done"]
    (moved,) = [e for e in run.engine.history(case.key) if e.type == "timer_rescheduled"]
    assert (moved.actor, moved.payload["reason"]) == ("head", "illness")


def test_a_suspended_instance_fires_nothing_and_catches_up(run: Run) -> None:
    case = run(process("p").start().user_task("ask").boundary_timer("PT1H", "late").end("expired"))
    run.engine.suspend(case.key, actor="op", reason="court")
    run.advance(hours=3)
    assert (case.state, case.ended_at) == ("suspended", [])
    run.engine.activate(case.key, actor="op", reason="court has decided")
    run.settle()
    assert case.ended_at == ["expired"]


def test_a_timer_that_cannot_be_read_is_an_incident(run: Run) -> None:
    case = run(process("p").start().catch_timer("=wait", "rest").end("done"), wait="soon")
    assert [i.type for i in case.incidents] == ["timer"]
    case.resolve(wait="PT1H")
    run.advance(hours=1)
    assert case.ended_at == ["done"]


def test_a_process_starts_by_timer_and_again_by_cycle(run: Run) -> None:
    run.deploy(process("nightly").start_timer("R/PT24H", "dawn").end("done"))
    run.advance(hours=24)
    run.advance(hours=24)
    assert [case.ended_at for case in run.cases("nightly")] == [["done"], ["done"]]
    run.deploy(process("nightly").start_timer("R/PT1H", "dawn").task("more").end("done"))
    run.advance(hours=1)
    assert len(run.cases("nightly")) == 3  # the new version's timer has taken over from the old one's


def test_a_timer_moved_while_it_fires_still_fires(run: Run) -> None:
    case = run(process("p").start().catch_timer("PT1H", "rest").end("done"))
    (timer,) = run.engine.timers(case.key)
    run.clock.advance(dt.timedelta(hours=1))
    store = run.engine.parts.store
    store.run(lambda tx: jobs.promote_due(tx, tx.now))
    (claimed,) = store.run(
        lambda tx: jobs.claim(tx, kinds=("timer",), owner="other", limit=1, lease_us=60_000_000)
    )
    later = run.clock.now() + dt.timedelta(hours=1)
    run.engine.reschedule_timer(timer.key, due_at=later, actor="head", reason="illness")
    assert internal.run(run.engine.parts, claimed) is False  # its lease went with the old instant
    run.advance(hours=1)
    assert case.ended_at == ["done"]
