"""Effects as rows: what a worklist, a worker, the ticker and an operator read without opening any state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from engine.kernel import codec
from engine.kernel import events as ev
from engine.model.records import IncidentState, JobState, UserTaskState
from engine.store import correlation, element_ids, incidents, jobs, subscriptions, user_tasks
from engine.store.rows import IncidentRow, JobRow, SubscriptionRow, UserTaskRow
from engine.store.sealing import DataKey, place

if TYPE_CHECKING:
    from engine.process_engine.family import Family, Member

DEFAULT_PRIORITY = 50


class Changes:
    """The rows one verb changes, gathered over all its steps and written in one statement per table."""

    def __init__(self, family: Family) -> None:
        self._family = family
        self._jobs: dict[int, JobRow] = {}
        self._ended_jobs: dict[int, None] = {}
        self._done: set[int] = set()
        self._rescheduled: dict[int, int] = {}
        self._tasks: dict[int, UserTaskRow] = {}
        self._changed_tasks: dict[int, UserTaskRow] = {}
        self._ended_tasks: dict[int, UserTaskState] = {}
        self._opened: dict[int, tuple[Member, SubscriptionRow]] = {}
        self._closed: dict[int, None] = {}
        self._incidents: dict[int, IncidentRow] = {}
        self._resolved: dict[int, None] = {}
        self._suspended: dict[int, bool] = {}
        self._migrated: dict[int, ev.InstanceMigrated] = {}
        self._entries: list[tuple[int, ev.RegisterEntryMade]] = []

    def done(self, job_key: int) -> None:
        """Note that a job's row has been dealt with by its fence."""
        self._done.add(job_key)

    def ends_job(self, job_key: int) -> bool:
        """Return whether this verb takes a job back."""
        return job_key in self._ended_jobs

    def closes(self, subscription_key: int) -> bool:
        """Return whether this verb closes a subscription."""
        return subscription_key in self._closed

    def add(self, member: Member, effects: list[ev.Event]) -> None:
        """Take in what one step changed."""
        for effect in effects:
            apply = _PROJECTIONS.get(type(effect))
            if apply is not None:
                apply(self, member, effect)

    # --- one method per effect ---

    def register_entry_made(self, member: Member, event: ev.RegisterEntryMade) -> None:
        """Write the entry a case begins with, or a user task ends with."""
        self._entries.append((member.row.key, event))

    def instance_suspended(self, member: Member, event: ev.InstanceSuspended) -> None:
        """Stop the instance's jobs and timers."""
        self._suspended[member.row.key] = True

    def instance_activated(self, member: Member, event: ev.InstanceActivated) -> None:
        """Let the instance's jobs and timers go on."""
        self._suspended[member.row.key] = False

    def instance_migrated(self, member: Member, event: ev.InstanceMigrated) -> None:
        """Let the rows of what waits name the elements of the version the instance goes on in."""
        self._migrated[member.row.key] = event

    def resume(self, member: Member) -> None:
        """Let what a suspended instance has sent on its way go on, now that the instance has ended."""
        self._suspended[member.row.key] = False

    def step_interrupted(self, member: Member, event: ev.StepInterrupted) -> None:
        """Go on by a job, unless the step has gone on for too long: then a person must look first."""
        if member.state.root.incident is not None:
            return
        self._add_job(member, self._family.key(), "continue", member.row.key, member.row.process_id)

    def job_created(self, member: Member, event: ev.JobCreated) -> None:
        """Offer a job to the workers; the idempotency key is the same for every attempt."""
        effect = f"-{event.effect}" if event.effect else ""
        element = member.state.elements[event.element_key]
        self._add_job(
            member,
            event.key,
            "job",
            event.element_key,
            element.element_id,
            type_=event.type,
            retries=event.retries,
            idempotency_key=f"{member.row.key}-{event.element_key}{effect}",
            payload=event.headers,
        )

    def job_ended(self, member: Member, event: ev.JobEnded) -> None:
        """Take a job back."""
        self._end_job(event.key)

    def timer_scheduled(self, member: Member, event: ev.TimerScheduled) -> None:
        """Wake up at the due instant."""
        self._add_job(
            member,
            event.key,
            "timer",
            event.owner,
            event.element_id,
            stage=JobState.SCHEDULED,
            due_at=event.due_at,
        )

    def timer_rescheduled(self, member: Member, event: ev.TimerRescheduled) -> None:
        """Wake up at another instant."""
        self._rescheduled[event.key] = event.due_at

    def timer_ended(self, member: Member, event: ev.TimerEnded) -> None:
        """Do not wake up any more."""
        self._end_job(event.key)

    def user_task_changed(self, member: Member, event: ev.UserTaskCreated | ev.UserTaskUpdated) -> None:
        """Show a user task as it is after the step."""
        element = member.state.elements.get(event.key)
        task = element.user_task if element is not None else None
        if element is None or task is None:
            return
        known = type(event) is ev.UserTaskUpdated and event.key not in self._tasks
        (self._changed_tasks if known else self._tasks)[event.key] = UserTaskRow(
            key=event.key,
            instance_key=member.row.key,
            root_key=member.row.root_key,
            process_id=member.row.process_id,
            element_id=element.element_id,
            name=task.name,
            state=task.state,
            assignee=task.assignee,
            candidate_groups=tuple(task.groups),
            candidate_users=tuple(task.users),
            due_at=task.due_at,
            follow_up_at=task.follow_up_at,
            priority=task.priority,
            form_id=task.form_id,
            created_at=task.created_at,
            page=member.state.places.get(event.key),
        )

    def user_task_ended(self, member: Member, event: ev.UserTaskEnded) -> None:
        """Take a user task off the worklists."""
        self._changed_tasks.pop(event.key, None)
        if self._tasks.pop(event.key, None) is None or event.key not in member.state.elements:
            self._ended_tasks[event.key] = event.state

    def subscription_opened(self, member: Member, event: ev.SubscriptionOpened) -> None:
        """Listen for a message or signal."""
        keyring, row = self._family.tx.keyring, member.row
        self._opened[event.key] = (
            member,
            SubscriptionRow(
                key=event.key,
                kind=event.kind,
                name_hash=keyring.digest(event.name),
                correlation_hash=keyring.digest(f"{event.name}\0{event.correlation_key}"),
                name=event.name,
                process_id=row.process_id,
                instance_key=row.key,
                root_key=row.root_key,
                element_key=event.owner,
                element_id=event.element_id,
                definition_key=row.definition_key,
                opened_at=self._family.tx.now,
                page=member.state.places.get(event.owner),
            ),
        )

    def subscription_closed(self, member: Member, event: ev.SubscriptionClosed) -> None:
        """Stop listening."""
        if self._opened.pop(event.key, None) is None:
            self._closed[event.key] = None

    def message_thrown(self, member: Member, event: ev.MessageThrown) -> None:
        """Publish by a job: no data flows between two roots in one transaction."""
        payload = {"name": event.name, "correlation_key": event.correlation_key, "variables": event.variables}
        self._add_job(member, self._family.key(), "publish", event.element_key, "", payload=payload)

    def signal_thrown(self, member: Member, event: ev.SignalThrown) -> None:
        """Broadcast by a job."""
        payload = {"name": event.name, "variables": event.variables}
        self._add_job(member, self._family.key(), "broadcast", event.element_key, "", payload=payload)

    def incident_raised(self, member: Member, event: ev.IncidentRaised) -> None:
        """Show an incident to the operators."""
        element = member.state.elements.get(event.element_key)
        self._incidents[event.key] = IncidentRow(
            key=event.key,
            instance_key=member.row.key,
            root_key=member.row.root_key,
            process_id=member.row.process_id,
            element_id=event.element_id,
            element_key=event.element_key,
            job_key=element.job.key if element is not None and element.job is not None else None,
            type=event.type,
            message=member.data_key.seal(place("incident", event.key), event.message.encode()),
            state=IncidentState.OPEN,
            created_at=self._family.tx.now,
            page=member.state.places.get(event.element_key),
        )

    def incident_resolved(self, member: Member, event: ev.IncidentResolved) -> None:
        """Close an incident."""
        if self._incidents.pop(event.key, None) is None:
            self._resolved[event.key] = None

    def defer_call(self, member: Member, event: ev.InstanceCalled) -> None:
        """Start a called instance by a job."""
        payload = {
            "child": event.child,
            "process_id": event.process_id,
            "binding": event.binding,
            "version_tag": event.version_tag,
            "variables": event.variables,
        }
        self._add_job(member, self._family.key(), "call", event.element_key, "", payload=payload)

    def deliver(
        self, data_key: DataKey, subscription: SubscriptionRow, payload: dict[str, Any], kind: str
    ) -> None:
        """Bring a message or signal to an open subscription by a job."""
        key = self._family.key()
        self._jobs[key] = job_row(
            self._family,
            key=key,
            kind=kind,
            subscription=subscription,
            payload=data_key.seal(place("job", key), codec.encode_values(payload)),
        )

    # --- rows ---

    def _add_job(
        self,
        member: Member,
        key: int,
        kind: str,
        element_key: int,
        element_id: str,
        *,
        type_: str = "",
        stage: str = JobState.READY,
        due_at: int | None = None,
        retries: int = 0,
        idempotency_key: str = "",
        payload: Any = None,
    ) -> None:
        sealed = b""
        if payload:
            sealed = member.data_key.seal(place("job", key), codec.encode_values(payload))
        self._ended_jobs.pop(key, None)
        self._jobs[key] = JobRow(
            key=key,
            kind=kind,
            instance_key=member.row.key,
            root_key=member.row.root_key,
            element_key=element_key,
            element_id=element_id,
            process_id=member.row.process_id,
            type=type_,
            stage=stage,
            priority=DEFAULT_PRIORITY,
            due_at=self._family.tx.now if due_at is None else due_at,
            retries=retries,
            idempotency_key=idempotency_key,
            created_at=self._family.tx.now,
            payload=sealed,
            page=member.state.places.get(element_key),
        )

    def _end_job(self, key: int) -> None:
        if self._jobs.pop(key, None) is None and key not in self._done:
            self._ended_jobs[key] = None

    def write(self) -> None:
        """Write all that was gathered, one statement per table and kind of change."""
        tx = self._family.tx
        self._move_migrated()
        self._open_subscriptions()
        user_tasks.upsert(tx, self._tasks.values())
        user_tasks.update(tx, self._changed_tasks.values())
        user_tasks.end(tx, self._ended_tasks, tx.now)
        subscriptions.delete(tx, list(self._closed))
        jobs.delete(tx, list(self._ended_jobs))
        self._write_jobs()
        incidents.upsert(tx, list(self._incidents.values()))
        incidents.resolve(tx, list(self._resolved), tx.now)
        for key, due_at in self._rescheduled.items():
            jobs.reschedule(tx, key, due_at)
        self._write_rare()
        self._write_entries()

    def _write_entries(self) -> None:
        """Write into registers last: each stays locked until the transaction ends."""
        family = self._family
        for instance_key, made in sorted(self._entries, key=lambda each: each[1].register):
            family.parts.registers.append(
                family.tx,
                register=made.register,
                instance_key=instance_key,
                subject=made.subject,
                data=made.variables,
                resolution=made.resolution,
            )

    def _write_jobs(self) -> None:
        """Offer the jobs; new ones of running instances go to a free thread of this node at once."""
        if not self._jobs:
            return
        family, born = self._family, {key for key in self._jobs if self._family.is_new(key)}
        new = [row for key, row in self._jobs.items() if key in born and not self._suspended]
        known = [row for row in self._jobs.values() if row.key not in born or self._suspended]
        locked = family.parts.dispatch.locked(family.tx, new, owner=family.parts.node)
        jobs.upsert(family.tx, known + locked)

    def _write_rare(self) -> None:
        tx = self._family.tx
        stopped = [key for key, suspended in self._suspended.items() if suspended]
        resumed = [key for key, suspended in self._suspended.items() if not suspended]
        if stopped:
            jobs.suspend(tx, stopped)
        if resumed:
            jobs.activate(tx, resumed, tx.now)

    def _move_migrated(self) -> None:
        """Rename what was there before; what this verb adds has its new names already."""
        tx = self._family.tx
        for key, event in self._migrated.items():
            subscriptions.rebind(tx, key, event.definition_key)
            if event.mapping:
                element_ids.rename(tx, key, event.mapping)

    def _open_subscriptions(self) -> None:
        if not self._opened:
            return
        rows = [row for _, row in self._opened.values()]
        for buffered in correlation.open_subscriptions(self._family.tx, rows):
            member, row = self._opened[buffered.subscription.key]
            content = codec.decode_values(buffered.payload)
            payload = {**content, "message_key": buffered.message.key, "subscription": row.key}
            self.deliver(member.data_key, row, payload, "message")


