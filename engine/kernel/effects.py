"""Which events also change rows outside the state: user tasks, jobs, timers, subscriptions, other
instances."""

from __future__ import annotations

from engine.kernel import events as ev

EFFECTS: frozenset[type[ev.Event]] = frozenset(
    {
        ev.InstanceStarted,
        ev.RegisterEntryMade,
        ev.InstanceSuspended,
        ev.InstanceActivated,
        ev.InstanceMigrated,
        ev.InstanceEnded,
        ev.StepInterrupted,
        ev.JobCreated,
        ev.JobFailed,
        ev.JobEnded,
        ev.UserTaskCreated,
        ev.UserTaskUpdated,
        ev.UserTaskEnded,
        ev.TimerScheduled,
        ev.TimerRescheduled,
        ev.TimerEnded,
        ev.SubscriptionOpened,
        ev.SubscriptionClosed,
        ev.MessageThrown,
        ev.SignalThrown,
        ev.InstanceCalled,
        ev.CallEnded,
        ev.ErrorPropagated,
        ev.EscalationPropagated,
        ev.IncidentRaised,
        ev.IncidentResolved,
    }
)
