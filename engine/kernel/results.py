"""What goes into an element and what comes out of it: input mappings, results, output mappings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.kernel import events as ev
from engine.kernel.variables import assign, scope_of
from engine.model.definition import Element

if TYPE_CHECKING:
    from engine.kernel.state import ElementInstance
    from engine.kernel.step import Step


def map_inputs(step: Step, instance: ElementInstance, element: Element) -> None:
    """Evaluate the input mappings in order, each into a variable of the element's own scope."""
    for mapping in element.inputs:
        scope = scope_of(step, instance)
        value = step.evaluate(mapping.source, scope)
        step.emit(ev.VariablesSet(instance.key, assign({}, mapping.target, value, scope)))


def keep(step: Step, instance: ElementInstance, element: Element, variables: Mapping[str, Any]) -> None:
    """Take in what an element brought: local where output mappings say what goes out, else for all."""
    if element.outputs:
        step.emit(ev.VariablesSet(instance.key, dict(variables)))
    else:
        write(step, instance, variables)


def write(step: Step, instance: ElementInstance, variables: Mapping[str, Any]) -> None:
    """Give each variable to the nearest scope, from this instance upwards, that has it; else to the root."""
    if len(variables) == 1:
        (name,) = variables
        step.emit(ev.VariablesSet(_owner_of(step, instance, name), dict(variables)))
        return
    by_scope: dict[int, dict[str, Any]] = {}
    for name, value in variables.items():
        by_scope.setdefault(_owner_of(step, instance, name), {})[name] = value
    for key, values in by_scope.items():
        step.emit(ev.VariablesSet(key, values))


def _owner_of(step: Step, instance: ElementInstance, name: str) -> int:
    current = instance
    while current.scope:
        if current.variables is not None and name in current.variables:
            return current.key
        current = step.tree.elements[current.scope]
    return current.key


def map_outputs(step: Step, instance: ElementInstance, element: Element) -> None:
    """Evaluate the output mappings in order and write them around the element."""
    outer = step.tree.elements[instance.scope]
    for mapping in element.outputs:
        value = step.evaluate(mapping.source, scope_of(step, instance))
        write(step, outer, assign({}, mapping.target, value, scope_of(step, outer)))
