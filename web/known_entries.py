"""A register read as a whole again and again: each entry is opened once, as long as the program runs.

Entries are numbered without gaps, never changed and never erased, so what was read stays true, and only what
was written since is read. It stays in the memory of the program, opened. How an entry was resolved may be
written later: who needs that reads the register.
"""

from __future__ import annotations

import itertools
import threading

from engine import Entry, ProcessEngine
from web.pages.registers import newest_first


class KnownEntries:
    """The entries of one register, opened; safe to ask from many threads."""

    def __init__(self, engine: ProcessEngine, register: str) -> None:
        self._engine = engine
        self._register = register
        self._lock = threading.Lock()
        self._known: tuple[Entry, ...] = ()

    def newest_first(self) -> tuple[Entry, ...]:
        """Return every entry, the newest first."""
        with self._lock:
            known = self._known
            count, _open = self._engine.registers.counts(self._register)
            if known and count < known[0].number:
                known = ()  # another database than before: all of it anew
            if not known or count > known[0].number:
                last = known[0].number if known else 0
                read = newest_first(self._engine, self._register)
                known = (*itertools.takewhile(lambda entry: entry.number > last, read), *known)
            self._known = known
            return known
