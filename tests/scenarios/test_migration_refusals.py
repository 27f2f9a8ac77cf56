"""What keeps an instance from going on in another version, all of it said at once; and what does not."""

from __future__ import annotations

import pytest

from engine import DoesNotFit
from tests.builders import Process, process, steps
from tests.plain import Plain, flows, node, nodes, users
from tests.scenarios.migrating import migrate, obstacles
from tests.scenarios.run import Run


def three() -> Process:
    return process("p").start().user_task("a").user_task("b").user_task("c").end("done")


def test_an_instance_that_does_not_fit_is_not_migrated(run: Run) -> None:
    case = run(three())
    case.complete("a")
    run.deploy(process("p").start().user_task("a").user_task("c").end("done"))
    with pytest.raises(DoesNotFit, match="'b' is active, but is not in it"):
        run.engine.migrate(case.key, actor="op", reason="new version")
    assert (run.engine.instance(case.key).version, case.tasks) == (1, ["b"])


def test_a_new_listener_that_cannot_be_evaluated_stops_the_migration(run: Run) -> None:
    case = run(process("p").start().user_task("a").end("done"))
    newer = process("p").start().user_task("a").boundary_timer("=unknown", "late").end("expired")
    newer.at("a").boundary_message("stop", "stopped", key="=nobody").end("gone")
    run.deploy(newer.at("a").end("done"))
    found = obstacles(run, case)
    assert [each.split(" cannot")[0] for each in found] == ["'late'", "'stopped'"]
    run.engine.set_variables(case.key, {"unknown": "PT1H", "nobody": "k"}, actor="op", reason="x")
    migrate(run, case)
    assert {each.element_id for each in run.engine.timers(case.key)} == {"late"}


def test_events_behind_a_gateway_stay_the_same_ones(run: Run) -> None:
    def drawn(gateway: str, *waits: str) -> Process:
        drawing = process("p").start().event_based(gateway)
        for each in waits:
            drawing.at(gateway).catch_message(each, f"on_{each}", key='="k"').end(f"end_{each}")
        return drawing

    case = run(drawn("first_of", "yes", "no"))
    run.deploy(drawn("first_of", "yes", "maybe"))
    assert obstacles(run, case) == ("other events are behind 'first_of' in it",)
    assert obstacles(run, case, on_no="on_yes") == (
        "'on_yes' and 'on_no' would both be 'on_yes'",
        "other events are behind 'first_of' in it",
    )
    run.deploy(drawn("race", "yes", "maybe"))
    migrate(run, case, mapping={"first_of": "race", "on_no": "on_maybe"})
    run.publish("no", "k")
    assert case.ended_at == ["end_maybe"]


def test_everything_in_the_way_is_said_at_once(run: Run) -> None:
    drawing = process("p").start().parallel("fork").user_task("a").parallel("join").end("done")
    drawing.at("fork").service_task("work", "job").connect_to("join")
    drawing.at("fork").sub_process("inside", steps().start().user_task("deep").end()).connect_to("join")
    drawing.at("fork").user_task("gone").connect_to("join")
    drawing.at("fork").user_task("many").multi_instance(times="2").connect_to("join")
    case = run(drawing)
    case.complete("a")
    newer = process("p").start().parallel("fork").service_task("a", "x").end("done")
    newer.at("fork").user_task("work").end("worked")
    newer.at("fork").user_task("deep").end("deeper").at("fork").user_task("many").end("once")
    run.deploy(newer.at("fork").user_task("inside").end("inside_done"))
    assert sorted(obstacles(run, case)) == [
        "'deep' is active in 'inside', but is drawn in 'p'",
        "'gone' is active, but is not in it",
        "'inside' is a subProcess, but 'inside' is a userTask in it",
        "'many' is repeated in one of the versions only",
        "'many' is repeated in one of the versions only, or in another way",
        "'work' is a serviceTask, but 'work' is a userTask in it",
        "'work' waits for a job, but is drawn without one",
        "a token waits at 'join' on a flow that is not in it",
    ]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("nowhere", "a", "'nowhere' is mapped, but is not in the version before"),
        ("a", "nowhere", "'a' is mapped to 'nowhere', which is not in it"),
        ("p", "a", "'p' is the process itself and cannot be mapped"),
        ("a", "a_to_b", "only one of them is a sequence flow"),
        ("a", "work", "is a userTask, but 'work' is a serviceTask in it"),
    ],
)
def test_a_mapping_that_means_nothing_is_refused(run: Run, old: str, new: str, reason: str) -> None:
    case = run(three())
    run.deploy(three().at("c").service_task("work", "x").end())
    assert reason in "; ".join(obstacles(run, case, **{old: new}))


def test_two_elements_may_become_one_but_not_their_joins(run: Run) -> None:
    body = node("startEvent", "start") + nodes("endEvent", "end") + users("a", "b", "x", "y")
    two = body + nodes("parallelGateway", "fork", "j1", "j2", "last")
    two += flows(
        "start > fork", "fork > a", "fork > b", "fork > x", "fork > y", "a > j1", "x > j1", "b > j2",
        "y > j2", "j1 > last", "j2 > last", "last > end",
    )  # fmt: skip
    case = run(Plain("p", two))
    one = node("startEvent", "start") + nodes("endEvent", "end") + users("a", "x")
    one += nodes("parallelGateway", "fork", "j1")
    one += flows("start > fork", "fork > a", "fork > x", "a > j1", "x > j1", "j1 > end")
    run.deploy(Plain("p", one))
    migrate(run, case, mapping={"b": "a", "y": "x"})
    assert sorted(case.tasks) == ["a", "a", "x", "x"]
    case.complete("a").complete("a").complete("x").complete("x")
    assert (case.ended_at, case.state) == (["end", "end"], "completed")

    third = run(Plain("q", two))
    third.complete("a").complete("b")
    run.deploy(Plain("q", one))
    mapping = {"b": "a", "y": "x", "j2": "j1", "b_j2": "a_j1"}
    assert obstacles(run, third, **mapping) == ("tokens that wait apart at 'j2' would be one at 'j1'",)


def test_a_join_that_has_nothing_more_to_wait_for_is_refused(run: Run) -> None:
    def drawn(*joined: str) -> Process:
        drawing = process("p").start().parallel("fork").user_task("a").parallel("join").end("done")
        drawing.at("join").end("also")
        for each in ("b", "c"):
            drawing.at("fork").user_task(each)
            drawing.connect_to("join") if each in joined else drawing.end(f"{each}_apart")
        return drawing

    case = run(drawn("b", "c"))
    case.complete("a").complete("b")
    run.deploy(drawn("b"))
    assert obstacles(run, case) == ("a token waits at 'join', but in it 'join' has nothing more to wait for",)
    run.deploy(drawn())
    assert obstacles(run, case) == ("a token waits at 'join' on a flow that is not in it",)


def test_a_suspended_or_ended_instance_is_not_migrated(run: Run) -> None:
    case = run(three())
    run.engine.suspend(case.key, actor="op", reason="x")
    run.deploy(three().at("c").end("more"))
    with pytest.raises(Exception, match="is suspended"):
        run.engine.migrate(case.key, actor="op", reason="x")
    run.engine.cancel(case.key, actor="op", reason="x")
    with pytest.raises(Exception, match="has ended"):
        run.engine.migrate(case.key, actor="op", reason="x")
