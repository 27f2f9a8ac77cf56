"""Making decisions: what an element requires is made first, each decision at most once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from engine.dmn.files import ModelFile
from engine.dmn.items import type_named
from engine.dmn.records import Decision, Element, InputData, Knowledge, Service
from engine.errors import EvaluationError
from engine.feel import MAX_LEVELS, Environment, Function, Layer, Parameter, Undefined, Value, call_named

_MAX_CHAIN = 100
_LEVELS_OF_SERVICE, _LEVELS_OF_DECISION = 20, 3

_Path = tuple[str, ...]


class Evaluation:
    """One evaluation of a model.

    Two files may import a third with different inputs for it, so an element is known by the names of the
    imports that lead to it: its *path*, empty in the main file.
    """

    def __init__(self, main: ModelFile, inputs: Mapping[str, Value], around: Mapping[str, Value]) -> None:
        self._main = main
        self._around = around
        self._inputs = inputs
        self._made: dict[tuple[_Path, str, str], Value] = {}
        self._open: set[tuple[_Path, str, str]] = set()

    def answer(self, element: Decision | Service | Knowledge, environment: Environment) -> Value:
        """Return what an element of the main file comes to; a function is called with the inputs."""
        if isinstance(element, Service):
            return self._service(element, environment)
        value = self._value(self._main, element, (), environment)
        if not isinstance(element, Knowledge) or not isinstance(value, Function):
            return value
        names = [one.name for one in value.parameters if one.name in self._inputs]
        try:
            return call_named(value, environment, names, [self._inputs[name] for name in names])
        except Undefined as problem:
            return environment.warn(str(problem))

    def _value(self, file: ModelFile, element: Element, path: _Path, environment: Environment) -> Value:
        key = _key(file, element, path)
        if key not in self._made:
            name = element.variable.name
            if key in self._open:
                raise EvaluationError(f"expected decisions in a row, but “{name}” needs itself")
            if len(self._open) >= _MAX_CHAIN:
                raise EvaluationError(f"expected at most {_MAX_CHAIN} decisions in a row, but there are more")
            self._open.add(key)
            with _deeper(environment, _LEVELS_OF_DECISION, "decisions that need each other"):
                self._made[key] = self._make(file, element, path, environment)
            self._open.discard(key)
        return self._made[key]

    def _make(self, file: ModelFile, element: Element, path: _Path, environment: Environment) -> Value:
        environment.spend(1)
        if isinstance(element, InputData):
            return self._given(file, element, path, environment)
        if isinstance(element, Service):
            return self._service_function(file, element, path)
        run = file.logic.get(element.id)
        if run is None:
            return environment.warn(f"expected logic in “{element.name}”, but it has none")
        values = self._required(file, element, path, environment)
        made = run(Layer(values, self._around), environment)
        if isinstance(element, Knowledge):
            values.setdefault(element.variable.name, made)  # a function may call itself
        return made

    def _given(self, file: ModelFile, element: Element, path: _Path, environment: Environment) -> Value:
        try:
            return _coerced(self._input(element.variable.name, path), file, element, environment)
        except Undefined as problem:
            return environment.warn(f"input “{element.variable.name}”: {problem}")

    def _input(self, name: str, path: _Path) -> Value:
        """Return an input of an imported file, ``B.A.name``; one given without the path counts too."""
        inputs: Any = self._inputs
        for part in path:
            inputs = inputs.get(part) if isinstance(inputs, Mapping) else None
        nested = isinstance(inputs, Mapping) and name in inputs
        return inputs[name] if nested else self._inputs.get(name)

    def _required(
        self, file: ModelFile, element: Decision | Knowledge, path: _Path, environment: Environment
    ) -> dict[str, Value]:
        values: dict[str, Value] = {}
        for href in element.requires:
            found = file.resolve(href)
            if found is None:
                environment.warn(f"“{element.name}” requires “{href}”, but there is no such element")
                continue
            prefix = file.prefix(found[0])
            place = values.setdefault(prefix, {}) if prefix else values
            if isinstance(place, dict):
                inner = (*path, prefix) if prefix else path
                place[found[1].variable.name] = self._value(*found, inner, environment)
        return values

    def _service(self, service: Service, environment: Environment) -> Value:
        """Return what a decision service of the main file answers to the inputs of the evaluation."""
        for owner, element, path in _referred(self._main, service.input_decisions, ()):
            self._made[_key(owner, element, path)] = self._given(owner, element, path, environment)
        return self._outputs(self._main, service, (), environment)

    def _outputs(self, file: ModelFile, service: Service, path: _Path, environment: Environment) -> Value:
        values = {
            element.variable.name: self._value(owner, element, inner, environment)
            for owner, element, inner in _referred(file, service.outputs, path)
        }
        result: Value = next(iter(values.values())) if len(values) == 1 else dict(values)
        type_ = type_named(service.variable.type, file.types)
        try:
            return (type_.result or type_).coerce(result, environment)
        except Undefined as problem:
            return environment.warn(str(problem))

    def _service_function(self, file: ModelFile, service: Service, path: _Path) -> Function:
        inputs = _referred(file, (*service.input_data, *service.input_decisions), path)
        parameters = tuple(
            Parameter(name=element.variable.name, type=type_named(element.variable.type, owner.types))
            for owner, element, _ in inputs
        )

        def call(environment: Environment, arguments: Sequence[Value]) -> Value:
            if len(arguments) != len(parameters):
                raise Undefined(
                    f"{service.name}(): expected {len(parameters)} arguments, but got {len(arguments)}"
                )
            environment.spend(1 + len(arguments))
            inside = Evaluation(self._main, {}, {})
            for (owner, element, inner), argument in zip(inputs, arguments, strict=True):
                given = _coerced(argument, owner, element, environment)
                inside._made[_key(owner, element, inner)] = given
            with _deeper(environment, _LEVELS_OF_SERVICE, "services that call each other"):
                return inside._outputs(file, service, path, environment)

        return Function(name=service.name, parameters=parameters, call=call)


@contextmanager
def _deeper(environment: Environment, levels: int, what: str) -> Iterator[None]:
    """Count levels of the stack; raises ``EvaluationError`` where there are too many."""
    environment.levels += levels
    try:
        if environment.levels > MAX_LEVELS:
            raise EvaluationError(f"expected {what} less deeply, but they go on")
        yield
    finally:
        environment.levels -= levels


def _key(file: ModelFile, element: Element, path: _Path) -> tuple[_Path, str, str]:
    return path, file.definitions.namespace, element.id


def _referred(file: ModelFile, hrefs: Sequence[str], path: _Path) -> list[tuple[ModelFile, Element, _Path]]:
    """Return the elements a file refers to, each with its owner and its path."""
    found = (file.resolve(href) for href in hrefs)
    return [
        (owner, element, (*path, prefix) if (prefix := file.prefix(owner)) else path)
        for owner, element in filter(None, found)
    ]


def _coerced(value: Value, file: ModelFile, element: Element, environment: Environment) -> Value:
    return type_named(element.variable.type, file.types).coerce(value, environment)
