"""Standard loops (BPMN 2.0.2 §10.3.8, §13.3.6): an activity again and again while its condition holds.

The body is as that of a multi-instance activity (``engine.kernel.loops``) that has one instance at a time and
does not know beforehand how many. ``loopCounter`` is, inside, the number of the round, and for the condition
the number of rounds so far.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.kernel import events as ev
from engine.kernel.variables import scope_of
from engine.model.definition import StandardLoop

if TYPE_CHECKING:
    from engine.kernel.state import ElementInstance
    from engine.kernel.step import Step

UNKNOWN = -1  # the number of instances of a body that loops


def start(step: Step, body: ElementInstance, loop: StandardLoop) -> bool:
    """Begin a loop; return whether there is a first round."""
    goes_on = not loop.test_before or again(step, body, loop, 0)
    step.emit(ev.LoopStarted(body.key, UNKNOWN, None, False))
    return goes_on


def again(step: Step, seen_from: ElementInstance, loop: StandardLoop, rounds: int) -> bool:
    """Return whether there is another round after so many, as its maximum and its condition say."""
    if loop.maximum is not None and rounds >= loop.maximum:
        return False
    if loop.condition is None:
        return True
    scope = scope_of(step, seen_from, {"loopCounter": rounds})
    return step.holds(loop.condition, scope, f"the loop condition of '{seen_from.element_id}'")
