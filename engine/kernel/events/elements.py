"""Events of element instances and tokens: entered, left, waiting at a join, variables, incidents."""

from __future__ import annotations

from typing import Any

from engine.kernel.events.event import Event


class ElementActivated(Event, frozen=True, tag="element_activated"):
    """An element was entered, over ``flow`` where there was one."""

    key: int
    element_id: str
    scope: int
    flow: str = ""
    loop_index: int = 0
    variables: dict[str, Any] | None = None
    trigger: str = ""


class ElementCompleted(Event, frozen=True, tag="element_completed"):
    """The element has done its part."""

    key: int
    element_id: str


class ElementTerminated(Event, frozen=True, tag="element_terminated"):
    """The element was ended before its time."""

    key: int
    element_id: str


class TokenArrived(Event, frozen=True, tag="token_arrived"):
    """A flow was taken and waits at a join."""

    scope: int
    element_id: str
    flow: str


class TokensConsumed(Event, frozen=True, tag="tokens_consumed"):
    """A join took one waiting token of each of these flows."""

    scope: int
    element_id: str
    flows: list[str]


class GatewayFired(Event, frozen=True, tag="gateway_fired"):
    """A complex gateway took a token of each of these flows and waits for what may come over the others."""

    key: int
    element_id: str
    flows: list[str]


class ActivitiesChosen(Event, frozen=True, tag="activities_chosen"):
    """Activities of an ad-hoc sub-process are to be done, at once or ``in_turn``: by themselves, or chosen by
    a person, with a reason."""

    key: int
    activities: list[str]
    in_turn: bool
    reason: str = ""


class ActivityTurn(Event, frozen=True, tag="activity_turn"):
    """The next activity of a sequential ad-hoc sub-process begins."""

    key: int
    activity: str


class AdHocEnding(Event, frozen=True, tag="ad_hoc_ending"):
    """Nothing further begins in an ad-hoc sub-process."""

    key: int


class VariablesSet(Event, frozen=True, tag="variables_set"):
    """Variables were written in one scope; a person who corrects them gives a ``reason``."""

    scope: int
    variables: dict[str, Any]
    reason: str = ""


class LoopStarted(Event, frozen=True, tag="loop_started"):
    """A multi-instance body knows how many instances it will have; ``items`` is None for a cardinality."""

    key: int
    total: int
    items: list[Any] | None
    collects: bool


class LoopProgressed(Event, frozen=True, tag="loop_progressed"):
    """One instance of a multi-instance body has ended; ``output`` is collected at its index."""

    key: int
    loop_index: int
    completed: bool
    output: Any = None


class IncidentRaised(Event, frozen=True, tag="incident_raised"):
    """Something needs a person; ``phase`` is the state the element instance waits in."""

    key: int
    element_key: int
    element_id: str
    type: str
    message: str
    phase: str


class IncidentResolved(Event, frozen=True, tag="incident_resolved"):
    """A person resolved it, or its element was ended."""

    key: int
    element_key: int
    reason: str
