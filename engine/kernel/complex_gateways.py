"""Complex gateways (BPMN 2.0.2 §10.6.5, §13.4.5): fire on a condition, then wait for the rest.

From its first token on such a gateway is active. It *waits for start* until its activation condition holds,
of variables and of ``activationCount``, the tokens that wait at it; then it takes one of each flow that has
some and lets its outgoing flows go. From then on it *waits for reset*: until no token can come any more over
the flows it has taken none of, by the rule of the inclusive gateway. What came late is taken, and only flows
whose condition holds now (``waitingForStart`` is false) get a token.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from engine.kernel import events as ev
from engine.kernel.failure import Failure
from engine.kernel.flows import chosen_flows, conditional_flows
from engine.kernel.variables import scope_of
from engine.model.definition import Element, ElementType
from engine.model.records import ElementState

if TYPE_CHECKING:
    from engine.kernel.state import ElementInstance
    from engine.kernel.step import Step


def arrive(step: Step, scope: ElementInstance, element: Element, flow: str) -> None:
    """Let the gateway hear of a token that waits at it; the first one makes it active."""
    for gateway in waiting(step, scope):
        if gateway.element_id == element.id:
            if gateway.incident is None:
                step.behave(gateway, element)
            return
    step.enter(element, scope, flow)


def attend(step: Step, instance: ElementInstance, element: Element) -> None:
    """Fire when the activation condition holds; one that waits for reset is asked when nothing else moves.

    A gateway with one incoming flow, or one a person has entered, only forks.
    """
    scope = step.tree.elements[instance.scope]
    step.unsettled.add(scope.key)
    if instance.consumed is not None:
        return
    tokens = (scope.joins or {}).get(element.id) or {}
    counts = _counts(tokens)
    if not tokens:
        flows = chosen_flows(step, instance, element, counts) if element.outgoing else ()
        step.leave(instance, element, flows)
        return
    if not _holds(step, instance, element, counts):
        return
    flows = chosen_flows(step, instance, element, counts) if element.outgoing else ()
    marked = [flow for flow in element.incoming if flow in tokens]
    step.emit(ev.TokensConsumed(scope.key, element.id, marked))
    step.emit(ev.GatewayFired(instance.key, element.id, marked))
    for flow in flows:
        step.queue.append(("flow", scope.key, flow))


def may_start(step: Step, gateway: ElementInstance, element: Element) -> bool:
    """Return whether a gateway that waits for start may fire by now; what fails is an incident."""
    tokens = (step.tree.elements[gateway.scope].joins or {}).get(element.id) or {}
    try:
        return _holds(step, gateway, element, _counts(tokens))
    except Failure as failure:
        step.stop(gateway, failure, ElementState.ACTIVE)
        return False


def go_on(step: Step, scope: ElementInstance, element: Element) -> bool:
    """Start or reset the gateway that is ready; return whether it could."""
    gateway = next((each for each in waiting(step, scope) if each.element_id == element.id), None)
    if gateway is None:
        return False
    if gateway.consumed is not None:
        _reset(step, gateway, element)
    else:
        step.behave(gateway, element)
    return gateway.incident is None


def _reset(step: Step, gateway: ElementInstance, element: Element) -> None:
    """Take the tokens that came late, let the flows go whose condition holds, and begin anew."""
    scope = step.tree.elements[gateway.scope]
    tokens = (scope.joins or {}).get(element.id) or {}
    late = [flow for flow in element.incoming if flow in tokens and flow not in (gateway.consumed or ())]
    try:
        flows = conditional_flows(step, gateway, element, _counts(tokens, starts=False))
    except Failure as failure:
        step.stop(gateway, failure, ElementState.ACTIVE)
        return
    if late:
        step.emit(ev.TokensConsumed(scope.key, element.id, late))
    step.end(gateway)
    for flow in flows:
        step.queue.append(("flow", scope.key, flow))
    again = (scope.joins or {}).get(element.id)
    if again:
        step.enter(element, scope, next(iter(again)))
    elif not flows:
        step.settle(scope)


def waiting(step: Step, scope: ElementInstance) -> Iterator[ElementInstance]:
    """Yield the complex gateways of a container that wait for tokens, or for reset."""
    elements, joins = step.definition.elements, scope.joins or {}
    for child in step.tree.children.get(scope.key, {}).values():
        if child.consumed is not None or (
            child.element_id in joins and elements[child.element_id].type is ElementType.COMPLEX_GATEWAY
        ):
            yield child


def give_up(step: Step, gateway: ElementInstance) -> None:
    """Take away the tokens that wait at a gateway which is ended before its time."""
    scope = step.tree.elements[gateway.scope]
    tokens = (scope.joins or {}).get(gateway.element_id)
    if tokens and step.element_of(gateway).type is ElementType.COMPLEX_GATEWAY:
        flows = [flow for flow, count in tokens.items() for _ in range(count)]
        step.emit(ev.TokensConsumed(scope.key, gateway.element_id, flows))


def _holds(step: Step, gateway: ElementInstance, element: Element, counts: dict[str, Any]) -> bool:
    condition = element.activation_condition
    if condition is None:
        return True
    seen = scope_of(step, gateway, counts)
    return step.holds(condition, seen, f"the activation condition of '{element.id}'")


def _counts(tokens: dict[str, int], *, starts: bool = True) -> dict[str, Any]:
    return {"activationCount": sum(tokens.values()), "waitingForStart": starts}
