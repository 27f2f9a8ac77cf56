"""Rows with everything a test does not care about filled in."""

from __future__ import annotations

from typing import Any

from engine.keys import bucket_of_root, compose
from engine.store import Transaction, instances
from engine.store.rows import InstanceRow, JobRow, SubscriptionRow, UserTaskRow
from engine.store.sealing import DataKey

START_US = 1_800_000_000_000_000


def root_key(number: int) -> int:
    """Return the key of a root instance."""
    return compose(bucket_of_root(number), number)


def instance_row(key: int, **values: Any) -> InstanceRow:
    """Return an active root instance."""
    filled: dict[str, Any] = {
        "root_key": key,
        "parent_key": None,
        "parent_element_key": None,
        "definition_key": 1,
        "process_id": "process",
        "version": 1,
        "state": "active",
        "business_key": None,
        "started_at": START_US,
        "ended_at": None,
        "parameters_version": 1,
        "seq": 1,
        "head_hash": bytes(32),
    }
    return InstanceRow(key=key, **filled | values)


def insert_instance(tx: Transaction, key: int, content: bytes = b"state", **values: Any) -> DataKey:
    """Insert an active root instance and return its data key."""
    data_key = tx.keyring.new_data_key(key)
    instances.insert(tx, instance_row(key, **values), data_key=data_key, state=content)
    return data_key


def user_task_row(key: int, instance_key: int, **values: Any) -> UserTaskRow:
    """Return an open user task."""
    filled: dict[str, Any] = {
        "root_key": instance_key,
        "process_id": "process",
        "element_id": "task",
        "name": "Task",
        "state": "created",
        "assignee": None,
        "candidate_groups": (),
        "candidate_users": (),
        "due_at": None,
        "follow_up_at": None,
        "priority": 50,
        "form_id": None,
        "created_at": START_US,
    }
    return UserTaskRow(key=key, instance_key=instance_key, **filled | values)


def job_row(key: int, instance_key: int | None = None, **values: Any) -> JobRow:
    """Return a ready job of a handler."""
    filled: dict[str, Any] = {
        "kind": "job",
        "root_key": instance_key,
        "element_key": None,
        "element_id": "send",
        "process_id": "process",
        "type": "email.send",
        "stage": "ready",
        "priority": 50,
        "due_at": START_US,
        "created_at": START_US,
    }
    return JobRow(key=key, instance_key=instance_key, **filled | values)


def subscription_row(tx: Transaction, key: int, instance_key: int | None, **values: Any) -> SubscriptionRow:
    """Return a subscription to the message ``paid`` with the correlation key ``42``."""
    name, correlation_key = values.pop("name", "paid"), values.pop("correlation_key", "42")
    filled: dict[str, Any] = {
        "kind": "message",
        "name_hash": tx.keyring.digest(name),
        "correlation_hash": tx.keyring.digest(f"{name}\0{correlation_key}"),
        "name": name,
        "process_id": "process",
        "root_key": instance_key,
        "element_key": None,
        "element_id": "wait",
        "definition_key": 1,
        "opened_at": START_US,
    }
    return SubscriptionRow(key=key, instance_key=instance_key, **filled | values)
