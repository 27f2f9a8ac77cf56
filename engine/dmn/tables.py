"""Decision tables (DMN 1.5 §8.2): which rules match, and what the hit policy makes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from engine.dmn.records import Aggregation, HitPolicy, Output, Rule, Table
from engine.feel import BUILT_INS, Environment, FeelType, Layer, Run, Scope, Undefined, Value, equal

_COST_OF_CELL = 5
_Row = tuple[int, Value]


class Compiling(Protocol):
    """What a table needs from the compiler of boxes."""

    def feel(self, text: str, names: frozenset[str], line: int, *, unary: bool = False) -> Run:
        """Return the closure of a FEEL text."""

    def tests(self, text: str, names: frozenset[str]) -> list[Run]:
        """Return the closures of a list of allowed values, one for each."""

    def type(self, written: str) -> FeelType | None:
        """Return the type written."""


def compile_table(table: Table, names: frozenset[str], boxes: Compiling) -> Run:
    """Return the closure of a decision table; null with a warning when its hit policy is broken."""
    inputs = [_input(table, place, names, boxes) for place in range(len(table.inputs))]
    conditions = [_cells(rule.inputs, names, rule.line, boxes) for rule in table.rules]
    allowed = [boxes.tests(output.values, names) if output.values.strip() else [] for output in table.outputs]
    outputs = [_outputs(table, allowed, rule, names, boxes) for rule in table.rules]
    default = _default(table, allowed, names, boxes)
    decide = _POLICIES[table.hit_policy]

    def run(scope: Scope, environment: Environment) -> Value:
        given: list[Value] = []
        for read in inputs:
            value, is_allowed = read(scope, environment)
            if not is_allowed:
                return None
            given.append(value)
        matching = [
            number for number, cells in enumerate(conditions) if _matches(cells, given, scope, environment)
        ]
        environment.trace.append((table, tuple(given), tuple(matching)))
        if not matching:
            return _without_match(table, default, scope, environment)
        rows = [(number, outputs[number](scope, environment)) for number in matching]
        try:
            return decide(table, rows, _priority_of(table, allowed, scope, environment), environment)
        except Undefined as problem:
            return environment.warn(str(problem))

    return run


_Reading = Callable[[Scope, Environment], tuple[Value, bool]]


def _input(table: Table, place: int, names: frozenset[str], boxes: Compiling) -> _Reading:
    clause = table.inputs[place]
    expression = boxes.feel(clause.expression.text, names, clause.expression.line)
    type_ = boxes.type(clause.expression.type)
    allowed = (
        boxes.feel(clause.values, names, clause.expression.line, unary=True)
        if clause.values.strip()
        else None
    )

    def read(scope: Scope, environment: Environment) -> tuple[Value, bool]:
        value = expression(scope, environment)
        try:
            value = value if type_ is None else type_.coerce(value, environment)
        except Undefined as problem:
            environment.warn(f"input {place + 1} of the table: {problem}")
            return None, False
        if allowed is None or _all_or_each(allowed, value, scope, environment):
            return value, True
        environment.warn(
            f"input {place + 1} of the table: expected one of {clause.values}, but got something else"
        )
        return value, False

    return read


def _all_or_each(test: Run, value: Value, scope: Scope, environment: Environment) -> bool:
    """Say whether a value is allowed: itself, or as a list each of its items."""
    if test(Layer({"?": value}, scope), environment) is True:
        return True
    return isinstance(value, list) and all(
        test(Layer({"?": item}, scope), environment) is True for item in value
    )


def _cells(texts: Sequence[str], names: frozenset[str], line: int, boxes: Compiling) -> list[Run | None]:
    return [
        None if text.strip() in ("", "-") else boxes.feel(text, names, line, unary=True) for text in texts
    ]


def _matches(
    cells: Sequence[Run | None], given: Sequence[Value], scope: Scope, environment: Environment
) -> bool:
    for cell, value in zip(cells, given, strict=False):
        environment.spend(_COST_OF_CELL)
        if cell is not None and cell(Layer({"?": value}, scope), environment) is not True:
            return False
    return True


_Allowed = Sequence[Sequence[Run]]


def _outputs(
    table: Table, allowed: _Allowed, rule: Rule | None, names: frozenset[str], boxes: Compiling
) -> Run:
    """Return the closure of a rule's outputs, or of the default ones where there is no rule."""
    texts = [output.default or "null" for output in table.outputs] if rule is None else rule.outputs
    line = 0 if rule is None else rule.line
    where = "the default" if rule is None else f"rule {table.rules.index(rule) + 1}"
    parts = [
        _permitted(_typed(boxes.feel(text, names, line), boxes.type(output.type)), tests, output, where)
        for text, output, tests in zip(texts, table.outputs, allowed, strict=False)
    ]
    if len(table.outputs) == 1 and parts:
        return parts[0]
    keys = [output.name for output in table.outputs]
    return lambda scope, environment: {
        key: part(scope, environment) for key, part in zip(keys, parts, strict=False)
    }


