"""Appliers of undoing: what can be undone, what is being undone."""

from __future__ import annotations

from engine.kernel import events as ev
from engine.kernel.appliers.touching import touched
from engine.kernel.state import CompensationData, CompensationRun, ElementInstance, InstanceTree


def recorded(tree: InstanceTree, event: ev.CompensationRecorded, at: int) -> None:
    """Keep a completed activity in its container; of a multi-instance body, each of its instances."""
    element = tree.elements[event.key]
    scope = touched(tree, element.scope)
    inner = element.compensations if event.inner else None
    if element.loop is not None:
        kept = list(inner or ())
    else:
        kept = [
            CompensationData(
                key=element.key,
                element_id=element.element_id,
                variables=element.variables,
                inner=inner,
                partial=event.partial,
            )
        ]
    scope.compensations = [*(scope.compensations or ()), *kept] or None


def triggered(tree: InstanceTree, event: ev.CompensationTriggered, at: int) -> None:
    """Move completed activities from their containers to who undoes them."""
    scopes, pending = [], []
    for scope_key, key in event.activities:
        scope = touched(tree, scope_key)
        scopes.append(scope_key)
        pending.append(_take(scope, key))
    touched(tree, event.runner).compensation = CompensationRun(
        scopes=scopes, pending=pending, detached=event.detached, cancels=event.cancels
    )


def _take(scope: ElementInstance, key: int) -> CompensationData:
    found = scope.compensations or []
    taken = next(each for each in found if each.key == key)
    scope.compensations = [each for each in found if each is not taken] or None
    return taken


def started(tree: InstanceTree, event: ev.CompensationStarted, at: int) -> None:
    """Take up the last activity to be undone."""
    run = _run(tree, event.runner)
    undone = run.pending.pop()
    run.scopes.pop()
    run.running = event.element_key
    handler = touched(tree, event.element_key)
    handler.runner = event.runner
    if event.restores:
        handler.compensations = undone.inner


def progressed(tree: InstanceTree, event: ev.CompensationProgressed, at: int) -> None:
    """Go on to the next one."""
    _run(tree, event.runner).running = 0


def ended(tree: InstanceTree, event: ev.CompensationEnded, at: int) -> None:
    """Nothing is undone any more."""
    touched(tree, event.runner).compensation = None


def _run(tree: InstanceTree, runner: int) -> CompensationRun:
    run = touched(tree, runner).compensation
    assert run is not None  # noqa: S101 - a fold of our own events: a missing run is a bug
    return run
