"""A process in words: what a diagram shows, as records."""

from __future__ import annotations

from engine.model.records import Record


class WayOut(Record, frozen=True, kw_only=True):
    """One sequence flow out of an element; ``condition`` is FEEL, "" where there is none."""

    target: str
    name: str
    condition: str
    is_default: bool


class OutlineStep(Record, frozen=True, kw_only=True):
    """One element of a process in words.

    ``container`` is the id of the process or sub-process it is in, ``group`` who its lane belongs to ("":
    nobody is named).
    """

    element_id: str
    element_type: str
    name: str
    container: str
    lane: str
    documentation: str
    legal_basis: str
    attached_to: str
    events: tuple[str, ...]
    ways: tuple[WayOut, ...]
    group: str = ""


class ProcessOutline(Record, frozen=True, kw_only=True):
    """A process in words: what a diagram shows, for people who cannot see it."""

    process_id: str
    name: str
    version: int
    documentation: str
    steps: tuple[OutlineStep, ...]
