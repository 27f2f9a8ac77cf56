"""Appliers of what is listened for."""

from __future__ import annotations

from engine.kernel import events as ev
from engine.kernel.appliers.touching import touched
from engine.kernel.state import ConditionData, SubscriptionData, TimerData
from engine.kernel.tree import InstanceTree


def timer_scheduled(tree: InstanceTree, event: ev.TimerScheduled, at: int) -> None:
    """Let the owner wait for a timer."""
    owner = touched(tree, event.owner)
    timer = TimerData(
        key=event.key,
        element_id=event.element_id,
        due_at=event.due_at,
        local=event.local,
        kind=event.kind,
        value=event.value,
        remaining=event.remaining,
        definition=event.definition,
    )
    owner.timers = [*(owner.timers or ()), timer]


def timer_rescheduled(tree: InstanceTree, event: ev.TimerRescheduled, at: int) -> None:
    """Move a timer."""
    for timer in touched(tree, event.owner).timers or ():
        if timer.key == event.key:
            timer.due_at = event.due_at
            timer.local = event.local


def timer_ended(tree: InstanceTree, event: ev.TimerEnded, at: int) -> None:
    """Take a timer away."""
    owner = touched(tree, event.owner)
    owner.timers = [timer for timer in owner.timers or () if timer.key != event.key] or None


def subscription_opened(tree: InstanceTree, event: ev.SubscriptionOpened, at: int) -> None:
    """Let the owner listen."""
    owner = touched(tree, event.owner)
    subscription = SubscriptionData(
        key=event.key,
        element_id=event.element_id,
        kind=event.kind,
        name=event.name,
        correlation_key=event.correlation_key,
        definition=event.definition,
    )
    owner.subscriptions = [*(owner.subscriptions or ()), subscription]


def subscription_closed(tree: InstanceTree, event: ev.SubscriptionClosed, at: int) -> None:
    """The owner no longer listens."""
    owner = touched(tree, event.owner)
    owner.subscriptions = [s for s in owner.subscriptions or () if s.key != event.key] or None


def condition_opened(tree: InstanceTree, event: ev.ConditionOpened, at: int) -> None:
    """Let the owner watch a condition."""
    owner = touched(tree, event.owner)
    condition = ConditionData(element_id=event.element_id, definition=event.definition)
    owner.conditions = [*(owner.conditions or ()), condition]
    tree.watch(owner)


def condition_changed(tree: InstanceTree, event: ev.ConditionChanged, at: int) -> None:
    """Remember what a condition has become."""
    for condition in touched(tree, event.owner).conditions or ():
        if condition.element_id == event.element_id and condition.definition == event.definition:
            condition.value = event.value


def conditions_closed(tree: InstanceTree, event: ev.ConditionsClosed, at: int) -> None:
    """The owner no longer watches these conditions."""
    owner = touched(tree, event.owner)
    gone = event.elements
    owner.conditions = [
        each for each in owner.conditions or () if gone and each.element_id not in gone
    ] or None
    if owner.conditions is None:
        tree.unwatch(owner)


def part_received(tree: InstanceTree, event: ev.PartReceived, at: int) -> None:
    """Keep what one definition of a parallel multiple event has brought."""
    owner = touched(tree, event.owner)
    received = owner.received or {}
    received[event.element_id] = [
        *received.get(event.element_id, ()),
        (event.definition, dict(event.variables)),
    ]
    owner.received = received


def parts_consumed(tree: InstanceTree, event: ev.PartsConsumed, at: int) -> None:
    """Begin a parallel multiple event anew."""
    owner = touched(tree, event.owner)
    received = owner.received or {}
    del received[event.element_id]
    owner.received = received or None
