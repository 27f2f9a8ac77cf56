"""What becomes of each element when an instance goes on in another version: compared on the two drawings.

Nothing here knows an instance; which of the differences matter is for ``engine.kernel.migration`` to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from engine.kernel.waits import is_one_of_all
from engine.model.definition import Element, ElementType, EventDefinition, MultiInstance, ProcessDefinition

_CATCHING = (ElementType.INTERMEDIATE_CATCH_EVENT, ElementType.RECEIVE_TASK, ElementType.START_EVENT)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How one version's ids become another's.

    ``mapping`` has the ids (elements and flows) that change; all others stay. ``begins`` lists, by id of
    the version before, the events its instances did not wait for there and must in the new one;
    ``widens``, likewise, by event (id of the new version) they wait for in both, the places of the
    definitions it has gained.
    ``differing`` says, by id of the version before, why its instances cannot go on as what it becomes.
    ``problems`` are of the mapping itself.
    """

    mapping: dict[str, str]
    begins: dict[str, list[str]]
    widens: dict[str, dict[str, list[int]]]
    differing: dict[str, str]
    problems: tuple[str, ...]


def plan(before: ProcessDefinition, after: ProcessDefinition, given: Mapping[str, str]) -> Plan:
    """Compare two versions; ``given`` maps ids of the one to ids of the other, equal ids map themselves."""
    problems = tuple(_problems(before, after, given))
    if problems:
        return Plan(mapping={}, begins={}, widens={}, differing={}, problems=problems)
    mapping = {old: new for old, new in given.items() if old != new}
    mapping |= dict(_flows(before, after, mapping))
    pairs = [
        (element, after.elements[new])
        for element in before.elements.values()
        if (new := mapping.get(element.id, element.id)) in after.elements
    ]
    begins = {old.id: _begins(before, after, old.id, new.id, mapping) for old, new in pairs}
    differing = {old.id: _difference(old, new) for old, new in pairs}
    widens: dict[str, dict[str, list[int]]] = {}
    for one, other in pairs:
        for event, became in _kept_events(before, after, one.id, other.id, mapping):
            differing[one.id] = differing[one.id] or _rearranged(event, became)
            gained = _gained(event, became)
            if gained:
                widens.setdefault(one.id, {})[became.id] = gained
    return Plan(
        mapping=mapping,
        begins={old: events for old, events in begins.items() if events},
        widens=widens,
        differing={old: reason for old, reason in differing.items() if reason},
        problems=(),
    )


def _problems(before: ProcessDefinition, after: ProcessDefinition, given: Mapping[str, str]) -> Iterator[str]:
    for old, new in given.items():
        if old == before.id or new == after.id:
            yield f"'{before.id}' is the process itself and cannot be mapped"
        elif old not in before.elements and old not in before.flows:
            yield f"'{old}' is mapped, but is not in the version before"
        elif new not in after.elements and new not in after.flows:
            yield f"'{old}' is mapped to '{new}', which is not in it"
        elif (old in before.flows) != (new in after.flows):
            yield f"'{old}' is mapped to '{new}', but only one of them is a sequence flow"


def _flows(
    before: ProcessDefinition, after: ProcessDefinition, mapping: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield flows whose id is gone with the only flow that leads between the same elements."""
    between: dict[tuple[str, str], list[str]] = {}
    for flow in after.flows.values():
        between.setdefault((flow.source, flow.target), []).append(flow.id)
    for flow in before.flows.values():
        if flow.id in after.flows or flow.id in mapping:
            continue
        ends = mapping.get(flow.source, flow.source), mapping.get(flow.target, flow.target)
        found = between.get(ends, ())
        if len(found) == 1:
            yield flow.id, found[0]


def _begins(
    before: ProcessDefinition,
    after: ProcessDefinition,
    old: str,
    new: str,
    mapping: Mapping[str, str],
) -> list[str]:
    known = {mapping.get(event, event) for event in events_around(before, old)}
    return [event for event in events_around(after, new) if event not in known]


def _kept_events(
    before: ProcessDefinition, after: ProcessDefinition, old: str, new: str, mapping: Mapping[str, str]
) -> Iterator[tuple[Element, Element]]:
    """Yield each event that instances of an element wait for in both versions, as it was and is drawn."""
    heard = {*_own_events(after, new), *events_around(after, new)}
    for event in (*_own_events(before, old), *events_around(before, old)):
        became = mapping.get(event, event)
        if became in heard:
            yield before.elements[event], after.elements[became]


def _own_events(definition: ProcessDefinition, element_id: str) -> Iterator[str]:
    """Yield what an element waits for itself: an event is its own, a gateway waits for those behind it."""
    element = definition.elements[element_id]
    if element.type is ElementType.EVENT_BASED_GATEWAY:
        yield from (definition.flows[flow].target for flow in element.outgoing)
    elif element.type in _CATCHING:
        yield element_id


def _same_place(old: Element, new: Element) -> Iterator[int]:
    """Yield the places whose definition stays; of its kind, whatever it is called now."""
    for place, (was, becomes) in enumerate(zip(old.events, new.events, strict=False)):
        if was.type is becomes.type:
            yield place


def _gained(old: Element, new: Element) -> list[int]:
    kept = set(_same_place(old, new))
    return [place for place in range(len(new.events)) if place not in kept]


def _rearranged(old: Element, new: Element) -> str:
    """Return why the parts of an event cannot be told apart in the new version; "" where they can.

    What is waited for, and what has happened in part, is known by its place among the event's definitions.
    """
    then, now = ([_asked(each) for each in element.events] for element in (old, new))
    moved = any(each in now and now[place : place + 1] != [each] for place, each in enumerate(then))
    if moved:
        return f"'{old.id}' waits for the same things in another order in it"
    if is_one_of_all(old) and len(list(_same_place(old, new))) < len(old.events):
        return f"'{old.id}' does not wait for all of the same things in it"
    return ""


def _asked(definition: EventDefinition) -> tuple[object, ...]:
    """Return what tells a definition from others of its event: its kind and what it waits for."""
    texts = (definition.name, definition.correlation_key, definition.timer, definition.condition)
    return definition.type, definition.timer_type, *(each and each.source for each in texts)


def events_around(definition: ProcessDefinition, element_id: str) -> Iterator[str]:
    """Yield an activity's boundary events and the start events of a container's event sub-processes."""
    yield from definition.boundaries.get(element_id, ())
    for sub_process in definition.event_sub_processes.get(element_id, ()):
        yield from definition.starts.get(sub_process, ())


def _difference(old: Element, new: Element) -> str:
    """Return why an instance of one element cannot go on as the other; "" where it can."""
    if old.type is not new.type and (old.job is None or new.job is None):
        return f"'{old.id}' is a {old.type}, but '{new.id}' is a {new.type} in it"
    if old.triggered_by_event != new.triggered_by_event:
        return f"'{old.id}' is an event sub-process in one of the versions only"
    one, other = old.loop, new.loop
    if type(one) is not type(other):
        return f"'{old.id}' is repeated in one of the versions only, or in another way"
    if isinstance(one, MultiInstance) and isinstance(other, MultiInstance):
        if one.sequential != other.sequential:
            return f"'{old.id}' is repeated one after the other in one of the versions only"
        if (one.output_collection is None) != (other.output_collection is None):
            return f"'{old.id}' collects its results in one of the versions only"
    return ""
