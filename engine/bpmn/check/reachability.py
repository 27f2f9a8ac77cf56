"""Reachability both ways: what no token ever enters, and what no token ever leaves (``security.md`` §4.6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.bpmn.check.shapes import containers, is_activity
from engine.bpmn.findings import found, place_of
from engine.model.definition import Element, ElementType, EventType, ProcessDefinition
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
        yield from _check_rounds(definition, members)


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
            yield found(place_of(definition.file, member), "unreachable", element=member.id)


def _check_exit(definition: ProcessDefinition, members: list[Element]) -> Iterator[Finding]:
    backwards: dict[str, list[str]] = {member.id: [] for member in members}
    for member in members:
        for successor in _successors(definition, member):
            backwards.setdefault(successor, []).append(member.id)
    ends = [member.id for member in members if not member.outgoing and member.id not in definition.links]
    resting = _closure([member.id for member in members if _waits(member)], backwards)
    leaving = _closure(ends, backwards)
    for member in members:
        place = place_of(definition.file, member)
        if member.id not in leaving and member.id not in resting:
            yield found(place, "endless-loop", element=member.id)
        elif member.id not in leaving:
            yield found(place, "no-way-out", element=member.id)


def _check_rounds(definition: ProcessDefinition, members: list[Element]) -> Iterator[Finding]:
    """A cycle of elements that neither wait nor decide multiplies tokens for ever, whatever leaves it."""
    always = {member.id: _always_taken(definition, member) for member in members}
    member = _on_a_cycle(always)
    if member:
        place = place_of(definition.file, definition.elements[member])
        yield found(place, "endless-loop/certain", element=member)


def _on_a_cycle(edges: Mapping[str, list[str]]) -> str:
    """Return a node of one cycle, "" where there is none: what is left without the nodes nothing enters."""
    before: dict[str, set[str]] = {node: set() for node in edges}
    for node, following in edges.items():
        for target in following:
            before.setdefault(target, set()).add(node)
    free = [node for node, sources in before.items() if not sources]
    while free:
        node = free.pop()
        del before[node]
        for target in set(edges.get(node, ())):
            if target in before:
                before[target].discard(node)
                if not before[target]:
                    free.append(target)
    node, seen = next(iter(before), ""), set[str]()
    while node not in seen and node:  # every node left has one before it: going back ends in a cycle
        seen.add(node)
        node = min(before[node])
    return node


def _always_taken(definition: ProcessDefinition, element: Element) -> list[str]:
    """Return where a token certainly goes at once after an element; nothing where it may wait or choose."""
    if _waits(element) or element.loop is not None or element.type in _MAY_BLOCK:
        return []
    if element.type is ElementType.PARALLEL_GATEWAY and len(element.incoming) > 1:
        return []
    flows = [definition.flows[flow] for flow in element.outgoing]
    if element.type is ElementType.EXCLUSIVE_GATEWAY and len(flows) > 1:
        return []
    return [flow.target for flow in flows if flow.condition is None and flow.id != element.default_flow]


_MAY_BLOCK = {
    ElementType.AD_HOC_SUB_PROCESS,
    ElementType.INCLUSIVE_GATEWAY,
    ElementType.COMPLEX_GATEWAY,
}


def _begins_by_itself(element: Element) -> bool:
    return (
        element.type is ElementType.START_EVENT
        or element.triggered_by_event
        or element.is_for_compensation
        or element.instantiate
    )


def _is_first(element: Element) -> bool:
    """Tell whether an element begins where there is no start event; links are only ever jumped to."""
    linked = any(event.type is EventType.LINK for event in element.events)
    return not element.incoming and element.attached_to is None and not linked


def _waits(element: Element) -> bool:
    """Tell whether a token may rest at an element; what is inside a sub-process is looked at by itself."""
    return element.type in _RESTING or element.job is not None


def _successors(definition: ProcessDefinition, element: Element) -> list[str]:
    """Return what a token at the element may reach next, its boundary events and links included."""
    link = definition.links.get(element.id)
    return [
        *(definition.flows[flow].target for flow in element.outgoing),
        *definition.boundaries.get(element.id, ()),
        *([link] if link is not None else []),
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
