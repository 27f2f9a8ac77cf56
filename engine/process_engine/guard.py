"""What every call of the public door is checked for before it does anything: keys, texts, durations,
instants.

The check goes by the parameter's name, which means the same in every verb. A wrong argument raises
``InvalidVariables`` naming the parameter; nothing was read or written.
"""

from __future__ import annotations

import datetime as dt
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from engine.errors import InvalidVariables
from engine.kernel.values import accepted_text

T = TypeVar("T")
_LONGEST = dt.timedelta(days=36_525)
_TEXTS = (
    "actor",
    "assignee",
    "business_key",
    "by",
    "code",
    "correlation_key",
    "decision_id",
    "element_id",
    "group",
    "message",
    "message_id",
    "name",
    "process_id",
    "reason",
    "request_id",
    "started_by",
    "type",
    "verb",
    "worker",
)
_KEYS = (
    "batch_key",
    "element_key",
    "incident_key",
    "inside",
    "instance_key",
    "job_key",
    "key",
    "task_key",
    "timer_key",
)
_NUMBERS = ("attempt", "limit", "offset", "priority", "retries", "version")
_DURATIONS = ("back_off", "lease", "ttl")
_INSTANTS = ("due_at", "follow_up_at")


def _text(value: object, name: str) -> None:
    if not isinstance(value, str):
        raise InvalidVariables(f"expected '{name}' to be a text, but got {value!r}")
    accepted_text(value, name)


def _key(value: object, name: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 63:
        raise InvalidVariables(f"expected '{name}' to be a key, but got {value!r}")


def _number(value: object, name: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 31:
        raise InvalidVariables(f"expected '{name}' to be a whole number, 0 or more, but got {value!r}")


def _place(value: object, name: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not -(1 << 31) <= value < 1 << 31:
        raise InvalidVariables(f"expected '{name}' to be the number of a command, but got {value!r}")


def _duration(value: object, name: str) -> None:
    if not isinstance(value, dt.timedelta) or not dt.timedelta(0) <= value <= _LONGEST:
        raise InvalidVariables(f"expected '{name}' to be a duration of at most 100 years, but got {value!r}")


def _instant(value: object, name: str) -> None:
    if not isinstance(value, dt.datetime) or value.tzinfo is None:
        raise InvalidVariables(f"expected '{name}' to be an instant with a time zone, but got {value!r}")


def _variables(value: object, name: str) -> None:
    if not isinstance(value, Mapping):
        raise InvalidVariables(f"expected '{name}' by name, but got {value!r}")


def _keys(value: object, name: str) -> None:
    if not isinstance(value, list | tuple):
        raise InvalidVariables(f"expected '{name}' to be a list of keys, but got {value!r}")
    for each in value:
        _key(each, name)


def _names(value: object, name: str) -> None:
    if not isinstance(value, list | tuple):
        raise InvalidVariables(f"expected '{name}' to be a list of names, but got {value!r}")
    for each in value:
        _text(each, name)


def _mapping(value: object, name: str) -> None:
    if not isinstance(value, Mapping):
        raise InvalidVariables(f"expected '{name}' from id to id, but got {value!r}")
    _names([*value, *value.values()], name)


_CHECKS: dict[str, Callable[[object, str], None]] = {
    **dict.fromkeys(_TEXTS, _text),
    **dict.fromkeys(_KEYS, _key),
    **dict.fromkeys(_NUMBERS, _number),
    **dict.fromkeys(_DURATIONS, _duration),
    **dict.fromkeys(_INSTANTS, _instant),
    "until": _place,
    "local_variables": _variables,
    "mapping": _mapping,
    "selection": _variables,
    "arguments": _variables,
    "keys": _keys,
    "variables": _variables,
    "activities": _names,
    "groups": _names,
    "users": _names,
}


def guarded(door: type[T]) -> type[T]:
    """Check the arguments of every public method of a class; None stands for "not given" where that is
    the default."""
    for name, method in list(vars(door).items()):
        if inspect.isfunction(method) and not name.startswith("_"):
            setattr(door, name, _checked(method))
    return door


def _checked(method: Callable[..., Any]) -> Callable[..., Any]:
    parameters = list(inspect.signature(method).parameters.values())
    names = [parameter.name for parameter in parameters]
    optional = {parameter.name for parameter in parameters if parameter.default is None}
    optional |= {"assignee"}  # nobody
    takes_more = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters)
    if takes_more:
        optional |= _CHECKS.keys()

    @functools.wraps(method)
    def checked(*given: Any, **named: Any) -> Any:
        for name, value in (*zip(names, given, strict=False), *named.items()):
            check = _CHECKS.get(name)
            if check is not None and not (value is None and name in optional):
                check(value, name)
        return method(*given, **named)

    return checked
