"""What comes from outside by itself, and what became of it."""

from __future__ import annotations

from engine.model.records import Record


class File(Record, frozen=True, kw_only=True):
    """A file that came from outside."""

    name: str
    media_type: str
    content: bytes


class Arrival(Record, frozen=True, kw_only=True):
    """What became of something that came from outside: its number in the register, and how many cases took
    it; ``repeated``: it had been taken in before."""

    number: int
    deliveries: int
    repeated: bool = False
