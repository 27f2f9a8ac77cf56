"""What the kernel cannot execute exactly yet, and what it may pass over: tables; later work deletes rows.

Nothing is accepted in silence: every BPMN element inside an executable process is executed, or is inert (no
execution semantics), or is refused with the reason given here.
"""

from __future__ import annotations

EXECUTED = frozenset(
    [
        "startEvent",
        "endEvent",
        "intermediateCatchEvent",
        "intermediateThrowEvent",
        "boundaryEvent",
        "task",
        "userTask",
        "manualTask",
        "serviceTask",
        "sendTask",
        "receiveTask",
        "scriptTask",
        "businessRuleTask",
        "callActivity",
        "globalTask",
        "globalUserTask",
        "globalManualTask",
        "globalScriptTask",
        "globalBusinessRuleTask",
        "subProcess",
        "exclusiveGateway",
        "parallelGateway",
        "inclusiveGateway",
        "complexGateway",
        "activationCondition",
        "adHocSubProcess",
        "eventBasedGateway",
        "sequenceFlow",
        "conditionExpression",
        "messageEventDefinition",
        "timerEventDefinition",
        "signalEventDefinition",
        "errorEventDefinition",
        "escalationEventDefinition",
        "terminateEventDefinition",
        "conditionalEventDefinition",
        "condition",
        "compensateEventDefinition",
        "cancelEventDefinition",
        "linkEventDefinition",
        "source",
        "target",
        "transaction",
        "eventDefinitionRef",
        "timeDate",
        "timeDuration",
        "timeCycle",
        "multiInstanceLoopCharacteristics",
        "loopCardinality",
        "standardLoopCharacteristics",
        "loopCondition",
        "complexBehaviorDefinition",
        "event",
        "loopDataInputRef",
        "loopDataOutputRef",
        "inputDataItem",
        "outputDataItem",
        "completionCondition",
        "script",
        "correlationSubscription",
        "correlationPropertyBinding",
        "dataPath",
        "dataObject",
        "dataObjectReference",
        "property",
        "ioSpecification",
        "dataInput",
        "dataOutput",
        "inputSet",
        "outputSet",
        "dataInputRefs",
        "dataOutputRefs",
        "optionalInputRefs",
        "optionalOutputRefs",
        "dataInputAssociation",
        "dataOutputAssociation",
        "sourceRef",
        "targetRef",
        "transformation",
        "assignment",
        "from",
        "to",
    ]
)

INERT = frozenset(
    [
        "documentation",
        "incoming",
        "outgoing",
        "laneSet",
        "lane",
        "childLaneSet",
        "flowNodeRef",
        "partitionElement",
        "dataStoreReference",
        "dataState",
        "textAnnotation",
        "text",
        "association",
        "group",
        "category",
        "categoryValueRef",
        "auditing",
        "monitoring",
        "rendering",
        "supportedInterfaceRef",
        "whileExecutingInputRefs",
        "whileExecutingOutputRefs",
        "inputSetRefs",
        "outputSetRefs",
    ]
)

# Who does a task is not read from these: the check warns
RESOURCES = frozenset(["resourceRole", "performer", "humanPerformer", "potentialOwner"])

REFUSED_ELEMENTS: dict[str, str] = {
    "ioBinding": "operation bindings are not executed",
    "callChoreography": "choreographies are not executed",
    "choreographyTask": "choreographies are not executed",
    "subChoreography": "choreographies are not executed",
}

_TASKS = [
    "task",
    "userTask",
    "manualTask",
    "serviceTask",
    "sendTask",
    "receiveTask",
    "scriptTask",
    "businessRuleTask",
]
_ACTIVITIES = frozenset([*_TASKS, "callActivity", "subProcess", "transaction", "adHocSubProcess"])
_EVENTS = frozenset(
    ["startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"]
)
_JOBS = frozenset(
    [
        "serviceTask",
        "sendTask",
        "scriptTask",
        "businessRuleTask",
        "intermediateThrowEvent",
        "endEvent",
    ]
)

# ``zeebe:`` extension elements and where they are executed; None: anywhere
EXTENSIONS: dict[str, frozenset[str] | None] = {
    "properties": None,
    "taskDefinition": _JOBS,
    "taskHeaders": _JOBS | {"userTask"},
    "ioMapping": _ACTIVITIES | _EVENTS,
    "assignmentDefinition": frozenset({"userTask"}),
    "taskSchedule": frozenset({"userTask"}),
    "priorityDefinition": frozenset({"userTask"}),
    "formDefinition": frozenset({"userTask", "startEvent"}),
    "userTask": frozenset({"userTask"}),
    "script": frozenset({"scriptTask"}),
    "calledDecision": frozenset({"businessRuleTask"}),
    "calledElement": frozenset({"callActivity"}),
    "subscription": frozenset({"message"}),
    "loopCharacteristics": frozenset({"multiInstanceLoopCharacteristics"}),
    "versionTag": frozenset({"process"}),
    "adHoc": frozenset({"adHocSubProcess"}),
}

REFUSED_EXTENSIONS: dict[str, str] = {
    "executionListeners": "execution listeners are not executed yet",
    "taskListeners": "task listeners are not executed yet",
    "userTaskForm": "forms inside the diagram are not shown; deploy a .form file",
}

REFUSED_EXTENSION_ATTRIBUTES: dict[tuple[str, str], str] = {
    ("formDefinition", "formKey"): "forms are found by formId",
    ("formDefinition", "externalReference"): "forms of other systems are not shown",
    ("adHoc", "outputCollection"): "a variable around it collects results",
    ("adHoc", "outputElement"): "a variable around it collects results",
    ("script", "script"): "only FEEL expressions are executed",
}

# Namespaces of other engines' extensions; of their attributes only these are read
FOREIGN_ENGINES = (
    "{http://camunda.org/schema/1.0/bpmn}",
    "{http://activiti.org/bpmn}",
    "{http://flowable.org/bpmn}",
)
FOREIGN_READ = frozenset({"errorCodeVariable", "errorMessageVariable", "escalationCodeVariable"})

REQUIRED_EXTENSION_ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "taskDefinition": ("type",),
    "header": ("key",),
    "input": ("source", "target"),
    "output": ("source", "target"),
    "formDefinition": ("formId",),
    "script": ("expression",),
    "calledDecision": ("decisionId", "resultVariable"),
    "calledElement": ("processId",),
    "subscription": ("correlationKey",),
    "versionTag": ("value",),
}

BOOLEAN_EXTENSION_ATTRIBUTES = frozenset({"propagateAllParentVariables", "propagateAllChildVariables"})

FEEL_LANGUAGES = frozenset({"", "feel", "application/feel", "text/feel", "application/x-feel"})
