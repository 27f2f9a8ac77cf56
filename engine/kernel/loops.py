"""Multi-instance activities (BPMN 2.0.2 §10.3.8, §13.3.7): a body, and one instance of the activity per item.

The body is an element instance of the same element with ``loop`` set; it holds the boundary events. Its
children are the activity's instances, numbered from 1, each with its own item and ``loopCounter``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.kernel import events as ev
from engine.kernel.failure import Failure
from engine.kernel.flows import chosen_flows
from engine.kernel.results import write
from engine.kernel.variables import scope_of
from engine.model.definition import Element, MultiInstance
from engine.model.records import ElementState

if TYPE_CHECKING:
    from engine.kernel.state import ElementInstance, LoopData
    from engine.kernel.step import Step


def start(step: Step, body: ElementInstance, element: Element) -> None:
    """Find out how many instances there will be, and queue the first (sequential) or all (parallel)."""
    loop = _characteristics(element)
    items, total = _extent(step, body, loop)
    if total > step.context.limits.loop_children:
        raise Failure(
            "multi_instance",
            f"expected at most {step.context.limits.loop_children} instances of '{element.id}', "
            f"but there are {total}",
        )
    step.emit(ev.LoopStarted(body.key, total, items, loop.output_collection is not None))
    if total == 0:
        finish_body(step, body, element)
        return
    for index in range(1, 2 if loop.sequential else total + 1):
        step.queue.append(("iteration", body.key, str(index)))


def iterate(step: Step, body: ElementInstance, index: int) -> None:
    """Enter the activity once more, with its item and number."""
    element = step.element_of(body)
    loop = _characteristics(element)
    variables: dict[str, Any] = {"loopCounter": index}
    items = _data(body).items
    if items is not None and loop.input_element is not None:
        variables[loop.input_element] = items[index - 1]
    step.entered += 1
    key = step.key()
    step.emit(ev.ElementActivated(key, element.id, body.key, "", index, variables))
    step.activate(step.tree.elements[key], element)


def finish(step: Step, child: ElementInstance, element: Element) -> None:
    """End one instance of the activity, collect its output, and see whether the body goes on."""
    loop = _characteristics(element)
    output = None
    if loop.output_element is not None:
        output = step.evaluate(loop.output_element, scope_of(step, child))
    body, index = step.tree.elements[child.scope], child.loop_index
    step.end(child)
    step.emit(ev.LoopProgressed(body.key, index, True, output))
    go_on_again(step, body, element)


def go_on_again(step: Step, body: ElementInstance, element: Element) -> None:
    """Evaluate the completion condition and let the body go on or end; a failure waits for a person."""
    try:
        satisfied = _satisfied(step, body, _characteristics(element))
    except Failure as failure:
        step.stop(body, failure, ElementState.ACTIVE)
        return
    go_on(step, body, element, satisfied=satisfied)


def go_on(step: Step, body: ElementInstance, element: Element, *, satisfied: bool) -> None:
    """Start the next instance, or end the body when all are done or its condition is satisfied."""
    data = _data(body)
    ended = data.completed + data.terminated
    if satisfied:
        _terminate_rest(step, body)
        finish_body(step, body, element)
    elif ended == data.total:
        finish_body(step, body, element)
    elif _characteristics(element).sequential:
        step.queue.append(("iteration", body.key, str(ended + 1)))


def finish_body(step: Step, body: ElementInstance, element: Element) -> None:
    """Give the collected outputs to the scope around the body and take the outgoing flows."""
    loop, data = _characteristics(element), _data(body)
    try:
        if loop.output_collection is not None:
            write(step, step.tree.elements[body.scope], {loop.output_collection: list(data.outputs or [])})
        flows = chosen_flows(step, body, element) if element.outgoing else ()
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


def _satisfied(step: Step, body: ElementInstance, loop: MultiInstance) -> bool:
    if loop.completion_condition is None:
        return False
    data = _data(body)
    counters = {
        "numberOfInstances": data.total,
        "numberOfActiveInstances": len(step.tree.children.get(body.key, {})),
        "numberOfCompletedInstances": data.completed,
        "numberOfTerminatedInstances": data.terminated,
    }
    scope = scope_of(step, body, counters)
    return step.holds(loop.completion_condition, scope, f"the completion condition of '{body.element_id}'")


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
