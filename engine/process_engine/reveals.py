"""Showing a secret to the person whose task needs it, and keeping apart who may not be one person
(``security.md`` §8, §9).

A user task says in its drawing what it shows (``obieg:reveal``, ``obieg:reprint``: names of variables that
hold references) and whose work its person must not have done (``obieg:fourEyes``: user tasks of the case).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import replay
from engine.errors import Conflict, EngineError, Forbidden, NotFound
from engine.model.definition import Element
from engine.model.records import Shown, UserTaskState
from engine.process_engine import jobs
from engine.process_engine.parts import Parts
from engine.process_engine.trees import tree_around
from engine.store import Transaction, instance_lists, instances, user_tasks
from engine.store.rows import UserTaskRow

REVEAL, REPRINT, FOUR_EYES = "obieg:reveal", "obieg:reprint", "obieg:fourEyes"
SHORTEST_REASON = 10
_MOST_INSTANCES = 10_000


def shown_by(parts: Parts, task_key: int) -> list[Shown]:
    """Return what a user task can show, in the drawing's order; raises ``NotFound``."""
    with parts.store.reading() as tx:
        row = _task(tx, task_key)
        element = _element(parts, tx, row, _definition(tx, row))
        listed = _named(element, REVEAL)
        variables = _visible(tx, row) if listed else {}
    again = _named(element, REPRINT)
    references = {name: variables.get(name) for name in listed}
    found = []
    for name, reference in references.items():
        told = parts.secrets.about(reference) if isinstance(reference, str) else None
        if told is not None:
            found.append(Shown(variable=name, purpose=told.purpose, times=told.times, gone=told.gone,
                               may_repeat=name in again))  # fmt: skip
    return found


def reveal(parts: Parts, task_key: int, *, variable: str, actor: str, reason: str = "") -> str:
    """Return a secret's plain text to the person who has the task: once, a print-out again with a reason.

    Audited. Raises ``NotFound`` where the task shows no such thing or it is gone, ``Forbidden`` for somebody
    who does not have the task or did what the drawing keeps apart, ``Conflict`` the second time.
    """
    with parts.store.reading() as tx:
        row = _task(tx, task_key)
        if row.state != UserTaskState.ASSIGNED or row.assignee != actor:
            raise Forbidden(f"expected user task {task_key} to be {actor}'s, but it is not: claim it first")
        definition = _definition(tx, row)
        element = _element(parts, tx, row, definition)
        require_apart(parts, tx, row, actor, definition_key=definition)
        reference = _visible(tx, row).get(variable) if variable in _named(element, REVEAL) else None
    if not isinstance(reference, str):
        raise NotFound(f"expected user task {task_key} to show '{variable}', but it does not")
    place = {"task": str(task_key), "element": row.element_id}
    if not reason:
        return parts.secrets.take_once(reference, by=actor, root_key=row.root_key, **place)
    if variable not in _named(element, REPRINT):
        raise Conflict(f"expected '{variable}' to be shown once, but it was asked for again")
    if len(reason.strip()) < SHORTEST_REASON:
        raise EngineError(
            f"expected a reason of {SHORTEST_REASON} characters, but got {reason.strip()!r:.40}"
        )
    again = parts.secrets.take_again
    return again(reference, by=actor, reason=reason.strip(), root_key=row.root_key, **place)


def require_apart(
    parts: Parts, tx: Transaction, row: UserTaskRow, actor: str, *, definition_key: int
) -> None:
    """Raise ``Forbidden`` where the actor completed a task of this case that the drawing keeps apart from
    this one; where the drawing keeps nothing apart, nothing is read.
    """
    apart = _named(_element(parts, tx, row, definition_key), FOUR_EYES)
    if not apart:
        return
    for each in instance_lists.query(tx, root_key=row.root_key, limit=_MOST_INSTANCES):
        for event in replay.history(tx, each.key):
            ended = event.type == "user_task_ended" and event.payload.get("state") == UserTaskState.COMPLETED
            if ended and event.actor == actor and event.element_id in apart:
                raise Forbidden(
                    f"expected another person than {actor} for '{row.element_id}', but {actor} completed "
                    f"'{event.element_id}' of this case; give the task to somebody else"
                )


def _task(tx: Transaction, task_key: int) -> UserTaskRow:
    row = user_tasks.read(tx, task_key)
    if row is None:
        raise NotFound(f"no user task {task_key}")
    return row


def _definition(tx: Transaction, row: UserTaskRow) -> int:
    case = instances.read(tx, row.instance_key)
    if case is None:
        raise NotFound(f"no user task {row.key}")
    return case.definition_key


def _element(parts: Parts, tx: Transaction, row: UserTaskRow, definition_key: int) -> Element:
    return parts.catalogue.process(tx, definition_key).definition.elements[row.element_id]


def _visible(tx: Transaction, row: UserTaskRow) -> Mapping[str, Any]:
    tree = tree_around(tx, row.instance_key, row.page)
    element = tree.elements.get(row.key)
    return {} if element is None else jobs.visible(tree, element)


def _named(element: Element, property_name: str) -> tuple[str, ...]:
    listed = element.properties.get(property_name, "")
    return tuple(name.strip() for name in listed.split(",") if name.strip())
