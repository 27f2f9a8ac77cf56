"""Big multi-instances: each command reads the pages it is about, however many instances there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from engine import ProcessEngine
from tests.builders import process, steps
from tests.scenarios.run import LEASE, Case, Run

MANY = 130  # two pages


class PagesRead:
    """What is asked of the table of pages: how often some by number, and how often all of an instance's."""

    def __init__(self) -> None:
        self.some = 0
        self.all = 0

    def __call__(self, _: Any, __: Any, statement: str, ___: Any, ____: Any, _____: bool) -> None:
        if statement.startswith("SELECT") and "FROM page" in statement:
            by_number = "page.page" in statement.partition("WHERE")[2]
            self.some += by_number
            self.all += not by_number


@contextmanager
def pages_read(engine: ProcessEngine) -> Iterator[PagesRead]:
    database, found = engine.parts.store._database, PagesRead()
    event.listen(database, "before_cursor_execute", found)
    try:
        yield found
    finally:
        event.remove(database, "before_cursor_execute", found)


def inner() -> Any:
    """In each instance: a person, a handler, a message, a deadline."""
    inside = steps().start().user_task("ask").service_task("do", "work").receive_task("hear", "m", key="=k")
    return inside.user_task("wait").boundary_timer("PT1H").end("late").at("wait").end()


def repeated(run: Run) -> Case:
    drawing = process("p").start().sub_process("each", inner())
    drawing.multi_instance(f"for i in 1..{MANY} return string(i)", "k", collect=("all", "k")).end()
    return run(drawing)


@pytest.mark.parametrize("run", ["straight"], indirect=True)
def test_whatever_one_instance_waits_for_is_served_by_its_pages(run: Run) -> None:
    case = repeated(run)
    engine = run.engine
    first = engine.user_tasks(instance_key=case.key, element_id="ask", limit=MANY)
    assert len(first) == MANY
    with pages_read(engine) as read:
        engine.complete(first[-1].key, actor="jan")
        assert engine.task_form(first[0].key) is None
        run_job = engine.activate_jobs("work", worker="w", limit=1, lease=LEASE)
        assert run_job[0].variables["k"] == str(MANY)
        engine.fail_job(run_job[0].key, reason="no", retries=0)
        (failed,) = engine.incidents(instance_key=case.key)
        engine.resolve_incident(failed.key, actor="jan", reason="again", retries=1)
        (job,) = engine.activate_jobs("work", worker="w", limit=1, lease=LEASE)
        engine.complete_job(job.key)
        run.publish("m", str(MANY))
        (waiting,) = engine.user_tasks(instance_key=case.key, element_id="wait")
        run.advance(hours=2)
    assert waiting.key not in {each.key for each in engine.user_tasks(instance_key=case.key, limit=MANY)}
    assert (read.all, 10 <= read.some <= 30) == (0, True), vars(read)


def test_timers_of_many_instances_fire_together_and_nothing_is_left_of_the_pages(run: Run) -> None:
    inside = steps().start().catch_timer("PT1H").end()
    drawing = process("p").start().sub_process("each", inside)
    drawing.multi_instance("for i in 1..30 return i", "n", collect=("all", "n * n")).end("done")
    case = run(drawing)
    with pages_read(run.engine) as read:
        run.advance(hours=2)
    assert (case.state, case.variables["all"]) == ("completed", [n * n for n in range(1, 31)])
    assert read.all == 0
    with run.engine.parts.store.reading() as tx:
        assert tx.connection.execute(text("SELECT count(*) FROM page")).scalar() == 0
