"""Numbers for keys, drawn from the database in blocks of a million (hi/lo).

One statement per million keys.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import update

from engine.store.office_tables import key_block
from engine.store.transaction import Transaction

BLOCK = 1_000_000
_DRAW = update(key_block).values(next=key_block.c.next + BLOCK).returning(key_block.c.next)


def draw(tx: Transaction) -> int:
    """Return the first number of a block of ``BLOCK`` that nobody else gets."""
    return int(tx.execute(_DRAW).scalar_one()) - BLOCK


class Allocator:
    """One thread's numbers: ``base`` before a command, ``used`` after it.

    What a rolled-back command took is lost.
    """

    def __init__(self, draw_block: Callable[[], int]) -> None:
        self._draw_block = draw_block
        self._next = 0
        self._end = 0

    def base(self, *, reserve: int = 25_000) -> int:
        """Return the first of ``reserve`` free consecutive numbers; call it before the verb's transaction."""
        if not 0 < reserve <= BLOCK:
            raise ValueError(f"expected to reserve 1 to {BLOCK} numbers, but got {reserve}")
        if self._end - self._next < reserve:
            self._next = self._draw_block()
            self._end = self._next + BLOCK
        return self._next

    def used(self, count: int) -> None:
        """Take ``count`` numbers, from the last ``base`` on, out of what is free."""
        if not 0 <= count <= self._end - self._next:
            raise ValueError(f"expected to use up to {self._end - self._next} numbers, but got {count}")
        self._next += count