def job_row(family: Family, *, key: int, kind: str, subscription: SubscriptionRow, payload: bytes) -> JobRow:
    """Return the job that delivers to a subscription."""
    return JobRow(
        key=key,
        kind=kind,
        instance_key=subscription.instance_key,
        root_key=subscription.root_key,
        element_key=subscription.element_key,
        element_id=subscription.element_id,
        process_id=subscription.process_id,
        type="",
        stage=JobState.READY,
        priority=DEFAULT_PRIORITY,
        due_at=family.tx.now,
        created_at=family.tx.now,
        payload=payload,
        page=subscription.page,
    )


_PROJECTIONS: dict[type[ev.Event], Callable[[Changes, Any, Any], None]] = {
    ev.RegisterEntryMade: Changes.register_entry_made,
    ev.InstanceSuspended: Changes.instance_suspended,
    ev.InstanceActivated: Changes.instance_activated,
    ev.InstanceMigrated: Changes.instance_migrated,
    ev.StepInterrupted: Changes.step_interrupted,
    ev.JobCreated: Changes.job_created,
    ev.JobEnded: Changes.job_ended,
    ev.TimerScheduled: Changes.timer_scheduled,
    ev.TimerRescheduled: Changes.timer_rescheduled,
    ev.TimerEnded: Changes.timer_ended,
    ev.UserTaskCreated: Changes.user_task_changed,
    ev.UserTaskUpdated: Changes.user_task_changed,
    ev.UserTaskEnded: Changes.user_task_ended,
    ev.SubscriptionOpened: Changes.subscription_opened,
    ev.SubscriptionClosed: Changes.subscription_closed,
    ev.MessageThrown: Changes.message_thrown,
    ev.SignalThrown: Changes.signal_thrown,
    ev.IncidentRaised: Changes.incident_raised,
    ev.IncidentResolved: Changes.incident_resolved,
}
