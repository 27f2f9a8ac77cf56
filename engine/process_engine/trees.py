"""States of instances as they are needed: with their pages read one by one, or all of it."""

from __future__ import annotations

from engine.errors import NotFound
from engine.kernel import InstanceTree, codec
from engine.store import Transaction, instances
from engine.store.instances import LockedInstance


def opened(locked: LockedInstance, *pages: int | None) -> InstanceTree:
    """Return a state with these pages of it (None is page 0); others are read when they are needed."""
    if not locked.row.pages:
        return codec.decode_tree(locked.state, {})
    tree = codec.open_tree(locked.state, locked.pages)
    tree.load({page for page in pages if page is not None})
    return tree


def whole(locked: LockedInstance) -> InstanceTree:
    """Return all of a state, as who shows or compares it needs it."""
    return codec.decode_tree(locked.state, locked.pages.all())


def tree_of(tx: Transaction, key: int) -> InstanceTree:
    """Return all of an instance's state; raises ``NotFound``."""
    return whole(_loaded(tx, key))


def tree_around(tx: Transaction, key: int, page: int | None = None) -> InstanceTree:
    """Return an instance's state, to be used while ``tx`` is open: ``page``, what is around it, and what is
    asked for; raises ``NotFound``."""
    return opened(_loaded(tx, key), page)


def _loaded(tx: Transaction, key: int) -> LockedInstance:
    locked = instances.load(tx, key)
    if locked is None:
        raise NotFound(f"no process instance {key}")
    return locked
