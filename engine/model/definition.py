"""What a diagram compiles to: the immutable process definition the kernel walks.

The reader (``engine.bpmn``) makes it, the kernel only reads it. Expressions are kept as source text with
their place; ``engine.feel`` compiles and caches them by text.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class ElementType(StrEnum):
    """An element's BPMN tag (BPMN 2.0.2 §10), plus the body around a multi-instance activity."""

    PROCESS = "process"
    START_EVENT = "startEvent"
    END_EVENT = "endEvent"
    INTERMEDIATE_CATCH_EVENT = "intermediateCatchEvent"
    INTERMEDIATE_THROW_EVENT = "intermediateThrowEvent"
    BOUNDARY_EVENT = "boundaryEvent"
    TASK = "task"
    USER_TASK = "userTask"
    MANUAL_TASK = "manualTask"
    SERVICE_TASK = "serviceTask"
    SEND_TASK = "sendTask"
    RECEIVE_TASK = "receiveTask"
    SCRIPT_TASK = "scriptTask"
    BUSINESS_RULE_TASK = "businessRuleTask"
    CALL_ACTIVITY = "callActivity"
    SUB_PROCESS = "subProcess"
    TRANSACTION = "transaction"
    AD_HOC_SUB_PROCESS = "adHocSubProcess"
    EXCLUSIVE_GATEWAY = "exclusiveGateway"
    PARALLEL_GATEWAY = "parallelGateway"
    INCLUSIVE_GATEWAY = "inclusiveGateway"
    COMPLEX_GATEWAY = "complexGateway"
    EVENT_BASED_GATEWAY = "eventBasedGateway"


class EventType(StrEnum):
    """What an event waits for or throws (BPMN 2.0.2 §10.5)."""

    MESSAGE = "message"
    TIMER = "timer"
    SIGNAL = "signal"
    ERROR = "error"
    ESCALATION = "escalation"
    CONDITIONAL = "conditional"
    COMPENSATION = "compensation"
    CANCEL = "cancel"
    LINK = "link"
    TERMINATE = "terminate"


