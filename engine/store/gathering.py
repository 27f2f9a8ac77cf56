"""Writes of several verbs in one transaction: held back, then sent together, those alike in one round trip.

Statements are sorted so that each verb's own come in the order it gave them; where two verbs want two
statements in opposite orders, what is there is sent first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.store.prepared import Prepared, Values, Writes

Send = Callable[[Writes], None]


class Gathering:
    """Writes held back; ``send`` runs statements, each with all its rows, in one round trip."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._statements: list[Prepared] = []
        self._rows: dict[Prepared, list[Values]] = {}
        self._at = -1

    def next_verb(self) -> None:
        """Begin with another verb, whose writes need not come after those of the one before."""
        self._at = -1

    def add(self, statement: Prepared, rows: Sequence[Values]) -> None:
        """Hold writes of the present verb back."""
        if statement not in self._rows:
            self._at += 1
            self._statements.insert(self._at, statement)
            self._rows[statement] = []
        elif (place := self._statements.index(statement)) < self._at:
            self.flush()
            self.add(statement, rows)
            return
        else:
            self._at = place
        self._rows[statement].extend(rows)

    def flush(self, send: Send | None = None) -> None:
        """Send all that was held back, the last of it in another way where one is given."""
        statements, rows = self._statements, self._rows
        self._statements, self._rows, self._at = [], {}, -1
        if statements:
            (send or self._send)([(statement, rows[statement]) for statement in statements])
