"""The built-in functions of FEEL (DMN 1.5 §10.3.4) and the calendar functions, one module per family."""

from __future__ import annotations

from engine.feel.builtins import (
    calendar,
    contexts,
    conversion,
    fingerprints,
    lists,
    numbers,
    ranges,
    statistics,
    strings,
    temporal,
)
from engine.feel.builtins.registry import BUILT_INS, call_named

__all__ = [
    "BUILT_INS",
    "calendar",
    "call_named",
    "contexts",
    "conversion",
    "fingerprints",
    "lists",
    "numbers",
    "ranges",
    "statistics",
    "strings",
    "temporal",
]
