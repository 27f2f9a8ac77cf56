"""A start under way when another version is deployed: it enters that one, or has lost its purpose."""

from __future__ import annotations

import datetime as dt

from tests.builders import Process, process
from tests.scenarios.run import Run


def begun_by(name: str, start: str) -> Process:
    return process("p").start_message(name, start).user_task("a").end()


def test_a_start_under_way_enters_the_newest_version_where_that_starts_by_the_same(run: Run) -> None:
    run.deploy(begun_by("begin", "first"))
    run.engine.publish_message("begin")  # its job has not run yet
    run.deploy(begun_by("begin", "renamed").at("a").boundary_timer("P1D").end("late"))
    run.settle()
    (case,) = run.cases("p")
    assert run.engine.instance(case.key).version == 2
    assert case.count("renamed") == 1


def test_a_message_whose_start_is_gone_waits_for_the_version_that_hears_it_again(run: Run) -> None:
    run.deploy(begun_by("begin", "first"))
    run.engine.publish_message("begin", ttl=dt.timedelta(hours=5))
    run.deploy(begun_by("other", "first_other"))
    run.settle()
    assert run.cases("p") == []
    run.deploy(begun_by("begin", "again"))
    run.settle()
    (case,) = run.cases("p")
    assert (run.engine.instance(case.key).version, case.count("again")) == (3, 1)
