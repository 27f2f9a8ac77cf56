"""The state of one process instance: a tree of element instances, and nothing else.

There is no token class: a token is an active element instance, or a taken flow waiting at a join
(``joins``). The records are mutable and owned by one step; the only writers are the appliers
(``engine.kernel.appliers``). Stored as pages: one per container, the children of a multi-instance body
spread over pages of bounded size, so that a step writes what it touched and not the whole tree.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from engine.model.records import ElementState, IncidentState, InstanceState, UserTaskState

CHILDREN_PER_PAGE = 100

PageId: TypeAlias = tuple[int, int]


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
    """The progress of a multi-instance body."""

    total: int
    items: list[Any] | None  # None for a cardinality
    completed: int = 0
    terminated: int = 0
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
    is undoing, ``runner`` the instance this one undoes something for.
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


class InstanceTree:
    """One instance's state in memory, with the indexes a step needs and the pages it has touched."""

    __slots__ = ("children", "elements", "header", "touched", "watching")

    def __init__(self, header: Header, elements: list[ElementInstance]) -> None:
        self.header = header
        self.elements: dict[int, ElementInstance] = {}
        self.children: dict[int, dict[int, ElementInstance]] = {}
        self.touched: set[PageId] = set()
        self.watching: set[int] = set()  # keys of the element instances with conditions
        for element in elements:
            self.add(element)

    @classmethod
    def empty(cls) -> InstanceTree:
        """Return the state before an instance has started; its first event fills in the header."""
        header = Header(
            key=0,
            process_id="",
            definition_key=0,
            state=InstanceState.ACTIVE,
            business_key=None,
            parent_key=0,
            parent_element_key=0,
            root_key=0,
            depth=0,
            started_at=0,
        )
        return cls(header, [])

    def add(self, element: ElementInstance) -> None:
        """Put an element instance into the tree."""
        self.elements[element.key] = element
        if element.conditions:
            self.watching.add(element.key)
        siblings = self.children.get(element.scope)
        if siblings is None:
            self.children[element.scope] = {element.key: element}
        else:
            siblings[element.key] = element

    def remove(self, element: ElementInstance) -> None:
        """Take an element instance, which has no children any more, out of the tree."""
        del self.elements[element.key]
        del self.children[element.scope][element.key]
        self.children.pop(element.key, None)
        self.watching.discard(element.key)

    def touch(self, element: ElementInstance) -> None:
        """Remember that the page this element instance is stored in must be written."""
        index = element.loop_index  # as ``page_of`` has it: this is done for every event
        self.touched.add((element.scope, 1 + (index - 1) // CHILDREN_PER_PAGE if index else 0))

    @property
    def root(self) -> ElementInstance:
        """Return the process' own element instance; raises KeyError once the instance has ended."""
        return self.elements[self.header.key]


def page_of(element: ElementInstance) -> PageId:
    """Return the page an element instance is stored in: its container's, or one of a multi-instance
    body's."""
    if element.loop_index:
        return element.scope, 1 + (element.loop_index - 1) // CHILDREN_PER_PAGE
    return element.scope, 0
