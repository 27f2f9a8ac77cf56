"""Ad-hoc sub-processes: something to choose from, and no beginning or end of its own (§10.3.5)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.check.shapes import is_activity
from engine.bpmn.findings import found, place_of
from engine.model.definition import ElementType, ProcessDefinition
from engine.model.records import Finding


def check_ad_hoc(definition: ProcessDefinition) -> Iterator[Finding]:
    """Yield what is wrong with what is inside the ad-hoc sub-processes of a process."""
    for identity in definition.ad_hoc:
        members = [definition.elements[member] for member in definition.children.get(identity, ())]
        if not any(is_activity(member) and not member.triggered_by_event for member in members):
            place = place_of(definition.file, definition.elements[identity])
            yield found(place, "ad-hoc-empty", container=identity)
        for member in members:
            if member.type in (ElementType.START_EVENT, ElementType.END_EVENT):
                place = place_of(definition.file, member)
                yield found(place, "ad-hoc-start-end", container=identity, element=member.id)
