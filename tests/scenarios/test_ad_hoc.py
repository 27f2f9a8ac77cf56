"""Ad-hoc sub-processes (BPMN 2.0.2 §10.3.5, §13.3.5): activities in no order, chosen by people."""

from __future__ import annotations

from xml.sax.saxutils import escape

import pytest

from engine import Conflict, NotFound
from tests.plain import Plain, event, flows, formal, node, nodes, users
from tests.scenarios.run import Case, Run

EXTENDED = "<bpmn:extensionElements>{}</bpmn:extensionElements>"
TIMER = f"<bpmn:timerEventDefinition>{formal('timeDuration', 'PT1H')}</bpmn:timerEventDefinition>"


def office(
    inside: str, until: str = "", collection: str = "", *, more: str = "", loop: str = "", **attributes: str
) -> Plain:
    """A process whose only activity is the ad-hoc sub-process ``box``."""
    collection = escape(collection, {'"': "&quot;"})
    extension = (
        EXTENDED.format(f'<zeebe:adHoc activeElementsCollection="={collection}"/>') if collection else ""
    )
    condition = formal("completionCondition", until) if until else ""
    box = node("adHocSubProcess", "box", extension + loop + inside + condition, **attributes)
    return Plain(
        "p",
        nodes("startEvent", "s") + box + nodes("endEvent", "done") + flows("s > box", "box > done") + more,
    )


def choose(run: Run, case: Case, *activities: str, inside: int = 0) -> Case:
    run.engine.activate_activities(case.key, activities, inside=inside, actor="ewa", reason="needed")
    run.settle()
    return case


def test_without_a_condition_everything_is_done_once_in_any_order(run: Run) -> None:
    case = run(office(users("a", "b") + nodes("task", "c")))
    assert sorted(case.tasks) == ["a", "b"]
    case.complete("b")
    assert (case.tasks, case.ended_at) == (["a"], [])
    case.complete("a")
    assert (case.ended_at, case.count("c"), case.state) == (["done"], 1, "completed")


def test_in_sequence_one_after_the_other_as_drawn_with_what_follows_it(run: Run) -> None:
    case = run(office(users("a", "a2", "b", "c") + flows("a > a2"), ordering="Sequential"))
    assert case.tasks == ["a"]
    choose(run, case, "c")
    order = []
    while case.tasks:
        (task,) = case.tasks
        order.append(task)
        case.complete(task)
    assert (order, case.ended_at) == (["a", "a2", "b", "c", "c"], ["done"])


@pytest.mark.parametrize("cancels", ["true", "false"])
def test_once_the_condition_holds_the_rest_is_cancelled_or_waited_for(run: Run, cancels: str) -> None:
    inside = users("a", "b", "c", "after") + flows("a > after")
    case = run(office(inside, "enough", cancelRemainingInstances=cancels), enough=False)
    case.complete("b")
    assert sorted(case.tasks) == ["a", "c"]
    case.complete("a", enough=True)
    if cancels == "true":
        assert (case.ended_at, case.count("c", "terminated")) == (["done"], 1)
    else:
        assert (case.tasks, case.ended_at) == (["c"], [])
        with pytest.raises(Conflict, match="is ending"):
            choose(run, case, "b")
        case.complete("c")
        assert case.ended_at == ["done"]
    assert (case.count("after"), case.state) == (0, "completed")


def test_a_condition_that_does_not_hold_yet_waits_for_a_persons_choice(run: Run) -> None:
    case = run(office(users("a", "b"), "enough", '["a"]'), enough=False)
    assert case.tasks == ["a"]
    case.complete("a")
    assert (case.tasks, case.state, case.incidents) == ([], "active", [])
    choose(run, case, "a", "b")
    choose(run, case, "a")
    assert sorted(case.tasks) == ["a", "a", "b"]
    case.complete("b", enough=True)
    assert (case.ended_at, case.count("a", "terminated"), case.state) == (["done"], 2, "completed")
    happened = [(e.type, e.actor) for e in run.engine.history(case.key) if e.type == "activities_chosen"]
    assert happened == [
        ("activities_chosen", "anna"),
        ("activities_chosen", "ewa"),
        ("activities_chosen", "ewa"),
    ]


