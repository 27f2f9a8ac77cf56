"""Inclusive joins in random drawings without any structure, against the standard's rule read off the drawing.

The oracle searches paths forward from every token, the engine looks up what was computed backwards from every
gateway. A step of one element each shows the state in which every join fires.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from engine.bpmn import read_stored
from engine.kernel import CommandContext, Context, InstanceTree, Limits, codec, fold, step
from engine.kernel import commands as cmd
from engine.kernel import events as ev
from engine.model.definition import ElementType, ProcessDefinition
from tests.plain import Plain, flows, nodes, users
from tests.unit.kernel.test_step import CALENDARS, NOW

T = TypeVar("T")
ONE = Limits(elements=1, elements_without_wait=150)


class Chance(Protocol):
    """What of a generator of random numbers is used."""

    def choice(self, of: Sequence[T], /) -> T:
        """One of several."""

    def randint(self, least: int, most: int, /) -> int:
        """A whole number, bounds included."""


def drawn(chance: Chance) -> Plain:
    """Some people, gateways and tasks, connected at random; every element can be reached, none need end."""
    kinds = {"u": "userTask", "t": "task", "x": "exclusiveGateway", "p": "parallelGateway"}
    kinds |= {"i": "inclusiveGateway"}
    names = [f"{chance.choice('uutxppiii')}{number}" for number in range(chance.randint(5, 12))]
    arrows, reached = [], ["s"]
    for name in names:
        arrows.append((chance.choice(reached), name))
        reached.append(name)
    for _ in range(len(names)):
        arrows.append((chance.choice(names), chance.choice(names)))
    body = nodes("startEvent", "s") + users(*(name for name in names if name[0] == "u"))
    body += "".join(nodes(kinds[name[0]], name) for name in names if name[0] != "u")
    arrows = list(dict.fromkeys((a, b) for a, b in arrows if a != "s" or b == names[0]))
    return Plain("p", body + flows(*(_arrow(chance, arrows, *each) for each in arrows)))


def _arrow(chance: Chance, arrows: list[tuple[str, str]], source: str, target: str) -> str:
    """Return a flow; of those that decide, the last has no condition, so there is always a way out."""
    last = [b for a, b in arrows if a == source][-1] == target
    decides = source[0] in "xi" and not last
    return f"{source} > {target}" + (f" if {chance.choice(['true', 'false'])}" if decides else "")


def reachable(definition: ProcessDefinition, first: tuple[str, ...], gateway: str) -> set[str]:
    """The gateway's incoming flows that paths beginning with these flows end in, not visiting it."""
    found: set[str] = set()
    seen, pending = set(first), list(first)
    while pending:
        flow = pending.pop()
        target = definition.flows[flow].target
        if target == gateway:
            found.add(flow)
            continue
        following = set(definition.elements[target].outgoing) - seen
        seen |= following
        pending += following
    return found


def may_fire(definition: ProcessDefinition, tree: InstanceTree, gateway: str) -> bool:
    """The rule of BPMN 2.0.2 §13.4.3, word for word."""
    joins = tree.root.joins or {}
    marked = set(joins.get(gateway, ()))
    inside = tree.children.get(tree.root.key, {}).values()
    tokens = [definition.elements[child.element_id].outgoing for child in inside]
    tokens += [(flow,) for waiting in joins.values() for flow in waiting]
    paths = [reachable(definition, token, gateway) for token in tokens]
    return bool(marked) and all(found & marked for found in paths if found - marked)


def gateways(definition: ProcessDefinition) -> list[str]:
    return [
        element.id
        for element in definition.elements.values()
        if element.type is ElementType.INCLUSIVE_GATEWAY and len(element.incoming) > 1
    ]


def checked(around: Context, command: cmd.AnyCommand, tree: InstanceTree | None) -> tuple[InstanceTree, int]:
    """Work one command off; every inclusive join that fires must be allowed to, in the state it fires in."""
    definition, fired = around.definition, 0
    seen = None if tree is None else codec.decode_tree(codec.encode_state(tree), {})
    outcome = step(tree, command, around)
    for event in outcome.events:
        if type(event) is ev.TokensConsumed and event.element_id in gateways(definition):
            assert seen is not None
            assert may_fire(definition, seen, event.element_id), event
            fired += 1
        seen = fold(seen, [event], NOW)
    assert seen is not None
    assert codec.canonical(seen) == codec.canonical(outcome.tree)
    return outcome.tree, fired


def around_step(definition: ProcessDefinition, first_key: int) -> Context:
    recorded = CommandContext(
        semantics_version=1, now=NOW, first_key=first_key, definition_key=7, definition="sha"
    )
    return Context(recorded=recorded, definition=definition, parameters={}, calendars=CALENDARS, limits=ONE)


def played(drawing: Plain, chance: Chance) -> int:
    """Play a drawing until it ends, or for a while; return how often an inclusive join has fired."""
    (definition,) = read_stored(*drawing.files()[0])
    tree, fired = checked(around_step(definition, 1), cmd.Start(variables={}), None)
    for number in range(1, 120):
        around = around_step(definition, 1_000 * number)
        tasks = [each for each in tree.elements.values() if each.user_task is not None]
        command: cmd.AnyCommand
        if tree.header.state != "active" or tree.root.incident is not None:
            break
        if tree.header.queue is not None:
            command = cmd.Proceed()
        elif tasks:
            ready = [each for each in gateways(around.definition) if may_fire(around.definition, tree, each)]
            assert not ready, "a join that may fire was passed over"
            command = cmd.CompleteUserTask(task_key=chance.choice(tasks).key, variables={})
        else:
            raise AssertionError("nothing moves, and nobody is told")
        tree, more = checked(around, command, tree)
        fired += more
    return fired


def test_a_join_fires_exactly_when_the_standard_lets_it() -> None:
    fired = 0

    @given(st.randoms(use_true_random=False))
    @settings(max_examples=60, deadline=None, derandomize=True, phases=[Phase.generate])
    def examples(chance: Chance) -> None:
        nonlocal fired
        fired += sum(played(drawn(chance), chance) for _ in range(2))

    examples()
    assert fired > 100
