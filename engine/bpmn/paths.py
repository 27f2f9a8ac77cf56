"""Where a token can still get to: computed once per definition, for the joins that wait for what may come.

BPMN 2.0.2 §13.4.3 and §13.4.5 let an inclusive gateway fire, and a complex gateway reset, when no token
can reach an incoming flow without one "by a path that does not visit the gateway". A path never crosses the
border of a container: a token inside a sub-process counts as the sub-process. It goes on over sequence flows,
from an activity to its boundary events, and from a throwing link event to those that catch it.
"""

from __future__ import annotations

from collections import deque

from engine.bpmn.links import link_pairs
from engine.model.definition import Element, ElementType, SequenceFlow

SYNCHRONISING = (ElementType.INCLUSIVE_GATEWAY, ElementType.COMPLEX_GATEWAY)


def read_paths(elements: dict[str, Element], flows: dict[str, SequenceFlow]) -> dict[str, dict[str, int]]:
    """Return, by gateway and element, the gateway's incoming flows a token in the element can reach.

    Bit ``i`` stands for the gateway's ``i``-th incoming flow; elements that reach none are left out. Only
    inclusive and complex gateways with several incoming flows are in it.
    """
    gateways = [
        element
        for element in elements.values()
        if element.type in SYNCHRONISING and len(element.incoming) > 1
    ]
    if not gateways:
        return {}
    before = _predecessors(elements, flows)
    return {gateway.id: _paths_to(gateway, before, flows) for gateway in gateways}


def read_joins(elements: dict[str, Element]) -> frozenset[str]:
    """Return the elements at which tokens wait for each other before they are entered."""
    return frozenset(element.id for element in elements.values() if _joins(element))


def _joins(element: Element) -> bool:
    if element.type in (ElementType.PARALLEL_GATEWAY, *SYNCHRONISING):
        return len(element.incoming) > 1
    return element.start_quantity > 1 and bool(element.incoming)


def _paths_to(
    gateway: Element, before: dict[str, list[str]], flows: dict[str, SequenceFlow]
) -> dict[str, int]:
    reached: dict[str, int] = {}
    pending: deque[str] = deque()
    for bit, flow in enumerate(gateway.incoming):
        source = flows[flow].source
        reached[source] = reached.get(source, 0) | 1 << bit
        pending.append(source)
    while pending:
        current = pending.popleft()
        if current == gateway.id:
            continue  # from here on the path would visit the gateway
        for earlier in before.get(current, ()):
            merged = reached.get(earlier, 0) | reached[current]
            if merged != reached.get(earlier):
                reached[earlier] = merged
                pending.append(earlier)
    return reached


def _predecessors(elements: dict[str, Element], flows: dict[str, SequenceFlow]) -> dict[str, list[str]]:
    before: dict[str, list[str]] = {}
    for flow in flows.values():
        before.setdefault(flow.target, []).append(flow.source)
    for element in elements.values():
        if element.attached_to is not None:
            before.setdefault(element.id, []).append(element.attached_to)
    for throw, catch in link_pairs(elements).items():
        before.setdefault(catch, []).append(throw)
    return before
