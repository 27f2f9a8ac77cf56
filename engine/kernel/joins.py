"""Joins: taken flows that wait for others before an element is entered (BPMN 2.0.2 §13.4).

A parallel gateway fires with the token that was missing. An inclusive gateway fires when no token can come
any more that it would have to wait for (§13.4.3); that depends on every token of its container, so it is
asked when the step's queue is dry, again and again until nothing fires. Only containers in which something
has changed are asked: what is outside a container never matters (``engine.bpmn.paths``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from engine.kernel import events as ev
from engine.model.definition import Element, ElementType
from engine.model.records import ElementState

if TYPE_CHECKING:
    from engine.kernel.state import ElementInstance
    from engine.kernel.step import Step


class Ready(NamedTuple):
    """A gateway that may fire: the key of its container, its id."""

    scope: int
    gateway: str


def arrive(step: Step, scope: ElementInstance, element: Element, flow: str) -> None:
    """Let a taken flow wait at a join, and enter the element when that was what it waited for."""
    step.emit(ev.TokenArrived(scope.key, element.id, flow))
    if step.definition.paths:
        step.unsettled.add(scope.key)
    if element.type is not ElementType.PARALLEL_GATEWAY:
        return
    waiting = (scope.joins or {})[element.id]
    if len(waiting) == len(element.incoming):
        step.emit(ev.TokensConsumed(scope.key, element.id, list(element.incoming)))
        step.enter(element, scope, flow)
    else:
        step.settle(scope)


def stuck(step: Step, scope: ElementInstance) -> None:
    """Nothing but waiting tokens is left in a container: a deadlock, unless a gateway may fire yet."""
    if _gateways(step, scope):
        step.unsettled.add(scope.key)
    else:
        _deadlock(step, scope)


def reconsider(step: Step) -> None:
    """Ask every join again before this step ends: an interrupted step has not, or the drawing is another."""
    step.unsettled.update(element.key for element in step.tree.elements.values() if element.joins)


def fire(step: Step) -> bool:
    """Let every gateway fire that may, now that nothing else moves; return whether one did.

    All are judged by the same state; one container never changes another's judgement. In the order of
    containers' keys and of the drawing.
    """
    ready = list(_ready(step))
    fired = 0
    for scope_key, gateway in ready:
        if fired and step.is_at_limit:
            break  # the rest is found again: by the next pass, or when the step is taken up again
        scope = step.tree.elements.get(scope_key)
        waiting = (scope.joins or {}).get(gateway) if scope is not None else None
        if scope is None or not waiting:
            continue
        element = step.definition.elements[gateway]
        marked = [flow for flow in element.incoming if flow in waiting]
        step.emit(ev.TokensConsumed(scope.key, gateway, marked))
        step.enter(element, scope, marked[0])
        fired += 1
    return fired > 0


def _ready(step: Step) -> Iterator[Ready]:
    """Yield what may fire in the containers that changed; where nothing ever will, that is a deadlock."""
    changed = step.unsettled | {container for container, _ in step.tree.touched}
    step.unsettled.clear()
    for key in sorted(changed):
        scope = step.tree.elements.get(key)
        gateways = _gateways(step, scope) if scope is not None else ()
        if scope is None or not gateways:
            continue
        tokens = _tokens(step, scope)
        ready = [gateway for gateway in gateways if not _is_awaited(step, scope, gateway, tokens)]
        yield from (Ready(key, gateway) for gateway in ready)
        if not ready and not step.is_busy(scope):
            _deadlock(step, scope)


def _gateways(step: Step, scope: ElementInstance) -> list[str]:
    """Return the inclusive gateways of a container that have tokens, in the order of the drawing."""
    paths = step.definition.paths
    if not scope.joins or not paths:
        return []
    return [gateway for gateway in paths if gateway in scope.joins]


class _Tokens(NamedTuple):
    """Where the tokens of one container are: in elements, and on flows."""

    elements: frozenset[str]
    flows: frozenset[str]


def _tokens(step: Step, scope: ElementInstance) -> _Tokens:
    """Return where tokens are: in elements, waiting at joins, left over by an interrupted step."""
    elements = {child.element_id for child in step.tree.children.get(scope.key, {}).values()}
    flows = {flow for waiting in (scope.joins or {}).values() for flow in waiting}
    for kind, key, target in step.tree.header.queue or ():
        if key == scope.key:
            (flows if kind == "flow" else elements).add(target)
    return _Tokens(frozenset(elements), frozenset(flows))


def _is_awaited(step: Step, scope: ElementInstance, gateway: str, tokens: _Tokens) -> bool:
    """Return whether a token may yet come over an unmarked flow that cannot come over a marked one."""
    incoming = step.definition.elements[gateway].incoming
    waiting = (scope.joins or {})[gateway]
    marked = sum(1 << bit for bit, flow in enumerate(incoming) if flow in waiting)
    return any(reach and not reach & marked for reach in _reaches(step, gateway, tokens))


def _reaches(step: Step, gateway: str, tokens: _Tokens) -> Iterable[int]:
    paths, flows = step.definition.paths[gateway], step.definition.flows
    for element in tokens.elements:
        yield paths.get(element, 0)
    for flow in tokens.flows:
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
