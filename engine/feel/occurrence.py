"""Patterns that a file or a person gives, run outside an expression: in the bounded engine, never Python's.

A template's constraint and a field's pattern are tried on texts of strangers. Python's ``re`` would need
minutes for thirty characters; here the budget of one evaluation ends it (security.md §5).
"""

from __future__ import annotations

import datetime as dt

from engine.errors import EvaluationError
from engine.feel.environment import Environment
from engine.feel.regex import compile_pattern
from engine.feel.values import Undefined


def pattern_occurs(pattern: str, text: str) -> bool:
    """Say whether a regular expression occurs in a text; raises ``EvaluationError`` with the reason where it
    is none (XPath's syntax, as in ``matches()``) or needs more than a budget.
    """
    environment = Environment(now=dt.datetime.min.replace(tzinfo=dt.UTC), calendars={})  # neither is asked
    try:
        return compile_pattern(pattern, "", environment).found_in(text, environment)
    except Undefined as problem:
        raise EvaluationError(str(problem)) from None
