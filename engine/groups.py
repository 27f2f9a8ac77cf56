"""Groups of people: what those are called whose tasks lanes and assignments offer by an id."""

from __future__ import annotations

import datetime as dt

from engine.clock import instant
from engine.errors import EngineError
from engine.kernel.codec import decode_values, encode_values
from engine.model.records import Record
from engine.store import Store, Transaction, audit, group_names

LONGEST = 120  # characters of an id, and of a name
LATELY = 20_000
_NAMED = "group_named"


class Group(Record, frozen=True):
    """A group: its ``name`` ("" without one), how many people are in it, the processes that name it."""

    id: str
    name: str = ""
    members: int = 0
    processes: tuple[str, ...] = ()


class GroupChange(Record, frozen=True):
    """One change of a group's name: what it was called after it, "" where the name was taken away."""

    at: dt.datetime
    actor: str
    name: str


class Groups:
    """The names of the groups of one installation."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def names(self) -> dict[str, str]:
        """Return what the groups that have a name are called, by id, in one statement."""
        with self._store.reading() as tx:
            return group_names.all(tx)

    def call(self, group_id: str, name: str, *, by: str) -> None:
        """Call a group so, also one nobody knows yet; "" takes its name away. The audit keeps the change.

        Raises ``EngineError`` for an id or a name that is too long or has signs nobody sees.
        """
        name = name.strip()
        _require_text("a group's id", group_id)
        if name:
            _require_text(f"a name of the group '{group_id}'", name)

        def store(tx: Transaction) -> None:
            if group_names.all(tx).get(group_id, "") == name:
                return
            if name:
                group_names.upsert(tx, group_id, name)
            else:
                group_names.remove(tx, group_id)
            payload = encode_values({"group": group_id, "name": name})
            audit.append(tx, at=tx.now, actor=by, action=_NAMED, payload=payload)

        self._store.run(store)

    def changes(self, group_id: str) -> list[GroupChange]:
        """Return what a group was called lately, the newest first (``LATELY`` operations back)."""
        with self._store.reading() as tx:
            rows = audit.latest(tx, (_NAMED,), among=LATELY)
        decoded = ((row, decode_values(row.payload)) for row in rows)
        return [
            GroupChange(at=instant(row.at), actor=row.actor, name=what["name"])
            for row, what in decoded
            if what["group"] == group_id
        ]


def _require_text(what: str, text: str) -> None:
    if not text or text != text.strip() or not text.isprintable() or len(text) > LONGEST:
        raise EngineError(f"expected {what} of 1 to {LONGEST} visible characters, but got {text!r}")
