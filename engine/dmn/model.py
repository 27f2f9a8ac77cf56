"""A decision model ready to be evaluated: files linked by imports, decisions made in the order needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from engine.dmn.boxes import Boxes, coercing
from engine.dmn.items import type_named, types_of
from engine.dmn.reader import read
from engine.dmn.records import Decision, Definitions, Element, InputData, Knowledge, Service, Table
from engine.errors import EvaluationError, InvalidDefinition, NotFound
from engine.feel import MAX_LEVELS, Environment, FeelType, Function, Layer, Parameter, Run, Undefined, Value
from engine.model.records import Finding, Severity

_MAX_DEPTH = 64
_MAX_CHAIN = 100
_LEVELS_OF_SERVICE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMatch:
    """What one decision table was asked and which rules matched (1-based numbers and ids)."""

    inputs: tuple[Value, ...]
    rules: tuple[int, ...]
    rule_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionResult:
    """What a decision came to, and why: the tables on the way and the warnings about what became null."""

    decision_id: str
    value: Value
    tables: tuple[TableMatch, ...]
    warnings: tuple[str, ...]


class DecisionModel:
    """One or more DMN files that import each other; the first is the one asked.

    ``findings`` says what does not compile; such a part evaluates to null with the same reason.
    """

    def __init__(self, files: Sequence[Definitions]) -> None:
        self.findings: list[Finding] = []
        self._files = {file.namespace: _File(file, self) for file in files}
        self._main = self._files[files[0].namespace]
        for file in self._files.values():
            file.compile()

    def decisions(self) -> tuple[str, ...]:
        """Return the names of the decisions of the main file."""
        elements = self._main.definitions.elements
        return tuple(element.name for element in elements if isinstance(element, Decision))

    def main(self) -> tuple[Definitions, Mapping[str, FeelType]]:
        """Return what the main file says, and the types known in it."""
        return self._main.definitions, self._main.types

    def identifiers(self) -> tuple[tuple[str, str], ...]:
        """Return id and name of each decision and decision service of the main file."""
        elements = self._main.definitions.elements
        return tuple((each.id, each.name) for each in elements if isinstance(each, Decision | Service))

    def evaluate(
        self,
        name: str,
        inputs: Mapping[str, Value],
        environment: Environment,
        *,
        undeclared: bool = False,
    ) -> DecisionResult:
        """Make a decision, or all of a decision service, by name or id, from inputs by name.

        The standard lets a decision see only what it requires; with ``undeclared`` it sees all inputs, as
        diagrams drawn for Camunda expect.
        Raises ``NotFound`` for an unknown name and ``EvaluationError`` when the budget is used up.
        """
        element = self._main.element(name)
        environment.trace.clear()
        noted = len(environment.warnings)
        run = _Evaluation(self, inputs, inputs if undeclared else {})
        if isinstance(element, Service):
            value = run.service(self._main, element, environment)
        else:
            value = run.value(self._main, element, environment)
        return DecisionResult(
            decision_id=element.id,
            value=value,
            tables=tuple(_match(*noted_match) for noted_match in environment.trace),
            warnings=tuple(environment.warnings[noted:]),
        )

    def prefix(self, file: _File) -> str:
        """Return the name the main file imports another under ("" for itself)."""
        return self._main.prefix(file)

    def file(self, namespace: str) -> _File | None:
        """Return a file by its namespace."""
        return self._files.get(namespace)


def read_model(files: Iterable[tuple[str, bytes]]) -> DecisionModel:
    """Read DMN files, the first being the one to ask; raises ``InvalidDefinition`` for what is no DMN."""
    definitions = [read(name, content) for name, content in files]
    if not definitions:
        message = "expected a DMN file, but there is none"
        raise InvalidDefinition([Finding(rule="dmn-empty", severity=Severity.ERROR, message=message)])
    return DecisionModel(definitions)


def _match(table: Table, inputs: tuple[Value, ...], matching: tuple[int, ...]) -> TableMatch:
    return TableMatch(
        inputs=inputs,
        rules=tuple(number + 1 for number in matching),
        rule_ids=tuple(table.rules[number].id for number in matching),
    )


class _File:
    """One file of a model: its types, its elements by id and name, its compiled logic."""

    def __init__(self, definitions: Definitions, model: DecisionModel) -> None:
        self.definitions = definitions
        self.model = model
        self.types: dict[str, FeelType] = {}
        self.logic: dict[str, Run] = {}
        self._by_id = {element.id: element for element in definitions.elements if element.id}

    def element(self, name: str) -> Decision | Service | Knowledge:
        """Return a decision or service by name or id; raises ``NotFound`` with the nearest name."""
        for element in self.definitions.elements:
            if not isinstance(element, InputData) and name in (element.name, element.id):
                return element
        known = [element.variable.name for element in self.definitions.elements]
        near = get_close_matches(name, known, n=1)
        hint = f"; did you mean “{near[0]}”?" if near else ""
        raise NotFound(f"expected a decision of “{self.definitions.name}”, but there is no “{name}”{hint}")

    def resolve(self, href: str) -> tuple[_File, Element] | None:
        """Return what a reference means, here or in an imported file."""
        namespace, _, identifier = href.rpartition("#")
        file = self if namespace in ("", self.definitions.namespace) else self.model.file(namespace)
        element = None if file is None else file._by_id.get(identifier)
        return None if file is None or element is None else (file, element)

    def prefix(self, other: _File) -> str:
        """Return the name an imported file has here ("" for this one)."""
        if other is self:
            return ""
        imports = self.definitions.imports
        return next((one.name for one in imports if one.namespace == other.definitions.namespace), "")

    def compile(self) -> None:
        """Compile all types and all logic."""
        self.types = self._types(frozenset())
        boxes = Boxes(self.types)
        for element in self.definitions.elements:
            if isinstance(element, Decision):
                run = boxes.compile(element.box, self._names(element))
                self.logic[element.id] = coercing(run, boxes.type(element.variable.type))
            elif isinstance(element, Knowledge) and element.function is not None:
                returns = self._returns(element, boxes)
                self.logic[element.id] = boxes.function(
                    element.name, element.function, self._names(element), returns
                )
        self.model.findings.extend(
            Finding(
                rule="dmn-expression",
                severity=Severity.ERROR,
                message=reason,
                file=self.definitions.file,
                line=line,
            )
            for line, reason in boxes.problems
        )

    def _returns(self, element: Knowledge, boxes: Boxes) -> str:
        type_ = boxes.type(element.variable.type)
        return "" if type_ is None or type_.kind == "function" else element.variable.type

    def _types(self, seen: frozenset[str]) -> dict[str, FeelType]:
        imported: dict[str, FeelType] = {}
        for one in self.definitions.imports:
            file = self.model.file(one.namespace)
            if file is not None and one.namespace not in seen:
                types = file._types(seen | {self.definitions.namespace})
                imported |= {f"{one.name}.{name}": type_ for name, type_ in types.items()}
        return imported | types_of(self.definitions.items, imported)

    def _names(self, element: Decision | Knowledge) -> frozenset[str]:
        names = {one.name for one in self.definitions.imports} | {element.variable.name}
        for href in element.requires:
            found = self.resolve(href)
            if found is not None:
                names.add(found[1].variable.name)
        for type_ in self.types.values():
            names |= _member_names(type_, 0)
        return frozenset(names)


def _member_names(type_: FeelType, depth: int) -> set[str]:
    if depth > _MAX_DEPTH:
        return set()
    names = set(type_.members)
    for inner in (*type_.members.values(), *((type_.item,) if type_.item else ())):
        names |= _member_names(inner, depth + 1)
    return names


class _Evaluation:
    """One evaluation: each decision is made at most once."""

    def __init__(
        self, model: DecisionModel, inputs: Mapping[str, Value], around: Mapping[str, Value]
    ) -> None:
        self._model = model
        self._around = around
        self._inputs = inputs
        self._made: dict[tuple[str, str], Value] = {}
        self._open: set[tuple[str, str]] = set()

    def value(self, file: _File, element: Element, environment: Environment) -> Value:
        """Return the value of an element: given, decided, or a function."""
        key = (file.definitions.namespace, element.id)
        if key not in self._made:
            if key in self._open:
                raise EvaluationError(
                    f"expected decisions in a row, but “{element.variable.name}” needs itself"
                )
            if len(self._open) >= _MAX_CHAIN:
                raise EvaluationError(f"expected at most {_MAX_CHAIN} decisions in a row, but there are more")
            self._open.add(key)
            self._made[key] = self._make(file, element, environment)
            self._open.discard(key)
        return self._made[key]

    def _make(self, file: _File, element: Element, environment: Environment) -> Value:
        environment.spend(1)
        if isinstance(element, InputData):
            return self._given(file, element, environment)
        if isinstance(element, Service):
            return self._service_function(file, element)
        run = file.logic.get(element.id)
        if run is None:
            return environment.warn(f"expected logic in “{element.name}”, but it has none")
        values = self._required(file, element, environment)
        made = run(Layer(values, self._around), environment)
        if isinstance(element, Knowledge):
            values.setdefault(element.variable.name, made)  # a function may call itself
        return made

    def _given(self, file: _File, element: InputData, environment: Environment) -> Value:
        inputs: Mapping[str, Value] = self._inputs
        imported = inputs.get(self._model.prefix(file))
        if element.variable.name not in inputs and isinstance(imported, dict):
            inputs = imported
        value = inputs.get(element.variable.name)
        try:
            return type_named(element.variable.type, file.types).coerce(value, environment)
        except Undefined as problem:
            return environment.warn(f"input “{element.variable.name}”: {problem}")

    def _required(
        self, file: _File, element: Decision | Knowledge, environment: Environment
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
                place[found[1].variable.name] = self.value(*found, environment)
        return values

    def service(self, file: _File, service: Service, environment: Environment) -> Value:
        """Return what a decision service answers, its inputs taken from those of the evaluation."""
        for href in service.input_decisions:
            found = file.resolve(href)
            if found is not None:
                given = self._inputs.get(found[1].variable.name)
                self._made[(found[0].definitions.namespace, found[1].id)] = _coerced(
                    given, found, environment
                )
        return self._answer(file, service, environment)

    def _answer(self, file: _File, service: Service, environment: Environment) -> Value:
        outputs = [found for href in service.outputs if (found := file.resolve(href)) is not None]
        values = {
            element.variable.name: self.value(owner, element, environment) for owner, element in outputs
        }
        result: Value = next(iter(values.values())) if len(values) == 1 else dict(values)
        type_ = type_named(service.variable.type, file.types)
        try:
            return (type_.result or type_).coerce(result, environment)
        except Undefined as problem:
            return environment.warn(str(problem))

    def _service_function(self, file: _File, service: Service) -> Function:
        hrefs = (*service.input_data, *service.input_decisions)
        inputs = [found for href in hrefs if (found := file.resolve(href)) is not None]
        parameters = tuple(
            Parameter(name=element.variable.name, type=type_named(element.variable.type, owner.types))
            for owner, element in inputs
        )

        def call(environment: Environment, arguments: Sequence[Value]) -> Value:
            if len(arguments) != len(parameters):
                raise Undefined(
                    f"{service.name}(): expected {len(parameters)} arguments, but got {len(arguments)}"
                )
            environment.spend(1 + len(arguments))
            environment.levels += _LEVELS_OF_SERVICE
            if environment.levels > MAX_LEVELS:
                raise EvaluationError("expected services that call each other less deeply, but they go on")
            inner = _Evaluation(self._model, {}, {})
            for (owner, element), argument in zip(inputs, arguments, strict=True):
                inner._made[(owner.definitions.namespace, element.id)] = _coerced(
                    argument, (owner, element), environment
                )
            answer = inner._answer(file, service, environment)
            environment.levels -= _LEVELS_OF_SERVICE
            return answer

        return Function(name=service.name, parameters=parameters, call=call)


def _coerced(value: Value, found: tuple[_File, Element], environment: Environment) -> Value:
    file, element = found
    return type_named(element.variable.type, file.types).coerce(value, environment)