def test_nothing_that_begins_by_itself_waits_too_and_a_choice_ends_it(run: Run) -> None:
    case = run(office(users("a", "b"), collection="wanted"), wanted=[])
    assert (case.tasks, case.active) == ([], ["box"])
    assert choose(run, case, "b").complete("b").ended_at == ["done"]
    several = run.start("p", wanted=["b", "b"])
    assert several.tasks == ["b", "b"]


@pytest.mark.parametrize("wanted", [None, "a", ["nobody"], ["box"], [1]])
def test_what_is_no_list_of_its_activities_is_an_incident(run: Run, wanted: object) -> None:
    case = run(office(users("a", "b"), collection="wanted"), wanted=wanted)
    assert [(i.type, i.element_id) for i in case.incidents] == [("ad_hoc", "box")]
    assert case.resolve(wanted=["a"]).complete("a").ended_at == ["done"]


def test_what_cannot_be_chosen_changes_nothing(run: Run) -> None:
    inside = users("a") + event("boundaryEvent", "late", [TIMER], attachedToRef="a") + nodes("task", "t")
    drawing = office(inside + flows("late > t"), "false", more=users("x") + flows("s > x"))
    case = run(drawing)
    before = len(run.engine.history(case.key))
    for activities in (["late"], ["x"], ["box"], ["a", "nobody"], []):
        with pytest.raises((Conflict, NotFound)):
            run.engine.activate_activities(case.key, activities, actor="ewa")
    with pytest.raises(NotFound):
        run.engine.activate_activities(case.key, ["a"], inside=case.key, actor="ewa")
    run.engine.suspend(case.key, actor="op", reason="checks")
    with pytest.raises(Conflict, match="suspended"):
        choose(run, case, "a")
    run.engine.activate(case.key, actor="op", reason="checked")
    assert len(run.engine.history(case.key)) == before + 2


def test_the_same_request_chooses_once(run: Run) -> None:
    case = run(office(users("a"), "false", "[]"))
    for _ in range(2):
        run.engine.activate_activities(case.key, ["a"], actor="ewa", request_id="r1")
    assert case.tasks == ["a"]
    with pytest.raises(Conflict):
        run.engine.activate_activities(case.key, ["a", "a"], actor="ewa", request_id="r1")


def test_a_condition_that_fails_waits_at_the_activity_and_loses_nothing(run: Run) -> None:
    case = run(office(users("a", "b"), "votes >= needed"), votes=0).complete("a", votes=1)
    assert [(i.type, i.element_id) for i in case.incidents] == [("condition", "a")]
    assert case.resolve(needed=1).ended_at == ["done"]


def test_boundary_events_inside_and_around_it(run: Run) -> None:
    inside = users("a", "b", "late_work") + event("boundaryEvent", "late", [TIMER], attachedToRef="a")
    around = event("boundaryEvent", "over", [TIMER.replace("PT1H", "PT2H")], attachedToRef="box")
    drawing = office(
        inside + flows("late > late_work"), more=around + nodes("endEvent", "out") + flows("over > out")
    )
    case = run(drawing)
    assert sorted(case.tasks) == ["a", "b"]
    run.advance(hours=1)
    assert sorted(case.tasks) == ["b", "late_work"]
    run.advance(hours=1)
    assert (case.ended_at, case.tasks, case.state) == (["out"], [], "completed")


