"""One verb over many cases: each done once, by itself, whatever happens in between."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from engine import Batch, Conflict, InvalidVariables, NotFound, StrandedJob, failpoint
from engine.keys import bucket_of_root, compose
from engine.process_engine import batches
from engine.process_engine.idle import claim_internal
from engine.scheduler import promote, recover
from engine.store.rows import JobRow
from engine.store.tables import job
from tests.builders import Process, process
from tests.scenarios.run import Case, Run


def waiting() -> Process:
    return process("p").start().user_task("a").user_task("b").end("done")


def several(run: Run, count: int = 3) -> list[Case]:
    run.deploy(waiting())
    return [run.start("p", key=f"K/{number}", n=number) for number in range(count)]


def batch(run: Run, verb: str, **options: Any) -> Batch:
    """Start a batch, let it end, and return what it came to."""
    options.setdefault("selection", {"process_id": "p"})
    started = run.engine.start_batch(verb, actor="op", reason="new law", **options)
    assert (str(started.state), started.done) == ("running", 0)
    run.settle()
    return run.engine.batch(started.key)


def said(run: Run, case: Case, event_type: str) -> list[tuple[str, str]]:
    """Return who did something to a case, and why."""
    found = [each for each in run.engine.history(case.key) if each.type == event_type]
    return [(each.actor, each.payload["reason"]) for each in found]


@pytest.mark.parametrize(
    ("verb", "arguments", "event"),
    [
        ("suspend", {}, "instance_suspended"),
        ("cancel", {}, "instance_ended"),
        ("set_variables", {"variables": {"n": 9}}, "variables_set"),
        ("modify", {"activate": ["b"], "terminate": ["a"]}, "instance_modified"),
    ],
)
def test_every_case_says_who_and_why(run: Run, verb: str, arguments: dict[str, Any], event: str) -> None:
    cases = several(run)
    ended = batch(run, verb, arguments=arguments)
    assert (str(ended.state), ended.total, ended.done, ended.failed) == ("completed", 3, 3, 0)
    assert (ended.verb, ended.created_by, ended.reason) == (verb, "op", "new law")
    assert [said(run, case, event) for case in cases] == [[("op", "new law")]] * 3


def test_cases_are_suspended_and_go_on(run: Run) -> None:
    cases = several(run)
    batch(run, "suspend", selection={"process_id": "p", "business_key": "K/1"})
    assert [case.state for case in cases] == ["active", "suspended", "active"]
    assert batch(run, "suspend").total == 2  # those that are suspended are no subjects
    assert batch(run, "activate", selection={}).done == 3
    assert [case.state for case in cases] == ["active"] * 3


def test_many_cases_are_migrated_and_those_that_do_not_fit_say_why(run: Run) -> None:
    cases = several(run)
    cases[1].complete("a")
    run.deploy(process("p").start().user_task("first").user_task("c").end("done"))
    asked: dict[str, Any] = {
        "selection": {"process_id": "p", "version": 1},
        "arguments": {"version": 2, "mapping": {"a": "first"}},
    }
    tried = batch(run, "migrate", dry_run=True, **asked)
    assert (tried.done, tried.failed, tried.dry_run) == (2, 1, True)
    assert [run.engine.instance(case.key).version for case in cases] == [1, 1, 1]
    assert [case.tasks for case in cases] == [["a"], ["b"], ["a"]]
    done = batch(run, "migrate", **asked)
    assert (done.done, done.failed, done.arguments["mapping"]) == (2, 1, {"a": "first"})
    assert [case.tasks for case in cases] == [["first"], ["b"], ["first"]]
    (failed,) = run.engine.batch_items(done.key, state="failed")
    assert failed.subject_key == cases[1].key
    assert failed.message == "the instance does not fit version 2: 'b' is active, but is not in it"


def test_incidents_are_resolved_together(run: Run) -> None:
    drawing = process("p").start().exclusive("which").flow_if("n > 1").end("more")
    run.deploy(drawing.at("which").flow_if("n < 1").end("less"))
    cases = [run.start("p", n=1) for _ in range(3)]
    batch(
        run,
        "set_variables",
        keys=[case.key for case in cases[:2]],
        selection=None,
        arguments={"variables": {"n": 2}},
    )
    selection = {"process_id": "p", "type": "no_flow"}
    resolved = batch(run, "resolve_incidents", selection=selection)
    assert (resolved.total, resolved.done) == (3, 3)
    assert [case.ended_at for case in cases] == [["more"], ["more"], []]
    assert len(cases[2].incidents) == 1  # it happened again
    assert said(run, cases[0], "incident_resolved") == [("op", "new law")]


def test_a_case_that_has_ended_meanwhile_fails_alone(run: Run) -> None:
    cases = several(run)
    started = run.engine.start_batch("cancel", selection={}, actor="op", reason="new law")
    run.engine.cancel(cases[0].key, actor="anna", reason="withdrawn")
    run.settle()
    ended = run.engine.batch(started.key)
    assert (ended.done, ended.failed) == (2, 1)
    assert said(run, cases[0], "instance_ended") == [("anna", "withdrawn")]


def test_a_subject_that_crashes_fails_alone_and_the_batch_ends(run: Run) -> None:
    """Stored as an earlier program took them: arguments nothing can be done with."""
    cases = several(run)
    content = {"reason": "x", "selection": {}, "arguments": {"terminate": 5}}
    store = run.engine.parts.store
    allocator = store.allocator()
    number = allocator.base(reserve=2)
    allocator.used(2)
    keys = (compose(bucket_of_root(number), number), compose(bucket_of_root(number), number + 1))
    subjects = [case.key for case in cases]
    store.run(lambda tx: batches.start_in(tx, keys, "modify", subjects, content=content, actor="op"))
    run.settle()
    ended = run.engine.batch(keys[0])
    assert (str(ended.state), ended.done, ended.failed) == ("completed", 0, 3)
    assert {each.message.split(":")[0] for each in run.engine.batch_items(ended.key)} == {"TypeError"}
    assert [case.tasks for case in cases] == [["a"]] * 3


def test_called_cases_are_dealt_with_beside_their_callers(run: Run) -> None:
    drawing = process("p").start().call_activity("call", "child").end()
    case = run(drawing, process("child").start().user_task("x").end())
    ended = batch(run, "suspend", selection={})
    assert (ended.total, ended.done, ended.failed) == (2, 2, 0)  # the called one before its caller
    assert batch(run, "activate", keys=[case.key], selection=None).done == 1
    assert {str(each.state) for each in run.engine.instances()} == {"active"}


def test_a_batch_is_cancelled_in_the_middle(run: Run) -> None:
    several(run)
    started = run.engine.start_batch("suspend", selection={}, actor="op", reason="x")
    run.engine.cancel_batch(started.key, actor="boss", reason="wrong selection")
    run.settle()
    ended = run.engine.batch(started.key)
    assert (str(ended.state), ended.done, ended.failed, ended.total) == ("cancelled", 0, 0, 3)
    assert {str(each.state) for each in run.engine.instances()} == {"active"}
    with pytest.raises(Conflict, match="has ended"):
        run.engine.cancel_batch(started.key, actor="boss", reason="again")
    with pytest.raises(NotFound):
        run.engine.cancel_batch(1, actor="boss", reason="x")


def test_batches_are_found_and_forget_the_values_they_wrote(run: Run) -> None:
    several(run, 25)  # more than one job deals with
    first = batch(run, "set_variables", arguments={"variables": {"secret": "Jan Kowalski"}})
    assert (first.done, first.arguments) == (25, {})
    second = run.engine.start_batch("suspend", keys=[], actor="op", reason="y")
    assert [each.key for each in run.engine.batches()] == [second.key, first.key]
    assert [each.key for each in run.engine.batches(state="running")] == [second.key]
    assert [each.number for each in run.engine.batch_items(first.key, limit=2, offset=3)] == [4, 5]
    run.settle()
    assert str(run.engine.batch(second.key).state) == "completed"


@pytest.mark.parametrize(
    ("verb", "options"),
    [
        ("delete", {}),
        ("cancel", {"arguments": {"variables": {}}}),
        ("set_variables", {}),
        ("suspend", {"selection": {"colour": "red"}}),
        ("suspend", {"keys": [1], "selection": {}}),
        ("suspend", {"selection": None}),
        ("set_variables", {"arguments": {"variables": {"x": object()}}}),
        ("set_variables", {"arguments": {"variables": {"a\nb": 1}}}),
        ("set_variables", {"arguments": {"variables": None}}),
        ("modify", {"arguments": {"terminate": 5}}),
        ("modify", {"arguments": {"activate": [["b", "x"]]}}),
        ("modify", {"arguments": {"local_variables": {"a": 5}}}),
        ("migrate", {"arguments": {"mapping": "abc"}}),
        ("resolve_incidents", {"arguments": {"new_effect": "yes"}}),
        ("suspend", {"selection": {"state": 5}}),
        ("suspend", {"selection": {"business_key": {}}}),
        ("suspend", {"selection": {"process_id": [1]}}),
    ],
)
def test_what_means_nothing_is_refused_at_once(run: Run, verb: str, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidVariables):
        run.engine.start_batch(verb, **{"selection": {}, **options}, actor="op", reason="x")
    assert run.engine.batches() == []


def test_a_batch_that_dies_again_and_again_does_each_case_once(run: Run) -> None:
    """The process ends before or after one COMMIT or another, and the next one takes over."""
    cases = several(run, 5)
    started = run.engine.start_batch(
        "set_variables", selection={}, arguments={"variables": {"n": 7}}, actor="op", reason="new law"
    )
    deaths = 0
    for place, number in (("before", 3), ("after", 5), ("before", 7), ("after", 6), ("before", 9)):
        failpoint.configure(f"store.commit.{place}=nth:{number}=raise")
        try:
            run.settle()
        except failpoint.FailpointError:
            deaths += 1
        finally:
            failpoint.configure("")
        run.engine.parts.store.run(lambda tx: tx.execute(update(job).values(lock_until=0)))
        recover(run.engine.parts)
    assert deaths >= 3
    run.settle()
    ended = run.engine.batch(started.key)
    assert (ended.done, ended.failed) == (5, 0)
    assert [said(run, case, "variables_set") for case in cases] == [[("op", "new law")]] * 5


def crashed_too_often(run: Run) -> tuple[JobRow, StrandedJob]:
    """Let a process die six times of the one job there is; return the job, and what operators see of it."""
    for _ in range(6):
        (row,) = claim_internal(run.engine.parts, 1)
        run.engine.parts.store.run(lambda tx: tx.execute(update(job).values(lock_until=0)))
        recover(run.engine.parts)
    (stranded,) = run.engine.stranded_jobs()
    return row, stranded


def test_work_that_belongs_to_no_case_and_crashes_is_shown_and_tried_again(run: Run) -> None:
    run.deploy(process("q").start_timer("PT1H", "begin").user_task("x").end())
    run.clock.advance(run.engine.next_due() - run.engine.now())  # type: ignore[operator]
    promote(run.engine.parts)
    row, stranded = crashed_too_often(run)
    assert (stranded.key, stranded.kind, stranded.process_id) == (row.key, "timer_start", "q")
    run.settle()
    assert run.engine.instances(process_id="q") == []
    run.engine.retry_job(stranded.key, actor="op", reason="memory added")
    run.settle()
    assert (len(run.engine.instances(process_id="q")), run.engine.stranded_jobs()) == (1, [])
    with pytest.raises(NotFound):
        run.engine.retry_job(stranded.key, actor="op", reason="again")


def test_a_message_of_an_ended_case_that_crashes_is_shown_and_tried_again(run: Run) -> None:
    run.deploy(process("told").start_message("m", "news").user_task("x").end())
    run.deploy(process("tells").start().end_message("m", "last"))
    run.settle()
    case = run.engine.start("tells", actor="anna")
    assert run.engine.instance(case.key).state == "completed"
    row, stranded = crashed_too_often(run)
    assert (stranded.key, stranded.kind, stranded.process_id) == (row.key, "publish", "tells")
    assert run.engine.figures().stranded_jobs == 1
    run.settle()
    assert run.engine.instances(process_id="told") == []
    run.engine.retry_job(stranded.key, actor="op", reason="memory added")
    run.settle()
    assert (len(run.engine.instances(process_id="told")), run.engine.stranded_jobs()) == (1, [])
