"""What operators look at: what stands where, what has failed, what is due next."""

from __future__ import annotations

import datetime as dt

from engine.model.case import OpenJob
from engine.model.records import Incident, InstanceState, ProcessInstance, Record


class OpenInstances(Record, frozen=True, kw_only=True):
    """How many instances of one version of a process are in one state and have not ended."""

    process_id: str
    version: int
    state: InstanceState
    count: int


class ElementCount(Record, frozen=True, kw_only=True):
    """How much waits at one element: user tasks, jobs, timers, subscriptions; how many incidents."""

    element_id: str
    tasks: int = 0
    jobs: int = 0
    timers: int = 0
    messages: int = 0
    incidents: int = 0


class JobCount(Record, frozen=True, kw_only=True):
    """How many jobs of one kind (and handler type) are in one stage."""

    kind: str
    type: str
    stage: str
    count: int


class IncidentCount(Record, frozen=True, kw_only=True):
    """How many incidents of one type are open at one element, and since when."""

    process_id: str
    element_id: str
    type: str
    count: int
    since: dt.datetime


class IncidentLine(Record, frozen=True, kw_only=True):
    """One incident with its case's business key and, where a job has failed, the job."""

    incident: Incident
    process_id: str
    business_key: str | None
    job: OpenJob | None


class DueTimer(Record, frozen=True, kw_only=True):
    """One waiting timer with its case's business key."""

    key: int
    instance_key: int
    process_id: str
    element_id: str
    business_key: str | None
    due_at: dt.datetime
    suspended: bool


class InstanceList(Record, frozen=True, kw_only=True):
    """One page of instances; ``more`` says that there is another."""

    instances: tuple[ProcessInstance, ...]
    more: bool
