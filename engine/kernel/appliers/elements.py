"""Appliers of what happens to element instances and tokens."""

from __future__ import annotations

from engine.kernel import events as ev
from engine.kernel.appliers.touching import touched
from engine.kernel.state import AdHocData, ElementInstance, IncidentData
from engine.kernel.tree import InstanceTree
from engine.model.records import ElementState


def element_activated(tree: InstanceTree, event: ev.ElementActivated, at: int) -> None:
    """Add an element instance."""
    element = ElementInstance(
        key=event.key,
        element_id=event.element_id,
        scope=event.scope,
        activated_at=at,
        loop_index=event.loop_index,
        variables=dict(event.variables) if event.variables else None,
        trigger=event.trigger,
    )
    tree.add(element)
    tree.touch(element)


def element_ended(tree: InstanceTree, event: ev.ElementCompleted | ev.ElementTerminated, at: int) -> None:
    """Take the element instance out; the root stays, with its final state, for its variables."""
    element = tree.elements[event.key]
    tree.touch(element)
    if element.scope:
        tree.remove(element)
        return
    completed = type(event) is ev.ElementCompleted
    element.state = ElementState.COMPLETED if completed else ElementState.TERMINATED


def token_arrived(tree: InstanceTree, event: ev.TokenArrived, at: int) -> None:
    """Count a flow waiting at a join."""
    scope = tree.elements[event.scope]
    joins = scope.joins if scope.joins is not None else {}
    waiting = joins.setdefault(event.element_id, {})
    waiting[event.flow] = waiting.get(event.flow, 0) + 1
    scope.joins = joins
    tree.touch(scope)


def tokens_consumed(tree: InstanceTree, event: ev.TokensConsumed, at: int) -> None:
    """Take waiting flows away."""
    scope = tree.elements[event.scope]
    joins = scope.joins or {}
    waiting = joins[event.element_id]
    for flow in event.flows:
        waiting[flow] -= 1
        if not waiting[flow]:
            del waiting[flow]
    if not waiting:
        del joins[event.element_id]
    scope.joins = joins or None
    tree.touch(scope)


def gateway_fired(tree: InstanceTree, event: ev.GatewayFired, at: int) -> None:
    """Let a complex gateway wait for reset."""
    touched(tree, event.key).consumed = list(event.flows)


def activities_chosen(tree: InstanceTree, event: ev.ActivitiesChosen, at: int) -> None:
    """Note what waits for its turn in an ad-hoc sub-process."""
    instance = touched(tree, event.key)
    data = instance.ad_hoc if instance.ad_hoc is not None else AdHocData(todo=[])
    if event.in_turn:
        data.todo = [*data.todo, *event.activities]
    instance.ad_hoc = data


def activity_turn(tree: InstanceTree, event: ev.ActivityTurn, at: int) -> None:
    """Take the first activity that waited for its turn."""
    data = touched(tree, event.key).ad_hoc
    assert data is not None  # noqa: S101 - a fold of our own events: a missing record is a bug
    data.todo = data.todo[1:]


def ad_hoc_ending(tree: InstanceTree, event: ev.AdHocEnding, at: int) -> None:
    """Let nothing further begin."""
    touched(tree, event.key).ad_hoc = AdHocData(todo=[], ending=True)


def variables_set(tree: InstanceTree, event: ev.VariablesSet, at: int) -> None:
    """Write variables of one scope."""
    scope = tree.elements[event.scope]
    if scope.variables is None:
        scope.variables = dict(event.variables)
    else:
        scope.variables.update(event.variables)
    tree.touch(scope)


def loop_started(tree: InstanceTree, event: ev.LoopStarted, at: int) -> None:
    """Make an element instance a multi-instance body."""
    tree.begin_loop(touched(tree, event.key), event.total, event.items, collects=event.collects)


def loop_progressed(tree: InstanceTree, event: ev.LoopProgressed, at: int) -> None:
    """Count an ended instance of a multi-instance body and collect its output."""
    body = touched(tree, event.key)
    loop = body.loop
    assert loop is not None  # noqa: S101 - a fold of our own events: a missing loop is a bug
    if event.completed:
        loop.completed += 1
        tree.keep_output(body, event.loop_index, event.output)
    else:
        loop.terminated += 1


def incident_raised(tree: InstanceTree, event: ev.IncidentRaised, at: int) -> None:
    """Stop the element instance where it is."""
    element = touched(tree, event.element_key)
    element.incident = IncidentData(key=event.key, type=event.type, message=event.message, created_at=at)
    element.state = ElementState(event.phase)


def incident_resolved(tree: InstanceTree, event: ev.IncidentResolved, at: int) -> None:
    """Let the element instance go on."""
    element = touched(tree, event.element_key)
    element.incident = None
    element.state = ElementState.ACTIVE
