"""Joins: taken flows that wait for others before an element is entered (BPMN 2.0.2 §13.4).

A parallel gateway fires with the token that was missing, an activity with a start quantity with the last of
so many (§13.3.2). An inclusive gateway fires when no token can come any more that it would have to wait for
(§13.4.3); that depends on every token of its container, so it is asked when the step's queue is dry, again
and again until nothing fires, as is a complex gateway whether it resets (§13.4.5). Only containers in which
something has changed are asked: what is outside a container never matters (``engine.bpmn.paths``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from engine.kernel import ad_hoc, complex_gateways
from engine.kernel import events as ev
from engine.model.definition import Element, ElementType
from engine.model.records import ElementState

if TYPE_CHECKING:
    from engine.kernel.state import ElementInstance
    from engine.kernel.step import Step


def arrive(step: Step, scope: ElementInstance, element: Element, flow: str) -> None:
    """Let a taken flow wait at a join, and enter the element when that was what it waited for."""
    step.emit(ev.TokenArrived(scope.key, element.id, flow))
    if step.definition.paths:
        step.unsettled.add(scope.key)
    if element.type is ElementType.COMPLEX_GATEWAY:
        complex_gateways.arrive(step, scope, element, flow)
    elif element.type is not ElementType.INCLUSIVE_GATEWAY:
        taken = complete(element, (scope.joins or {})[element.id])
        if taken:
            step.emit(ev.TokensConsumed(scope.key, element.id, taken))
            step.enter(element, scope, flow)
        else:
            step.settle(scope)


def complete(element: Element, waiting: Mapping[str, int]) -> list[str]:
    """Return the flows a parallel gateway, or an activity with a start quantity, takes its tokens from, one
    by one; none while some are missing."""
    if element.type is ElementType.PARALLEL_GATEWAY:
        return list(element.incoming) if len(waiting) == len(element.incoming) else []
    if sum(waiting.values()) < element.start_quantity:
        return []
    each = (flow for flow in element.incoming for _ in range(waiting.get(flow, 0)))
    return list(each)[: element.start_quantity]


def stuck(step: Step, scope: ElementInstance) -> None:
    """Nothing but waiting tokens is left in a container: a deadlock, unless a gateway may fire yet."""
    if any(gateway in step.definition.paths for gateway in scope.joins or ()):
        step.unsettled.add(scope.key)
    else:
        _deadlock(step, scope)


def reconsider(step: Step) -> None:
    """Ask every join again before this step ends: an interrupted step has not, or the drawing is another."""
    for element in step.tree.elements.values():
        if element.joins:
            step.unsettled.add(element.key)
        if element.consumed is not None:
            step.unsettled.add(element.scope)


def fire(step: Step) -> bool:
    """Let every gateway fire that may, now that nothing else moves; return whether one did.

    All are judged by the same state; one container never changes another's judgement. In the order of
    containers' keys and of the drawing.
    """
    fired = False
    for scope_key, gateway in _ready(step):
        if fired and step.is_at_limit:
            break  # the rest is found again: by the next pass, or when the step is taken up again
        scope = step.tree.elements.get(scope_key)
        if scope is not None:
            fired = _fire(step, scope, gateway) or fired
    return fired


def _fire(step: Step, scope: ElementInstance, gateway: str) -> bool:
    """Fire or reset one gateway; return whether it did, which a condition may have prevented."""
    element = step.definition.elements[gateway]
    if element.type is ElementType.COMPLEX_GATEWAY:
        return complex_gateways.go_on(step, scope, element)
    waiting = (scope.joins or {}).get(gateway)
    if not waiting:
        return False
    marked = [flow for flow in element.incoming if flow in waiting]
    step.emit(ev.TokensConsumed(scope.key, gateway, marked))
    step.enter(element, scope, marked[0])
    return True


class _Ready(NamedTuple):
    """A gateway that may fire or reset: the key of its container, its id."""

    scope: int
    gateway: str


def _ready(step: Step) -> list[_Ready]:
    """Return what may fire in the containers that changed; where nothing ever will, that is a deadlock."""
    found: list[_Ready] = []
    for key in sorted(_changed(step)):
        scope = step.tree.elements.get(key)
        place = _place(step, scope) if scope is not None else None
        if scope is None or place is None:
            continue
        ready = [gateway for gateway in step.definition.paths if _may_fire(step, place, gateway)]
        found += [_Ready(key, gateway) for gateway in ready]
        if not ready and scope.joins and not place.moves and not _may_be_helped(step, scope):
            _deadlock(step, scope)
    return found


def _may_be_helped(step: Step, scope: ElementInstance) -> bool:
    """Return whether what undoes something, or somebody's choice, may still bring a token."""
    return scope.compensation is not None or ad_hoc.waits_for_choice(step, scope)


