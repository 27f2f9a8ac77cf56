"""Verbs on process instances: start, cancel, suspend, set variables, resolve an incident, move a timer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from engine.catalogue import BoundProcess
from engine.clock import instant, micros
from engine.errors import NotFound
from engine.kernel import commands as cmd
from engine.kernel.values import accepted, accepted_text
from engine.model.records import InstanceState, ProcessInstance
from engine.process_engine.family import Family
from engine.process_engine.parts import Parts
from engine.process_engine.verb import Repeated, run_verb
from engine.store import instances, jobs, subscriptions
from engine.store.rows import InstanceRow


def process_instance(row: InstanceRow) -> ProcessInstance:
    """Return the record of a row."""
    return ProcessInstance(
        key=row.key,
        process_id=row.process_id,
        version=row.version,
        state=InstanceState(row.state),
        business_key=row.business_key,
        started_at=instant(row.started_at),
        ended_at=None if row.ended_at is None else instant(row.ended_at),
        parent_key=row.parent_key,
        root_key=row.root_key,
    )


def read(parts: Parts, key: int) -> ProcessInstance:
    """Return one instance; raises ``NotFound``."""
    with parts.store.reading() as tx:
        row = instances.read(tx, key)
    if row is None:
        raise NotFound(f"no process instance {key}")
    return process_instance(row)


def start(
    parts: Parts,
    process_id: str,
    *,
    variables: Mapping[str, Any] | None,
    business_key: str | None,
    version: int | None,
    actor: str,
    request_id: str | None,
    element_id: str | None = None,
) -> ProcessInstance:
    """Start an instance of the latest (or a given) version.

    Where the start event shows a form, the variables that are its fields are checked like a task's
    submission; the others are the caller's own. Raises ``InvalidSubmission``.
    """
    values = accepted(variables)
    business_key = None if business_key is None else accepted_text(business_key, "business key")

    def work(family: Family) -> ProcessInstance:
        catalogue = parts.catalogue
        parameters = None
        if version is None:
            bound, parameters = catalogue.to_start(family.tx, process_id)
        else:
            bound = catalogue.version(family.tx, process_id, version)
        filed = _filed(family, bound, variables or {}, element_id)
        command = cmd.Start(variables=values | filed, business_key=business_key, element_id=element_id)
        return process_instance(family.start(bound, command, parameters=parameters).row)

    try:
        return run_verb(
            parts,
            work,
            actor=actor,
            request_id=request_id,
            what=f"start {process_id}",
            answer=lambda each: each.key,
        )
    except Repeated as answered:
        return read(parts, answered.answer)


def _filed(
    family: Family, bound: BoundProcess, variables: Mapping[str, Any], element_id: str | None
) -> dict[str, Any]:
    """Return the fields of the start event's form, checked and complete; none where it shows no form.

    Read-only fields show what the caller gives and are not of the submission.
    """
    definition = bound.definition
    starts = [definition.elements[each] for each in definition.starts.get(definition.id, ())]
    named = (each.id == element_id if element_id else not each.events for each in starts)
    shown = next((each.user_task for each, is_it in zip(starts, named, strict=True) if is_it), None)
    if shown is None or shown.form_id is None:
        return {}
    deployment_key = bound.row.deployment_key
    form = family.parts.catalogue.form(family.tx, shown.form_id, deployment_key=deployment_key)
    if form is None:
        return {}
    fields = {each.key for each in form.fields if not each.read_only}
    given = {key: value for key, value in variables.items() if key in fields}
    others = {key: value for key, value in variables.items() if key not in fields}
    return accepted(form.validate(given, now=instant(family.tx.now), variables=accepted(others)))


def command(parts: Parts, key: int, asked: cmd.AnyCommand, *, actor: str) -> ProcessInstance:
    """Lock an instance and let it work one command off."""

    def work(family: Family) -> ProcessInstance:
        member = family.member(key)
        family.apply(member, asked)
        return process_instance(member.row)

    return run_verb(parts, work, actor=actor)


def suspend(parts: Parts, key: int, asked: cmd.Suspend | cmd.Activate, *, actor: str) -> ProcessInstance:
    """Suspend or activate an instance and every running instance it has called, directly or not."""

    def work(family: Family) -> ProcessInstance:
        member = family.member(key)
        family.apply(member, asked)
        own = {key}
        for row in sorted(instances.called(family.tx, member.row.root_key), key=lambda each: each.key):
            if row.parent_key in own and row.ended_at is None:
                own.add(row.key)
                if (row.state == InstanceState.SUSPENDED) == isinstance(asked, cmd.Activate):
                    family.apply(family.member(row.key), asked)
        return process_instance(member.row)

    return run_verb(parts, work, actor=actor)


def set_variables(
    parts: Parts, key: int, variables: Mapping[str, Any], *, element_key: int, actor: str, reason: str
) -> ProcessInstance:
    """Correct variables of an instance, or of one element instance's scope."""
    asked = cmd.SetVariables(variables=accepted(variables), element_key=element_key, reason=reason)
    return command(parts, key, asked, actor=actor)


def modify(
    parts: Parts,
    key: int,
    *,
    activate: Sequence[str | tuple[str, int]],
    terminate: Sequence[int],
    variables: Mapping[str, Any] | None,
    actor: str,
    reason: str,
) -> ProcessInstance:
    """Enter elements and end element instances of a running instance."""
    entries = [(each, 0) if isinstance(each, str) else each for each in activate]
    asked = cmd.Modify(
        activate=entries, terminate=list(terminate), variables=accepted(variables), reason=reason
    )
    return command(parts, key, asked, actor=actor)


def migrate(
    parts: Parts, key: int, *, version: int | None, actor: str, reason: str, dry_run: bool
) -> ProcessInstance:
    """Let a running instance go on in another version of its process (None: the newest)."""

    def work(family: Family) -> ProcessInstance:
        member = family.member(key)
        catalogue, process_id = family.parts.catalogue, member.row.process_id
        if version is None:
            bound = catalogue.latest(family.tx, process_id)
        else:
            bound = catalogue.version(family.tx, process_id, version)
        before = catalogue.process(family.tx, member.row.definition_key).definition
        new_events = sorted(bound.definition.elements.keys() - before.elements.keys())
        member.row = msgspec.structs.replace(
            member.row, definition_key=bound.row.key, version=bound.row.version
        )
        asked = cmd.Migrate(version=bound.row.version, new_events=new_events, reason=reason)
        family.apply(member, asked)
        subscriptions.rebind(family.tx, key, bound.row.key)
        if dry_run:
            raise DryRun(process_instance(member.row))
        return process_instance(member.row)

    try:
        return run_verb(parts, work, actor=actor)
    except DryRun as tried:
        return tried.outcome


class DryRun(Exception):
    """A verb that was only tried: its transaction is rolled back; carries what would have been the answer."""

    def __init__(self, outcome: ProcessInstance) -> None:
        self.outcome = outcome
        super().__init__("only tried")


def resolve_incident(
    parts: Parts, incident_key: int, *, actor: str, reason: str, new_effect: bool, retries: int
) -> None:
    """Close an incident and let its element instance try again."""

    def work(family: Family) -> None:
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
        family.apply(family.adopt(locked), asked)
        if row.type == "job_crashed":
            jobs.revive(family.tx, row.instance_key)

    run_verb(parts, work, actor=actor)


def reschedule_timer(parts: Parts, timer_key: int, *, due_at: dt.datetime, actor: str, reason: str) -> None:
    """Move a waiting timer to another instant (aware)."""

    def work(family: Family) -> None:
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
        family.apply(family.adopt(locked), asked)

    run_verb(parts, work, actor=actor)
