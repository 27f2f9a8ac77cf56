"""Obieg's engine: the public door. Nothing outside this package imports ``engine.x``."""

from __future__ import annotations

from engine.clock import WARSAW, Clock, SystemClock, VirtualClock
from engine.dmn import DecisionResult, TableMatch
from engine.documents import Documents
from engine.errors import (
    BpmnError,
    Conflict,
    Damaged,
    DoesNotFit,
    EngineError,
    EvaluationError,
    Forbidden,
    Incompatible,
    InvalidDefinition,
    InvalidExpression,
    InvalidSubmission,
    InvalidVariables,
    JobFailure,
    NotFound,
    Unavailable,
)
from engine.handling import Completed, HandlerRegistry, JobContext, RegisterEntry
from engine.keys import draw_characters
from engine.model.records import (
    Definition,
    Deployment,
    Difference,
    ElementInstance,
    ElementState,
    Finding,
    Flaw,
    FlawKind,
    HistoryEvent,
    Incident,
    InstanceState,
    InstanceView,
    Job,
    Node,
    Opinion,
    OpinionVerdict,
    ProcessInstance,
    Report,
    Severity,
    Soundness,
    Timer,
    UserTask,
    UserTaskState,
    Verdict,
)
from engine.parameters import Parameters
from engine.people import People, Person, Role
from engine.process_engine import ProcessEngine
from engine.registers import Registers
from engine.scheduler import Scheduler
from engine.secrets import Secrets
from engine.store.sealing import Keyring
from engine.worker import Worker

__all__ = [
    "WARSAW",
    "BpmnError",
    "Clock",
    "Completed",
    "Conflict",
    "Damaged",
    "DecisionResult",
    "Definition",
    "Deployment",
    "Difference",
    "Documents",
    "DoesNotFit",
    "ElementInstance",
    "ElementState",
    "EngineError",
    "EvaluationError",
    "Finding",
    "Flaw",
    "FlawKind",
    "Forbidden",
    "HandlerRegistry",
    "HistoryEvent",
    "Incident",
    "Incompatible",
    "InstanceState",
    "InstanceView",
    "InvalidDefinition",
    "InvalidExpression",
    "InvalidSubmission",
    "InvalidVariables",
    "Job",
    "JobContext",
    "JobFailure",
    "Keyring",
    "Node",
    "NotFound",
    "Opinion",
    "OpinionVerdict",
    "Parameters",
    "People",
    "Person",
    "ProcessEngine",
    "ProcessInstance",
    "RegisterEntry",
    "Registers",
    "Report",
    "Role",
    "Scheduler",
    "Secrets",
    "Severity",
    "Soundness",
    "SystemClock",
    "TableMatch",
    "Timer",
    "Unavailable",
    "UserTask",
    "UserTaskState",
    "Verdict",
    "VirtualClock",
    "Worker",
    "draw_characters",
]