def _permitted(run: Run, tests: Sequence[Run], output: Output, where: str) -> Run:
    """Return a closure that answers null for what is none of the allowed output values (§8.3.3)."""
    if not tests:
        return run

    def permitted(scope: Scope, environment: Environment) -> Value:
        value = run(scope, environment)
        if value is None or _place(value, tests, scope, environment) < len(tests):
            return value
        if isinstance(value, list) and all(
            _place(item, tests, scope, environment) < len(tests) for item in value
        ):
            return value
        column = f" “{output.name}”" if output.name else ""
        return environment.warn(
            f"output{column} of {where}: expected one of {output.values}, but got something else"
        )

    return permitted


def _place(value: Value, tests: Sequence[Run], scope: Scope, environment: Environment) -> int:
    """Return which of the allowed values a value is, counted from 0; their number where it is none."""
    noted, layer = len(environment.warnings), Layer({"?": value}, scope)
    place = next((place for place, test in enumerate(tests) if test(layer, environment) is True), len(tests))
    del environment.warnings[noted:]  # that 5 is no text is no news
    return place


def _typed(run: Run, type_: FeelType | None) -> Run:
    if type_ is None:
        return run

    def typed(scope: Scope, environment: Environment) -> Value:
        try:
            return type_.coerce(run(scope, environment), environment)
        except Undefined as problem:
            return environment.warn(str(problem))

    return typed


def _default(table: Table, allowed: _Allowed, names: frozenset[str], boxes: Compiling) -> Run | None:
    if all(output.default is None for output in table.outputs):
        return None
    return _outputs(table, allowed, None, names, boxes)


def _without_match(table: Table, default: Run | None, scope: Scope, environment: Environment) -> Value:
    if default is not None:
        value = default(scope, environment)
        listing = table.hit_policy in (HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER)
        return [value] if listing and not isinstance(value, list) else value
    if table.hit_policy in (HitPolicy.COLLECT, HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER):
        return _EMPTY[table.aggregation]() if table.hit_policy is HitPolicy.COLLECT else []
    return environment.warn("expected a rule of the table to match, but none does")


_EMPTY: Mapping[Aggregation, Callable[[], Value]] = {
    Aggregation.NONE: list,
    Aggregation.COUNT: int,
    Aggregation.SUM: lambda: None,
    Aggregation.MIN: lambda: None,
    Aggregation.MAX: lambda: None,
}


_Priority = Callable[[_Row], tuple[int, ...]]
_Decide = Callable[[Table, list[_Row], _Priority, Environment], Value]


def _unique(table: Table, rows: list[_Row], priority: _Priority, environment: Environment) -> Value:
    if len(rows) > 1:
        raise Undefined(f"expected one rule to match, but rules {_numbers(rows)} do (hit policy unique)")
    return rows[0][1]


def _any(table: Table, rows: list[_Row], priority: _Priority, environment: Environment) -> Value:
    first = rows[0][1]
    if any(equal(value, first, environment) is not True for _, value in rows):
        raise Undefined(
            f"expected matching rules to agree, but rules {_numbers(rows)} do not (hit policy any)"
        )
    return first


def _first(table: Table, rows: list[_Row], priority: _Priority, environment: Environment) -> Value:
    return rows[0][1]


def _priority(table: Table, rows: list[_Row], priority: _Priority, environment: Environment) -> Value:
    return min(rows, key=priority)[1]


def _output_order(table: Table, rows: list[_Row], priority: _Priority, environment: Environment) -> Value:
    return [value for _, value in sorted(rows, key=priority)]


def _rule_order(table: Table, rows: list[_Row], priority: _Priority, environment: Environment) -> Value:
    return [value for _, value in rows]


def _collect(table: Table, rows: list[_Row], priority: _Priority, environment: Environment) -> Value:
    values = [value for _, value in rows]
    if table.aggregation is Aggregation.NONE:
        return values
    if table.aggregation is Aggregation.COUNT:
        return len(values)
    return BUILT_INS[table.aggregation.value.lower()].call(environment, [values])


_POLICIES: Mapping[HitPolicy, _Decide] = {
    HitPolicy.UNIQUE: _unique,
    HitPolicy.ANY: _any,
    HitPolicy.FIRST: _first,
    HitPolicy.PRIORITY: _priority,
    HitPolicy.OUTPUT_ORDER: _output_order,
    HitPolicy.RULE_ORDER: _rule_order,
    HitPolicy.COLLECT: _collect,
}


def _priority_of(table: Table, allowed: _Allowed, scope: Scope, environment: Environment) -> _Priority:
    """Return what orders rows by their outputs' places among the allowed values, the first output first."""
    names = [output.name for output in table.outputs]

    def key(row: _Row) -> tuple[int, ...]:
        value = row[1]
        parts = [value] if len(names) == 1 else [value.get(name) for name in names]  # type: ignore[union-attr]
        pairs = zip(parts, allowed, strict=True)
        return tuple(_place(part, tests, scope, environment) for part, tests in pairs)

    return key


def _numbers(rows: Sequence[_Row]) -> str:
    return " and ".join(str(number + 1) for number, _ in rows)
