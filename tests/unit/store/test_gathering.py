"""Writes held back are sent together, and each verb's own still in its order."""

from __future__ import annotations

from engine.store.gathering import Gathering
from engine.store.prepared import Prepared, Writes

INSERT, UPDATE, DELETE = (Prepared({}) for _ in range(3))
NAMES = {INSERT: "insert", UPDATE: "update", DELETE: "delete"}


class Sent:
    """What was sent, as the names of statements and the rows each had."""

    def __init__(self) -> None:
        self.trips: list[tuple[str, list[int]]] = []
        self.gathering = Gathering(self._send)

    def _send(self, writes: Writes) -> None:
        self.trips += [(NAMES[statement], [row["verb"] for row in rows]) for statement, rows in writes]

    def verb(self, number: int, *statements: Prepared) -> None:
        """Let one verb write."""
        self.gathering.next_verb()
        for statement in statements:
            self.gathering.add(statement, [{"verb": number}])


def test_what_several_verbs_write_alike_is_sent_once() -> None:
    sent = Sent()
    sent.verb(1, INSERT, UPDATE)
    sent.verb(2, INSERT, UPDATE)
    assert sent.trips == []
    sent.gathering.flush()
    assert sent.trips == [("insert", [1, 2]), ("update", [1, 2])]


def test_a_statement_only_a_later_verb_has_takes_its_place_among_the_others() -> None:
    sent = Sent()
    sent.verb(1, INSERT, DELETE)
    sent.verb(2, INSERT, UPDATE, DELETE)
    sent.verb(3, UPDATE, DELETE)
    sent.gathering.flush()
    assert sent.trips == [("insert", [1, 2]), ("update", [2, 3]), ("delete", [1, 2, 3])]


def test_verbs_with_opposite_orders_are_not_mixed() -> None:
    sent = Sent()
    sent.verb(1, UPDATE, DELETE)
    sent.verb(2, DELETE, UPDATE)
    sent.gathering.flush()
    assert sent.trips == [("update", [1]), ("delete", [1, 2]), ("update", [2])]
