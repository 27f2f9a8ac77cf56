"""Which outgoing flows a token takes, and why: each condition asked is an event with the values it saw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.feel import explain
from engine.kernel import events as ev
from engine.kernel.failure import Failure
from engine.kernel.state import ElementInstance
from engine.kernel.variables import Scope, scope_of
from engine.model.definition import Element, Expression

if TYPE_CHECKING:
    from engine.kernel.step import Step

# An explanation is for people: it may end early, so it gets less than the condition itself had.
EXPLANATION_FUEL = 10_000


def first_flow(step: Step, instance: ElementInstance, element: Element) -> tuple[str, ...]:
    """Return the first flow whose condition holds, in document order, else the default (§13.4.2)."""
    scope = scope_of(step, instance)
    for flow_id in element.outgoing:
        if flow_id == element.default_flow:
            continue
        condition = step.definition.flows[flow_id].condition
        if condition is None or _holds(step, instance, flow_id, condition, scope):
            return (flow_id,)
    return default_of(element)


def chosen_flows(
    step: Step, instance: ElementInstance, element: Element, innermost: Mapping[str, Any] | None = None
) -> tuple[str, ...]:
    """Return the flows to take: every unconditional one and each whose condition holds, else the default.

    ``innermost`` are names that conditions see before the variables of the container.
    """
    flows = step.definition.flows
    scope: Scope | None = None
    chosen: list[str] = []
    for flow_id in element.outgoing:
        condition = flows[flow_id].condition
        if flow_id == element.default_flow:
            continue
        if condition is None:
            chosen.append(flow_id)
            continue
        if scope is None:
            scope = scope_of(step, step.tree.elements[instance.scope], innermost)
        if _holds(step, instance, flow_id, condition, scope):
            chosen.append(flow_id)
    return tuple(chosen) or default_of(element)


def conditional_flows(
    step: Step, instance: ElementInstance, element: Element, innermost: Mapping[str, Any]
) -> tuple[str, ...]:
    """Return the flows whose own condition holds; it may be none."""
    scope = scope_of(step, step.tree.elements[instance.scope], innermost)
    conditions = ((flow, step.definition.flows[flow].condition) for flow in element.outgoing)
    return tuple(
        flow
        for flow, condition in conditions
        if condition is not None and _holds(step, instance, flow, condition, scope)
    )


def default_of(element: Element) -> tuple[str, ...]:
    """Return the default flow; without one there is no way on, which is a ``Failure``."""
    if element.default_flow is None:
        raise Failure(
            "no_flow",
            f"expected a way out of '{element.id}', but no condition holds and it has no default flow",
        )
    return (element.default_flow,)


def _holds(step: Step, instance: ElementInstance, flow: str, condition: Expression, scope: Scope) -> bool:
    value = step.holds(condition, scope, f"the condition of flow '{flow}'")
    environment = step.fresh_environment()
    environment.fuel = EXPLANATION_FUEL
    parts = () if condition.literal else explain(condition.source, scope, environment)
    items = [{"part": part, "value": found} for part, found in parts]
    step.emit(ev.ConditionEvaluated(instance.key, flow, condition.source, value, items))
    return value