@pytest.mark.parametrize("interrupting", ["true", "false"])
def test_event_sub_processes_in_it(run: Run, interrupting: str) -> None:
    start = event("startEvent", "at", [TIMER], isInterrupting=interrupting)
    handler = node("subProcess", "handler", start + users("h") + flows("at > h"), triggeredByEvent="true")
    case = run(office(users("a", "b") + handler, "enough", ordering="Sequential"), enough=False)
    run.advance(hours=1)
    assert sorted(case.tasks) == (["h"] if interrupting == "true" else ["a", "h"])
    case.complete("h", enough=True)
    if interrupting == "true":
        assert (case.ended_at, case.count("b")) == (["done"], 0)
    else:
        assert (case.tasks, case.ended_at) == (["a"], [])
        assert case.complete("a").ended_at == ["done"]


def test_joins_inside_wait_for_a_choice_and_are_dropped_at_the_end(run: Run) -> None:
    inside = users("a", "b", "last") + nodes("parallelGateway", "j") + flows("a > j", "b > j", "j > last")
    case = run(office(inside, "enough", '["a"]'), enough=False).complete("a")
    assert (case.incidents, case.state) == ([], "active")
    choose(run, case, "b").complete("b").complete("last", enough=True)
    assert case.ended_at == ["done"]
    other = run.start("p", enough=False).complete("a")
    choose(run, other, "last").complete("last", enough=True)
    assert (other.ended_at, other.state) == (["done"], "completed")
    stuck = run(office(inside.replace('id="b"', 'id="b" startQuantity="1"'), collection='["a"]')).complete(
        "a"
    )
    assert [i.type for i in stuck.incidents] == ["deadlock"]
    assert choose(run, stuck, "b").complete("b").complete("last").resolve().ended_at == ["done"]


def test_repeated_and_with_repeated_activities(run: Run) -> None:
    many = "<bpmn:multiInstanceLoopCharacteristics>{}</bpmn:multiInstanceLoopCharacteristics>"
    inner = node("userTask", "a", many.format(formal("loopCardinality", "2"))) + users("b")
    case = run(office(inner, "enough", loop=many.format(formal("loopCardinality", "2"))), enough=False)
    assert sorted(case.tasks) == ["a", "a", "a", "a", "b", "b"]
    with pytest.raises(Conflict, match="name its key"):
        choose(run, case, "b")
    first = min(
        each.key
        for each in run.engine.elements(case.key)
        if each.element_id == "box" and each.parent_key != case.key
    )
    choose(run, case, "b", inside=first)
    assert case.tasks.count("b") == 3
    case.complete("a").complete("a", enough=True)
    assert (sorted(case.tasks), case.count("a", "terminated")) == (["a", "a", "b"], 0)
    case.complete("b")
    assert (case.ended_at, case.state) == (["done"], "completed")


def test_people_correct_it(run: Run) -> None:
    """Entered from outside, ended from inside, cancelled, migrated with what waits for its turn."""
    sequential = office(users("a", "b", "c"), ordering="Sequential", more=users("x") + flows("s > x"))
    case = run(sequential)
    run.engine.modify(case.key, terminate=["a"], actor="op", reason="not this")
    run.settle()
    assert sorted(case.tasks) == ["b", "x"]
    run.deploy(office(users("a", "b"), ordering="Sequential", more=users("x") + flows("s > x")))
    with pytest.raises(Conflict, match="wait for their turn"):
        run.engine.migrate(case.key, actor="op", reason="x")
    run.deploy(office(users("b", "d"), ordering="Sequential", more=users("x") + flows("s > x")))
    run.engine.migrate(case.key, mapping={"c": "d"}, actor="op", reason="x")
    assert sorted(case.complete("b").tasks) == ["d", "x"]
    run.engine.modify(case.key, terminate=["box"], actor="op", reason="x")
    run.engine.modify(case.key, activate=["d"], actor="op", reason="x")
    run.settle()
    case.complete("d")
    assert (case.ended_at, case.tasks) == (["done"], ["x"])
    run.engine.cancel(case.key, actor="op", reason="x")
    assert case.state == "cancelled"
