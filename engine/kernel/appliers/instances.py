"""Appliers of what happens to an instance as a whole."""

from __future__ import annotations

from typing import Any

from engine.kernel import events as ev
from engine.kernel.state import ElementInstance, Header
from engine.kernel.tree import InstanceTree
from engine.model.records import InstanceState


def instance_started(tree: InstanceTree, event: ev.InstanceStarted, at: int) -> None:
    """Create the header and the root container."""
    tree.header = Header(
        key=event.key,
        process_id=event.process_id,
        definition_key=event.definition_key,
        state=InstanceState.ACTIVE,
        business_key=event.business_key,
        parent_key=event.parent_key,
        parent_element_key=event.parent_element_key,
        root_key=event.root_key or event.key,
        depth=event.depth,
        started_at=at,
        last_at=at,
    )
    root = ElementInstance(
        key=event.key,
        element_id=event.process_id,
        scope=0,
        activated_at=at,
        variables=dict(event.variables),
        trigger=event.trigger,
    )
    tree.add(root)
    tree.touch(root)


def instance_suspended(tree: InstanceTree, event: ev.InstanceSuspended, at: int) -> None:
    """Set the state of the instance."""
    tree.header.state = InstanceState.SUSPENDED


def instance_activated(tree: InstanceTree, event: ev.InstanceActivated, at: int) -> None:
    """Set the state of the instance."""
    tree.header.state = InstanceState.ACTIVE


def instance_migrated(tree: InstanceTree, event: ev.InstanceMigrated, at: int) -> None:
    """Bind the instance to another version, under the ids that version has."""
    tree.header.definition_key = event.definition_key
    if event.mapping:
        for element in tree.elements.values():
            _rename(element, event.mapping)
            tree.touch(element)


def _rename(element: ElementInstance, mapping: dict[str, str]) -> None:
    """Give an element instance and all it holds the ids of another version."""
    element.element_id = mapping.get(element.element_id, element.element_id)
    element.trigger = mapping.get(element.trigger, element.trigger)
    named: list[Any] = [*(element.timers or ()), *(element.subscriptions or ()), *(element.conditions or ())]
    records = list(element.compensations or ())
    for each in records:
        records += each.inner or ()
    for each in (*named, *records):
        each.element_id = mapping.get(each.element_id, each.element_id)
    if element.consumed is not None:
        element.consumed = [mapping.get(flow, flow) for flow in element.consumed]
    if element.ad_hoc is not None:
        element.ad_hoc.todo = [mapping.get(activity, activity) for activity in element.ad_hoc.todo]
    if element.received:
        element.received = {mapping.get(event, event): parts for event, parts in element.received.items()}
    if element.joins:
        element.joins = {
            mapping.get(gateway, gateway): {mapping.get(flow, flow): n for flow, n in waiting.items()}
            for gateway, waiting in element.joins.items()
        }


def instance_ended(tree: InstanceTree, event: ev.InstanceEnded, at: int) -> None:
    """Set the final state of the instance; the root container stays with its variables."""
    tree.header.state = event.state
    tree.header.ended_at = at
    root = tree.elements.get(tree.header.key)
    if root is not None:
        root.compensations = None  # an ended instance undoes nothing any more


def step_interrupted(tree: InstanceTree, event: ev.StepInterrupted, at: int) -> None:
    """Keep the activations that are left over."""
    tree.header.queue = list(event.queue)
    tree.header.run_length = event.total


def step_resumed(tree: InstanceTree, event: ev.StepResumed, at: int) -> None:
    """Forget the activations that were left over."""
    tree.header.queue = None
    if event.anew:
        tree.header.run_length = 0
