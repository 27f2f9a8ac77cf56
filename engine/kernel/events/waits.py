"""Events of what is listened for and thrown: timers, messages, signals, errors, escalations."""

from __future__ import annotations

from typing import Any

from engine.kernel.events.event import Event


class TimerScheduled(Event, frozen=True, tag="timer_scheduled"):
    """A timer waits: due instant (µs, UTC), the same as local time with zone, and what it was computed
    from."""

    key: int
    owner: int
    element_id: str
    due_at: int
    local: str
    kind: str
    value: str
    remaining: int | None = None
    definition: int = 0


class TimerRescheduled(Event, frozen=True, tag="timer_rescheduled"):
    """A person moved a timer."""

    key: int
    owner: int
    due_at: int
    local: str
    reason: str


class TimerEnded(Event, frozen=True, tag="timer_ended"):
    """The timer fired (``missed``: repetitions passed over during downtime) or was cancelled."""

    key: int
    owner: int
    fired: bool
    missed: int = 0


class SubscriptionOpened(Event, frozen=True, tag="subscription_opened"):
    """The instance listens for a message or a signal."""

    key: int
    owner: int
    element_id: str
    kind: str
    name: str
    correlation_key: str
    definition: int = 0


class SubscriptionClosed(Event, frozen=True, tag="subscription_closed"):
    """The instance no longer listens."""

    key: int
    owner: int


class MessageCorrelated(Event, frozen=True, tag="message_correlated"):
    """A message reached the instance."""

    subscription: int
    element_id: str
    name: str
    message_key: int
    variables: dict[str, Any]


class SignalReceived(Event, frozen=True, tag="signal_received"):
    """A signal reached the instance."""

    subscription: int
    element_id: str
    name: str
    variables: dict[str, Any]


class MessageThrown(Event, frozen=True, tag="message_thrown"):
    """The model sends a message."""

    element_key: int
    name: str
    correlation_key: str
    variables: dict[str, Any]


class SignalThrown(Event, frozen=True, tag="signal_thrown"):
    """The model broadcasts a signal."""

    element_key: int
    name: str
    variables: dict[str, Any]


class ConditionOpened(Event, frozen=True, tag="condition_opened"):
    """A condition is watched from now on."""

    owner: int
    element_id: str
    definition: int


class ConditionChanged(Event, frozen=True, tag="condition_changed"):
    """A watched condition has become true or false; ``items`` are its parts with their values."""

    owner: int
    element_id: str
    definition: int
    value: bool
    items: list[dict[str, str]]


class ConditionsClosed(Event, frozen=True, tag="conditions_closed"):
    """The conditions of these events (none named: all) are no longer watched."""

    owner: int
    elements: list[str]


class PartReceived(Event, frozen=True, tag="part_received"):
    """One definition of a parallel multiple event has happened."""

    owner: int
    element_id: str
    definition: int
    variables: dict[str, Any]


class PartsConsumed(Event, frozen=True, tag="parts_consumed"):
    """All definitions of a parallel multiple event have happened; it begins anew."""

    owner: int
    element_id: str


class ErrorThrown(Event, frozen=True, tag="error_thrown"):
    """A BPMN error was thrown at an element."""

    element_key: int
    code: str
    message: str


class EscalationThrown(Event, frozen=True, tag="escalation_thrown"):
    """An escalation was thrown at an element."""

    element_key: int
    code: str
