"""The register of authorisations as it stood on a day: who was authorised by which entry (art. 76).

Only what had been written by the end of that day counts. An authorisation is the sum of its entries: granted,
extended, expired, blocked; none of them is ever changed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any

import msgspec

from engine import WARSAW, Entry

REGISTER = "upowaznienia"
GRANTED, EXTENDED, EXPIRED, BLOCKED = "nadano", "przedluzono", "wygaslo", "zablokowano"
_SEARCHED = (
    "numer", "imie", "nazwisko", "funkcja", "nazwa_podmiotu", "regon", "numer_rspo", "numer_sprawy",
    "numer_sio",
)  # fmt: skip


class Standing(StrEnum):
    """How an authorisation stands on a day."""

    IN_FORCE = "in_force"
    TO_COME = "to_come"
    OVER = "over"
    EXPIRED = "expired"
    BLOCKED = "blocked"


class Authorisation(msgspec.Struct, frozen=True, kw_only=True):
    """One authorisation and its entries up to a day, the oldest first."""

    number: str
    entries: tuple[Entry, ...]

    def of(self, name: str) -> Any:
        """Return what it was granted with."""
        return self.entries[0].data.get(name)

    @property
    def first_day(self) -> dt.date:
        """Return the day it begins."""
        day: dt.date = self.of("od")
        return day

    @property
    def last_day(self) -> dt.date:
        """Return the last day of it, with its extensions."""
        days: list[dt.date] = [each.data["do"] for each in self.entries if each.data.get("do") is not None]
        return days[-1]

    def standing(self, on: dt.date) -> Standing:
        """Say how it stands on a day; what has ended stays so, whatever else is written later."""
        for entry in self.entries:
            if entry.data["zdarzenie"] in (EXPIRED, BLOCKED):
                return Standing.BLOCKED if entry.data["zdarzenie"] == BLOCKED else Standing.EXPIRED
        if on < self.first_day:
            return Standing.TO_COME
        return Standing.IN_FORCE if on <= self.last_day else Standing.OVER

    def says(self, words: Iterable[str]) -> bool:
        """Say whether every one of these words (casefolded) is in what it was granted with."""
        text = " ".join(str(self.of(name) or "") for name in _SEARCHED).casefold()
        return all(word in text for word in words)


def as_of(entries: Iterable[Entry], day: dt.date) -> Iterator[Authorisation]:
    """Yield the authorisations known at the end of a day (Warsaw), the newest first.

    ``entries`` are the register's, the newest first. Each comes as soon as the entry that granted it is read,
    so whoever looks at a few reads no more than that.
    """
    later: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.at.astimezone(WARSAW).date() > day:
            continue
        number = str(entry.data["numer"])
        later.setdefault(number, []).append(entry)
        if entry.data["zdarzenie"] == GRANTED:
            yield Authorisation(number=number, entries=tuple(reversed(later.pop(number))))
