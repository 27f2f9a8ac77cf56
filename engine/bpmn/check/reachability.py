"""Reachability both ways: what no token ever enters, and what no token ever leaves (``security.md`` §4.6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.bpmn.check.shapes import containers, is_activity
from engine.bpmn.findings import error, place_of, warning
from engine.model.definition import Element, ElementType, ProcessDefinition
from engine.model.records import Finding

_RESTING = {
    ElementType.USER_TASK,
    ElementType.RECEIVE_TASK,
    ElementType.INTERMEDIATE_CATCH_EVENT,
    ElementType.EVENT_BASED_GATEWAY,
    ElementType.CALL_ACTIVITY,
    ElementType.SUB_PROCESS,
    ElementType.TRANSACTION,
    ElementType.AD_HOC_SUB_PROCESS,
}


def check_reachability(definition: ProcessDefinition) -> Iterator[Finding]:
    """Yield a finding per element no token reaches, and per element from which no end is reachable."""
    for container in containers(definition):
        members = [definition.elements[member] for member in definition.children.get(container.id, ())]
        implicit = not definition.starts.get(container.id)
        choice = container.id in definition.ad_hoc
        yield from _check_entry(definition, members, implicit=implicit, choice=choice)
        yield from _check_exit(definition, members)


def _check_entry(
    definition: ProcessDefinition, members: list[Element], *, implicit: bool, choice: bool
) -> Iterator[Finding]:
    """Without a start event a container begins at every element no flow leads to (BPMN 2.0.2 §13.3.4); in an
    ad-hoc sub-process any activity can be chosen, and nothing else begins (§13.3.5)."""
    starts = [
        member.id
        for member in members
        if _begins_by_itself(member) or (is_activity(member) if choice else implicit and _is_first(member))
    ]
    reached = _closure(starts, {member.id: _successors(definition, member) for member in members})
    for member in members:
        if member.id not in reached:
            yield error(
                place_of(definition.file, member),
                "unreachable",
                f"expected {member.id!r} to be reachable from a start event, but no path leads to it",
                "connect it, or remove it",
            )


def _check_exit(definition: ProcessDefinition, members: list[Element]) -> Iterator[Finding]:
    backwards: dict[str, list[str]] = {member.id: [] for member in members}
    for member in members:
        for successor in _successors(definition, member):
            backwards.setdefault(successor, []).append(member.id)
    ends = [each.id for each in members if not each.outgoing and each.id not in definition.links]
    resting = _closure([member.id for member in members if _waits(member)], backwards)
    leaving = _closure(ends, backwards)
    for member in members:
        place = place_of(definition.file, member)
        if member.id not in leaving and member.id not in resting:
            yield error(
                place,
                "endless-loop",
                f"expected a path from {member.id!r} to an end or to something that waits, "
                "but there is none: it would run for ever",
                "draw a way out of the loop that depends on data",
            )
        elif member.id not in leaving:
            yield warning(
                place,
                "no-way-out",
                f"expected a path from {member.id!r} to an end, but there is none",
                "draw a way out of the loop",
            )


def _begins_by_itself(element: Element) -> bool:
    return (
        element.type is ElementType.START_EVENT
        or element.triggered_by_event
        or element.is_for_compensation
        or element.instantiate
    )


def _is_first(element: Element) -> bool:
    return not element.incoming and element.attached_to is None


def _waits(element: Element) -> bool:
    """Tell whether a token may rest at an element; what is inside a sub-process is looked at by itself."""
    return element.type in _RESTING or element.job is not None


def _successors(definition: ProcessDefinition, element: Element) -> list[str]:
    """Return what a token at the element may reach next, its boundary events and link partner included."""
    link = definition.links.get(element.id)
    return [
        *([link] if link is not None else []),
        *(definition.flows[flow].target for flow in element.outgoing),
        *definition.boundaries.get(element.id, ()),
    ]


def _closure(begin: Iterable[str], edges: Mapping[str, list[str]]) -> set[str]:
    reached = set(begin)
    pending = list(reached)
    while pending:
        for following in edges.get(pending.pop(), ()):
            if following not in reached:
                reached.add(following)
                pending.append(following)
    return reached
