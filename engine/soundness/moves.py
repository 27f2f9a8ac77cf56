"""What can happen next in a state: every command that could be given to the instance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from engine.kernel import commands as cmd
from engine.kernel.state import ElementInstance
from engine.kernel.tree import InstanceTree
from engine.model.definition import ElementType, EventType
from engine.soundness.abstraction import CONDITION
from engine.soundness.graph import Graph
from engine.soundness.states import Fired

ANY_CODE = "soundness.any"  # a code that only those hear who catch every code


class Move(NamedTuple):
    """A command, who it is for, and the event it lets happen ("" for none)."""

    command: cmd.AnyCommand
    owner: int
    event: str = ""


def possible(tree: InstanceTree, graph: Graph, fired: Fired, bound: int) -> list[Move]:
    """Return the moves of a state in the order of its element instances; in an interrupted step only
    conditions happen."""
    running = tree.header.queue is not None
    found: list[Move] = [Move(cmd.Proceed(), tree.header.key)] if running else []
    for instance in tree.elements.values():
        if not running:
            found += _completions(graph, instance)
        found += [
            move
            for move in _triggers(instance, only_conditions=running)
            if _may_fire(tree, graph, fired, bound, instance, move.event)
        ]
    return found


def _completions(graph: Graph, instance: ElementInstance) -> Iterator[Move]:
    key = instance.key
    if instance.job is not None:
        yield Move(cmd.CompleteJob(job_key=instance.job.key, element_key=key, variables={}), key)
        for code in _heard(graph, instance, EventType.ERROR):
            yield Move(cmd.ThrowError(element_key=key, code=code, job_key=instance.job.key), key)
    if instance.user_task is not None:
        yield Move(cmd.CompleteUserTask(task_key=key, variables={}), key)
        for code in _heard(graph, instance, EventType.ERROR, own=True):
            yield Move(cmd.ThrowError(element_key=key, code=code), key)
    if instance.called:
        child = instance.called
        yield Move(cmd.ChildCompleted(element_key=key, child_key=child, variables={}), key)
        for code in _heard(graph, instance, EventType.ERROR):
            yield Move(cmd.ChildFailed(element_key=key, child_key=child, code=code), key)
        for code in _heard(graph, instance, EventType.ESCALATION, own=True):
            yield Move(cmd.ChildEscalated(element_key=key, child_key=child, code=code), key, code)


def _heard(graph: Graph, instance: ElementInstance, kind: EventType, *, own: bool = False) -> Iterable[str]:
    """Return the codes that make a difference here; ``own``: only to the element's own boundary events."""
    codes = (
        code or ANY_CODE
        for host, code in graph.catchers(instance.element_id, kind)
        if not own or host == instance.element_id
    )
    return dict.fromkeys(codes)


def _triggers(owner: ElementInstance, *, only_conditions: bool) -> Iterator[Move]:
    for timer in () if only_conditions else owner.timers or ():
        command = cmd.FireTimer(timer_key=timer.key, element_key=owner.key)
        yield Move(command, owner.key, timer.element_id)
    for listening in owner.subscriptions or ():
        if only_conditions and listening.name != CONDITION:
            continue
        kind = cmd.CorrelateMessage if listening.kind == EventType.MESSAGE else cmd.BroadcastSignal
        yield Move(
            kind(
                subscription_key=listening.key,
                element_key=owner.key,
                name=listening.name,
                variables={},
            ),
            owner.key,
            listening.element_id,
        )


def _may_fire(
    tree: InstanceTree, graph: Graph, fired: Fired, bound: int, owner: ElementInstance, event: str
) -> bool:
    """A non-interrupting event fires so often per owner, and not while what it led to is still going on."""
    element = graph.elements[event]
    if element.interrupting or element.type not in (ElementType.BOUNDARY_EVENT, ElementType.START_EVENT):
        return True
    if fired.get(place_of(owner.key, event), 0) >= bound:
        return False
    region = graph.side_regions.get(event, frozenset())
    around = owner.key if element.type is ElementType.START_EVENT else owner.scope
    return not any(each.element_id in region for each in tree.children.get(around, {}).values())


def place_of(owner: int, event: str) -> str:
    """Return under which name the firings of an event are counted."""
    return f"{owner} {event}"
