"""Ad-hoc sub-processes in the step: however often it is interrupted, the same is done, in the same order."""

from __future__ import annotations

import pytest

from engine.kernel import Limits
from engine.kernel import events as ev
from tests.plain import Plain, flows, formal, node, nodes
from tests.unit.kernel.test_joins import count, to_the_end

MANY = node("multiInstanceLoopCharacteristics", "four", formal("loopCardinality", "4"))


@pytest.mark.parametrize("ordering", ["Parallel", "Sequential"])
@pytest.mark.parametrize("elements", [3, 7, 10_000])
def test_each_activity_is_done_once_however_often_the_step_is_interrupted(
    elements: int, ordering: str
) -> None:
    inside = nodes("task", "a", "a2", "b", "c") + flows("a > a2")
    box = node("adHocSubProcess", "box", MANY + inside, ordering=ordering)
    body = nodes("startEvent", "s") + box + nodes("endEvent", "done") + flows("s > box", "box > done")
    tree, happened, _ = to_the_end(Plain("p", body), Limits(elements=elements))
    assert tree.header.state == "completed"
    assert [count(happened, each) for each in ("a", "a2", "b", "c", "done")] == [4, 4, 4, 4, 1]


def test_one_after_the_other_means_in_the_order_of_the_drawing() -> None:
    inside = nodes("task", "c", "a", "b") + flows("a > b")
    box = node("adHocSubProcess", "box", inside, ordering="Sequential")
    body = nodes("startEvent", "s") + box + nodes("endEvent", "done") + flows("s > box", "box > done")
    _, happened, _ = to_the_end(Plain("p", body), Limits())
    entered = [each.element_id for each in happened if type(each) is ev.ElementActivated]
    assert entered == ["s", "box", "c", "a", "b", "done"]
