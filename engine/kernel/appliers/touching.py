"""Finding what an event is about, and noting that it changes."""

from __future__ import annotations

from engine.kernel.state import ElementInstance
from engine.kernel.tree import InstanceTree


def touched(tree: InstanceTree, key: int) -> ElementInstance:
    """Return an element instance whose page must be written."""
    element = tree.elements[key]
    tree.touch(element)
    return element
