"""What definitions and their steps are called: pages say names, ids stand in small print."""

from __future__ import annotations

from collections.abc import Mapping

from engine import NotFound, ProcessEngine
from web.outline import name_of


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

    @property
    def processes(self) -> dict[str, str]:
        """Return what every procedure is called, by id."""
        return {id: name for (kind, id), name in self._definitions.items() if kind == "process"}

    def process(self, process_id: str) -> str:
        """Return what a procedure is called, its id where it is not known."""
        return self._definitions.get(("process", process_id), process_id)

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
