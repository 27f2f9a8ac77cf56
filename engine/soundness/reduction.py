"""Which moves of a state are enough: where a part can do nothing to the rest, one order stands for all.

What a non-interrupting event leads to, where it stands by itself, is explored once, the rest frozen. And a
token (with all inside it) whose next moves touch no element or flow that anything beside it could get to
without it, and which can neither end its container nor be on a cycle, moves alone: an ample set in the sense
of Peled (1993), with absorption: whatever ends the container ends it the same before and after such a move.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from engine.kernel.state import ElementInstance
from engine.kernel.tree import InstanceTree
from engine.model.definition import EventType, MultiInstance
from engine.soundness.graph import Graph, Waiting


class Reduction:
    """Chooses for the states of one definition; what the drawing says is computed once."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._side = {
            element: graph.elements[event].type
            for event in graph.closed
            for element in graph.side_regions[event]
        }
        self._cyclic: dict[str, bool] = {}
        self._local: dict[str, bool] = {}

    def chosen(self, tree: InstanceTree, owners: set[int], *, ample: bool) -> set[int] | None:
        """Return the element instances whose moves are enough; None for all."""
        side = [each for each in tree.elements.values() if each.element_id in self._side]
        if side:
            return {key for each in side for key in below(tree, each)}
        if not ample:
            return None
        for instance in reversed(list(tree.elements.values())):
            if instance.scope and self._is_independent(tree, instance):
                inside = set(below(tree, instance))
                if inside & owners:
                    return inside
        return None

    def _is_independent(self, tree: InstanceTree, token: ElementInstance) -> bool:
        scope = tree.elements[token.scope]
        others = [each.element_id for each in tree.children[scope.key].values() if each is not token]
        if not others or not self._is_local(token.element_id):
            return False
        if scope.loop is not None:
            return self._is_independent_of_siblings(token.element_id)
        waiting = scope.joins or {}
        touched, flows = self._graph.reach([token.element_id], waiting, stop=True)
        if any(self._graph.is_far_reaching(each) for each in touched):
            return False
        reached, reached_flows = self._graph.reach(others, waiting)
        mine = touched | {token.element_id}
        if mine & reached or mine & set(others) or flows & reached_flows:
            return False
        return not self._is_crowded(flows, others, waiting)

    def _is_crowded(self, flows: set[str], others: list[str], waiting: Waiting) -> bool:
        """Return whether two others might meet in one flow of a join that these flows lead to, so that it
        matters who comes first."""
        definition = self._graph.definition
        joins = {target for flow in flows if self._graph.is_join(target := definition.flows[flow].target)}
        if not joins:
            return False
        counts = Counter(flow for each in others for flow in self._graph.reach([each], waiting)[1])
        for join in joins:
            there = waiting.get(join, {})
            if any(counts[flow] + there.get(flow, 0) > 1 for flow in self._graph.elements[join].incoming):
                return True
        return False

    def _is_independent_of_siblings(self, element: str) -> bool:
        """Return whether the instances of a multi-instance activity leave one another alone."""
        loop = self._graph.elements[element].loop
        kinds = (EventType.ERROR, EventType.ESCALATION)
        heard = any(host == element for kind in kinds for host, _ in self._graph.catchers(element, kind))
        return isinstance(loop, MultiInstance) and loop.completion_condition is None and not heard

    def _is_local(self, element: str) -> bool:
        """Return whether a token here, with all inside it, ends nothing around it and makes no rounds."""
        known = self._local.get(element)
        if known is None:
            known = self._local[element] = self._find_local(element)
        return known

    def _find_local(self, element: str) -> bool:
        graph = self._graph
        inside = [element, *(part.id for part in graph.inside(element))]
        if graph.elements[element].parent in graph.global_scopes or graph.is_far_reaching(element):
            return False
        heard = (
            host
            for part in inside
            for kind in (EventType.ERROR, EventType.ESCALATION)
            for host, _ in graph.catchers(part, kind)
        )
        return all(host in inside for host in heard) and not any(self._is_cyclic(part) for part in inside)

    def _is_cyclic(self, element: str) -> bool:
        known = self._cyclic.get(element)
        if known is None:
            everything = {key: dict.fromkeys(each.incoming, 1) for key, each in self._graph.elements.items()}
            known = self._cyclic[element] = element in self._graph.reach([element], everything)[0]
        return known


def below(tree: InstanceTree, instance: ElementInstance) -> Iterator[int]:
    """Yield the keys of an element instance and of all inside it."""
    yield instance.key
    for child in tree.children.get(instance.key, {}).values():
        yield from below(tree, child)
