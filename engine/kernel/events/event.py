"""What every event is: an immutable, tagged array."""

from __future__ import annotations

import msgspec


class Event(msgspec.Struct, frozen=True, array_like=True, tag_field="event", gc=False):
    """Something that has happened in an instance; subclasses only add fields."""
