"""Verbs on user tasks: claim, unclaim, assign, update, complete; each checks who acts and what was
entered."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from engine.clock import instant
from engine.errors import Conflict, NotFound
from engine.kernel import commands as cmd
from engine.kernel.values import accepted
from engine.model.records import UserTask, UserTaskState
from engine.process_engine import attachments, jobs
from engine.process_engine.family import Family, Member
from engine.process_engine.parts import Parts
from engine.process_engine.reveals import require_apart
from engine.process_engine.verb import Repeated, run_verb
from engine.store import instances, user_tasks
from engine.store.rows import UserTaskRow

COMPLETED_BY = "obieg:completedBy"  # the variable that gets the id of who has completed the task
OPEN = (UserTaskState.CREATED, UserTaskState.ASSIGNED)


def user_task(row: UserTaskRow) -> UserTask:
    """Return the record of a row."""
    return UserTask(
        key=row.key,
        instance_key=row.instance_key,
        element_id=row.element_id,
        name=row.name,
        state=UserTaskState(row.state),
        assignee=row.assignee,
        candidate_groups=row.candidate_groups,
        candidate_users=row.candidate_users,
        due_at=None if row.due_at is None else instant(row.due_at),
        follow_up_at=None if row.follow_up_at is None else instant(row.follow_up_at),
        priority=row.priority,
        form_id=row.form_id,
        created_at=instant(row.created_at),
    )


def query(parts: Parts, *, state: str | Collection[str] | None, **filters: Any) -> list[UserTask]:
    """Return user tasks that meet the filters, open ones when no state is named."""
    states = OPEN if state is None else (state,) if isinstance(state, str) else tuple(state)
    with parts.store.reading(single=True) as tx:
        return [user_task(row) for row in user_tasks.query(tx, states=states, **filters)]


def read(parts: Parts, key: int) -> UserTask:
    """Return one user task; raises ``NotFound``."""
    with parts.store.reading(single=True) as tx:
        row = user_tasks.read(tx, key)
    if row is None:
        raise NotFound(f"no user task {key}")
    return user_task(row)


def update(parts: Parts, key: int, verb: str, *, actor: str, reason: str = "", **changes: Any) -> UserTask:
    """Claim, unclaim, assign, delegate or change a user task; ``changes`` are the fields of
    ``UpdateTask``."""

    def work(family: Family) -> UserTask:
        member, row = _locked(family, key)
        if changes.get("assignee") is not None:
            _require_apart(family, member, row, changes["assignee"])
        if verb == "unclaim" and row.assignee not in (None, actor):
            raise Conflict(f"user task {key} is claimed by {row.assignee}, not by {actor}")
        family.apply(member, cmd.UpdateTask(task_key=key, verb=verb, reason=reason, changes=changes))
        task = member.state.elements[key].user_task
        return user_task(msgspec.structs.replace(row, **_shape(task)))

    return run_verb(parts, work, actor=actor)


def _shape(task: Any) -> dict[str, Any]:
    return {
        "state": task.state,
        "assignee": task.assignee,
        "candidate_groups": tuple(task.groups),
        "candidate_users": tuple(task.users),
        "due_at": task.due_at,
        "follow_up_at": task.follow_up_at,
        "priority": task.priority,
    }


def complete(
    parts: Parts, key: int, *, variables: Mapping[str, Any] | None, actor: str, request_id: str | None
) -> None:
    """Complete a user task; what was entered is checked against its form before it becomes variables."""

    def work(family: Family) -> int:
        member, row = _locked(family, key)
        if row.assignee not in (None, actor):
            raise Conflict(
                f"user task {key} is claimed by {row.assignee}: only they, or nobody, may complete it"
            )
        _require_apart(family, member, row, actor)
        values, files = _submission(family, member, row, variables)
        values |= _signed(family, member, row, actor)
        family.apply(member, cmd.CompleteUserTask(task_key=key, variables=values))
        attachments.take(family, member, files)
        return key

    try:
        run_verb(
            parts,
            work,
            actor=actor,
            request_id=request_id,
            what=f"complete user task {key}",
            answer=lambda each: each,
        )
    except Repeated:
        return


def _signed(family: Family, member: Member, row: UserTaskRow, actor: str) -> dict[str, Any]:
    """Return who has done it, where the drawing names a variable for that; what was entered cannot say it."""
    bound = family.parts.catalogue.process(family.tx, member.row.definition_key)
    name = bound.definition.elements[row.element_id].properties.get(COMPLETED_BY)
    return {name: actor} if name else {}


def _locked(family: Family, key: int) -> tuple[Member, UserTaskRow]:
    found = instances.lock_by_task(family.tx, key)
    if found is None:
        raise NotFound(f"no user task {key}")
    locked, row = found
    if row.state not in OPEN:
        raise Conflict(f"user task {key} is already {row.state}")
    return family.adopt(locked, row.page), row


def _require_apart(family: Family, member: Member, row: UserTaskRow, person: str) -> None:
    require_apart(family.parts, family.tx, row, person, definition_key=member.row.definition_key)


def _submission(
    family: Family, member: Member, row: UserTaskRow, variables: Mapping[str, Any] | None
) -> tuple[dict[str, Any], list[str]]:
    """Return what a person entered, valid for the task's form, and the files in it.

    Raises ``InvalidSubmission``.
    """
    if row.form_id is None:
        return accepted(variables), []
    catalogue = family.parts.catalogue
    bound = catalogue.process(family.tx, member.row.definition_key)
    form = catalogue.form(family.tx, row.form_id, deployment_key=bound.row.deployment_key)
    if form is None:
        return accepted(variables), []
    seen = jobs.visible(member.state, member.state.elements[row.key])
    answers = accepted(form.validate(variables or {}, now=instant(family.tx.now), variables=seen))
    return answers, attachments.checked(family, form, answers)
