"""Recorded events folded from nothing, held against the stored state and the rows that show what waits."""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import EngineError
from engine.kernel import InstanceTree, fold
from engine.kernel.codec import CommandRecord, canonical, copy_of, decode_tree
from engine.kernel.events import RegisterEntryMade
from engine.kernel.state import ElementInstance
from engine.store import Transaction, instances
from engine.store.rows import InstanceRow
from engine.store.sealing import DataKey
from engine.verification.entries import unwritten
from engine.verification.projections import differences
from engine.verification.verdict import Verdict


class FoldCheck:
    """Folds command after command; the state is never run, only put together."""

    def __init__(self, tx: Transaction, row: InstanceRow, verdict: Verdict) -> None:
        self._tx = tx
        self._row = row
        self._verdict = verdict
        self._tree: InstanceTree | None = None
        self._made: list[tuple[int, RegisterEntryMade]] = []

    def take(self, seq: int, record: CommandRecord) -> bool:
        """Fold the events of one command; returns whether one can go on from here."""
        try:
            self._tree = fold(self._tree, list(record.events), record.context.now)
        except Exception as error:
            # Events that cannot be applied are a finding, whatever they make the appliers stumble over.
            self._report(seq, f"row {seq}: its events cannot be applied to the state before it: {error!r}")
            return False
        self._made += [(seq, each) for each in record.events if isinstance(each, RegisterEntryMade)]
        return True

    def copy(self) -> InstanceTree:
        """Return a copy of the state as it is now."""
        return copy_of(self._tree or InstanceTree.empty())

    def end(self, key: DataKey) -> None:
        """Compare the folded state with the stored one and with the open rows."""
        tree, row = self._tree, self._row
        if tree is None:
            self._report(0, "there is no history, but there is an instance")
            return
        try:
            loaded = instances.load(self._tx, row.key)
            stored = decode_tree(loaded.state, loaded.pages.all()) if loaded is not None else None
        except EngineError as error:
            self._report(row.seq, f"the stored state cannot be read: {error}")
            stored = None
        if stored is not None and canonical(tree) != canonical(stored):
            for message in _parting(tree, stored):
                self._report(row.seq, message)
        for message in differences(self._tx, row, tree, key):
            self._report(row.seq, message)
        for seq, message in unwritten(self._tx, row.key, self._made):
            self._report(seq, message)
        self._verdict.passed("fold")

    def _report(self, seq: int, message: str) -> None:
        self._verdict.add("fold", self._row.key, seq, message)


def _parting(folded: InstanceTree, stored: InstanceTree) -> Iterator[str]:
    """Say in what two different states differ."""
    fields = [
        name for name in folded.header.__struct_fields__ if _differs(folded.header, stored.header, name)
    ]
    if fields:
        yield f"the stored state differs from the history in the instance's {', '.join(fields)}"
    for key in sorted(folded.elements.keys() | stored.elements.keys()):
        one, other = folded.elements.get(key), stored.elements.get(key)
        if one is None or other is None:
            present = one or other
            has, lacks = ("history", "stored state") if other is None else ("stored state", "history")
            yield f"'{present.element_id if present else ''}' ({key}) is in the {has}, but not in the {lacks}"
        elif one != other:
            differing = ", ".join(_fields(one, other))
            yield f"the stored state of '{one.element_id}' ({key}) differs from the history in {differing}"
    if folded.places != stored.places or folded.parts != stored.parts:
        yield "the stored pages differ from the history in what is on them, items or outputs"


def _fields(one: ElementInstance, other: ElementInstance) -> list[str]:
    return [name for name in one.__struct_fields__ if _differs(one, other, name)]


def _differs(one: object, other: object, name: str) -> bool:
    return bool(getattr(one, name) != getattr(other, name))
