"""Appliers of undoing: what can be undone, what is being undone."""

from __future__ import annotations

from engine.kernel import events as ev
from engine.kernel.appliers.touching import touched
from engine.kernel.state import CompensationData, CompensationRun, ElementInstance
from engine.kernel.tree import InstanceTree


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
    scope = run.scopes.pop()
    run.running = event.element_key
    handler = touched(tree, event.element_key)
    handler.runner = event.runner
    if event.restores:
        handler.compensations = undone.inner
    else:
        run.current, run.current_scope = undone, scope


def progressed(tree: InstanceTree, event: ev.CompensationProgressed, at: int) -> None:
    """Go on to the next one."""
    run = _run(tree, event.runner)
    run.running, run.current, run.current_scope = 0, None, 0


def abandoned(tree: InstanceTree, event: ev.CompensationAbandoned, at: int) -> None:
    """Give what is left to be undone back to its containers, in the order it had completed."""
    run = _run(tree, event.runner)
    left = list(zip(run.scopes, run.pending, strict=True))
    if event.current and run.current is not None:
        left.append((run.current_scope, run.current))
    for scope_key in dict(left):
        if scope_key in tree.elements:
            scope = touched(tree, scope_key)
            back = [each for key, each in left if key == scope_key]
            scope.compensations = [*back, *(scope.compensations or ())]
    touched(tree, event.runner).compensation = None


def ended(tree: InstanceTree, event: ev.CompensationEnded, at: int) -> None:
    """Nothing is undone any more."""
    touched(tree, event.runner).compensation = None


def _run(tree: InstanceTree, runner: int) -> CompensationRun:
    run = touched(tree, runner).compensation
    assert run is not None  # noqa: S101 - a fold of our own events: a missing run is a bug
    return run
