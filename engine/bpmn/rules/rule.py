"""One rule of the check."""

from __future__ import annotations

from typing import NamedTuple

from engine.model.records import Severity


class Rule(NamedTuple):
    """How grave it is, where it comes from, what to say and what to do about it, in English and Polish."""

    severity: Severity
    source: str
    message: str
    remedy: str
    message_pl: str
    remedy_pl: str


ERROR, WARNING, HINT = Severity.ERROR, Severity.WARNING, Severity.HINT
OURS = "this engine"
