"""What a person does to a running instance: suspend, cancel, correct, move, migrate, resolve, reschedule.

Each verb is written for an open transaction (``engine.process_engine.batches`` runs many of them); ``run``
puts one into a transaction of its own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from engine.clock import micros
from engine.errors import DoesNotFit, NotFound
from engine.kernel import codec, migration
from engine.kernel import commands as cmd
from engine.kernel.migration_plan import plan
from engine.kernel.values import accepted, accepted_text
from engine.model.records import InstanceState, ProcessInstance
from engine.process_engine.family import Family
from engine.process_engine.instances import process_instance, read
from engine.process_engine.parts import Parts
from engine.process_engine.verb import Repeated, run_verb
from engine.store import Transaction, audit, instances, jobs

T = TypeVar("T")


class DryRun(Exception):
    """A verb that was only tried: its transaction is rolled back; carries what would have been the answer."""

    def __init__(self, outcome: object = None) -> None:
        self.outcome = outcome
        super().__init__("only tried")


def run(parts: Parts, work: Callable[[Family], T], *, actor: str, dry_run: bool = False) -> T:
    """Run one verb in a transaction of its own; a ``dry_run`` leaves nothing behind but its answer."""
    if not dry_run:
        return run_verb(parts, work, actor=actor)
    tried: list[T] = []

    def only_tried(family: Family) -> T:
        tried.append(work(family))
        raise DryRun

    try:
        return run_verb(parts, only_tried, actor=actor)
    except DryRun:
        return tried[-1]


def command(family: Family, key: int, asked: cmd.AnyCommand) -> ProcessInstance:
    """Lock an instance and let it work one command off."""
    member = family.member(key)
    family.apply(member, asked)
    return process_instance(member.row)


def modification(
    *,
    activate: Sequence[str | tuple[str, int]],
    after: Sequence[str | tuple[str, int]],
    terminate: Sequence[int | str],
    variables: Mapping[str, Any] | None,
    local_variables: Mapping[str, Mapping[str, Any]] | None,
    reason: str,
) -> cmd.Modify:
    """Return the command that enters elements and ends element instances."""
    return cmd.Modify(
        activate=[(each, 0) if isinstance(each, str) else each for each in activate],
        after=[(each, 0) if isinstance(each, str) else each for each in after],
        terminate=[each for each in terminate if not isinstance(each, str)],
        terminate_elements=[each for each in terminate if isinstance(each, str)],
        variables=accepted(variables),
        local_variables={name: accepted(values) for name, values in (local_variables or {}).items()},
        reason=reason,
    )


def choose(
    parts: Parts, key: int, asked: cmd.ActivateActivities, *, actor: str, request_id: str | None
) -> ProcessInstance:
    """Choose activities of an ad-hoc sub-process, once per ``request_id``."""
    try:
        return run_verb(
            parts,
            lambda family: command(family, key, asked),
            actor=actor,
            request_id=request_id,
            what=f"activate {', '.join(asked.activities)} in {key}",
            answer=lambda each: each.key,
        )
    except Repeated as answered:
        return read(parts, answered.answer)


def suspend(family: Family, key: int, asked: cmd.Suspend | cmd.Activate) -> ProcessInstance:
    """Suspend or activate an instance and every running instance it has called, directly or not."""
    member = family.member(key)
    family.apply(member, asked)
    own = {key}
    for row in sorted(instances.called(family.tx, member.row.root_key), key=lambda each: each.key):
        if row.parent_key in own and row.ended_at is None:
            own.add(row.key)
            if (row.state == InstanceState.SUSPENDED) == isinstance(asked, cmd.Activate):
                family.apply(family.member(row.key), asked)
    return process_instance(member.row)


def migrate(
    family: Family, key: int, *, version: int | None, mapping: Mapping[str, str], reason: str
) -> ProcessInstance:
    """Let a running instance go on in another version of its process (None: the newest).

    Raises ``DoesNotFit`` with everything that is in the way.
    """
    member = family.member(key)
    catalogue, process_id = family.parts.catalogue, member.row.process_id
    if version is None:
        bound = catalogue.latest(family.tx, process_id)
    else:
        bound = catalogue.version(family.tx, process_id, version)
    before = catalogue.process(family.tx, member.row.definition_key).definition
    planned = plan(before, bound.definition, mapping)
    if member.row.ended_at is None:
        problems = migration.refusals(member.state, bound.definition, planned)
        if problems:
            raise DoesNotFit(bound.row.version, problems)
    member.row = msgspec.structs.replace(member.row, definition_key=bound.row.key, version=bound.row.version)
    asked = cmd.Migrate(
        version=bound.row.version,
        begins=planned.begins,
        reason=reason,
        mapping=planned.mapping,
        widens=planned.widens,
    )
    family.apply(member, asked)
    return process_instance(member.row)


def resolve_incident(
    family: Family, incident_key: int, *, reason: str, new_effect: bool, retries: int
) -> None:
    """Close an incident and let its element instance try again."""
    found = instances.lock_by_incident(family.tx, incident_key)
    if found is None:
        raise NotFound(f"no incident {incident_key}")
    locked, row = found
    asked = cmd.ResolveIncident(
        incident_key=incident_key,
        element_key=row.element_key or 0,
        reason=reason,
        retries=retries,
        new_effect=new_effect,
    )
    family.apply(family.adopt(locked, row.page), asked)
    if row.type == "job_crashed":
        jobs.revive(family.tx, row.instance_key)


def reschedule_timer(family: Family, timer_key: int, *, due_at: dt.datetime, reason: str) -> None:
    """Move a waiting timer to another instant (aware)."""
    found = instances.lock_by_job(family.tx, timer_key)
    if found is None or found[1].kind != "timer":
        raise NotFound(f"no waiting timer {timer_key}")
    locked, row = found
    asked = cmd.RescheduleTimer(
        timer_key=timer_key,
        element_key=row.element_key or 0,
        due_at=micros(due_at),
        local=due_at.isoformat(),
        reason=reason,
    )
    family.apply(family.adopt(locked, row.page), asked)


def retry_job(parts: Parts, job_key: int, *, actor: str, reason: str) -> None:
    """Let a job that belongs to no open instance try again; no history has it, the audit does."""
    said = codec.encode_values([job_key, accepted_text(reason, "reason")])

    def work(tx: Transaction) -> None:
        if not jobs.retry_stranded(tx, job_key):
            raise NotFound(f"expected a stranded job, but {job_key} is none")
        audit.append(tx, at=tx.now, actor=actor, action="job_retried", payload=said)

    parts.store.run(work)
    parts.hint([job_key])
