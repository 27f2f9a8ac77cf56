"""Events of an instance as a whole: started, suspended, modified, migrated, ended, its step interrupted."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.kernel.events.event import Event
from engine.model.records import InstanceState


class InstanceStarted(Event, frozen=True, tag="instance_started"):
    """The instance exists, with its root variables."""

    key: int
    process_id: str
    definition_key: int
    business_key: str | None
    variables: dict[str, Any]
    parent_key: int = 0
    parent_element_key: int = 0
    root_key: int = 0
    depth: int = 0
    trigger: str = ""  # the start event, where there is one


class RegisterEntryMade(Event, frozen=True, tag="register_entry_made"):
    """A start event or a user task has declared an entry; it is written in the same transaction, and closed
    where it has a ``resolution``."""

    element_id: str
    register: str
    subject: str
    variables: dict[str, Any]  # the entry's fields
    resolution: str = ""


class InstanceSuspended(Event, frozen=True, tag="instance_suspended"):
    """A person has suspended the instance."""

    reason: str


class InstanceActivated(Event, frozen=True, tag="instance_activated"):
    """A person has activated the instance again."""

    reason: str


class InstanceModified(Event, frozen=True, tag="instance_modified"):
    """A person has entered elements, gone on ``after`` others, and ended element instances."""

    activated: list[str]
    terminated: list[int]
    reason: str
    after: list[str] = msgspec.field(default_factory=list)


class InstanceMigrated(Event, frozen=True, tag="instance_migrated"):
    """A person has moved the instance to another version of its process.

    From here on the ids in ``mapping`` (elements, flows) are the others they are mapped to.
    """

    definition_key: int
    version: int
    reason: str
    mapping: dict[str, str] = msgspec.field(default_factory=dict)


class InstanceEnded(Event, frozen=True, tag="instance_ended"):
    """The instance is over; ``variables`` are its root variables at that moment, for a calling instance."""

    state: InstanceState
    reason: str = ""


class StepInterrupted(Event, frozen=True, tag="step_interrupted"):
    """The step reached its limit; these activations (flow or element id, scope, kind) are left for the
    next one."""

    queue: list[tuple[str, int, str]]
    total: int = 0


class StepResumed(Event, frozen=True, tag="step_resumed"):
    """The activations left over have been taken up; ``anew``: a person lets it go on, counted from here."""

    anew: bool = False


class ErrorPropagated(Event, frozen=True, tag="error_propagated"):
    """A BPMN error nobody in this called instance catches goes to the caller."""

    code: str
    message: str
    variables: dict[str, Any]


class EscalationPropagated(Event, frozen=True, tag="escalation_propagated"):
    """An escalation nobody in this called instance catches goes to the caller."""

    code: str
    variables: dict[str, Any]
