"""Repeated activities (BPMN 2.0.2 §10.3.8, §13.3.7): a body, and one instance of the activity per item.

The body is an element instance of the same element with ``loop`` set; it holds the boundary events. Its
children are the activity's instances, numbered from 1, each with its own item and ``loopCounter``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.kernel import events as ev
from engine.kernel import loop_events, standard_loops
from engine.kernel.failure import Failure
from engine.kernel.results import write
from engine.kernel.variables import scope_of
from engine.model.definition import Element, MultiInstance, StandardLoop
from engine.model.records import ElementState

if TYPE_CHECKING:
    from engine.kernel.state import ElementInstance, LoopData
    from engine.kernel.step import Step


def start(step: Step, body: ElementInstance, element: Element) -> None:
    """Find out how many instances there will be, and queue the first (sequential) or all (parallel)."""
    loop = element.loop
    if isinstance(loop, StandardLoop):
        first = 1 if standard_loops.start(step, body, loop) else 0
    else:
        first = _start_instances(step, body, element)
    if not first:
        finish_body(step, body, element)
    for index in range(1, first + 1):
        step.queue.append(("iteration", body.key, str(index)))


def _start_instances(step: Step, body: ElementInstance, element: Element) -> int:
    """Note the items, and return how many instances begin at once."""
    loop = _characteristics(element)
    items, total = _extent(step, body, loop)
    if total > step.context.limits.loop_children:
        raise Failure(
            "multi_instance",
            f"expected at most {step.context.limits.loop_children} instances of '{element.id}', "
            f"but there are {total}",
        )
    step.emit(ev.LoopStarted(body.key, total, items, loop.output_collection is not None))
    return min(total, 1) if loop.sequential else total


def iterate(step: Step, body: ElementInstance, index: int) -> None:
    """Enter the activity once more, with its item and number."""
    element = step.element_of(body)
    loop = element.loop
    variables: dict[str, Any] = {"loopCounter": index}
    if isinstance(loop, MultiInstance) and loop.input_element is not None:
        for item in step.tree.item_of(body, index):
            variables[loop.input_element] = item
    step.entered += 1
    key = step.key()
    step.emit(ev.ElementActivated(key, element.id, body.key, "", index, variables))
    step.activate(step.tree.elements[key], element)


def finish(step: Step, child: ElementInstance, element: Element) -> None:
    """End one instance of the activity, collect its output, and see whether the body goes on.

    All that may fail is evaluated before anything is said, so that it can be tried again.
    """
    body, index, loop = step.tree.elements[child.scope], child.loop_index, element.loop
    if isinstance(loop, StandardLoop):
        data = _data(body)
        again = standard_loops.again(step, child, loop, data.completed + data.terminated + 1)
        step.end(child)
        step.emit(ev.LoopProgressed(body.key, index, True))
        go_on(step, body, element, satisfied=not again)
        return
    loop = _characteristics(element)
    output = None
    if loop.output_element is not None:
        output = step.evaluate(loop.output_element, scope_of(step, child))
    counters = _counters(body, loop, index, ends=1)
    thrown = loop_events.due(step, child, loop, counters)
    satisfied = _satisfied(step, child, loop, counters)
    step.end(child)
    step.emit(ev.LoopProgressed(body.key, index, True, output))
    for definition in thrown:
        loop_events.throw(step, body, definition, counters)
        if body.key not in step.tree.elements or body.incident is not None:
            return  # a boundary event has ended it, or an error nobody catches waits for a person
    go_on(step, body, element, satisfied=satisfied)


def go_on_again(step: Step, body: ElementInstance, element: Element) -> None:
    """Evaluate the completion condition and let the body go on or end; a failure waits for a person."""
    data, loop = _data(body), element.loop
    try:
        if isinstance(loop, StandardLoop):
            satisfied = not standard_loops.again(step, body, loop, data.completed + data.terminated)
        else:
            counters = _counters(body, _characteristics(element), data.completed + data.terminated)
            satisfied = _satisfied(step, body, _characteristics(element), counters)
    except Failure as failure:
        step.stop(body, failure, ElementState.ACTIVE)
        return
    go_on(step, body, element, satisfied=satisfied)


def pass_over(step: Step, body: ElementInstance, index: int) -> None:
    """Go on without an instance that was ended before its time."""
    step.emit(ev.LoopProgressed(body.key, index, False))
    element = step.element_of(body)
    if isinstance(element.loop, StandardLoop):
        go_on_again(step, body, element)
    else:
        go_on(step, body, element, satisfied=False)


def go_on(step: Step, body: ElementInstance, element: Element, *, satisfied: bool) -> None:
    """Start the next instance, or end the body when all are done or its condition is satisfied."""
    data, loop = _data(body), element.loop
    ended = data.completed + data.terminated
    if satisfied:
        _terminate_rest(step, body)
        finish_body(step, body, element)
    elif ended == data.total:
        finish_body(step, body, element)
    elif isinstance(loop, StandardLoop) or _characteristics(element).sequential:
        step.queue.append(("iteration", body.key, str(ended + 1)))


def finish_body(step: Step, body: ElementInstance, element: Element) -> None:
    """Give the collected outputs to the scope around the body and take the outgoing flows."""
    loop = element.loop
    try:
        if isinstance(loop, MultiInstance) and loop.output_collection is not None:
            write(step, step.tree.elements[body.scope], {loop.output_collection: step.tree.outputs_of(body)})
        flows = step.ways_out(body, element)
    except Failure as failure:
        step.stop(body, failure, ElementState.COMPLETING)
        return
    step.leave(body, element, flows)


def _terminate_rest(step: Step, body: ElementInstance) -> None:
    step.discard(body)
    for child in list(step.tree.children.get(body.key, {}).values()):
        index = child.loop_index
        step.terminate(child)
        step.emit(ev.LoopProgressed(body.key, index, False))


def _counters(body: ElementInstance, loop: MultiInstance, index: int, ends: int = 0) -> dict[str, Any]:
    """Return the standard's counters, ``ends`` more instances taken as completed; ``loopCounter`` is the
    number of the instance that has just ended."""
    data = _data(body)
    ended = data.completed + data.terminated + ends
    return {
        "loopCounter": index,
        "numberOfInstances": data.total,
        "numberOfActiveInstances": 0 if loop.sequential else data.total - ended,
        "numberOfCompletedInstances": data.completed + ends,
        "numberOfTerminatedInstances": data.terminated,
    }


def _satisfied(step: Step, seen_from: ElementInstance, loop: MultiInstance, counters: dict[str, Any]) -> bool:
    if loop.completion_condition is None:
        return False
    scope = scope_of(step, seen_from, counters)
    what = f"the completion condition of '{seen_from.element_id}'"
    return step.holds(loop.completion_condition, scope, what)


def _extent(step: Step, body: ElementInstance, loop: MultiInstance) -> tuple[list[Any] | None, int]:
    scope = scope_of(step, body)
    if loop.collection is not None:
        items = step.evaluate(loop.collection, scope)
        if isinstance(items, list):
            return items, len(items)
        raise Failure(
            "multi_instance",
            f"expected the collection '{loop.collection.source}' to be a list, but it is {items!r}",
        )
    count = step.evaluate(loop.cardinality, scope) if loop.cardinality is not None else None
    if isinstance(count, int) and not isinstance(count, bool) and count >= 0:
        return None, count
    raise Failure("multi_instance", f"expected a whole number of instances, 0 or more, but it is {count!r}")


def _characteristics(element: Element) -> MultiInstance:
    assert isinstance(element.loop, MultiInstance)  # noqa: S101 - the reader refuses other loops
    return element.loop


def _data(body: ElementInstance) -> LoopData:
    assert body.loop is not None  # noqa: S101 - called for bodies only
    return body.loop
