"""Process instances: started, read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.catalogue import BoundProcess
from engine.clock import instant
from engine.errors import NotFound
from engine.kernel import commands as cmd
from engine.kernel.values import accepted, accepted_text
from engine.model.records import InstanceState, ProcessInstance
from engine.process_engine import attachments
from engine.process_engine.calls import startable
from engine.process_engine.family import Family
from engine.process_engine.parts import Parts
from engine.process_engine.verb import Repeated, answered, run_verb
from engine.store import instances
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
        startable(bound)
        filed, files = _filed(family, bound, variables or {}, element_id)
        command = cmd.Start(variables=values | filed, business_key=business_key, element_id=element_id)
        member = family.start(bound, command, parameters=parameters)
        attachments.take(family, member, files)
        return process_instance(member.row)

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


def started(parts: Parts, process_id: str, request_id: str) -> ProcessInstance | None:
    """Return the instance a request has started, None where it has not."""
    key = answered(parts, request_id, f"start {process_id}")
    return None if key is None else read(parts, key)


def _filed(
    family: Family, bound: BoundProcess, variables: Mapping[str, Any], element_id: str | None
) -> tuple[dict[str, Any], list[str]]:
    """Return the fields of the start event's form, checked and complete, and the files in them.

    None where it shows no form.

    Read-only fields show what the caller gives and are not of the submission.
    """
    definition = bound.definition
    starts = [definition.elements[each] for each in definition.starts.get(definition.id, ())]
    named = (each.id == element_id if element_id else not each.events for each in starts)
    shown = next((each.user_task for each, is_it in zip(starts, named, strict=True) if is_it), None)
    if shown is None or shown.form_id is None:
        return {}, []
    deployment_key = bound.row.deployment_key
    form = family.parts.catalogue.form(family.tx, shown.form_id, deployment_key=deployment_key)
    if form is None:
        return {}, []
    fields = {each.key for each in form.fields if not each.read_only}
    given = {key: value for key, value in variables.items() if key in fields}
    others = {key: value for key, value in variables.items() if key not in fields}
    answers = accepted(form.validate(given, now=instant(family.tx.now), variables=accepted(others)))
    return answers, attachments.checked(family, form, answers)
