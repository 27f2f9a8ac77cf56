"""How a built-in function is declared and called: signature text, checked arguments, overloads.

What belongs here: the decorator, the table of all built-ins, the binding of positional and named arguments to
any function. The functions themselves are in one module per family.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from engine.feel.environment import Environment
from engine.feel.types import BUILT_IN_TYPES, FeelType
from engine.feel.values import Function, Mismatch, Parameter, Undefined, Value, kind_of
from engine.feel.wide import FAR, WideDuration

BUILT_INS: dict[str, Function] = {}

_OVERLOADS: dict[str, list[Function]] = {}
_SIGNATURE = re.compile(r"(?P<name>[^(]+)\((?P<parameters>.*)\)", re.DOTALL)
_PARAMETER = re.compile(
    r"(?P<open>\[)?(?P<name>[^:\]]+): (?P<type>[^\]?.]+)(?P<null>\?)?(?P<many>\.\.\.)?\]?"
)
_COST_OF_CALL, _COST_OF_MISMATCH = 20, 24
_F = TypeVar("_F", bound=Callable[..., Any])

Check = Callable[[Value], Value]


def builtin(
    signature: str, *, environment: bool = False, wide: bool = False, cost: int = 0, items: int = 0
) -> Callable[[_F], _F]:
    """Register a function under a signature such as ``substring(string: string, start position: number)``.

    ``[…]`` marks an optional parameter, ``?`` behind a type admits null, ``...`` behind the last parameter
    takes any number. The implementation raises ``Undefined`` to answer null; with ``environment`` it gets
    that first, with ``wide`` the dates and durations Python's own cannot hold as well. A call costs what any
    call does and its strings' lengths, ``cost`` units more, and ``items`` eighths of a unit per item of its
    lists; what depends on more the implementation pays for.
    """

    def register(implementation: _F) -> _F:
        function = _function(signature, implementation, environment, wide, (cost + _COST_OF_CALL, items))
        overloads = _OVERLOADS.setdefault(function.name, [])
        overloads.append(function)
        BUILT_INS[function.name] = _overloaded(overloads)
        return implementation

    return register


def _function(
    signature: str, implementation: Callable[..., Any], environment: bool, wide: bool, costs: tuple[int, int]
) -> Function:
    match = _SIGNATURE.fullmatch(signature)
    if match is None:
        raise ValueError(f"expected a signature, but got {signature}")
    name = match["name"]
    declared = [_parameter(text, wide) for text in match["parameters"].split(", ") if text]
    parameters = tuple(parameter for parameter, _, _ in declared)
    checks = [check for _, check, _ in declared]
    variadic = bool(declared) and declared[-1][2]
    required = sum(not parameter.optional for parameter in parameters) - variadic
    base, per_item = costs

    def call(surroundings: Environment, arguments: Sequence[Value]) -> Value:
        _check_count(name, len(arguments), required, None if variadic else len(parameters))
        checked = [
            _checked(
                checks[min(place, len(checks) - 1)],
                argument,
                name,
                parameters[min(place, len(checks) - 1)].name,
            )
            for place, argument in enumerate(arguments)
        ]
        surroundings.spend(base + _weight(checked, per_item))
        result: Value = implementation(surroundings, *checked) if environment else implementation(*checked)
        _admit(surroundings, result)
        return result

    return Function(name=name, parameters=parameters, call=call, variadic=variadic)


def _weight(arguments: Sequence[Value], per_item: int) -> int:
    """Return what the sizes of arguments cost."""
    units = 0
    for argument in arguments:
        if type(argument) is str:
            units += len(argument) >> 8
        elif per_item and type(argument) is list:
            units += len(argument) * per_item >> 3
    return units


def _parameter(text: str, wide: bool) -> tuple[Parameter, Check, bool]:
    match = _PARAMETER.fullmatch(text)
    if match is None:
        raise ValueError(f"expected a parameter, but got {text}")
    type_ = _type(match["type"])
    nullable = bool(match["null"]) or match["type"] == "Any"
    parameter = Parameter(name=match["name"], type=type_, optional=bool(match["open"]))
    return parameter, _check(match["type"], nullable, wide), bool(match["many"])


def _type(text: str) -> FeelType:
    return BUILT_IN_TYPES.get(text, BUILT_IN_TYPES["Any"])


def _check(types: str, nullable: bool, wide: bool) -> Check:
    """Return what makes an argument fit ``number`` or one of ``date|date and time``."""
    kinds = frozenset(types.split("|"))

    def check(value: Value) -> Value:
        kind = kind_of(value)
        if "Any" in kinds:
            return value
        if kind in kinds:
            return value if wide else _near(value)
        if value is None and nullable:
            return None
        if kind == "list" and len(value) == 1 and kind_of(value[0]) in kinds:  # type: ignore[arg-type, index]
            return value[0] if wide else _near(value[0])  # type: ignore[index]
        if "list" in kinds and value is not None:
            return [value]
        raise Mismatch(f"expected {' or '.join(sorted(kinds))}, but got {kind}")

    return check


def _near(value: Value) -> Value:
    if isinstance(value, FAR):
        raise Undefined("expected a date in the years 1 to 9999, but it lies outside")
    if isinstance(value, WideDuration):
        raise Undefined("expected a duration of whole microseconds below a billion days, but it is none")
    return value


def _checked(check: Check, argument: Value, function: str, parameter: str) -> Value:
    try:
        return check(argument)
    except Mismatch as problem:
        raise Mismatch(f"{function}(): {problem} for “{parameter}”") from None


def _check_count(name: str, given: int, required: int, most: int | None) -> None:
    if given < required or (most is not None and given > most):
        wanted = str(required) if most == required else f"{required} to {'many' if most is None else most}"
        raise Mismatch(f"{name}(): expected {wanted} arguments, but got {given}")


def _admit(environment: Environment, result: Value) -> None:
    if type(result) is str:
        environment.admit_string(len(result))
    elif type(result) is list:
        environment.admit_list(len(result))


def _overloaded(overloads: Sequence[Function]) -> Function:
    first = overloads[0]
    if len(overloads) == 1:
        return first
    choices = tuple(overloads)

    def call(environment: Environment, arguments: Sequence[Value]) -> Value:
        problem: Mismatch | None = None
        for choice in choices:
            try:
                return choice.call(environment, arguments)
            except Mismatch as refused:
                environment.spend(_COST_OF_MISMATCH)
                problem = _nearer(problem, refused, len(arguments) == len(choice.parameters))
        raise problem or Mismatch(f"{first.name}() has no such form")

    return Function(name=first.name, parameters=first.parameters, call=call, variadic=True)


def _nearer(known: Mismatch | None, new: Mismatch, fits: bool) -> Mismatch:
    return new if known is None or fits else known


def call_named(
    function: Function, environment: Environment, names: Sequence[str], arguments: Sequence[Value]
) -> Value:
    """Call a function with named arguments; raises ``Undefined`` when a name is none of its parameters."""
    if len(set(names)) != len(names):
        raise Undefined(f"{function.name}(): expected each argument once, but one is there twice")
    given = dict(zip(names, arguments, strict=True))
    choices = _OVERLOADS.get(function.name, ()) if BUILT_INS.get(function.name) is function else ()
    # before(point, range) and before(range, point) differ in nothing but the order
    choices = sorted(choices, key=lambda choice: [one.name for one in choice.parameters] != list(names))
    problem: Mismatch | None = None
    for choice in choices or (function,):
        try:
            return choice.call(environment, _in_order(choice, given))
        except Mismatch as refused:
            environment.spend(_COST_OF_MISMATCH)
            problem = _nearer(
                problem, refused, {parameter.name for parameter in choice.parameters} >= given.keys()
            )
    raise problem or Mismatch(f"{function.name}() has no such form")


def _in_order(function: Function, given: dict[str, Value]) -> list[Value]:
    known = [parameter.name for parameter in function.parameters]
    stranger = next((name for name in given if name not in known), None)
    if stranger is not None:
        raise Mismatch(f"{function.name}(): expected the arguments {', '.join(known)}, but got “{stranger}”")
    left = dict(given)
    ordered: list[Value] = []
    for parameter in function.parameters:
        if parameter.name in left:
            ordered.append(left.pop(parameter.name))
        elif not left and parameter.optional:
            break
        elif parameter.optional:
            ordered.append(None)
        else:
            raise Mismatch(f"{function.name}(): expected an argument “{parameter.name}”, but it is missing")
    if function.variadic and ordered and isinstance(ordered[-1], list):
        ordered[-1:] = ordered[-1]
    return ordered
