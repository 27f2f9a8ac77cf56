"""Containers: embedded sub-processes (BPMN 2.0.2 §10.3.5, §13.3.4) and call activities (§10.3.6)."""

from __future__ import annotations

from engine.kernel import events as ev
from engine.kernel import triggers, waits
from engine.kernel.failure import Failure
from engine.kernel.instantiation import begins, enter
from engine.kernel.state import ElementInstance
from engine.kernel.step import Step
from engine.kernel.variables import scope_of, visible
from engine.model.definition import Element


def process(step: Step, instance: ElementInstance, element: Element) -> None:
    """Listen for the process' event sub-processes and enter it at the start event it was started by."""
    waits.open_event_sub_processes(step, instance)
    if instance.trigger:
        enter(step, instance)
    else:
        begin(step, instance, element)


def sub_process(step: Step, instance: ElementInstance, element: Element) -> None:
    """Listen for its event sub-processes and enter it at its start event, which has happened already in an
    event sub-process."""
    waits.open_event_sub_processes(step, instance)
    if instance.trigger:
        triggers.happen(step, step.definition.elements[instance.trigger], instance, {})
    else:
        begin(step, instance, element)


def begin(step: Step, instance: ElementInstance, element: Element) -> None:
    """Queue the first elements of a container: its start event, else every element no flow leads to
    (§13.3.4)."""
    definition = step.definition
    first = definition.starts.get(element.id) or tuple(
        child for child in definition.children.get(element.id, ()) if begins(definition.elements[child])
    )
    for child in first:
        step.queue.append(("element", instance.key, child))
    if not first:
        step.settle(instance)


def call(step: Step, instance: ElementInstance, element: Element) -> None:
    """Ask for another process; the call activity waits until that instance has ended."""
    called = element.called_element
    if called is None:
        step.complete(instance)
        return
    if step.tree.header.depth + 1 > step.context.limits.call_depth:
        raise Failure(
            "called_element",
            f"expected at most {step.context.limits.call_depth} nested calls, but there are more",
        )
    process_id = waits.text_of(step, called.process_id, scope_of(step, instance), "the called process id")
    if called.propagate_all_parent_variables:
        variables = visible(step, instance)
    else:
        variables = dict(instance.variables or {})
    step.emit(
        ev.InstanceCalled(
            instance.key, step.key(), process_id, called.binding, called.version_tag or "", variables
        )
    )
