"""Conditional events (BPMN 2.0.2 §10.5.5): watched conditions, asked again when something they read is
written.

They are edge-triggered: a condition that has been true must become false before it can happen again. It is
asked for the first time when it is opened; what cannot be told yet (null) counts as false.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.feel import compile_expression, explain
from engine.kernel import events as ev
from engine.kernel import triggers
from engine.kernel.failure import Failure
from engine.kernel.flows import EXPLANATION_FUEL
from engine.kernel.variables import Scope, scope_of
from engine.model.definition import Element, ElementType, Expression
from engine.model.records import ElementState, InstanceState

WATCHED = "watched_condition"  # the kind of incident
_LISTENERS = (
    ElementType.INTERMEDIATE_CATCH_EVENT,
    ElementType.EVENT_BASED_GATEWAY,
)
_CONTAINERS = (
    ElementType.PROCESS,
    ElementType.SUB_PROCESS,
    ElementType.TRANSACTION,
    ElementType.AD_HOC_SUB_PROCESS,
)

if TYPE_CHECKING:
    from engine.kernel.state import ConditionData, ElementInstance
    from engine.kernel.step import Step


def open_condition(step: Step, owner: ElementInstance, element: Element, definition: int) -> None:
    """Watch a condition from now on; it is asked as soon as the element at work has done its part."""
    step.emit(ev.ConditionOpened(owner.key, element.id, definition))
    step.unasked.append((owner.key, frozenset()))


def written(step: Step, scope: int, names: frozenset[str]) -> None:
    """Note that variables of a container were written: whoever watches them below must ask again."""
    for key in sorted(step.tree.watching):
        if _is_inside(step, key, scope):
            step.unasked.append((key, names))


def _is_inside(step: Step, key: int, scope: int) -> bool:
    elements = step.tree.elements
    while key and key != scope:
        key = elements[key].scope
    return key == scope


def ask(step: Step) -> None:
    """Ask every condition that may have changed, in the order of the writes; a suspended instance asks
    nothing before it goes on."""
    pending = list(dict.fromkeys(step.unasked))
    step.unasked.clear()
    if step.tree.header.state is InstanceState.SUSPENDED:
        return
    for key, names in pending:
        owner = step.tree.elements.get(key)
        for condition in list((owner.conditions if owner is not None else None) or ()):
            _ask(step, key, condition, names)


def ask_all(step: Step) -> None:
    """Ask every condition again: what they read may have been written meanwhile."""
    step.unasked += [(key, frozenset()) for key in sorted(step.tree.watching)]


def _ask(step: Step, key: int, condition: ConditionData, names: frozenset[str]) -> None:
    owner = step.tree.elements.get(key)
    if owner is None or not any(each is condition for each in owner.conditions or ()):
        return
    event = step.definition.elements[condition.element_id]
    expression = event.events[condition.definition].condition
    if expression is None or (names and not names & _read(expression)):
        return
    scope = scope_of(step, owner)
    try:
        value = _holds(step, expression, scope)
    except Failure as failure:
        reason = f"at '{event.id}': {failure.reason}"
        step.stop(_answerable(step, owner), Failure(WATCHED, reason), ElementState.ACTIVE)
        return
    if value == condition.value:
        return
    environment = step.fresh_environment()
    environment.fuel = EXPLANATION_FUEL
    parts = [{"part": part, "value": found} for part, found in explain(expression.source, scope, environment)]
    step.emit(ev.ConditionChanged(owner.key, event.id, condition.definition, value, parts))
    if value:
        triggers.arrive(step, owner, event, condition.definition, {})


def ask_again(step: Step, instance: ElementInstance) -> None:
    """Ask again after a person has resolved the incident of a condition; the container may end now."""
    ask_all(step)
    if step.element_of(instance).type not in _LISTENERS:
        step.settle(instance)


def _answerable(step: Step, owner: ElementInstance) -> ElementInstance:
    """Return who waits for a person: what only listens does; an activity goes on with its work, so the
    container around it."""
    element = step.element_of(owner)
    listens = element.type in _LISTENERS or (element.type in _CONTAINERS and owner.loop is None)
    return owner if listens or not owner.scope else step.tree.elements[owner.scope]


def _read(expression: Expression) -> frozenset[str]:
    compiled = compile_expression(expression.source)
    return frozenset(name.split(".")[0] for name in compiled.variables | compiled.uncertain)


def _holds(step: Step, expression: Expression, scope: Scope) -> bool:
    value = step.evaluate(expression, scope)
    if value is None:
        return False
    return step.holds(expression, scope, "the condition")
