"""Appliers of work that is waited for."""

from __future__ import annotations

from engine.kernel import events as ev
from engine.kernel.appliers.touching import touched
from engine.kernel.state import JobData, UserTaskData
from engine.kernel.tree import InstanceTree
from engine.model.records import UserTaskState


def job_created(tree: InstanceTree, event: ev.JobCreated, at: int) -> None:
    """Let the element instance wait for a job."""
    element = touched(tree, event.element_key)
    element.job = JobData(
        key=event.key,
        type=event.type,
        retries=event.retries,
        headers=event.headers,
        effect=event.effect,
    )


def job_failed(tree: InstanceTree, event: ev.JobFailed, at: int) -> None:
    """Count an attempt."""
    job = touched(tree, event.element_key).job
    assert job is not None  # noqa: S101 - a fold of our own events: a missing job is a bug
    job.retries = event.retries
    job.failed = event.due_at is None


def job_ended(tree: InstanceTree, event: ev.JobEnded, at: int) -> None:
    """The element instance no longer waits for a job."""
    touched(tree, event.element_key).job = None


def user_task_created(tree: InstanceTree, event: ev.UserTaskCreated, at: int) -> None:
    """Let the element instance wait for a person."""
    touched(tree, event.key).user_task = UserTaskData(
        name=event.name,
        state=UserTaskState.ASSIGNED if event.assignee else UserTaskState.CREATED,
        assignee=event.assignee,
        groups=event.groups,
        users=event.users,
        due_at=event.due_at,
        follow_up_at=event.follow_up_at,
        priority=event.priority,
        form_id=event.form_id,
        created_at=at,
    )


def user_task_updated(tree: InstanceTree, event: ev.UserTaskUpdated, at: int) -> None:
    """Give the user task its new shape."""
    task = touched(tree, event.key).user_task
    assert task is not None  # noqa: S101 - a fold of our own events: a missing task is a bug
    task.assignee = event.assignee
    task.state = UserTaskState.ASSIGNED if event.assignee else UserTaskState.CREATED
    task.groups = event.groups
    task.users = event.users
    task.due_at = event.due_at
    task.follow_up_at = event.follow_up_at
    task.priority = event.priority


def user_task_ended(tree: InstanceTree, event: ev.UserTaskEnded, at: int) -> None:
    """The element instance no longer waits for a person."""
    touched(tree, event.key).user_task = None


def instance_called(tree: InstanceTree, event: ev.InstanceCalled, at: int) -> None:
    """Let the call activity wait for its called instance."""
    touched(tree, event.element_key).called = event.child


def call_ended(tree: InstanceTree, event: ev.CallEnded, at: int) -> None:
    """The call activity no longer waits."""
    touched(tree, event.element_key).called = 0
