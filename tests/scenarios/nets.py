"""Random nets as diagrams: blocks inside blocks, or gateways wired as they come; what `token_game` plays."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

from tests.plain import Plain, event, formal, node
from tests.scenarios.token_game import Edge, Guard, Net, Node

_TAGS = {
    "start": "startEvent", "end": "endEvent", "terminate": "endEvent", "pass": "task", "task": "userTask",
    "xor": "exclusiveGateway", "and": "parallelGateway", "or": "inclusiveGateway",
    "race": "eventBasedGateway", "catch": "intermediateCatchEvent", "boundary": "boundaryEvent",
    "sub": "subProcess", "esp": "subProcess",
}  # fmt: skip
_USER = "<bpmn:extensionElements><zeebe:userTask/></bpmn:extensionElements>"


@dataclass(frozen=True)
class Block:
    """A part of a process with one way in and one way out."""

    kind: str
    parts: tuple[Block, ...] = ()


LEAVES = st.sampled_from(
    [
        Block(kind)
        for kind in (
            "task", "task", "pass", "catch", "race", "guarded", "noted", "many", "one_by_one", "leaves",
            "ends",
        )
    ]
)  # fmt: skip


def _nested(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    some = st.lists(inner, min_size=1, max_size=3).map(tuple)
    branches = st.lists(inner, min_size=2, max_size=3).map(tuple)
    wrapped = st.sampled_from(["sub", "guarded_sub", "listening", "noting", "each", "in_turn", "loop"])
    return (
        st.builds(Block, st.just("sequence"), some)
        | st.builds(Block, st.sampled_from(["xor", "and", "or"]), branches)
        | st.builds(Block, wrapped, st.tuples(inner))
    )


BLOCKS = st.recursive(LEAVES, _nested, max_leaves=10)
# Of each node: its kind, and where its ways lead; the last way of a loop leads back.
WIRES = st.lists(
    st.tuples(st.sampled_from(["task", "xor", "and", "loop"]), st.integers(1, 4), st.integers(1, 4)),
    min_size=2,
    max_size=9,
)


@dataclass
class Drawer:
    """Draws into one net after the other, every id new."""

    number: int = 0
    net: Net = field(default_factory=Net)

    def add(self, kind: str, before: str = "", guard: Guard | None = None, **fields: object) -> str:
        """Add a node behind another one and return its id."""
        self.number += 1
        name = f"{kind}{self.number}"
        self.net.nodes[name] = Node(name, kind, **fields)  # type: ignore[arg-type]
        if kind in ("catch", "boundary", "esp"):
            self.net.nodes[name].signal = f"signal{self.number}"
        if before:
            self.connect(before, name, guard)
        return name

    def connect(self, source: str, target: str, guard: Guard | None = None, *, default: bool = False) -> None:
        """Draw a flow."""
        self.net.edges.append(Edge(source, target, guard, default))

    def inside(self, block: Block) -> Net:
        """Return the net inside a sub-process."""
        outer, self.net = self.net, Net()
        self.add("end", self.draw(block, self.add("start")))
        outer, self.net = self.net, outer
        return outer

    def draw(self, block: Block, at: str) -> str:
        """Draw a block behind a node and return its last node."""
        if block.kind == "sequence":
            for part in block.parts:
                at = self.draw(part, at)
            return at
        if block.kind in ("xor", "and", "or"):
            return self._branches(block, at)
        if block.kind == "loop":
            return self._loop(block, at)
        if block.parts:
            return self._sub(block, at)
        return self._leaf(block.kind, at)

    def _leaf(self, kind: str, at: str) -> str:
        if kind in ("many", "one_by_one"):
            return self.add("task", at, times=2, sequential=kind == "one_by_one")
        if kind in ("guarded", "noted"):
            return self._guarded(self.add("task", at), interrupting=kind == "guarded")
        if kind == "race":
            return self._race(at)
        if kind in ("leaves", "ends"):
            way = self.add("xor", at)
            self.add("end" if kind == "leaves" else "terminate", way, ("=", 3))
            on = self.add("pass")
            self.connect(way, on, default=True)
            return on
        return self.add(kind, at)

    def _guarded(self, host: str, *, interrupting: bool) -> str:
        boundary = self.add("boundary", host=host, interrupting=interrupting)
        if not interrupting:
            self.add("end", self.add("task", boundary))
            return host
        merge = self.add("xor", host)
        self.connect(boundary, merge)
        return merge

    def _race(self, at: str) -> str:
        race = self.add("race", at)
        first, second = self.add("catch", race), self.add("catch", race)
        merge = self.add("xor", first)
        self.connect(second, merge)
        return merge

    def _branches(self, block: Block, at: str) -> str:
        split, known = self.add(block.kind, at), set(self.net.nodes)
        ends: list[str] = []
        for number, part in enumerate(block.parts):
            first = self.add("pass")
            guard = (
                None if block.kind == "and" or not number else ("=" if block.kind == "xor" else ">=", number)
            )
            self.connect(split, first, guard, default=guard is None and block.kind != "and")
            ends.append(self.draw(part, first))
        between = frozenset(self.net.nodes.keys() - known)
        join = self.add(block.kind, block=between - self._aside(between))
        for each in ends:
            self.connect(each, join)
        return join

    def _aside(self, names: frozenset[str]) -> set[str]:
        """Return the nodes behind boundary events that interrupt nothing: they lead to no join."""
        beside = {name for name in names if self.net.nodes[name].kind == "boundary"}
        beside = {name for name in beside if not self.net.nodes[name].interrupting}
        return {edge.target for edge in self.net.edges if edge.source in beside}

    def _loop(self, block: Block, at: str) -> str:
        merge = self.add("xor", at)
        again = self.add("xor", self.add("task", self.draw(block.parts[0], merge)))
        self.connect(again, merge, ("=", 2))
        on = self.add("pass")
        self.connect(again, on, default=True)
        return on

    def _sub(self, block: Block, at: str) -> str:
        inner = self.inside(block.parts[0])
        if block.kind in ("listening", "noting"):
            outer, self.net = self.net, inner
            aside = self.inside(Block("task"))
            self.net.event_subs.append(self.add("esp", inner=aside, interrupting=block.kind == "listening"))
            self.net = outer
        times = 2 if block.kind in ("each", "in_turn") else 0
        sub = self.add("sub", at, inner=inner, times=times, sequential=block.kind == "in_turn")
        return self._guarded(sub, interrupting=True) if block.kind == "guarded_sub" else sub


def structured(block: Block) -> Net:
    """Return the net of a block."""
    return Drawer().inside(block)


def wired(wires: list[tuple[str, int, int]]) -> Net:
    """Return a net of gateways and tasks that lead on, at random, to later ones; loops lead back.

    A way back leaves a gateway behind a task only: no cycle is without a person. Tokens may multiply, wait
    for ever at a join, or end one by one.
    """
    drawer = Drawer()
    names = [drawer.add("start")]
    kinds = ["start"]
    for kind, _, _ in wires:
        names.append(drawer.add("task" if kind == "loop" else kind))
        kinds.append(kind)
    names.append(drawer.add("end"))
    drawer.connect(names[0], names[1])
    for place, (kind, near, far) in enumerate(wires, 1):
        here, targets = names[place], [min(place + each, len(names) - 1) for each in (near, far)]
        if kind == "loop":
            way = drawer.add("xor", here)
            drawer.connect(way, names[max(1, place - far)], ("=", 2))
            drawer.connect(way, names[targets[0]], default=True)
        elif kind == "task" or targets[0] == targets[1]:
            drawer.connect(here, names[targets[0]])
        else:
            drawer.connect(here, names[targets[0]], ("=", 1) if kind == "xor" else None)
            drawer.connect(here, names[targets[1]], default=kind == "xor")
    for name in names[2:]:
        if name not in _reached(drawer.net, names[0]):
            drawer.connect(names[0], name)
    _without_idle_gateways(drawer.net)
    return drawer.net


def _without_idle_gateways(net: Net) -> None:
    """Make what neither forks nor joins a task: such a gateway would be refused."""
    for each in net.nodes.values():
        if each.kind in ("xor", "and") and len(net.ins(each.id)) == len(net.outs(each.id)) == 1:
            each.kind = "pass"


def _reached(net: Net, start: str) -> set[str]:
    found = [start]
    for name in found:
        found += [edge.target for edge in net.outs(name) if edge.target not in found]
    return set(found)


def diagram(net: Net) -> Plain:
    """Return a net as BPMN."""
    roots = "".join(f'<bpmn:signal id="{name}" name="{name}"/>' for name in sorted(set(net.signals())))
    return Plain("random", _content(net), roots)


def _content(net: Net) -> str:
    flows = "".join(_flow(edge) for edge in net.edges)
    return "".join(_element(net, each) for each in net.nodes.values()) + flows


def _flow(edge: Edge) -> str:
    inside = ""
    if edge.guard is not None:
        inside = formal("conditionExpression", f"=choice {edge.guard[0]} {edge.guard[1]}")
    return node("sequenceFlow", edge.id, inside, sourceRef=edge.source, targetRef=edge.target)


def _element(net: Net, each: Node) -> str:
    inside, more = "", _attributes(net, each)
    if each.kind == "task":
        inside = _USER
    elif each.kind == "terminate":
        inside = "<bpmn:terminateEventDefinition/>"
    elif each.kind in ("catch", "boundary"):
        inside = _signal(each)
    if each.times:
        count = formal("loopCardinality", f"={each.times}")
        loop = {"isSequential": str(each.sequential).lower()}
        inside += node("multiInstanceLoopCharacteristics", f"{each.id}_loop", count, **loop)
    if each.inner is not None:
        inside += _inside(each, each.inner)
    return node(_TAGS[each.kind], each.id, inside, **more)


def _attributes(net: Net, each: Node) -> dict[str, str]:
    if each.kind == "boundary":
        return {"attachedToRef": each.host, "cancelActivity": str(each.interrupting).lower()}
    if each.kind == "esp":
        return {"triggeredByEvent": "true"}
    ways = net.outs(each.id)
    default = [edge.id for edge in ways if edge.default]
    return {"default": default[0]} if default and len(ways) > 1 else {}


def _signal(each: Node) -> str:
    return f'<bpmn:signalEventDefinition signalRef="{each.signal}"/>'


def _inside(each: Node, inner: Net) -> str:
    content = _content(inner)
    if each.kind == "esp":
        start = next(name for name, first in inner.nodes.items() if first.kind == "start")
        interrupting = str(each.interrupting).lower()
        begins = event("startEvent", start, [_signal(each)], isInterrupting=interrupting)
        content = content.replace(node("startEvent", start), begins)
    return content
