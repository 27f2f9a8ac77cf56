"""Soundness of the less common notation: inclusive and complex gateways, conditions, compensation, links."""

from __future__ import annotations

import pytest

from engine.bpmn import CheckEnvironment, compile_files
from engine.model.records import Soundness
from engine.soundness import explore
from tests.plain import Plain, event, flows, formal, node, nodes, users

COMPENSATE = "<bpmn:compensateEventDefinition/>"
CANCEL = "<bpmn:cancelEventDefinition/>"


def explored(body: str) -> Soundness:
    compilation = compile_files(Plain("p", body).files(), CheckEnvironment())
    assert compilation.definitions, [str(each) for each in compilation.findings]
    return explore(compilation.definitions[0])


def flaws(body: str) -> list[tuple[str, str]]:
    found = explored(body)
    assert (str(found.verdict) == "sound") == (not found.flaws), found
    return [(str(flaw.kind), flaw.element_id) for flaw in found.flaws]


def diamond(split: str, join: str) -> str:
    return (
        nodes("startEvent", "s")
        + nodes(f"{split}Gateway", "f")
        + users("a", "b", "c")
        + nodes(f"{join}Gateway", "j")
        + users("z")
        + nodes("endEvent", "e")
        + flows("s > f", "f > a if x", "f > b if y", "f > c if z")
        + flows("a > j", "b > j", "c > j", "j > z", "z > e")
    )


def test_an_inclusive_join_fits_an_inclusive_split() -> None:
    assert flaws(diamond("inclusive", "inclusive")) == []


def test_an_inclusive_split_before_a_parallel_join_is_a_deadlock() -> None:
    assert flaws(diamond("inclusive", "parallel")) == [("deadlock", "j")]


def test_an_inclusive_split_before_a_merge_lacks_synchronisation() -> None:
    assert flaws(diamond("inclusive", "exclusive")) == [("lack_of_synchronisation", "z")]


def conditional(condition: str, **attributes: str) -> str:
    inside = (
        f"<bpmn:conditionalEventDefinition>{formal('condition', condition)}</bpmn:conditionalEventDefinition>"
    )
    return event("boundaryEvent", "late", [inside], attachedToRef="a", **attributes)


def test_a_conditional_event_may_come_or_not() -> None:
    body = nodes("startEvent", "s") + users("a", "b") + conditional("=x > 1") + nodes("endEvent", "e", "e2")
    assert flaws(body + flows("s > a", "a > e", "late > b", "b > e2")) == []


def test_a_conditional_event_that_does_not_interrupt_and_joins_the_main_path_doubles_it() -> None:
    body = nodes("startEvent", "s") + users("a", "b") + nodes("endEvent", "e")
    body += conditional("=x > 1", cancelActivity="false")
    assert flaws(body + flows("s > a", "a > b", "late > b", "b > e")) == [("lack_of_synchronisation", "b")]


def undoable(identity: str, undo: str) -> str:
    return (
        users(identity)
        + event("boundaryEvent", f"on_{identity}", [COMPENSATE], attachedToRef=identity)
        + node("userTask", undo, isForCompensation="true")
        + f'<bpmn:association id="as_{identity}" associationDirection="One" sourceRef="on_{identity}" '
        f'targetRef="{undo}"/>'
    )


def test_compensation_is_followed() -> None:
    body = nodes("startEvent", "s") + undoable("hotel", "cancel_hotel") + nodes("exclusiveGateway", "x")
    body += (
        event("intermediateThrowEvent", "undo", [COMPENSATE]) + users("after") + nodes("endEvent", "e", "e2")
    )
    arrows = flows("s > hotel", "hotel > x", "x > undo if bad", "x > e if good", "undo > after", "after > e2")
    assert flaws(body + arrows) == []


def test_a_handler_that_nothing_calls_is_dead() -> None:
    body = nodes("startEvent", "s") + undoable("hotel", "cancel_hotel") + nodes("endEvent", "e")
    assert flaws(body + flows("s > hotel", "hotel > e")) == [("dead_element", "cancel_hotel")]


def test_a_loop_over_what_can_be_undone_comes_back_to_a_state() -> None:
    body = nodes("startEvent", "s") + nodes("exclusiveGateway", "m", "x") + undoable("hotel", "cancel_hotel")
    body += event("endEvent", "undo", [COMPENSATE])
    arrows = flows("s > m", "m > hotel", "hotel > x", "x > m if again", "x > undo if done")
    found = explored(body + arrows)
    assert (str(found.verdict), found.reason) == ("sound", "")


