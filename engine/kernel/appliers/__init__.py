"""The only writers of state: one applier per event, so that folding events gives the state again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.kernel import events as ev
from engine.kernel.appliers import compensations, elements, instances, waits, work
from engine.kernel.tree import InstanceTree


def no_change(tree: InstanceTree, event: ev.Event, at: int) -> None:
    """An event that tells why, and changes nothing by itself."""


APPLIERS: dict[type[ev.Event], Callable[[InstanceTree, Any, int], None]] = {
    ev.InstanceStarted: instances.instance_started,
    ev.RegisterEntryMade: no_change,
    ev.InstanceSuspended: instances.instance_suspended,
    ev.InstanceActivated: instances.instance_activated,
    ev.InstanceModified: no_change,
    ev.InstanceMigrated: instances.instance_migrated,
    ev.InstanceEnded: instances.instance_ended,
    ev.StepInterrupted: instances.step_interrupted,
    ev.StepResumed: instances.step_resumed,
    ev.ElementActivated: elements.element_activated,
    ev.ElementCompleted: elements.element_ended,
    ev.ElementTerminated: elements.element_ended,
    ev.TokenArrived: elements.token_arrived,
    ev.TokensConsumed: elements.tokens_consumed,
    ev.GatewayFired: elements.gateway_fired,
    ev.ActivitiesChosen: elements.activities_chosen,
    ev.ActivityTurn: elements.activity_turn,
    ev.AdHocEnding: elements.ad_hoc_ending,
    ev.VariablesSet: elements.variables_set,
    ev.JobCreated: work.job_created,
    ev.JobFailed: work.job_failed,
    ev.JobEnded: work.job_ended,
    ev.UserTaskCreated: work.user_task_created,
    ev.UserTaskUpdated: work.user_task_updated,
    ev.UserTaskEnded: work.user_task_ended,
    ev.TimerScheduled: waits.timer_scheduled,
    ev.TimerRescheduled: waits.timer_rescheduled,
    ev.TimerEnded: waits.timer_ended,
    ev.SubscriptionOpened: waits.subscription_opened,
    ev.SubscriptionClosed: waits.subscription_closed,
    ev.MessageCorrelated: no_change,
    ev.SignalReceived: no_change,
    ev.MessageThrown: no_change,
    ev.SignalThrown: no_change,
    ev.ErrorThrown: no_change,
    ev.EscalationThrown: no_change,
    ev.ConditionEvaluated: no_change,
    ev.DecisionEvaluated: no_change,
    ev.InstanceCalled: work.instance_called,
    ev.CallEnded: work.call_ended,
    ev.ErrorPropagated: no_change,
    ev.EscalationPropagated: no_change,
    ev.LoopStarted: elements.loop_started,
    ev.LoopProgressed: elements.loop_progressed,
    ev.IncidentRaised: elements.incident_raised,
    ev.IncidentResolved: elements.incident_resolved,
    ev.ConditionOpened: waits.condition_opened,
    ev.ConditionChanged: waits.condition_changed,
    ev.ConditionsClosed: waits.conditions_closed,
    ev.PartReceived: waits.part_received,
    ev.PartsConsumed: waits.parts_consumed,
    ev.CompensationRecorded: compensations.recorded,
    ev.CompensationTriggered: compensations.triggered,
    ev.CompensationStarted: compensations.started,
    ev.CompensationProgressed: compensations.progressed,
    ev.CompensationEnded: compensations.ended,
    ev.CompensationAbandoned: compensations.abandoned,
}


def fold(tree: InstanceTree | None, happened: list[ev.Event], at: int) -> InstanceTree:
    """Apply the events of one command to a state (None: nothing yet) and return it; ``at`` is the
    command's time."""
    if tree is None:
        tree = InstanceTree.empty()
    for event in happened:
        APPLIERS[type(event)](tree, event, at)
    if tree.header.queue is None:
        tree.header.run_length = 0  # as a step that comes to its end leaves it
    tree.header.last_at = max(tree.header.last_at, at)
    return tree