class TimerType(StrEnum):
    """Which of the three timer bodies is given (BPMN 2.0.2 §10.5.5)."""

    DATE = "date"
    DURATION = "duration"
    CYCLE = "cycle"


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Immutable value; subclasses only add fields."""


class Expression(Record, frozen=True, kw_only=True):
    """A FEEL expression, or a literal text where the dialect allows one; ``line`` is its place in the file.

    ``source`` has no leading ``=``; with ``literal=True`` it is the text itself and is never evaluated.
    """

    source: str
    literal: bool = False
    line: int = 0


class Mapping(Record, frozen=True, kw_only=True):
    """One ``zeebe:input`` or ``zeebe:output``: evaluate ``source``, assign to the name (dotted path)
    ``target``."""

    source: Expression
    target: str


class EventDefinition(Record, frozen=True, kw_only=True):
    """One event definition; only the fields of its type are set.

    ``name`` is the resolved message, signal or link name (message names may be expressions), ``code`` the
    resolved error or escalation code (None catches every code), ``correlation_key`` belongs to messages,
    ``condition`` to conditional events, ``activity`` to compensation.
    """

    type: EventType
    id: str = ""
    name: Expression | None = None
    code: str | None = None
    correlation_key: Expression | None = None
    timer_type: TimerType | None = None
    timer: Expression | None = None
    condition: Expression | None = None
    activity: str | None = None
    error_code_variable: str | None = None
    error_message_variable: str | None = None
    wait_for_completion: bool = True
    line: int = 0


class JobDefinition(Record, frozen=True, kw_only=True):
    """``zeebe:taskDefinition`` and ``taskHeaders``: which handler does the work."""

    type: Expression
    retries: Expression | None = None
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    back_off: Expression | None = None


class UserTaskDefinition(Record, frozen=True, kw_only=True):
    """Who may do a user task, until when, with which form; all may be FEEL."""

    assignee: Expression | None = None
    candidate_groups: Expression | None = None
    candidate_users: Expression | None = None
    due_date: Expression | None = None
    follow_up_date: Expression | None = None
    priority: Expression | None = None
    form_id: str | None = None
    form_binding: str = "deployment"


class ScriptDefinition(Record, frozen=True, kw_only=True):
    """``zeebe:script``: a FEEL expression whose value goes to ``result_variable``."""

    expression: Expression
    result_variable: str | None = None


class CalledElement(Record, frozen=True, kw_only=True):
    """``zeebe:calledElement``: which process a call activity starts, and how variables travel."""

    process_id: Expression
    binding: str = "latest"
    version_tag: str | None = None
    propagate_all_child_variables: bool = True
    propagate_all_parent_variables: bool = True


class CalledDecision(Record, frozen=True, kw_only=True):
    """``zeebe:calledDecision``: which decision a business rule task evaluates."""

    decision_id: Expression
    result_variable: str
    binding: str = "latest"
    version_tag: str | None = None


class ComplexBehavior(Record, frozen=True, kw_only=True):
    """One ``complexBehaviorDefinition``: what is thrown when an instance ends and the condition holds."""

    condition: Expression | None
    events: tuple[EventDefinition, ...] = ()


class MultiInstance(Record, frozen=True, kw_only=True):
    """``multiInstanceLoopCharacteristics`` (BPMN 2.0.2 §10.3.8) with the ``zeebe:`` collections.

    Exactly one of ``collection`` and ``cardinality`` is set. ``behavior`` says when events are thrown:
    ``All`` never, ``One`` and ``None`` throw ``events`` when the first, or each, instance has ended,
    ``Complex`` what ``complex`` says.
    """

    sequential: bool = False
    collection: Expression | None = None
    cardinality: Expression | None = None
    input_element: str | None = None
    output_collection: str | None = None
    output_element: Expression | None = None
    completion_condition: Expression | None = None
    behavior: str = "All"
    events: tuple[EventDefinition, ...] = ()
    complex: tuple[ComplexBehavior, ...] = ()


class AdHoc(Record, frozen=True, kw_only=True):
    """What makes a sub-process ad-hoc (BPMN 2.0.2 §10.3.5); ``active_elements`` gives the ids of those that
    begin by themselves (``zeebe:adHoc``)."""

    sequential: bool = False
    completion_condition: Expression | None = None
    cancel_remaining: bool = True
    active_elements: Expression | None = None


class StandardLoop(Record, frozen=True, kw_only=True):
    """``standardLoopCharacteristics`` (BPMN 2.0.2 §10.3.8)."""

    condition: Expression | None = None
    test_before: bool = False
    maximum: int | None = None


class DeclaredEntry(Record, frozen=True, kw_only=True):
    """An entry that a register gets in the transaction in which a case starts, or a user task is completed.

    ``subject`` says what it is about, None where the diagram does not say; ``fields`` are its data, by name.
    It is made where ``condition`` holds or there is none, and closed with its ``resolution`` if it has one.
    """

    register: str
    subject: Expression | None
    fields: dict[str, Expression | None]
    line: int = 0
    condition: Expression | None = None
    resolution: str = ""


class Element(Record, frozen=True, kw_only=True):
    """One flow node of a process, or the process itself (the root container).

    ``incoming`` and ``outgoing`` are ids of sequence flows in document order; ``parent`` is the enclosing
    container (sub-process or process), "" for the process. ``interrupting`` is ``cancelActivity`` of a
    boundary event and ``isInterrupting`` of an event sub-process' start event. ``error_types`` of a
    boundary event are in ``events``. ``group`` is what ``obieg:group`` names on the element, else
    on its lane. ``entries`` are what a start event or a user task writes into
    registers.
    """

    id: str
    type: ElementType
    name: str = ""
    parent: str = ""
    line: int = 0
    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()
    default_flow: str | None = None
    events: tuple[EventDefinition, ...] = ()
    parallel_multiple: bool = False
    attached_to: str | None = None
    interrupting: bool = True
    triggered_by_event: bool = False
    instantiate: bool = False
    event_gateway_parallel: bool = False
    activation_condition: Expression | None = None
    job: JobDefinition | None = None
    user_task: UserTaskDefinition | None = None
    script: ScriptDefinition | None = None
    called_element: CalledElement | None = None
    called_decision: CalledDecision | None = None
    inputs: tuple[Mapping, ...] = ()
    outputs: tuple[Mapping, ...] = ()
    loop: MultiInstance | StandardLoop | None = None
    is_for_compensation: bool = False
    start_quantity: int = 1
    completion_quantity: int = 1
    lane: str = ""
    group: str = ""
    documentation: str = ""
    properties: dict[str, str] = msgspec.field(default_factory=dict)
    entries: tuple[DeclaredEntry, ...] = ()


class SequenceFlow(Record, frozen=True, kw_only=True):
    """One sequence flow; ``condition`` is None where the flow is unconditional."""

    id: str
    source: str
    target: str
    name: str = ""
    condition: Expression | None = None
    line: int = 0


class Lane(Record, frozen=True, kw_only=True):
    """One lane of a pool; ``group`` is the candidate group it names in ``obieg:group``."""

    id: str
    name: str
    group: str = ""
    elements: tuple[str, ...] = ()


class Compensation(Record, frozen=True, kw_only=True):
    """What a process can undo (BPMN 2.0.2 §10.7, §13.5.5).

    ``handlers`` are the activities that undo an activity, by its id (through its compensation boundary
    event); ``sub_processes`` the compensation event sub-processes' start events, by the id of the container;
    ``compensable`` are all activities whose completion must be remembered.
    """

    handlers: dict[str, str]
    sub_processes: dict[str, str]
    compensable: frozenset[str]


class ProcessDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """One executable process of one file, compiled.

    ``elements`` includes the process itself under its own id; ``children``, ``boundaries``, ``starts`` and
    ``event_sub_processes`` are indexes by container or host id, in document order: ``children`` lists every
    flow node inside a container, ``starts`` its start events, ``event_sub_processes`` the sub-processes
    triggered by events, ``boundaries`` the boundary events attached to an activity, ``links`` the catching
    link event of each throwing one. ``compensation`` is None where nothing can be undone. ``joins`` are the
    elements at which tokens wait for others; ``paths`` says for each inclusive and complex gateway among
    them, by element, which of the gateway's incoming flows (bit 0 = the first) a token there can still reach
    without visiting the gateway.
    """

    id: str
    name: str
    file: str
    version_tag: str = ""
    elements: dict[str, Element]
    flows: dict[str, SequenceFlow]
    children: dict[str, tuple[str, ...]]
    starts: dict[str, tuple[str, ...]]
    boundaries: dict[str, tuple[str, ...]]
    event_sub_processes: dict[str, tuple[str, ...]]
    links: dict[str, str] = msgspec.field(default_factory=dict)
    compensation: Compensation | None = None
    lanes: tuple[Lane, ...] = ()
    properties: dict[str, str] = msgspec.field(default_factory=dict)
    joins: frozenset[str] = frozenset()
    paths: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)
    ad_hoc: dict[str, AdHoc] = msgspec.field(default_factory=dict)
