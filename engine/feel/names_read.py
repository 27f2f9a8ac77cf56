"""Which names an expression reads from outside, found while it is compiled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from engine.feel.builtins import BUILT_INS
from engine.feel.conditions import INPUT

# what these answer depends on the environment
_SURROUNDINGS = frozenset(
    {
        "now",
        "today",
        "is working day",
        "add working days",
        "working days between",
        "working day deadline",
    }
)


_CLOCK = frozenset({"now", "today"})


class NamesRead:
    """Notes each name met, knowing which are bound where it stands.

    ``free`` are read from outside; ``uncertain`` stand inside filters and may be entries of the items;
    ``called`` are functions that are neither bound nor built in; ``volatile`` says that the clock or a
    calendar is asked, ``clock`` that it is the clock. ``known`` are the variables known to be there.
    """

    def __init__(self, known: frozenset[str]) -> None:
        self.free: set[str] = set()
        self.uncertain: set[str] = set()
        self.called: set[str] = set()
        self.volatile = False
        self.clock = False
        self._known = known
        self._bound: list[set[str]] = []
        self._filters = 0

    @contextmanager
    def binding(self, *names: str) -> Iterator[set[str]]:
        """Hold names as bound: parameters, loop variables, entries of a context; more may be added."""
        bound = set(names)
        self._bound.append(bound)
        try:
            yield bound
        finally:
            self._bound.pop()

    @contextmanager
    def filtering(self) -> Iterator[None]:
        """Hold names as possibly entries of the item filtered."""
        self._filters += 1
        try:
            with self.binding("item"):
                yield
        finally:
            self._filters -= 1

    def is_bound(self, name: str) -> bool:
        """Say whether a name is bound by the expression itself."""
        return any(name in names for names in self._bound)

    def is_taken(self, name: str) -> bool:
        """Say whether a variable may stand before the built-in function of that name."""
        return name in self._known or self.is_bound(name)

    def note_call(self, name: str) -> None:
        """Note that a function is called which is no built-in one."""
        self.note(name)
        if not self.is_bound(name):
            self.called.add(name)

    def note(self, name: str) -> None:
        """Note that a name is read."""
        if name == INPUT or self.is_bound(name) or (name in BUILT_INS and name not in self._known):
            self.volatile = self.volatile or name in _SURROUNDINGS
            self.clock = self.clock or name in _CLOCK
        elif self._filters and name not in self._known:
            self.uncertain.add(name)
        else:
            self.free.add(name)
