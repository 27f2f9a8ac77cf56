"""``obieg show``: one case as it stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import click
import msgspec

from commands import output, reading
from commands.office import Command, Office, pass_office
from engine import ElementInstance, HistoryEvent, Incident, ProcessEngine, ProcessInstance, Timer, UserTask

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
CLOSED = ("completed", "cancelled")
ENDED = ("completed", "terminated")


class OpenJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job that waits for a worker; ``due_at`` is its next attempt (None: now; no retries left: never)."""

    key: int
    instance_key: int
    process_id: str
    element_id: str
    type: str
    retries: int
    due_at: dt.datetime | None = None
    reason: str = ""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one screen says about an instance; jobs, tasks and incidents also of those it has called."""

    instance: ProcessInstance
    elements: tuple[ElementInstance, ...]
    ended_at: tuple[str, ...]
    user_tasks: tuple[UserTask, ...]
    jobs: tuple[OpenJob, ...]
    timers: tuple[Timer, ...]
    incidents: tuple[Incident, ...]
    variables: Mapping[str, Any]


@click.command(cls=Command)
@click.argument("key")
@pass_office
def command(office: Office, key: str) -> None:
    """Show the instance KEY: open elements, tasks, timers, incidents, variables.

    Tasks, jobs and incidents of the instances it has called are shown too.

    KEY is the instance's key or its business key.
    """
    with office.engine() as engine:
        case = look(engine, reading.instance_key(engine, key))
    if office.as_json:
        output.show_json(case)
    else:
        tell(case)


def look(engine: ProcessEngine, key: int) -> Case:
    """Read an instance; raises ``NotFound``."""
    instance = engine.instance(key)
    elements = engine.elements(key)
    ends = [
        each.element_id
        for each in elements
        if each.element_type == "endEvent" and str(each.state) == "completed"
    ]
    parts = engine.case(key).parts
    return Case(
        instance=instance,
        elements=tuple(each for each in elements if str(each.state) not in ENDED),
        ended_at=tuple(ends) if instance.ended_at else (),
        user_tasks=tuple(each for part in parts for each in part.user_tasks),
        jobs=tuple(
            job
            for part in parts
            if part.jobs
            for job in open_jobs(part.instance, engine.history(part.instance.key))
        ),
        timers=tuple(engine.timers(instance_key=key)),
        incidents=tuple(each for part in parts for each in part.incidents),
        variables=dict(engine.variables(key)),
    )


def open_jobs(instance: ProcessInstance, events: Iterable[HistoryEvent]) -> tuple[OpenJob, ...]:
    """Return the jobs an instance's history has created and not ended, with the last failure of each."""
    found: dict[int, OpenJob] = {}
    for event in events:
        what = event.payload
        if event.type == "job_created":
            found[what["key"]] = OpenJob(
                key=what["key"],
                instance_key=instance.key,
                process_id=instance.process_id,
                element_id=event.element_id,
                type=what["type"],
                retries=what["retries"],
            )
        elif event.type == "job_failed" and what["key"] in found:
            due = None if what["due_at"] is None else EPOCH + dt.timedelta(microseconds=what["due_at"])
            found[what["key"]] = msgspec.structs.replace(
                found[what["key"]], retries=what["retries"], due_at=due, reason=what["reason"]
            )
        elif event.type == "job_ended":
            found.pop(what["key"], None)
    return tuple(found.values())


def tell(case: Case) -> None:
    """Print a case in sections; those with nothing in them are left out."""
    _tell_instance(case)
    _section(
        "open elements",
        ("KEY", "ELEMENT", "TYPE", "STATE", "SINCE"),
        [(e.key, e.element_id, e.element_type, e.state, e.activated_at) for e in case.elements],
    )
    _section(
        "user tasks",
        ("KEY", "ELEMENT", "NAME", "STATE", "FOR", "DUE (WARSAW)"),
        [(t.key, t.element_id, t.name, t.state, whom(t), output.deadline(t.due_at)) for t in case.user_tasks],
    )
    _section(
        "jobs",
        ("KEY", "PROCESS", "ELEMENT", "TYPE", "RETRIES", "NEXT ATTEMPT", "LAST FAILURE"),
        [(j.key, j.process_id, j.element_id, j.type, j.retries, j.due_at, j.reason) for j in case.jobs],
    )
    _section(
        "timers",
        ("KEY", "ELEMENT", "DUE (WARSAW)", "COMPUTED FROM"),
        [(t.key, t.element_id, output.deadline(t.due_at), t.inputs) for t in case.timers],
    )
    _section(
        "open incidents",
        ("KEY", "ELEMENT", "TYPE", "MESSAGE"),
        [(i.key, i.element_id, i.type, i.message) for i in case.incidents],
    )
    if case.variables:
        output.show_section("variables")
        output.show_fields(case.variables)


def whom(task: UserTask) -> str:
    """Return who has a task, or who may take it."""
    return task.assignee or ", ".join((*task.candidate_groups, *task.candidate_users)) or "anybody"


def _tell_instance(case: Case) -> None:
    instance = case.instance
    fields: dict[str, Any] = {
        "instance": instance.key,
        "process": f"{instance.process_id} version {instance.version}",
        "business key": instance.business_key,
        "state": instance.state,
        "started": instance.started_at,
    }
    if instance.ended_at is not None:
        fields |= {"ended": instance.ended_at, "ended at": case.ended_at}
    if instance.parent_key is not None:
        fields["called by"] = instance.parent_key
    output.show_fields(fields)


def _section(title: str, headings: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    if rows:
        output.show_section(title)
        output.show_table(headings, rows)
