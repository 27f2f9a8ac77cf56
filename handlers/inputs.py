"""How a handler reads its job: variables and headers of the expected kind, or a failure that names the
remedy.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine import JobContext, JobFailure

_LARGEST = 10**15


def refuse(context: JobContext, expected: str, found: str) -> JobFailure:
    """Return the failure for a job the model prepared wrongly: no retry can help, a person must."""
    return JobFailure(
        f"expected {expected} for {context.job.type} at {context.job.element_id}, but {found}; "
        "correct the input mapping or the headers of the task",
        permanent=True,
    )


def text(context: JobContext, name: str) -> str:
    """Return a variable that must be a text with something in it."""
    value = context.job.variables.get(name)
    if not isinstance(value, str) or not value.strip():
        raise refuse(context, f"the variable {name} to be a text", _found(value))
    return value


def number(context: JobContext, name: str) -> int:
    """Return a variable that must be a whole number; a text of digits will do."""
    value = context.job.variables.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise refuse(context, f"the variable {name} to be a whole number", _found(value))
    # The bound comes first: turning 1E+400000000 into an int would take all memory.
    if not -_LARGEST < value < _LARGEST or value != int(value):
        raise refuse(context, f"the variable {name} to be a whole number", "it is not")
    return int(value)


def record(context: JobContext, name: str) -> Mapping[str, Any]:
    """Return a variable that must be a context (FEEL's word for a record)."""
    value = context.job.variables.get(name)
    if not isinstance(value, Mapping):
        raise refuse(context, f"the variable {name} to be a context", _found(value))
    return value


def optional_text(context: JobContext, name: str, default: str = "") -> str:
    """Return a variable that is a text or absent (null counts as absent)."""
    return default if context.job.variables.get(name) in (None, "") else text(context, name)


def header_number(context: JobContext, name: str, default: int, *, least: int, most: int) -> int:
    """Return a task header that must be a whole number between two bounds, or the default when it is
    absent.
    """
    given = context.job.headers.get(name, "").strip()
    if not given:
        return default
    if not (given.isascii() and given.isdigit() and least <= int(given) <= most):
        raise refuse(
            context, f"the header {name} to be a number from {least} to {most}", f"got {given[:20]!r}"
        )
    return int(given)


def parameter_number(context: JobContext, name: str, default: int) -> int:
    """Return a parameter of the procedure that must be a whole positive number, or the default."""
    value = context.parameters.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 < value < _LARGEST:
        raise refuse(context, f"the parameter {name} to be a whole positive number", _found(value))
    return int(value)


def _found(value: object) -> str:
    """Describe a value by its kind only: it may be personal."""
    return "it is missing" if value is None else f"it is {type(value).__name__}"
