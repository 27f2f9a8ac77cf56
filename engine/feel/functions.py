"""Closures that make and call functions."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import EvaluationError
from engine.feel.builtins import call_named
from engine.feel.environment import MAX_LEVELS, Environment
from engine.feel.scopes import Layer, Run, Scope
from engine.feel.types import FeelType
from engine.feel.values import FAILURES, Function, Parameter, Undefined, Value, kind_of

_COST_OF_CALL = 20


def run_call(function: Run, arguments: Sequence[Run], names: Sequence[str], position: int) -> Run:
    """Return a closure that invokes what ``function`` yields, by position or by name."""

    def run(scope: Scope, environment: Environment) -> Value:
        called = function(scope, environment)
        given = [argument(scope, environment) for argument in arguments]
        if type(called) is not Function:
            return environment.warn(f"expected a function, but got {kind_of(called)}", position)
        try:
            return call_named(called, environment, names, given) if names else called.call(environment, given)
        except FAILURES as problem:
            return environment.fail(problem, position)

    return run


def run_shadowed(name: str, built_in: Function) -> Run:
    """Return a closure for the function a name calls: a variable's if it is one, else the built-in."""

    def run(scope: Scope, environment: Environment) -> Value:
        found = scope.get(name, None)
        return found if type(found) is Function else built_in

    return run


def closure(
    name: str,
    parameters: tuple[Parameter, ...],
    body: Run,
    scope: Scope,
    *,
    returns: FeelType | None = None,
    cost: int = 10,
    depth: int = 10,
) -> Function:
    """Return a function whose body sees its arguments above the scope it was made in.

    ``cost`` and ``depth`` are what one call takes from the budget of steps and of levels.
    """

    def call(environment: Environment, arguments: Sequence[Value]) -> Value:
        if len(arguments) != len(parameters):
            raise Undefined(f"{name}(): expected {len(parameters)} arguments, but got {len(arguments)}")
        values = {
            parameter.name: argument
            if parameter.type is None
            else parameter.type.coerce(argument, environment)
            for parameter, argument in zip(parameters, arguments, strict=True)
        }
        environment.spend(cost + _COST_OF_CALL)
        environment.levels += depth
        try:
            if environment.levels > MAX_LEVELS:
                raise EvaluationError("expected functions that call each other less deeply, but they go on")
            result = body(Layer(values, scope), environment)
        finally:
            environment.levels -= depth
        return result if returns is None else returns.coerce(result, environment)

    return Function(name=name, parameters=parameters, call=call, returns=returns)
