"""The register of deviations: how the gaps of the procedures' texts are read, and who has approved that (R4).

The readings come with the procedures (``processes/<procedure>/deviations.yaml``); approvals are entries of an
engine's register, never changed or deleted. An approval is of a wording: another wording needs another one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from engine import ProcessEngine

REGISTER = "zatwierdzenia_odstepstw"


class Deviation(Protocol):
    """One reading of a procedure's text; ``approved_on`` is a day in words, of an approval on paper."""

    @property
    def procedure(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def reading(self) -> str: ...
    @property
    def why(self) -> str: ...
    @property
    def carried_by(self) -> Sequence[str]: ...
    @property
    def approved_by(self) -> str: ...
    @property
    def approved_on(self) -> str: ...


class Standing(StrEnum):
    """How a reading stands: approved here or on paper, approved in other words than today's, or not yet."""

    APPROVED = "approved"
    ON_PAPER = "on paper"
    REWORDED = "reworded"
    OPEN = "open"


class Approval(NamedTuple):
    """Who approved which wording, when."""

    by: str
    at: dt.datetime
    wording: str


class Approved(NamedTuple):
    """A reading with the approval of its wording, else the newest of another; None where there is none."""

    deviation: Deviation
    approval: Approval | None

    @property
    def standing(self) -> Standing:
        """Say how the reading stands today."""
        if self.approval is not None and self.approval.wording == wording(self.deviation):
            return Standing.APPROVED
        if self.deviation.approved_by:
            return Standing.ON_PAPER
        return Standing.OPEN if self.approval is None else Standing.REWORDED

    @property
    def is_open(self) -> bool:
        """Say whether somebody has still to approve it."""
        return self.standing in (Standing.OPEN, Standing.REWORDED)


def wording(deviation: Deviation) -> str:
    """Return 16 hexadecimal digits that stand for what is approved: the place of the text and its reading."""
    said = "\n".join((deviation.text, deviation.reading))
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def with_approvals(engine: ProcessEngine, deviations: Sequence[Deviation]) -> list[Approved]:
    """Return the readings in their order, each with the approval of its wording, else the newest there is."""
    known = _approvals(engine) if deviations else {}
    return [
        Approved(each, _fitting(known.get((each.procedure, each.number), {}), each)) for each in deviations
    ]


def approve(engine: ProcessEngine, deviation: Deviation, *, by: str) -> None:
    """Write down that somebody approves a reading as it is worded; who does so first is who has approved."""
    procedure, number, worded = deviation.procedure, deviation.number, wording(deviation)
    engine.take_in(
        request_id=f"{procedure} {number} {worded}",
        register=REGISTER,
        subject=f"{procedure} {number}",
        data={"procedura": procedure, "numer": number, "brzmienie": worded, "kto": by, "o": engine.now()},
        resolution="zatwierdzono odczytanie",
    )


def _approvals(engine: ProcessEngine) -> Mapping[tuple[str, str], Mapping[str, Approval]]:
    """Return all approvals by procedure and number, then by wording in the order they were given."""
    found: dict[tuple[str, str], dict[str, Approval]] = {}
    for entry in engine.registers.all_in(REGISTER):
        data = entry.data
        worded = str(data["brzmienie"])
        of_reading = found.setdefault((str(data["procedura"]), str(data["numer"])), {})
        of_reading[worded] = Approval(str(data["kto"]), entry.at, worded)
    return found


def _fitting(given: Mapping[str, Approval], deviation: Deviation) -> Approval | None:
    """Return the approval of today's wording: one put back to what it was is approved as it was."""
    return given.get(wording(deviation)) or next(reversed(list(given.values())), None)
