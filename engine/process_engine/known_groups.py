"""The groups anybody or anything names: drawings, open tasks, people, and names given in advance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from engine.bpmn.outline import outline_of
from engine.groups import Group
from engine.model.outline import OutlineStep
from engine.process_engine.parts import Parts
from engine.store import Transaction, definitions, group_names, people, user_tasks, worklist


def all_of(parts: Parts) -> list[Group]:
    """Return every group that is known from anywhere, by id.

    Groups that an expression finds are known from the open tasks only: nobody else can say what it gives.
    """
    with parts.store.reading() as tx:
        names = group_names.all(tx)
        members = Counter(group for person in people.all(tx) for group in person.groups)
        offered = {name for each in worklist.candidate_groups(tx) for name in user_tasks.names_in(each)}
        drawn = dict(_drawn(parts, tx))
    processes: dict[str, list[str]] = {}
    for process_id, groups in sorted(drawn.items()):
        for group in groups:
            processes.setdefault(group, []).append(process_id)
    return [
        Group(id=id, name=names.get(id, ""), members=members[id], processes=tuple(processes.get(id, ())))
        for id in sorted({*names, *members, *offered, *processes})
    ]


def _drawn(parts: Parts, tx: Transaction) -> Iterator[tuple[str, set[str]]]:
    """Yield the groups of each process in its newest version: people work or start it in their lanes."""
    for process_id in {row.id for row in definitions.query(tx) if row.kind == "process"}:
        bound = parts.catalogue.latest(tx, process_id)
        steps = outline_of(bound.definition, bound.row.version).steps
        yield process_id, {group for step in steps for group in _of(step)}


def _of(step: OutlineStep) -> tuple[str, ...]:
    """Return the groups of a step that people do or, with a form, begin the process by; the lane of what the
    system does has no members."""
    is_by_people = step.element_type == "userTask" or bool(step.form)
    return (step.group, *step.groups) if step.group and is_by_people else step.groups
