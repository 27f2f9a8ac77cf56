"""The state of one process instance: a tree of element instances, and nothing else.

There is no token class: a token is an active element instance, or a taken flow waiting at a join
(``joins``). The records are mutable and owned by one step; the only writers are the appliers
(``engine.kernel.appliers``). What is not big is stored in one piece, as page 0. The children of a big
multi-instance body are spread over pages of their own, with their items and outputs; what is inside a
container on such a page has a page too. So a step reads and writes what it is about, and not the whole tree.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from engine.model.records import ElementState, IncidentState, InstanceState, UserTaskState

CHILDREN_PER_PAGE = 100
WITH_BODY = 20  # a multi-instance body of so many instances at most has no pages of its own
TOGETHER = 200  # element instances on page 0 from which on a further container gets a page

PageId: TypeAlias = tuple[int, int]  # the key of a container, and one of its pages


class Part(msgspec.Struct, array_like=True, kw_only=True, gc=False):
    """A mutable piece of state; stored as an array, so fields are only ever added at the end."""


class JobData(Part, kw_only=True):
    """The job an element instance waits for; the row in the job table is its projection."""

    key: int
    type: str
    retries: int
    headers: dict[str, str]
    effect: int = 0  # grows when a person asks for a deliberate new effect: a new idempotency key
    failed: bool = False


class UserTaskData(Part, kw_only=True):
    """The user task of an element instance; its key is the element instance's."""

    name: str
    state: UserTaskState
    assignee: str | None
    groups: list[str]
    users: list[str]
    due_at: int | None  # µs since 1970, UTC
    follow_up_at: int | None
    priority: int
    form_id: str | None
    created_at: int


class TimerData(Part, kw_only=True):
    """A timer that waits: the due instant computed once, with what it was computed from."""

    key: int
    element_id: str
    due_at: int  # µs since 1970, UTC
    local: str  # the same instant as local time with its zone
    kind: str
    value: str
    remaining: int | None = None  # repetitions left after this one; None = unbounded
    definition: int = 0  # which of the event's definitions


class SubscriptionData(Part, kw_only=True):
    """An open subscription to a message or a signal."""

    key: int
    element_id: str
    kind: str  # message | signal
    name: str
    correlation_key: str = ""
    definition: int = 0  # which of the event's definitions


class ConditionData(Part, kw_only=True):
    """A condition that is watched, and what it was when last asked."""

    element_id: str
    definition: int
    value: bool = False


class CompensationData(Part, kw_only=True):
    """An activity that has completed and can be undone, with its data as they were then.

    ``inner`` is what had completed inside it; ``partial`` marks a container that was cut off before its end.
    """

    key: int
    element_id: str
    variables: dict[str, Any] | None = None
    inner: list[CompensationData] | None = None
    partial: bool = False


class CompensationRun(Part, kw_only=True):
    """What an element instance undoes: the last of ``pending`` next, each in its container; ``running`` is
    the instance that does it now."""

    scopes: list[int]
    pending: list[CompensationData]
    running: int = 0
    detached: bool = False  # nobody waits for the end
    cancels: bool = False  # a transaction that leaves by its cancel event afterwards
    current: CompensationData | None = None  # what is being undone by its handler
    current_scope: int = 0


class IncidentData(Part, kw_only=True):
    """What a person must look at before the element instance goes on."""

    key: int
    type: str
    message: str
    created_at: int
    state: IncidentState = IncidentState.OPEN


class LoopData(Part, kw_only=True):
    """The progress of a multi-instance body; items and outputs of a big one are on its pages."""

    total: int
    items: list[Any] | None  # None for a cardinality
    completed: int = 0
    terminated: int = 0
    outputs: list[Any] | None = None


class LoopPart(Part, kw_only=True):
    """The items (until all have begun) and the outputs of the instances of one page."""

    items: list[Any] | None = None
    outputs: list[Any] | None = None


class AdHocData(Part, kw_only=True):
    """The progress of an ad-hoc sub-process: what waits for its turn, whether nothing further begins."""

    todo: list[str]
    ending: bool = False


class ElementInstance(Part, kw_only=True):
    """One entry into an element; a container (process, sub-process, multi-instance body) has children.

    ``scope`` is the key of the container, 0 for the process itself. ``loop_index`` is 1-based among the
    children of a multi-instance body, 0 elsewhere. ``joins`` counts, by gateway and flow, taken flows
    waiting at a join in this container. ``called`` is the key of the instance a call activity waits for.
    ``received`` holds, by event, the parts of a parallel multiple event that have happened, with what they
    brought. ``compensations`` is what has completed in this container, ``compensation`` what this instance
    is undoing, ``runner`` the instance this one undoes something for. ``inside`` is the first page of what is
    in this container, 0 where that has none of its own.
    """

    key: int
    element_id: str
    scope: int
    activated_at: int
    state: ElementState = ElementState.ACTIVE
    loop_index: int = 0
    variables: dict[str, Any] | None = None
    job: JobData | None = None
    user_task: UserTaskData | None = None
    timers: list[TimerData] | None = None
    subscriptions: list[SubscriptionData] | None = None
    incident: IncidentData | None = None
    loop: LoopData | None = None
    joins: dict[str, dict[str, int]] | None = None
    called: int = 0
    trigger: str = ""  # id of the event that started an event sub-process instance
    conditions: list[ConditionData] | None = None
    received: dict[str, list[tuple[int, dict[str, Any]]]] | None = None
    compensations: list[CompensationData] | None = None
    compensation: CompensationRun | None = None
    runner: int = 0
    consumed: list[str] | None = None  # flows a complex gateway took from, while it waits for reset
    ad_hoc: AdHocData | None = None
    inside: int = 0

    @property
    def listens(self) -> bool:
        """Tell whether timers, subscriptions or conditions are open."""
        return bool(self.timers or self.subscriptions or self.conditions)


class Header(Part, kw_only=True):
    """What belongs to the instance as a whole; stored with the root container."""

    key: int
    process_id: str
    definition_key: int
    state: InstanceState
    business_key: str | None
    parent_key: int
    parent_element_key: int
    root_key: int
    depth: int
    started_at: int
    ended_at: int | None = None
    last_at: int = 0  # the business clock is monotone per instance
    queue: list[tuple[str, int, str]] | None = None  # activations left over from an interrupted step
    run_length: int = 0  # elements entered since the last wait state, while a step is interrupted
    pages: int = 0  # how many page numbers were given out
    watching: int = 0  # element instances on other pages than 0 that watch conditions


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One stored page: ``around`` is the page its container is on, ``part`` what a big body keeps here."""

    elements: list[ElementInstance]
    around: int = 0
    part: LoopPart | None = None
