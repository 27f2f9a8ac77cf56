"""From tokens to the syntax tree (DMN 1.5 §10.3.1.2): operators by precedence climbing.

What belongs here: expressions and unary tests. Primaries (literals, lists, loops, functions) are in
``primaries.py``; reading tokens and names is in ``reading.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from decimal import Decimal

from engine.feel.lexer import Kind
from engine.feel.nodes import (
    Between,
    Binary,
    Call,
    Comparison,
    Filter,
    In,
    InstanceOf,
    Literal,
    Logic,
    Node,
    Path,
    Unary,
    UnaryTests,
)
from engine.feel.primaries import argument_name, interval_ahead, read_primary
from engine.feel.reading import Reader
from engine.feel.type_names import type_name

_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_STRENGTHS = {"+": 1, "-": 1, "*": 2, "/": 2, "**": 3}
_MAY_COMPARE = (Kind.SYMBOL, Kind.KEYWORD)


def parse_expression(source: str, names: Collection[str] = ()) -> Node:
    """Return the tree of an expression; raises ``InvalidExpression`` with its position."""
    parser = Parser(source, names)
    node = parser.expression()
    parser.expect_end()
    return node


def parse_unary_tests(source: str, names: Collection[str] = ()) -> UnaryTests:
    """Return the tree of a decision table's input entry; raises ``InvalidExpression`` with its position."""
    parser = Parser(source, names)
    node = parser.unary_tests()
    parser.expect_end()
    return node


class Parser(Reader):
    """One pass over one expression."""

    __slots__ = ()

    def expression(self) -> Node:
        """Read a whole expression."""
        self.enter()
        node = self._logic("or", self._conjunction)
        self.leave()
        return node

    def _conjunction(self) -> Node:
        return self._logic("and", self._comparison)

    def _logic(self, operator: str, operand: Callable[[], Node]) -> Node:
        first = operand()
        position = self.token.start
        if not self.take_keyword(operator):
            return first
        operands = [first, operand()]
        while self.take_keyword(operator):
            operands.append(operand())
        return self.made(Logic(position, operator, tuple(operands)))

    def _comparison(self) -> Node:
        left = self.additive()
        while self.token.kind in _MAY_COMPARE:
            following = self._comparison_after(left)
            if following is None:
                break
            left = self.made(following)
        return left

    def _comparison_after(self, left: Node) -> Node | None:
        position = self.token.start
        operator = self.take_symbol(*_COMPARISONS)
        if operator:
            return Binary(position, operator, left, self.additive())
        if self.take_keyword("between"):
            low = self.additive()
            self.expect_keyword("and")
            return Between(position, left, low, self.additive())
        if self.take_keyword("in"):
            return In(position, left, self._tests_after_in())
        if self.take_keyword("instance"):
            self.expect_keyword("of")
            return InstanceOf(position, left, type_name(self))
        return None

    def additive(self, *, closing: bool = False) -> Node:
        """Read sums; with ``closing`` a ``[`` ends the expression, as it does behind an interval's end."""
        return self._chain(1, closing)

    def _chain(self, weakest: int, closing: bool) -> Node:
        """Read operands joined by operators of some strength or more, those of one strength from the left."""
        left = self._negation(closing)
        while True:
            kind, operator, position, _ = self.token
            strength = _STRENGTHS.get(operator, 0) if kind is Kind.SYMBOL else 0
            if strength < weakest:
                return left
            self.advance()
            left = self.made(Binary(position, operator, left, self._chain(strength + 1, closing)))

    def _negation(self, closing: bool) -> Node:
        signs = []
        while self.token.text == "-" and self.token.kind is Kind.SYMBOL:
            signs.append(self.advance().start)
        node = self._postfix(read_primary(self), closing)
        for position in reversed(signs):
            if isinstance(node, Literal) and type(node.value) in (int, Decimal):
                node = Literal(position, -node.value)
            else:
                node = self.made(Unary(position, node))
        return node

    def _postfix(self, node: Node, closing: bool) -> Node:
        while self.token.kind is Kind.SYMBOL:
            position = self.token.start
            if self.token.text == "(":
                node = self._call(node)
            elif self.token.text == "[" and not closing:
                self.advance()
                with self.scope("item"):
                    node = Filter(position, node, self.expression())
                self.expect_symbol("]")
            elif self.token.text == ".":
                self.advance()
                node = Path(position, node, self.property_name())
            else:
                break
            self.made(node)
        return node

    def _call(self, function: Node) -> Call:
        position = self.advance().start
        arguments: list[Node] = []
        names: list[str] = []
        while not self.at_symbol(")"):
            name = argument_name(self)
            if arguments and bool(name) != bool(names):
                raise self.unexpected("all arguments with a name or none")
            if name:
                names.append(name)
            arguments.append(self.expression())
            if not self.take_symbol(","):
                break
        self.expect_symbol(")")
        return Call(position, function, tuple(arguments), tuple(names))

    def _tests_after_in(self) -> tuple[Node, ...]:
        if not self.at_symbol("(") or interval_ahead(self):
            return (self._bare_test(),)
        start = self.index
        self.advance()
        tests = self._tests()
        self.expect_symbol(")")
        if len(tests) == 1 and self.at_symbol(".", "[", "+", "-", "*", "/", "**"):
            self.index = start
            return (self.additive(),)
        return tests

    def _bare_test(self) -> Node:
        """Read the one test behind ``in``; an ``and`` after it goes on with the condition, not the test."""
        return self._test() if self.at_symbol(*_COMPARISONS) else self.additive()

    def unary_tests(self) -> UnaryTests:
        """Read a decision table's input entry: ``-``, tests, or ``not(tests)``."""
        position = self.token.start
        if self.at_symbol("-") and self.following().kind is Kind.END:
            self.advance()
            return UnaryTests(position, (), False)
        if self.token.text == "not" and self.token.kind is Kind.WORD and self.following().text == "(":
            return self._negated_tests(position)
        return UnaryTests(position, self._tests(), False)

    def _negated_tests(self, position: int) -> UnaryTests:
        start = self.index
        self.advance()
        self.advance()
        tests = self._tests()
        self.expect_symbol(")")
        if self.token.kind is Kind.END:
            return UnaryTests(position, tests, True)
        self.index = start
        return UnaryTests(position, self._tests(), False)

    def _tests(self) -> tuple[Node, ...]:
        tests = [self._test()]
        while self.take_symbol(","):
            tests.append(self._test())
        return tuple(tests)

    def _test(self) -> Node:
        position = self.token.start
        operator = self.take_symbol(*_COMPARISONS)
        if operator:
            return self.made(Comparison(position, operator, self.additive()))
        return self.expression()