def test_a_transaction_that_is_cancelled() -> None:
    inside = nodes("startEvent", "is") + undoable("hotel", "cancel_hotel") + nodes("exclusiveGateway", "x")
    inside += event("endEvent", "no", [CANCEL]) + nodes("endEvent", "yes")
    inside += flows("is > hotel", "hotel > x", "x > no if bad", "x > yes if good")
    body = nodes("startEvent", "s") + node("transaction", "t", inside)
    body += event("boundaryEvent", "cancelled", [CANCEL], attachedToRef="t") + nodes("endEvent", "e", "e2")
    assert flaws(body + flows("s > t", "t > e", "cancelled > e2")) == []


def test_a_link_is_a_way() -> None:
    link = '<bpmn:linkEventDefinition name="L"/>'
    body = nodes("startEvent", "s") + event("intermediateThrowEvent", "to", [link]) + users("a")
    body += event("intermediateCatchEvent", "from", [link]) + nodes("endEvent", "e")
    assert flaws(body + flows("s > to", "from > a", "a > e")) == []


def test_every_event_behind_an_instantiating_gateway_begins_a_run() -> None:
    key = '<bpmn:extensionElements><zeebe:subscription correlationKey="=number"/></bpmn:extensionElements>'
    roots = "".join(node("message", name, key, name=name) for name in ("claim", "proof"))
    body = node("eventBasedGateway", "which", instantiate="true", eventGatewayType="Parallel")
    for name, message in (("one", "claim"), ("two", "proof")):
        inside = f'<bpmn:messageEventDefinition id="d_{name}" messageRef="{message}"/>'
        body += event("intermediateCatchEvent", name, [inside])
    body += nodes("parallelGateway", "j") + users("a") + nodes("endEvent", "e")
    body += flows("which > one", "which > two", "one > j", "two > j", "j > a", "a > e")
    compilation = compile_files(Plain("p", body, roots).files(), CheckEnvironment())
    found = explore(compilation.definitions[0])
    assert (str(found.verdict), found.flaws) == ("sound", ())


def test_a_standard_loop_goes_round_so_often_as_the_bound_says() -> None:
    loop = node("standardLoopCharacteristics", "again", formal("loopCondition", "=x"))
    body = nodes("startEvent", "s") + node("userTask", "a", loop) + nodes("endEvent", "e")
    assert flaws(body + flows("s > a", "a > e")) == []


@pytest.mark.parametrize(
    "activity",
    [node("adHocSubProcess", "a", users("b", "c")), node("userTask", "a", completionQuantity="2")],
    ids=["ad hoc", "quantity"],
)
def test_what_is_not_explored_is_never_called_sound(activity: str) -> None:
    body = nodes("startEvent", "s") + activity + nodes("endEvent", "e") + flows("s > a", "a > e")
    found = explored(body)
    assert (str(found.verdict), found.states, found.flaws) == ("not_proven", 0, ())
    assert found.reason.startswith("'a' is not explored: ")


def begun(kind: str) -> str:
    """Two events behind an instantiating gateway, and a join of both paths."""
    body = node("eventBasedGateway", "g", instantiate="true", eventGatewayType=kind)
    body += "".join(
        event("intermediateCatchEvent", each, [f'<bpmn:messageEventDefinition messageRef="m{each}"/>'])
        for each in ("a", "b")
    )
    return body + nodes("parallelGateway", "j") + flows("g > a", "g > b", "a > j", "b > j")


MESSAGES = '<bpmn:message id="ma" name="ma"/><bpmn:message id="mb" name="mb"/>'


def test_what_creates_an_instance_is_where_its_runs_begin() -> None:
    end = nodes("endEvent", "e") + flows("j > e")
    for kind, expected in (("Parallel", []), ("Exclusive", ["deadlock"])):
        drawing = Plain("p", begun(kind) + end, MESSAGES)
        (definition,) = compile_files(drawing.files(), CheckEnvironment()).definitions
        found = explore(definition).flaws
        assert [str(flaw.kind) for flaw in found if str(flaw.kind) == "deadlock"] == expected
    several = users("x", "y") + nodes("startEvent", "s", "t") + nodes("endEvent", "e", "f")
    assert flaws(several + flows("s > x", "x > e", "t > y", "y > f")) == []
    assert flaws(users("x", "y") + flows("x > y")) == []
