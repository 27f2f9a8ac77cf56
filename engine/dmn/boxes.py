"""From boxed expressions to closures (DMN 1.5 §10.2): each is compiled once, with the names around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.dmn import records
from engine.dmn.items import type_named
from engine.dmn.tables import compile_table
from engine.errors import InvalidExpression
from engine.feel import (
    BUILT_INS,
    FeelType,
    Function,
    Layer,
    Parameter,
    Round,
    Run,
    Scope,
    Undefined,
    Value,
    call_named,
    closure,
    compile_each_test,
    compile_typed,
    guarded,
    kind_of,
    nearest,
    run_filter,
    run_for,
    run_quantified,
)
from engine.feel import Environment as Surroundings

_COST, _FRAMES = 4, 4


class Boxes:
    """Compiles the boxes of one file.

    ``problems`` collects what does not compile, ``slips`` the names that may be misspelt, with their lines.
    """

    def __init__(self, types: Mapping[str, FeelType]) -> None:
        self.types = types
        self.problems: list[tuple[int, str]] = []
        self.slips: list[tuple[int, str]] = []
        self._level = 0
        self._deepest = 0

    def type(self, written: str) -> FeelType | None:
        """Return the type written, or None where there is none."""
        return type_named(written, self.types) if written else None

    def compile(self, box: records.Box | None, names: frozenset[str]) -> Run:
        """Return the closure of a box; an absent one is null. The box's own type coerces its value."""
        if box is None:
            return lambda scope, environment: environment.warn(
                "expected a decision with logic, but it has none"
            )
        self._level += _FRAMES
        self._deepest = max(self._deepest, self._level)
        try:
            return coercing(_COMPILERS[type(box)](self, box, names), self.type(box.type))
        finally:
            self._level -= _FRAMES

    def feel(self, text: str, names: frozenset[str], line: int, *, unary: bool = False) -> Run:
        """Return the closure of a FEEL text; null with the reason when it does not compile."""
        try:
            compiled = compile_typed(text, names, self.types, unary=unary)
        except InvalidExpression as problem:
            return self._refused(str(problem), line)
        self._deepest = max(self._deepest, self._level + compiled.depth)
        for name in sorted(compiled.variables - names):
            near = nearest(name, sorted({*names, *(BUILT_INS if name in compiled.called else ())}))
            if near:
                self.slips.append(
                    (line, f"“{name}”, but the decision requires no such thing; did you mean “{near}”?")
                )
        return compiled.evaluate

    def tests(self, text: str, names: frozenset[str]) -> list[Run]:
        """Return the closures of a list of allowed values, one for each; none when it does not compile."""
        try:
            return [each.evaluate for each in compile_each_test(text, names, self.types)]
        except InvalidExpression as problem:
            self.problems.append((0, str(problem)))
            return []

    def _literal(self, box: records.Literal, names: frozenset[str]) -> Run:
        if box.language:
            return self._refused(f"expected an expression in FEEL, but it is in {box.language}", box.line)
        return self.feel(box.text, names, box.line)

    def _refused(self, reason: str, line: int) -> Run:
        self.problems.append((line, reason))
        return lambda scope, environment: environment.warn(reason)

    def _context(self, box: records.Context, names: frozenset[str]) -> Run:
        entries: list[tuple[str, Run]] = []
        result: Run | None = None
        for entry in box.entries:
            if entry.variable is None:
                result = self.compile(entry.box, names)
                continue
            itself = {entry.variable.name} if isinstance(entry.box, records.FunctionBox) else set()
            made = coercing(self.compile(entry.box, names | itself), self.type(entry.variable.type))
            entries.append((entry.variable.name, made))
            names |= {entry.variable.name}

        def run(scope: Scope, environment: Surroundings) -> Value:
            values: dict[str, Value] = {}
            layer = Layer(values, scope)
            for name, entry in entries:
                values[name] = entry(layer, environment)
            return values if result is None else result(layer, environment)

        return run

    def _invocation(self, box: records.Invocation, names: frozenset[str]) -> Run:
        function = self.compile(box.function, names)
        parameters = tuple(name for name, _ in box.bindings)
        arguments = tuple(self.compile(argument, names) for _, argument in box.bindings)

        def run(scope: Scope, environment: Surroundings) -> Value:
            called = function(scope, environment)
            if not isinstance(called, Function):
                return environment.warn(f"expected a function to invoke, but got {kind_of(called)}")
            given = [argument(scope, environment) for argument in arguments]
            try:
                return call_named(called, environment, parameters, given)
            except Undefined as problem:
                return environment.warn(str(problem))

        return run

    def function(self, name: str, box: records.FunctionBox, names: frozenset[str], returns: str = "") -> Run:
        """Return a closure that makes the function of a box or of a business knowledge model."""
        if box.kind not in ("FEEL", "F"):
            return self._refused(f"expected a function in FEEL, but “{name}” is written in {box.kind}", 0)
        parameters = tuple(Parameter(name=one.name, type=self.type(one.type)) for one in box.parameters)
        outside, self._deepest = self._deepest, self._level
        body = self.compile(box.body, names | {parameter.name for parameter in parameters})
        depth = self._deepest - self._level + _FRAMES
        self._deepest = max(outside, self._deepest)
        result = self.type(returns)

        def run(scope: Scope, environment: Surroundings) -> Value:
            return closure(name, parameters, body, scope, returns=result, depth=depth)

        return run

    def _function(self, box: records.FunctionBox, names: frozenset[str]) -> Run:
        return self.function("function", box, names)

    def _list(self, box: records.ListBox, names: frozenset[str]) -> Run:
        items = tuple(self.compile(item, names) for item in box.items)
        return lambda scope, environment: [item(scope, environment) for item in items]

    def _relation(self, box: records.Relation, names: frozenset[str]) -> Run:
        types = [self.type(column.type) for column in box.columns]
        rows = tuple(
            tuple(coercing(self.compile(cell, names), type_) for cell, type_ in zip(row, types, strict=False))
            for row in box.rows
        )
        keys = tuple(column.name for column in box.columns)

        def run(scope: Scope, environment: Surroundings) -> Value:
            return [
                {key: cell(scope, environment) for key, cell in zip(keys, row, strict=False)} for row in rows
            ]

        return run

    def _conditional(self, box: records.Conditional, names: frozenset[str]) -> Run:
        condition, then, otherwise = (
            self.compile(part, names) for part in (box.condition, box.then, box.otherwise)
        )

        def run(scope: Scope, environment: Surroundings) -> Value:
            return (then if condition(scope, environment) is True else otherwise)(scope, environment)

        return run

    def _iterator(self, box: records.Iterator, names: frozenset[str]) -> Run:
        rounds = [Round(box.variable, self.compile(box.domain, names), None)]
        if box.kind == "for":
            return run_for(rounds, self.compile(box.body, names | {box.variable, "partial"}), _COST, 0)
        body = self.compile(box.body, names | {box.variable})
        return run_quantified(rounds, body, _COST, box.kind == "every", 0)

    def _filter(self, box: records.Filter, names: frozenset[str]) -> Run:
        source = self.compile(box.source, names)
        condition = self.compile(box.condition, names | {"item"})

        def keep(scope: Scope, environment: Surroundings) -> Value:
            answer = condition(scope, environment)
            if answer is None or isinstance(answer, bool):
                return answer
            raise Undefined(f"expected a boxed filter to answer a boolean, but it answered {kind_of(answer)}")

        return guarded(run_filter(source, keep, _COST), 0)

    def _table(self, box: records.Table, names: frozenset[str]) -> Run:
        return compile_table(box, names, self)


_COMPILERS: dict[type, Callable[[Boxes, Any, frozenset[str]], Run]] = {
    records.Literal: Boxes._literal,
    records.Context: Boxes._context,
    records.Invocation: Boxes._invocation,
    records.FunctionBox: Boxes._function,
    records.ListBox: Boxes._list,
    records.Relation: Boxes._relation,
    records.Conditional: Boxes._conditional,
    records.Iterator: Boxes._iterator,
    records.Filter: Boxes._filter,
    records.Table: Boxes._table,
}


def coercing(run: Run, type_: FeelType | None) -> Run:
    """Return a closure whose value is coerced to a type; null with a warning when it does not conform."""
    if type_ is None or type_.kind == "Any":
        return run

    def coerced(scope: Scope, environment: Surroundings) -> Value:
        try:
            return type_.coerce(run(scope, environment), environment)
        except Undefined as problem:
            return environment.warn(str(problem))

    return coerced
