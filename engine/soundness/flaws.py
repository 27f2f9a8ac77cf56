"""What is wrong with a state: nothing moves, a token is left behind, two are where one is meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations

from engine.kernel.state import ElementInstance
from engine.kernel.tree import InstanceTree
from engine.model.definition import ElementType
from engine.model.records import Flaw, FlawKind
from engine.soundness.exploration import Exploration, State, is_last
from engine.soundness.graph import Graph

STUCK = "deadlock"  # the kernel's word for tokens at a join that nothing can complete


def of_state(found: Exploration, state: State, tree: InstanceTree) -> Iterator[Flaw]:
    """Yield the flaws that show in one state; one with two tokens where one is meant is marked so."""
    path = found.path(state)
    for kind, key, container in state.incidents:
        if kind == STUCK:
            yield from _left_behind(found.graph, tree.elements[key], container, path)
    if not state.ended and not state.incidents:
        for scope in tree.elements.values():
            for flaw in _doubled(found.graph, tree, scope, path):
                state.flawed = True
                yield flaw


def _left_behind(
    graph: Graph, scope: ElementInstance, container: str, path: tuple[str, ...]
) -> Iterator[Flaw]:
    entered = path[len(path) - path[::-1].index(container) :] if container in path else path
    ended = [each for each in entered if _ends(graph, each, container)]
    for gateway, waiting in (scope.joins or {}).items():
        missing = [flow for flow in graph.elements[gateway].incoming if flow not in waiting]
        flows = ", ".join(f"'{flow}'" for flow in missing)
        if ended:
            message = f"'{ended[-1]}' is reached, but a token waits for ever at '{gateway}' for {flows}"
            yield Flaw(
                kind=FlawKind.IMPROPER_COMPLETION, element_id=gateway, message=message, path=(*path, gateway)
            )
        else:
            message = f"a token waits for ever at '{gateway}': nothing can come by {flows}"
            yield Flaw(kind=FlawKind.DEADLOCK, element_id=gateway, message=message, path=(*path, gateway))


def _ends(graph: Graph, element: str, container: str) -> bool:
    it = graph.elements[element]
    return it.type is ElementType.END_EVENT and it.parent == container


def nothing_moves(found: Exploration, state: State, tree: InstanceTree) -> Iterator[Flaw]:
    """Yield a deadlock for every element instance of a state in which nothing can happen any more."""
    for each in tree.elements.values():
        if each.scope and not tree.children.get(each.key):
            message = f"nothing that could happen lets '{each.element_id}' go on"
            path = found.path(state)
            yield Flaw(kind=FlawKind.DEADLOCK, element_id=each.element_id, message=message, path=path)


def _doubled(
    graph: Graph, tree: InstanceTree, scope: ElementInstance, path: tuple[str, ...]
) -> Iterator[Flaw]:
    if scope.loop is not None:
        return
    for gateway, waiting in (scope.joins or {}).items():
        if any(count > 1 for count in waiting.values()):
            yield _twice(gateway, path, (gateway,))
    active = [
        each.element_id
        for each in tree.children.get(scope.key, {}).values()
        if not graph.elements[each.element_id].triggered_by_event
    ]
    for element, count in Counter(active).items():
        if count > 1:
            yield _twice(element, path, ())
    coming = [
        graph.definition.flows[target].target
        for kind, key, target in tree.header.queue or ()
        if kind == "flow" and int(key) == scope.key
    ]
    yield from _meeting(graph, active, coming, path)


def _meeting(graph: Graph, active: list[str], coming: list[str], path: tuple[str, ...]) -> Iterator[Flaw]:
    """Yield where two tokens would work the same element in one go, without ever waiting there."""
    ahead = [_ahead(graph, each, left=True) for each in active]
    ahead += [_ahead(graph, each, left=False) for each in coming]
    for one, other in combinations(ahead, 2):
        for element in one:
            if element in other and graph.does_something(element):
                yield _twice(element, path, one[element] + other[element])
                break


def _twice(element: str, path: tuple[str, ...], more: tuple[str, ...]) -> Flaw:
    return Flaw(
        kind=FlawKind.LACK_OF_SYNCHRONISATION,
        element_id=element,
        message=f"two tokens can be at '{element}' at the same time: nothing joins them before it",
        path=(*path, *more),
    )


def _ahead(graph: Graph, element: str, *, left: bool) -> dict[str, tuple[str, ...]]:
    """Return the elements a token passes without waiting, each with its way there; ``left``: it waits at
    ``element`` and would leave it, else it is about to enter it."""
    if not left and graph.is_join(element):
        return {}
    found: dict[str, tuple[str, ...]] = {} if left else {element: (element,)}
    pending: list[tuple[str, tuple[str, ...]]] = []
    if left or not graph.waits(element):
        pending.append((element, () if left else (element,)))
    while pending:
        here, way = pending.pop(0)
        for _, target in graph.ways(here):
            if target not in found and not graph.is_join(target) and not _is_another(graph, target):
                found[target] = (*way, target)
                if not graph.waits(target):
                    pending.append((target, found[target]))
    return found


def _is_another(graph: Graph, element: str) -> bool:
    """Return whether an event makes a token of its own, while its host's stays: more than one are meant."""
    it = graph.elements[element]
    return it.type is ElementType.BOUNDARY_EVENT and not it.interrupting


def dead_elements(found: Exploration, stuck: set[str]) -> Iterator[Flaw]:
    """Yield the first elements on every way that no run ever takes, but those known to be ``stuck``."""
    graph = found.graph
    dead = {each for each in graph.elements.keys() - found.entered if graph.is_entered(each)}
    for element in sorted(dead, key=lambda each: (graph.elements[each].line, each)):
        before = graph.before(element)
        if element in stuck or (before and all(each in dead for each in before)):
            continue
        alive = [each for each in before if each not in dead]
        message = f"no run comes to '{element}'" + (f": '{alive[0]}' never leads there" if alive else "")
        path = shortest_to(found, alive[0]) if alive else ()
        yield Flaw(kind=FlawKind.DEAD_ELEMENT, element_id=element, message=message, path=path)


def shortest_to(found: Exploration, element: str) -> tuple[str, ...]:
    """Return the shortest path found to an element, itself at its end."""
    for state in found.states:
        if element in state.entered:
            path = found.path(state)
            return path[: len(path) - path[::-1].index(element)]
    return ()


def endless(found: Exploration) -> Iterator[Flaw]:
    """Yield the nearest state from which no way leads to an end or to a flaw found already."""
    before: dict[int, list[int]] = {}
    for number, state in enumerate(found.states):
        for following in state.following:
            before.setdefault(following, []).append(number)
    pending = [number for number, state in enumerate(found.states) if is_last(state) or not state.moves]
    fine = set(pending)
    while pending:
        for number in before.get(pending.pop(), ()):
            if number not in fine:
                fine.add(number)
                pending.append(number)
    for number, state in enumerate(found.states):
        if number not in fine:
            path = found.path(state)
            element = path[-1] if path else found.definition.id
            message = f"from '{element}' on it never ends: no way leads to an end event"
            yield Flaw(kind=FlawKind.ENDLESS, element_id=element, message=message, path=path)
            return
