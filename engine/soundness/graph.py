"""What the drawing alone says: where a token can get to, and which parts stand by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.model.definition import Element, ElementType, EventType, ProcessDefinition

Waiting = Mapping[str, Mapping[str, int]]  # taken flows that wait, by gateway and flow

CONTAINERS = frozenset(
    {
        ElementType.SUB_PROCESS,
        ElementType.TRANSACTION,
        ElementType.AD_HOC_SUB_PROCESS,
        ElementType.CALL_ACTIVITY,
    }
)
_EVENTS_WAITING = frozenset({ElementType.INTERMEDIATE_CATCH_EVENT, ElementType.RECEIVE_TASK})
_GLOBAL_GATEWAYS = frozenset({ElementType.INCLUSIVE_GATEWAY, ElementType.COMPLEX_GATEWAY})
_GATEWAYS = _GLOBAL_GATEWAYS | {
    ElementType.EXCLUSIVE_GATEWAY,
    ElementType.PARALLEL_GATEWAY,
    ElementType.EVENT_BASED_GATEWAY,
}
_THROWING = frozenset({ElementType.END_EVENT, ElementType.INTERMEDIATE_THROW_EVENT})
_FAR_REACHING = frozenset(
    {EventType.TERMINATE, EventType.ERROR, EventType.ESCALATION, EventType.CANCEL, EventType.COMPENSATION}
)
_SENDING = frozenset({EventType.MESSAGE, EventType.SIGNAL, EventType.ESCALATION})


class Graph:
    """One definition's elements as a graph; flows carry tokens, boundary events and links as well."""

    def __init__(self, definition: ProcessDefinition) -> None:
        self.definition = definition
        self.elements = definition.elements
        self.global_scopes = frozenset(each.parent for each in self.elements.values() if _is_global(each))
        self._sources = {
            key: [definition.flows[flow].source for flow in each.incoming]
            for key, each in self.elements.items()
        }
        for source, target in definition.links.items():
            self._sources[target].append(source)
        self.side_regions = self._find_side_regions()
        self.closed = frozenset(
            event for event, region in self.side_regions.items() if self._is_closed(event, region)
        )

    def ways(self, element: str) -> Iterator[tuple[str, str]]:
        """Yield (flow, target) of every way a token can go on from an element; no flow from an event."""
        for flow in self.elements[element].outgoing:
            yield flow, self.definition.flows[flow].target
        for boundary in self.definition.boundaries.get(element, ()):
            yield "", boundary
        if element in self.definition.links:
            yield "", self.definition.links[element]

    def before(self, element: str) -> list[str]:
        """Return from where a token comes to an element: flows, links, the activity or container around."""
        it = self.elements[element]
        around = [it.attached_to] if it.attached_to else [it.parent]
        return self._sources[element] or [each for each in around if each]

    def waits(self, element: str) -> bool:
        """Return whether a token stays at an element until something from outside happens."""
        it = self.elements[element]
        if it.type in CONTAINERS or it.loop is not None or it.job is not None:
            return True
        if it.type in _EVENTS_WAITING:
            return bool(it.events) and it.events[0].type is not EventType.LINK
        return it.type in (ElementType.USER_TASK, ElementType.EVENT_BASED_GATEWAY)

    def is_entered(self, element: str) -> bool:
        """Return whether tokens come to an element at all: not to the process, nor to the event that only
        ties an activity to what undoes it."""
        it = self.elements[element]
        undoing = any(event.type is EventType.COMPENSATION for event in it.events)
        return bool(it.parent) and not (undoing and it.type is ElementType.BOUNDARY_EVENT)

    def does_something(self, element: str) -> bool:
        """Return whether it matters that an element happens twice: it works or sends."""
        it = self.elements[element]
        if it.type in _THROWING:
            return any(event.type in _SENDING for event in it.events)
        events = (ElementType.BOUNDARY_EVENT, ElementType.START_EVENT, ElementType.INTERMEDIATE_CATCH_EVENT)
        return it.type not in _GATEWAYS and it.type not in events

    def is_join(self, element: str) -> bool:
        """Return whether taken flows wait at an element for one another."""
        return element in self.definition.joins

    def reach(
        self, tokens: Iterable[str], waiting: Waiting, *, stop: bool = False
    ) -> tuple[set[str], set[str]]:
        """Return the elements and flows that tokens, being at these elements, can get to.

        A join is passed where every incoming flow is reached or has a token waiting. With ``stop``, only so
        far as nothing from outside happens after the first move: waits are reached, not left.
        """
        seen: set[str] = set()
        flows: set[str] = set()
        pending = list(tokens)
        begun = set(pending)
        while pending:
            here = pending.pop()
            if stop and here not in begun and self.waits(here):
                continue
            for flow, target in self.ways(here):
                flows.add(flow)
                if target in seen or not self._is_passed(target, flows, waiting):
                    continue
                seen.add(target)
                pending.append(target)
        flows.discard("")
        return seen, flows

    def _is_passed(self, element: str, flows: set[str], waiting: Waiting) -> bool:
        if not self.is_join(element) or self.elements[element].type is not ElementType.PARALLEL_GATEWAY:
            return True
        there = waiting.get(element, {})
        return all(flow in flows or flow in there for flow in self.elements[element].incoming)

    def inside(self, container: str) -> Iterator[Element]:
        """Yield everything drawn inside an element."""
        for child in self.definition.children.get(container, ()):
            yield self.elements[child]
            yield from self.inside(child)

    def is_far_reaching(self, element: str) -> bool:
        """Return whether an element, or one inside it, can end or wake what it does not lead to."""
        parts = (self.elements[element], *self.inside(element))
        return any(_is_global(part) or _throws_far(part) for part in parts)

    def catchers(self, element: str, kind: EventType) -> Iterator[tuple[str, str | None]]:
        """Yield (container or activity, code or None for all) of what catches at or around an element."""
        here = self.elements[element]
        while True:
            yield from self._codes(here.id, self.definition.boundaries.get(here.id, ()), kind)
            if not here.parent:
                return
            if not here.triggered_by_event:
                for sub_process in self.definition.event_sub_processes.get(here.parent, ()):
                    yield from self._codes(here.parent, self.definition.starts.get(sub_process, ()), kind)
            here = self.elements[here.parent]

    def _codes(self, host: str, events: tuple[str, ...], kind: EventType) -> Iterator[tuple[str, str | None]]:
        for event in events:
            for each in self.elements[event].events:
                if each.type is kind:
                    yield host, each.code or None

    def _find_side_regions(self) -> dict[str, frozenset[str]]:
        """Return, by non-interrupting event, what only such events lead to."""
        sides = {key for key, each in self.elements.items() if _is_side(each, self.elements)}
        found: dict[str, frozenset[str]] = {}
        for event in sides:
            start = self.elements[event]
            if start.type is ElementType.START_EVENT:
                found[event] = frozenset({start.parent})
                continue
            region, _ = self.reach([event], _everything(self.definition))
            others = {source for each in region for source in self._sources[each]} - region - sides
            if not others:
                found[event] = frozenset(region | {event})
        return found

    def _is_closed(self, event: str, region: frozenset[str]) -> bool:
        container = self.elements[event].parent
        if self.elements[event].type is ElementType.START_EVENT:
            container = self.elements[container].parent
        if container in self.global_scopes or any(self.is_far_reaching(each) for each in region):
            return False
        parts = [part.id for each in region for part in (self.elements[each], *self.inside(each))]
        inside = {*parts, *region}
        return all(host in inside for part in parts for host, _ in self.catchers(part, EventType.ERROR))


def _everything(definition: ProcessDefinition) -> Waiting:
    return {key: dict.fromkeys(each.incoming, 1) for key, each in definition.elements.items()}


def _is_side(element: Element, elements: Mapping[str, Element]) -> bool:
    if element.interrupting or not element.events:
        return False
    if element.type is ElementType.START_EVENT:
        return elements[element.parent].triggered_by_event
    return element.type is ElementType.BOUNDARY_EVENT


def _is_global(element: Element) -> bool:
    return element.type in _GLOBAL_GATEWAYS or element.is_for_compensation


def _throws_far(element: Element) -> bool:
    return element.type in _THROWING and any(event.type in _FAR_REACHING for event in element.events)
