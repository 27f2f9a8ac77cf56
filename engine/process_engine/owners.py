"""What owners of procedures ask: files of any kind, what a change would touch, how many cases run where."""

from __future__ import annotations

import msgspec

from engine.bpmn.changes import changed_elements
from engine.deployed import content_of
from engine.errors import NotFound
from engine.model.drafting import ChangedElement, ElementChange
from engine.process_engine.parts import Parts
from engine.store import definitions, standing


def definition_file(parts: Parts, kind: str, id: str, version: int | None) -> bytes:
    """Return the file of a version (None: the newest) byte for byte; raises ``NotFound``."""
    with parts.store.reading() as tx:
        if version is None:
            row = definitions.latest(tx, kind, id)
        else:
            row = definitions.by_version(tx, kind, id, version)
        if row is None:
            raise NotFound(f"expected the {kind} '{id}' in version {version or 'newest'}, but there is none")
        return content_of(tx, row)


def changes(parts: Parts, process_id: str, content: bytes) -> list[ChangedElement]:
    """Return what a file changes in the newest version, with the open instances that wait at changed and
    removed elements; nothing where the process is new."""
    with parts.store.reading() as tx:
        row = definitions.latest(tx, "process", process_id)
        if row is None:
            return []
        before, waiting = content_of(tx, row), standing.by_element(tx, process_id)
    found = changed_elements(before, content)
    return [
        each
        if each.change is ElementChange.ADDED
        else msgspec.structs.replace(each, waiting=waiting.get(each.element_id, 0))
        for each in found
    ]


def open_instances(parts: Parts) -> dict[tuple[str, int], int]:
    """Return how many open instances each version of each process has, by id and version."""
    with parts.store.reading() as tx:
        return standing.by_version(tx)


def used(parts: Parts, process_id: str, version: int | None) -> dict[str, list[str]]:
    """Return the ids of the forms, decisions and processes a version names, by kind; computed ones are left
    out. Raises ``NotFound``."""
    with parts.store.reading() as tx:
        if version is None:
            bound = parts.catalogue.latest(tx, process_id)
        else:
            bound = parts.catalogue.version(tx, process_id, version)
    elements = bound.definition.elements.values()
    called = [each.called_element.process_id for each in elements if each.called_element is not None]
    decisions = [each.called_decision.decision_id for each in elements if each.called_decision is not None]
    return {
        "form": sorted({task.form_id for each in elements if (task := each.user_task) and task.form_id}),
        "decision": sorted({each.source for each in decisions if each.literal}),
        "process": sorted({each.source for each in called if each.literal}),
    }


def job_types(parts: Parts) -> tuple[str, ...]:
    """Return the job types this node has handlers for."""
    return tuple(sorted(parts.handlers.types()))
