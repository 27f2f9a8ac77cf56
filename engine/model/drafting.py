"""Records of what owners of procedures have begun to change, and of what a change touches."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from engine.model.records import Record


class DefinitionDraft(Record, frozen=True, kw_only=True):
    """What somebody has begun to change: ``based_on`` is the version it began with (0: none), ``revision``
    counts its savings; each person has one of each definition."""

    kind: str  # process | form | decision
    id: str
    person_id: str
    content: bytes
    based_on: int
    revision: int
    saved_at: dt.datetime


class ElementChange(StrEnum):
    """What became of an element between two versions of a file."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


class ChangedElement(Record, frozen=True, kw_only=True):
    """One element that differs; ``waiting`` open instances of older versions have something open at it."""

    element_id: str
    element_type: str
    name: str
    change: ElementChange
    waiting: int = 0
