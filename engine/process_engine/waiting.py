"""How long a failed job waits: what the model says (``obieg:retryBackoff``), else the usual back-off."""

from __future__ import annotations

import datetime as dt
from typing import Any

from engine import recurrence, retry
from engine.clock import WARSAW, instant
from engine.errors import EvaluationError
from engine.feel import Environment, compile_expression
from engine.model.definition import Expression, TimerType
from engine.process_engine.family import Family, Member
from engine.store.rows import JobRow


def back_off(family: Family, member: Member, row: JobRow, seen: dict[str, Any]) -> dt.timedelta:
    """Return the wait after a failed attempt; ``seen`` are the variables the job sees.

    The model gives one duration for every attempt, or several (``PT1M,PT5M,PT1H``), the last of which then
    stays. What cannot be read falls back to the engine's own: a retry must not fail for its waiting time.
    """
    own = retry.back_off(row.key, max(1, row.attempt))
    definition = family.parts.catalogue.process(family.tx, member.row.definition_key).definition
    element = definition.elements.get(row.element_id)
    if element is None or element.job is None or element.job.back_off is None:
        return own
    now = instant(family.tx.now)
    waits = _waits(element.job.back_off, seen, now)
    if not waits:
        return own
    chosen = waits[min(max(1, row.attempt), len(waits)) - 1]
    try:
        return recurrence.due(TimerType.DURATION, chosen, now=now, zone=WARSAW).at - now
    except ValueError:
        return own


def _waits(expression: Expression, seen: dict[str, Any], now: dt.datetime) -> list[Any]:
    if expression.literal:
        return [part.strip() for part in expression.source.split(",") if part.strip()]
    try:
        value = compile_expression(expression.source).evaluate(seen, Environment(now=now, calendars={}))
    except EvaluationError:
        return []
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
