"""What has happened: past-tense facts, each applied to the state by one applier and kept in history for good.

An event carries all its applier needs, so that folding the events of an instance gives its state again
without running the kernel. Those of them that are effects (``engine.kernel.effects``) also change rows
outside the state (``engine.process_engine.projection``).
"""

from __future__ import annotations

from engine.kernel.events.elements import (
    ElementActivated,
    ElementCompleted,
    ElementTerminated,
    IncidentRaised,
    IncidentResolved,
    LoopProgressed,
    LoopStarted,
    TokenArrived,
    TokensConsumed,
    VariablesSet,
)
from engine.kernel.events.event import Event
from engine.kernel.events.instances import (
    ErrorPropagated,
    EscalationPropagated,
    InstanceActivated,
    InstanceEnded,
    InstanceMigrated,
    InstanceModified,
    InstanceStarted,
    InstanceSuspended,
    StepInterrupted,
    StepResumed,
)
from engine.kernel.events.waits import (
    ErrorThrown,
    EscalationThrown,
    MessageCorrelated,
    MessageThrown,
    SignalReceived,
    SignalThrown,
    SubscriptionClosed,
    SubscriptionOpened,
    TimerEnded,
    TimerRescheduled,
    TimerScheduled,
)
from engine.kernel.events.work import (
    CallEnded,
    ConditionEvaluated,
    DecisionEvaluated,
    InstanceCalled,
    JobCreated,
    JobEnded,
    JobFailed,
    UserTaskCreated,
    UserTaskEnded,
    UserTaskUpdated,
)

__all__ = [
    "CallEnded",
    "ConditionEvaluated",
    "DecisionEvaluated",
    "ElementActivated",
    "ElementCompleted",
    "ElementTerminated",
    "ErrorPropagated",
    "ErrorThrown",
    "EscalationPropagated",
    "EscalationThrown",
    "Event",
    "IncidentRaised",
    "IncidentResolved",
    "InstanceActivated",
    "InstanceCalled",
    "InstanceEnded",
    "InstanceMigrated",
    "InstanceModified",
    "InstanceStarted",
    "InstanceSuspended",
    "JobCreated",
    "JobEnded",
    "JobFailed",
    "LoopProgressed",
    "LoopStarted",
    "MessageCorrelated",
    "MessageThrown",
    "SignalReceived",
    "SignalThrown",
    "StepInterrupted",
    "StepResumed",
    "SubscriptionClosed",
    "SubscriptionOpened",
    "TimerEnded",
    "TimerRescheduled",
    "TimerScheduled",
    "TokenArrived",
    "TokensConsumed",
    "UserTaskCreated",
    "UserTaskEnded",
    "UserTaskUpdated",
    "VariablesSet",
]
