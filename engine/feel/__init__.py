"""FEEL, the engine's only expression language (DMN 1.5 chapter 10): pure, budgeted, compiled once.

This is the package's door: the rest of the engine imports these names and nothing behind them. Some of them
are only for decisions (``engine.dmn``), which build closures of their own around expressions.
"""

from __future__ import annotations

from engine.feel.boundaries import boundaries_of, path_of
from engine.feel.builtins import BUILT_INS, call_named
from engine.feel.comparison import equal, less
from engine.feel.environment import MAX_LEVELS, Environment
from engine.feel.explanation import Part, explain, working_day_terms
from engine.feel.expression import (
    Expression,
    built_in_functions,
    compile_each_test,
    compile_expression,
    compile_typed,
    compile_unary_tests,
    compile_unkept,
)
from engine.feel.formatting import format_value, literal_text
from engine.feel.functions import closure
from engine.feel.incomparable import incomparable_in
from engine.feel.inference import type_of
from engine.feel.loops import Round, guarded, run_filter, run_for, run_quantified
from engine.feel.names import is_name
from engine.feel.occurrence import pattern_occurs
from engine.feel.scopes import Layer, Run, Scope
from engine.feel.suggestions import nearest
from engine.feel.types import ANY, BUILT_IN_TYPES, FeelType
from engine.feel.values import Function, Parameter, Range, Undefined, Value, YearsMonthsDuration, kind_of

__all__ = [
    "ANY",
    "BUILT_INS",
    "BUILT_IN_TYPES",
    "MAX_LEVELS",
    "Environment",
    "Expression",
    "FeelType",
    "Function",
    "Layer",
    "Parameter",
    "Part",
    "Range",
    "Round",
    "Run",
    "Scope",
    "Undefined",
    "Value",
    "YearsMonthsDuration",
    "boundaries_of",
    "built_in_functions",
    "call_named",
    "closure",
    "compile_each_test",
    "compile_expression",
    "compile_typed",
    "compile_unary_tests",
    "compile_unkept",
    "equal",
    "explain",
    "format_value",
    "guarded",
    "incomparable_in",
    "is_name",
    "kind_of",
    "less",
    "literal_text",
    "nearest",
    "path_of",
    "pattern_occurs",
    "run_filter",
    "run_for",
    "run_quantified",
    "type_of",
    "working_day_terms",
]
