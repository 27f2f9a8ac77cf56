"""What definitions, their steps, groups and people are called: pages say names, ids stand in small print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import NamedTuple

from engine import NotFound, ProcessEngine
from web.outline import name_of


class GroupNames:
    """Names of groups for one page: read once, when the first is asked for."""

    def __init__(self, engine: ProcessEngine) -> None:
        self._engine = engine

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Return the names there are, by id."""
        return self._engine.groups.names()

    def of(self, group_id: str) -> str:
        """Return what a group is called, its id where it has no name."""
        return self.names.get(group_id, group_id)

    def said(self, group_ids: Iterable[str]) -> str:
        """Return what several groups are called, separated by commas, "" for none."""
        return ", ".join(self.of(each) for each in group_ids)


class Whom(NamedTuple):
    """Who has something to do, in words; ``people`` are the names of those whom the page names, by id."""

    people: Mapping[str, str]
    groups: GroupNames

    def person(self, person_id: str) -> str:
        """Return somebody's name, their id where nobody knows it."""
        return self.people.get(person_id, person_id)

    def has(self, assignee: str | None, groups: Iterable[str], users: Iterable[str]) -> str:
        """Return who has a task, else who may take it: groups, then people; "" for everybody."""
        if assignee:
            return self.person(assignee)
        return ", ".join([*map(self.groups.of, groups), *map(self.person, users)])


def names_in_words(engine: ProcessEngine, groups: GroupNames) -> dict[tuple[str, str], str]:
    """Return what a process in words names: definitions as ``definition_names``, each "group" and "job"."""
    called = {("group", id): name for id, name in groups.names.items()}
    return definition_names(engine) | called | {("job", id): name for id, name in engine.job_names().items()}


def definition_names(engine: ProcessEngine) -> dict[tuple[str, str], str]:
    """Return what the newest version of each definition is called, by kind and id."""
    newest = sorted(engine.definitions(), key=lambda each: each.version)
    return {(each.kind, each.id): each.name or each.id for each in newest}


class Names:
    """Names for one page: each procedure is looked at once, in its newest version."""

    def __init__(self, engine: ProcessEngine) -> None:
        self._engine = engine
        self._definitions = definition_names(engine)
        self._steps: dict[str, Mapping[str, str]] = {}
        self._jobs = engine.job_names()

    @property
    def processes(self) -> dict[str, str]:
        """Return what every procedure is called, by id."""
        return {id: name for (kind, id), name in self._definitions.items() if kind == "process"}

    def process(self, process_id: str) -> str:
        """Return what a procedure is called, its id where it is not known."""
        return self._definitions.get(("process", process_id), process_id)

    def job(self, job_type: str) -> str:
        """Return what a kind of job is called, its type where nobody has named it."""
        return self._jobs.get(job_type, job_type)

    def step(self, process_id: str, element_id: str) -> str:
        """Return what a step is called, its id where the newest version does not have it."""
        if process_id not in self._steps:
            self._steps[process_id] = self._named(process_id)
        return self._steps[process_id].get(element_id, element_id)

    def _named(self, process_id: str) -> Mapping[str, str]:
        try:
            outline = self._engine.outline(process_id)
        except NotFound:
            return {}
        return {step.element_id: name_of(step, step.element_id) for step in outline.steps}
