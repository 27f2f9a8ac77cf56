"""From the syntax tree to closures ``run(scope, environment)``.

A closure costs nothing but its work: the budget is charged once per straight-line stretch (an expression, a
loop's round, a function's body), by the number of its nodes. What fails inside yields null and a warning with
its position; only a spent budget raises. What the closures do is in ``structures``, ``conditions``, ``loops``
and ``functions``; here is how they are put together and which names they read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.errors import InvalidExpression
from engine.feel import nodes
from engine.feel.builtins import BUILT_INS
from engine.feel.conditions import (
    INPUT,
    Test,
    answering,
    comparing,
    passing,
    run_between,
    run_comparison,
    run_comparison_with,
    run_if,
    run_in,
    run_logic,
    run_unary_tests,
)
from engine.feel.environment import Environment
from engine.feel.functions import closure, run_call, run_shadowed
from engine.feel.loops import Round, run_filter, run_for, run_index, run_quantified
from engine.feel.names_read import NamesRead
from engine.feel.nodes import mentions
from engine.feel.scopes import Run, Scope
from engine.feel.structures import (
    run_arithmetic,
    run_context,
    run_list,
    run_literal,
    run_name,
    run_negation,
    run_path,
    run_range,
    run_range_from,
    run_snapshot,
)
from engine.feel.temporal import parse_temporal
from engine.feel.types import FeelType, TypeName, resolve
from engine.feel.values import Parameter, Range, Undefined, Value, kind_of

MAX_CHAIN = 240

_COST_OF_CALL, _COST_OF_INDEX, _COST_OF_FUNCTION = 3, 2, 8
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_PARTIAL = "partial"


class Compiler:
    """Compiles one tree; afterwards its attributes tell what the closure needs.

    ``names`` are those it reads; ``cost`` is what a run takes from the budget, ``depth`` from the stack.
    """

    def __init__(self, source: str, names: frozenset[str], types: Mapping[str, FeelType]) -> None:
        self.names = NamesRead(names)
        self.cost = 0
        self._source = source
        self._types = types
        self._level = 0
        self._deepest = 0
        self.depth = 0

    def compile(self, node: Any) -> Run:
        """Return the closure of a node."""
        self.cost += 1
        frames = _FRAMES.get(type(node), 1)
        self._level += frames
        if self._level > self.depth:
            self.depth = self._level
        if self._level > MAX_CHAIN:
            reason = f"expected operators chained at most {MAX_CHAIN} deep, but there are more"
            raise InvalidExpression(reason, position=node.position, source=self._source)
        try:
            return _COMPILERS[type(node)](self, node)
        finally:
            self._level -= frames

    def _stretch(self, node: Any) -> tuple[Run, int]:
        """Compile what runs many times: its closure and what one run costs."""
        outside, self.cost = self.cost, 0
        run = self.compile(node)
        inside, self.cost = self.cost, outside
        return run, inside

    def _literal(self, node: nodes.Literal) -> Run:
        return run_literal(node.value)

    def _at(self, node: nodes.AtLiteral) -> Run:
        try:
            return run_literal(parse_temporal(node.text))
        except Undefined as problem:
            reason = str(problem)
            return lambda scope, environment: environment.warn(reason, node.position)

    def _name(self, node: nodes.Name) -> Run:
        self.names.note(node.name)
        fallback = None if self.names.is_bound(node.name) else BUILT_INS.get(node.name)
        run = run_name(node.name, fallback, node.position)
        return run_snapshot(run) if node.name == _PARTIAL else run

    def _unary(self, node: nodes.Unary) -> Run:
        return run_negation(self.compile(node.operand), node.position)

    def _binary(self, node: nodes.Binary) -> Run:
        if node.operator not in _COMPARISONS:
            make = run_arithmetic
        elif isinstance(node.right, nodes.Literal):
            return run_comparison_with(
                node.operator, self.compile(node.left), node.right.value, node.position
            )
        else:
            make = run_comparison
        return make(node.operator, self.compile(node.left), self.compile(node.right), node.position)

    def _logic(self, node: nodes.Logic) -> Run:
        operands = tuple(self.compile(operand) for operand in node.operands)
        return run_logic(operands, node.operator == "or", node.position)

    def _between(self, node: nodes.Between) -> Run:
        value, low, high = (self.compile(part) for part in (node.value, node.low, node.high))
        return run_between(value, low, high, node.position)

    def _in(self, node: nodes.In) -> Run:
        return run_in(self.compile(node.value), [self._test(test) for test in node.tests], node.position)

    def _unary_tests(self, node: nodes.UnaryTests) -> Run:
        return run_unary_tests([self._test(test) for test in node.tests], node.negated, node.position)

    def _test(self, node: Any) -> Test:
        if isinstance(node, nodes.Comparison):
            return comparing(node.operator, self.compile(node.operand))
        return (answering if mentions(node, INPUT) else passing)(self.compile(node))

    def _instance_of(self, node: nodes.InstanceOf) -> Run:
        value, type_ = self.compile(node.value), self._type(node.type)

        def run(scope: Scope, environment: Environment) -> Value:
            found = value(scope, environment)
            return type_.is_instance(found, environment)

        return run

    def _type(self, written: TypeName) -> FeelType:
        try:
            return resolve(written, self._types)
        except Undefined as problem:
            place = written.position
            reason = f"{problem} (at position {place + 1})"
            raise InvalidExpression(reason, position=place, source=self._source) from None

    def _path(self, node: nodes.Path) -> Run:
        return run_path(self.compile(node.value), node.name, node.position)

    def _filter(self, node: nodes.Filter) -> Run:
        if isinstance(node.condition, nodes.Literal) and kind_of(node.condition.value) == "number":
            self.cost += _COST_OF_INDEX
            return run_index(self._indexed(node.value), node.condition.value)
        source = self.compile(node.value)
        with self.names.filtering():
            condition, cost = self._stretch(node.condition)
        return run_filter(source, condition, cost)

    def _indexed(self, node: nodes.Node) -> Run:
        """Compile what one item is taken from: ``partial`` need not be copied for that."""
        if isinstance(node, nodes.Name) and node.name == _PARTIAL:
            self.names.note(node.name)
            return run_name(node.name, None, node.position)
        return self.compile(node)

    def _call(self, node: nodes.Call) -> Run:
        arguments = tuple(self.compile(argument) for argument in node.arguments)
        self.cost += _COST_OF_CALL
        self._deepest = max(self._deepest, self._level)
        return run_call(self._function_called(node.function), arguments, node.names, node.position)

    def _function_called(self, node: Any) -> Run:
        if not isinstance(node, nodes.Name):
            return self.compile(node)
        found = BUILT_INS.get(node.name)
        if found is None:
            self.names.note_call(node.name)
            return run_name(node.name, None, node.position, "function", BUILT_INS)
        self.names.note(node.name)
        if self.names.is_taken(node.name):
            return run_shadowed(node.name, found)
        return run_literal(found)

    def _list(self, node: nodes.ListOf) -> Run:
        return run_list(tuple(self.compile(item) for item in node.items))

    def _context(self, node: nodes.ContextOf) -> Run:
        entries: list[tuple[str, Run]] = []
        with self.names.binding() as bound:
            for name, entry in node.entries:
                if isinstance(entry, nodes.FunctionOf):
                    bound.add(name)  # it may call itself
                entries.append((name, self.compile(entry)))
                bound.add(name)
        return run_context(entries)

    def _range(self, node: nodes.RangeOf) -> Run:
        included = (node.low_included, node.high_included)
        ends = node.low, node.high
        if all(isinstance(end, nodes.Literal) and end.value is not None for end in ends):
            low, high = (end.value for end in ends if isinstance(end, nodes.Literal))
            if kind_of(low) == kind_of(high):
                return run_literal(Range(low, high, *included))
        return run_range(self.compile(node.low), self.compile(node.high), included, node.position)

    def _range_from(self, node: nodes.RangeFrom) -> Run:
        return run_range_from(node.operator, self.compile(node.operand))

    def _if(self, node: nodes.If) -> Run:
        return run_if(self.compile(node.condition), self.compile(node.then), self.compile(node.otherwise))

    def _rounds(self, iterations: tuple[nodes.Iteration, ...], bound: set[str]) -> list[Round]:
        rounds: list[Round] = []
        for iteration in iterations:
            end, more = (None, 0) if iteration.end is None else self._stretch(iteration.end)
            domain, cost = self._stretch(iteration.domain)
            rounds.append(Round(iteration.name, domain, end, cost + more + _COST_OF_CALL))
            bound.add(iteration.name)
        return rounds

    def _for(self, node: nodes.For) -> Run:
        with self.names.binding(_PARTIAL) as bound:
            rounds = self._rounds(node.iterations, bound)
            body, cost = self._stretch(node.body)
        return run_for(rounds, body, cost, node.position)

    def _quantified(self, node: nodes.Quantified) -> Run:
        with self.names.binding() as bound:
            rounds = self._rounds(node.iterations, bound)
            condition, cost = self._stretch(node.condition)
        return run_quantified(rounds, condition, cost, node.universal, node.position)

    def _function(self, node: nodes.FunctionOf) -> Run:
        parameters = tuple(
            Parameter(name=name, type=None if type_ is None else self._type(type_))
            for name, type_ in node.parameters
        )
        outside, self._deepest = self._deepest, self._level
        with self.names.binding(*(parameter.name for parameter in parameters)):
            body, cost = self._stretch(node.body)
        depth = self._deepest - self._level + 1
        self._deepest = max(outside, self._deepest)
        self.cost += _COST_OF_FUNCTION  # making it; each call pays for itself

        def run(scope: Scope, environment: Environment) -> Value:
            return closure("function", parameters, body, scope, cost=cost, depth=depth)

        return run


_COMPILERS: dict[type, Callable[[Compiler, Any], Run]] = {
    nodes.Literal: Compiler._literal,
    nodes.AtLiteral: Compiler._at,
    nodes.Name: Compiler._name,
    nodes.Unary: Compiler._unary,
    nodes.Binary: Compiler._binary,
    nodes.Logic: Compiler._logic,
    nodes.Between: Compiler._between,
    nodes.In: Compiler._in,
    nodes.UnaryTests: Compiler._unary_tests,
    nodes.InstanceOf: Compiler._instance_of,
    nodes.Path: Compiler._path,
    nodes.Filter: Compiler._filter,
    nodes.Call: Compiler._call,
    nodes.ListOf: Compiler._list,
    nodes.ContextOf: Compiler._context,
    nodes.RangeOf: Compiler._range,
    nodes.RangeFrom: Compiler._range_from,
    nodes.If: Compiler._if,
    nodes.For: Compiler._for,
    nodes.Quantified: Compiler._quantified,
    nodes.FunctionOf: Compiler._function,
}


_FRAMES: dict[type, int] = {nodes.Call: 2, nodes.For: 3, nodes.Quantified: 3, nodes.Filter: 2}
