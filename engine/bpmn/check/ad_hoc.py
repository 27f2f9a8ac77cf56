"""Ad-hoc sub-processes: something to choose from, and no beginning or end of its own (§10.3.5)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.check.shapes import is_activity
from engine.bpmn.findings import error, place_of
from engine.model.definition import ElementType, ProcessDefinition
from engine.model.records import Finding


def check_ad_hoc(definition: ProcessDefinition) -> Iterator[Finding]:
    """Yield what is wrong with what is inside the ad-hoc sub-processes of a process."""
    for identity in definition.ad_hoc:
        members = [definition.elements[member] for member in definition.children.get(identity, ())]
        if not any(is_activity(member) and not member.triggered_by_event for member in members):
            yield error(
                place_of(definition.file, definition.elements[identity]),
                "ad-hoc-empty",
                f"expected activities in the ad-hoc sub-process {identity!r}, but it has none",
                "draw what can be done in it",
            )
        for member in members:
            if member.type in (ElementType.START_EVENT, ElementType.END_EVENT):
                yield error(
                    place_of(definition.file, member),
                    "ad-hoc-start-end",
                    f"expected no start or end event in the ad-hoc sub-process {identity!r}, "
                    f"but {member.id!r} is one",
                    "leave it out: activities begin by themselves or are chosen",
                )
