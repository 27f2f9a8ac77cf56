"""States as the exploration keeps them: bytes to go on from, and a text that is equal where they behave
equally.

Keys, instants, variables and the order of siblings make no difference: all are left out of the text.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from engine.kernel.state import CompensationData, ElementInstance, Header, LoopPart
from engine.kernel.tree import InstanceTree

FIRST_KEY = 1 << 40  # every key is above, every other number in a state below
_LOOP_INDEX = ElementInstance.__struct_fields__.index("loop_index")
_INSIDE = ElementInstance.__struct_fields__.index("inside")
_LISTENING = tuple(ElementInstance.__struct_fields__.index(name) for name in ("timers", "subscriptions"))
Fired = dict[str, int]  # how often a non-interrupting event has fired, by "owner event"


class Snapshot(msgspec.Struct, array_like=True):
    """A state to go on from."""

    header: Header
    elements: list[ElementInstance]
    fired: Fired
    next_key: int
    parts: dict[int, LoopPart]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Snapshot).decode


def encode(tree: InstanceTree, fired: Fired, next_key: int) -> bytes:
    """Return a state as bytes."""
    return _encode(Snapshot(tree.header, list(tree.elements.values()), fired, next_key, tree.parts))


def decode(data: bytes) -> Snapshot:
    """Return the state; ``tree_in`` makes a tree of it."""
    return _decode(data)


def tree_in(snapshot: Snapshot) -> InstanceTree:
    """Return the state as the kernel wants it; which pages it would be stored on makes no difference."""
    return InstanceTree(snapshot.header, snapshot.elements, snapshot.parts)


def tree_of(data: bytes) -> InstanceTree:
    """Return the state as the kernel wants it."""
    return tree_in(_decode(data))


def normalise(tree: InstanceTree, fired: Fired, bound: int) -> Fired:
    """Forget what cannot matter: data, instants, counts of who is gone; returns the counts that are left.

    Of what can be undone, each activity is remembered ``bound`` times at most.
    """
    tree.header.run_length = 0
    for element in tree.elements.values():
        element.variables = None
        _forget_undone(element.compensations, bound)
        for timer in element.timers or ():
            timer.due_at, timer.local, timer.remaining = 0, "", None
        if element.loop is not None:
            element.loop.outputs = None
    for part in tree.parts.values():
        part.outputs = None
    return {place: count for place, count in fired.items() if int(place.split(" ")[0]) in tree.elements}


def _forget_undone(records: list[CompensationData] | None, bound: int) -> None:
    counts: Counter[str] = Counter()
    for record in list(records or ()):
        counts[record.element_id] += 1
        if records is not None and counts[record.element_id] > bound:
            records.remove(record)
        record.variables = None
        _forget_undone(record.inner, bound)


def form_of(tree: InstanceTree, fired: Fired, apart: frozenset[str]) -> str:
    """Return a text that is equal for states that behave equally; whether one listens for the events
    ``apart`` makes no difference."""
    counts: dict[int, list[str]] = {}
    for firing, count in fired.items():
        owner, event = firing.split(" ", 1)
        counts.setdefault(int(owner), []).append(f"{event}*{count}")
    queue: dict[int, list[str]] = {}
    for place, (kind, scope, target) in enumerate(tree.header.queue or ()):
        queue.setdefault(int(scope), []).append(f"{place}.{kind}.{target}")
    state = str(tree.header.state)
    roots = [each for each in tree.elements.values() if not each.scope]
    return state + "".join(_form(tree, each, counts, queue, apart) for each in roots)


def _form(
    tree: InstanceTree,
    element: ElementInstance,
    counts: dict[int, list[str]],
    queue: dict[int, list[str]],
    apart: frozenset[str],
) -> str:
    own = msgspec.to_builtins(element)
    if element.loop_index:
        own[_LOOP_INDEX] = 1  # the instances of a multi-instance activity differ by number only
    own[_INSIDE] = 0
    for place in _LISTENING:
        own[place] = [each for each in own[place] or () if each[1] not in apart] or None
    children = sorted(
        _form(tree, child, counts, queue, apart) for child in tree.children.get(element.key, {}).values()
    )
    notes = [*sorted(counts.get(element.key, ())), *queue.get(element.key, ())]
    return f"{_blank(own)!r}{notes}({','.join(children)})"


def _blank(value: Any) -> Any:
    """Return a value without its keys."""
    if isinstance(value, list):
        return [_blank(each) for each in value]
    if isinstance(value, dict):
        return {name: _blank(each) for name, each in sorted(value.items())}
    return 0 if isinstance(value, int) and value >= FIRST_KEY else value
