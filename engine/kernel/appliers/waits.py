"""Appliers of what is listened for."""

from __future__ import annotations

from engine.kernel import events as ev
from engine.kernel.appliers.touching import touched
from engine.kernel.state import InstanceTree, SubscriptionData, TimerData


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
    )
    owner.subscriptions = [*(owner.subscriptions or ()), subscription]


def subscription_closed(tree: InstanceTree, event: ev.SubscriptionClosed, at: int) -> None:
    """The owner no longer listens."""
    owner = touched(tree, event.owner)
    owner.subscriptions = [s for s in owner.subscriptions or () if s.key != event.key] or None
