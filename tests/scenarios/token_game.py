"""An independent reference of the control flow: a token game over nets, played without any queue.

Nothing of the engine is used, and nothing is done as it does it: all moves that are possible are collected
from the whole marking, one is chosen at random, until none is left. What comes of it may not depend on the
choice, so a disagreement with the kernel is a defect of one of the two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from random import Random  # noqa: TID251  # seeded by the test
from typing import Any, TypeAlias

Path: TypeAlias = tuple[tuple[str, int], ...]
Guard: TypeAlias = tuple[str, int]  # ("=", 2) or (">=", 2), about the variable `choice`
WAITING = ("task", "catch", "race", "sub", "esp")


@dataclass
class Edge:
    """One sequence flow."""

    source: str
    target: str
    guard: Guard | None = None
    default: bool = False

    @property
    def id(self) -> str:
        """Return its id."""
        return f"{self.source}_{self.target}"


@dataclass
class Node:
    """One element: start, end, terminate, pass, task, xor, and, or, race, catch, boundary, sub or esp.

    ``block`` of an inclusive join are the nodes between its split and itself. ``times`` > 0 makes an activity
    multi-instance.
    """

    id: str
    kind: str
    signal: str = ""
    host: str = ""
    interrupting: bool = True
    times: int = 0
    sequential: bool = False
    inner: Net | None = None
    block: frozenset[str] = frozenset()


@dataclass
class Net:
    """The inside of a process or sub-process; ``event_subs`` are its event sub-processes' ids."""

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    event_subs: list[str] = field(default_factory=list)

    def outs(self, node: str) -> list[Edge]:
        """Return the edges that leave a node."""
        return [edge for edge in self.edges if edge.source == node]

    def ins(self, node: str) -> list[Edge]:
        """Return the edges that lead to a node."""
        return [edge for edge in self.edges if edge.target == node]

    def signals(self) -> Iterator[str]:
        """Yield the names of all signals, those inside sub-processes too."""
        for node in self.nodes.values():
            if node.signal:
                yield node.signal
            if node.inner is not None:
                yield from node.inner.signals()


@dataclass(eq=False)
class Activity:
    """Something under way: a task's instances by number, or the marking inside a sub-process."""

    node: Node
    numbers: list[int] = field(default_factory=list)
    scopes: list[Marking] = field(default_factory=list)
    left: int = 0  # sequential instances still to come


