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
from engine.kernel.values import accepted, accepted_text

T = TypeVar("T")
_LONGEST = dt.timedelta(days=36_525)
_TEXTS = (
    "actor",
    "assignee",
    "business_key",
    "by",
    "code",
    "comment",
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
    "variable",
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
    "parent_key",
    "root_key",
    "task_key",
    "timer_key",
)
_NUMBERS = ("attempt", "limit", "offset", "priority", "retries", "version")
_DURATIONS = ("back_off", "lease", "ttl")
_INSTANTS = ("due_at", "follow_up_at")
_FLAGS = ("dry_run", "new_effect")
_PLACES = ("activate", "after")


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


def _flag(value: object, name: str) -> None:
    if not isinstance(value, bool):
        raise InvalidVariables(f"expected '{name}' to be true or false, but got {value!r}")


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


def _versions(value: object, name: str) -> None:
    if not isinstance(value, Mapping):
        raise InvalidVariables(f"expected '{name}' from id to version, but got {value!r}")
    for id_, version in value.items():
        _text(id_, name)
        _number(version, name)


def _values_by_element(value: object, name: str) -> None:
    if not isinstance(value, Mapping):
        raise InvalidVariables(f"expected '{name}' by element id, but got {value!r}")
    for element_id, variables in value.items():
        _text(element_id, name)
        _variables(variables, f"{name} of {element_id}")


def _places(value: object, name: str) -> None:
    """Check a list of element ids, each by itself or with the key of the container it is in."""
    if not isinstance(value, list | tuple):
        raise InvalidVariables(f"expected '{name}' to be a list of elements, but got {value!r}")
    for each in value:
        paired = isinstance(each, list | tuple)
        if paired and len(each) != 2:
            raise InvalidVariables(f"expected an element in '{name}' with one key, but got {each!r}")
        element_id, key = each if paired else (each, 0)
        _text(element_id, name)
        _key(key, name)


def _ids_or_keys(value: object, name: str) -> None:
    if not isinstance(value, list | tuple):
        raise InvalidVariables(f"expected '{name}' to be a list of ids or keys, but got {value!r}")
    for each in value:
        _text(each, name) if isinstance(each, str) else _key(each, name)


def _states(value: object, name: str) -> None:
    if not isinstance(value, str | list | tuple | set | frozenset):
        raise InvalidVariables(f"expected '{name}' to be one state or several, but got {value!r}")
    for each in (value,) if isinstance(value, str) else value:
        _text(each, name)


_CHECKS: dict[str, Callable[[object, str], None]] = {
    **dict.fromkeys(_TEXTS, _text),
    **dict.fromkeys(_KEYS, _key),
    **dict.fromkeys(_NUMBERS, _number),
    **dict.fromkeys(_DURATIONS, _duration),
    **dict.fromkeys(_INSTANTS, _instant),
    **dict.fromkeys(_FLAGS, _flag),
    **dict.fromkeys(_PLACES, _places),
    "until": _place,
    "local_variables": _values_by_element,
    "state": _states,
    "terminate": _ids_or_keys,
    "mapping": _mapping,
    "based_on": _versions,
    "selection": _variables,
    "arguments": _variables,
    "keys": _keys,
    "variables": _variables,
    "activities": _names,
    "groups": _names,
    "users": _names,
}


def check(name: str, value: object) -> None:
    """Check one argument by its name; raises ``InvalidVariables``. A name that means nothing may be
    anything."""
    known = _CHECKS.get(name)
    if known is not None:
        known(value, name)


def given(named: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return arguments or filters, None meaning "not given", each checked like an argument of the door."""
    if named is None:
        return None
    found = {name: value for name, value in named.items() if value is not None}
    for name, value in found.items():
        check(name, value)
    accepted(found.get("variables"))
    for values in found.get("local_variables", {}).values():
        accepted(values)
    return found


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
            known = _CHECKS.get(name)
            if known is not None and not (value is None and name in optional):
                known(value, name)
        return method(*given, **named)

    return checked