def _changed(step: Step) -> set[int]:
    """Return the containers in which a token has come, gone or ended, or a condition may have become true."""
    elements = step.definition.elements
    if any(elements[gateway].activation_condition is not None for gateway in step.definition.paths) and any(
        type(event) is ev.VariablesSet for event in step.events
    ):
        reconsider(step)
    changed = step.unsettled | {container for container, _ in step.tree.touched}
    step.unsettled.clear()
    return changed


class _Place(NamedTuple):
    """One container as its joins see it: where its tokens are, which complex gateways are active.

    ``moves`` is false when nothing but these waits in it.
    """

    scope: ElementInstance
    elements: frozenset[str]
    flows: frozenset[str]
    complex: dict[str, ElementInstance]
    moves: bool


def _place(step: Step, scope: ElementInstance) -> _Place | None:
    """Look at a container; None where no gateway waits in it.

    Tokens are in entered elements, on flows that wait at joins, and in what an interrupted step has left. A
    complex gateway that waits is none: its tokens are on its incoming flows.
    """
    paths = step.definition.paths
    if scope.loop is not None:
        return None
    complex_ones = {gateway.element_id: gateway for gateway in complex_gateways.waiting(step, scope)}
    if not complex_ones and not any(gateway in paths for gateway in scope.joins or ()):
        return None
    ours = {gateway.key for gateway in complex_ones.values()}
    children = step.tree.children.get(scope.key, {}).values()
    elements = {child.element_id for child in children if child.key not in ours}
    flows = {flow for waiting in (scope.joins or {}).values() for flow in waiting}
    left = [item for item in step.tree.header.queue or () if item[1] == scope.key]
    moves = bool(elements or left) or any(each.incident is not None for each in complex_ones.values())
    for kind, _, target in left:
        (flows if kind == "flow" else elements).add(target)
    return _Place(scope, frozenset(elements), frozenset(flows), complex_ones, moves)


def _may_fire(step: Step, place: _Place, gateway: str) -> bool:
    element = step.definition.elements[gateway]
    marked = set((place.scope.joins or {}).get(gateway, ()))
    if element.type is ElementType.COMPLEX_GATEWAY:
        instance = place.complex.get(gateway)
        if instance is None or instance.incident is not None:
            return False
        if instance.consumed is None:
            return complex_gateways.may_start(step, instance, element)
        marked.update(instance.consumed)
    return bool(marked) and not _is_awaited(step, place, element, marked)


def _is_awaited(step: Step, place: _Place, gateway: Element, marked: set[str]) -> bool:
    """Return whether a token may yet come over an unmarked flow that cannot come over a marked one."""
    bits = sum(1 << bit for bit, flow in enumerate(gateway.incoming) if flow in marked)
    return any(reach and not reach & bits for reach in _reaches(step, place, gateway.id))


def _reaches(step: Step, place: _Place, gateway: str) -> Iterable[int]:
    paths, flows = step.definition.paths[gateway], step.definition.flows
    for element in place.elements:
        yield paths.get(element, 0)
    for flow in place.flows:
        target = flows[flow].target
        if target != gateway:
            yield paths.get(target, 0)


def _deadlock(step: Step, scope: ElementInstance) -> None:
    gateways = ", ".join(f"'{gateway}'" for gateway in scope.joins or ())
    step.raise_incident(
        scope,
        "deadlock",
        f"expected another token at {gateways}, but nothing is left that could bring it",
        ElementState.ACTIVE,
    )