@dataclass(eq=False)
class Marking:
    """The tokens of one container."""

    net: Net
    path: Path
    tokens: Counter[str] = field(default_factory=Counter)
    open: list[Activity] = field(default_factory=list)
    listening: bool = True

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is left in it."""
        return not self.open and not +self.tokens

    def clear(self) -> None:
        """Take everything out."""
        self.tokens.clear()
        self.open.clear()


Move: TypeAlias = Callable[[], None]


class Game:
    """One process being played."""

    def __init__(self, net: Net, seed: int) -> None:
        self.choice = 0
        self.ended: Counter[str] = Counter()
        self.terminated = False
        self._random = Random(seed)
        self.root = Marking(net, ())
        self._begin(self.root)
        self.settle()

    # --- what can be seen ---

    def tasks(self) -> Counter[tuple[Path, str]]:
        """Return the open tasks, each with the containers it is in."""
        found: Counter[tuple[Path, str]] = Counter()
        for marking, activity in self._activities():
            if activity.node.kind == "task":
                for number in activity.numbers:
                    inside = ((activity.node.id, number),) if activity.node.times else ()
                    found[(*marking.path, *inside), activity.node.id] += 1
        return found

    def listens_to(self) -> set[str]:
        """Return the signals somebody waits for."""
        return {signal for marking in self._markings() for signal, _ in self._listeners(marking)}

    def deadlocks(self) -> int:
        """Return in how many containers tokens wait for others that cannot come."""
        return sum(bool(not each.open and +each.tokens) for each in self._markings())

    # --- what can be done ---

    def complete(self, path: Path, task: str, choice: int) -> None:
        """Let somebody complete a task."""
        self.choice = choice
        for marking, activity in self._activities():
            if activity.node.id != task:
                continue
            number = path[-1][1] if activity.node.times else 0
            own = path[:-1] if activity.node.times else path
            if marking.path == own and number in activity.numbers:
                activity.numbers.remove(number)
                self._go_on(marking, activity)
                break
        else:
            raise AssertionError(f"no task {task} at {path}")
        self.settle()

    def broadcast(self, signal: str) -> None:
        """Let a signal reach everybody who waits for it now, one after the other."""
        found = [
            (marking, activity, act)
            for marking in self._markings()
            for name, (activity, act) in self._listeners(marking)
            if name == signal
        ]
        for marking, activity, act in found:
            alive = any(marking is each for each in self._markings())
            if alive and (activity is None or any(activity is each for each in marking.open)):
                act()
                self.settle()

    # --- the game ---

    def settle(self) -> None:
        """Make moves, in any order, until none is possible."""
        while moves := [move for marking in self._markings() for move in self._moves(marking)] or [
            move for marking in self._markings() for move in self._inclusive(marking)
        ]:
            self._random.choice(moves)()

    def _markings(self) -> list[Marking]:
        found = [self.root]
        for marking in found:
            found += [scope for activity in marking.open for scope in activity.scopes]
        return found

    def _activities(self) -> Iterator[tuple[Marking, Activity]]:
        for marking in self._markings():
            yield from ((marking, activity) for activity in list(marking.open))

    def _moves(self, marking: Marking) -> Iterator[Move]:
        for edge in marking.net.edges:
            node = marking.net.nodes[edge.target]
            if not marking.tokens[edge.id] or node.kind == "or":
                continue
            needed = marking.net.ins(node.id) if node.kind == "and" else [edge]
            if all(marking.tokens[each.id] for each in needed):
                yield partial(self._take, marking, node, needed)
        for activity in marking.open:
            done = [scope for scope in activity.scopes if scope.is_empty]
            if done:
                yield partial(self._close, marking, activity, done[0])

    def _inclusive(self, marking: Marking) -> Iterator[Move]:
        for node in marking.net.nodes.values():
            if node.kind != "or":
                continue
            waiting = [edge for edge in marking.net.ins(node.id) if marking.tokens[edge.id]]
            busy = any(activity.node.id in node.block for activity in marking.open) or any(
                marking.tokens[edge.id] for edge in marking.net.edges if edge.target in node.block
            )
            if waiting and not busy:
                yield partial(self._take, marking, node, waiting)

    def _take(self, marking: Marking, node: Node, edges: list[Edge]) -> None:
        for edge in edges:
            marking.tokens[edge.id] -= 1
        self._enter(marking, node)

    def _begin(self, marking: Marking) -> None:
        start = next(node for node in marking.net.nodes.values() if node.kind == "start")
        self._leave(marking, start)

    def _enter(self, marking: Marking, node: Node) -> None:
        if node.kind in WAITING:
            marking.open.append(self._started(marking, node))
        elif node.kind in ("end", "terminate"):
            self.ended[node.id] += 1
            if node.kind == "terminate":
                marking.clear()
                self.terminated = self.terminated or marking is self.root
        else:
            self._leave(marking, node)

    def _started(self, marking: Marking, node: Node) -> Activity:
        numbers = list(range(1, node.times + 1)) if node.times else [0]
        first = numbers[:1] if node.sequential else numbers
        activity = Activity(node, left=len(numbers) - len(first))
        for number in first:
            self._start(marking, activity, number)
        return activity

    def _start(self, marking: Marking, activity: Activity, number: int) -> None:
        inner = activity.node.inner
        if inner is None:
            activity.numbers.append(number)
            return
        scope = Marking(inner, (*marking.path, (activity.node.id, number)))
        activity.scopes.append(scope)
        self._begin(scope)

    def _close(self, marking: Marking, activity: Activity, scope: Marking) -> None:
        activity.scopes = [each for each in activity.scopes if each is not scope]
        self._go_on(marking, activity)

    def _go_on(self, marking: Marking, activity: Activity) -> None:
        if activity.left:
            number = activity.node.times - activity.left + 1
            activity.left -= 1
            self._start(marking, activity, number)
        elif not activity.numbers and not activity.scopes:
            self._remove(marking, activity)
            self._leave(marking, activity.node)

    def _remove(self, marking: Marking, activity: Activity) -> None:
        marking.open = [each for each in marking.open if each is not activity]

    def _leave(self, marking: Marking, node: Node) -> None:
        for edge in self._chosen(node, marking.net.outs(node.id)):
            marking.tokens[edge.id] += 1

    def _chosen(self, node: Node, outs: list[Edge]) -> list[Edge]:
        if node.kind not in ("xor", "or"):
            return outs
        holding = [edge for edge in outs if not edge.default and self._holds(edge.guard)]
        if node.kind == "xor":
            holding = holding[:1]
        return holding or [edge for edge in outs if edge.default]

    def _holds(self, guard: Guard | None) -> bool:
        if guard is None:
            return True
        operator, number = guard
        return self.choice == number if operator == "=" else self.choice >= number

    # --- events ---

    def _listeners(self, marking: Marking) -> Iterator[tuple[str, tuple[Any, Move]]]:
        for activity in marking.open:
            yield from self._listening(marking, activity)
        for name in marking.net.event_subs if marking.listening else ():
            sub = marking.net.nodes[name]
            yield sub.signal, (None, partial(self._event_sub, marking, sub))

    def _listening(self, marking: Marking, activity: Activity) -> Iterator[tuple[str, tuple[Any, Move]]]:
        net, node = marking.net, activity.node
        awaited = [node] if node.kind == "catch" else []
        if node.kind == "race":
            awaited = [net.nodes[edge.target] for edge in net.outs(node.id)]
        for event in awaited:
            yield event.signal, (activity, partial(self._happen, marking, activity, event))
        for event in net.nodes.values():
            if event.kind == "boundary" and event.host == node.id:
                yield event.signal, (activity, partial(self._boundary, marking, activity, event))

    def _happen(self, marking: Marking, activity: Activity, event: Node) -> None:
        self._remove(marking, activity)
        self._leave(marking, event)

    def _boundary(self, marking: Marking, host: Activity, event: Node) -> None:
        if event.interrupting:
            self._remove(marking, host)
        self._leave(marking, event)

    def _event_sub(self, marking: Marking, sub: Node) -> None:
        if sub.interrupting:
            marking.clear()
            marking.listening = False
        marking.open.append(self._started(marking, sub))
