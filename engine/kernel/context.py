"""What a step is given besides state and command: everything that could make two runs differ."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import msgspec

from engine.calendar import WorkingCalendar
from engine.clock import WARSAW, instant
from engine.dmn import DecisionModel
from engine.errors import NotFound
from engine.kernel.commands import CommandContext
from engine.model.definition import ProcessDefinition

SEMANTICS_VERSION = 1


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How far one step may go (``security.md`` §10)."""

    elements: int = 10_000
    keys: int = 24_000
    elements_without_wait: int = 1_000_000
    loop_children: int = 10_000
    call_depth: int = 16

    def recorded(self) -> tuple[int, ...]:
        """Return what is recorded of them: nothing for the usual ones."""
        return () if self == Limits() else msgspec.structs.astuple(self)

    @classmethod
    def of(cls, recorded: tuple[int, ...]) -> Limits:
        """Return the limits that were recorded."""
        return cls(**dict(zip(cls.__struct_fields__, recorded, strict=False)))


class BoundDecision(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a decision, ready to be evaluated."""

    key: int
    model: DecisionModel


class Decisions(Protocol):
    """Where a step finds decisions; what it found is recorded with the command."""

    def find(self, decision_id: str, binding: str, version_tag: str) -> BoundDecision:
        """Return the version bound to; raises ``NotFound``."""


class NoDecisions:
    """A surrounding without decisions."""

    def find(self, decision_id: str, binding: str, version_tag: str) -> BoundDecision:
        """Raise ``NotFound``."""
        raise NotFound(f"expected a decision '{decision_id}', but none is deployed")


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """The surroundings of one step: the recorded part, and what its versions stand for."""

    recorded: CommandContext
    definition: ProcessDefinition
    parameters: Mapping[str, Any]
    calendars: Mapping[str, WorkingCalendar]
    zone: ZoneInfo = WARSAW
    limits: Limits = Limits()
    decisions: Decisions = NoDecisions()

    @property
    def now(self) -> dt.datetime:
        """Return the business time of this step, aware, in UTC."""
        return instant(self.recorded.now)
