"""The parts of an expression that are no operators: literals, names, lists, ranges, loops, functions."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from engine.feel.lexer import Kind, Token
from engine.feel.names import NameIndex
from engine.feel.nodes import (
    AtLiteral,
    ContextOf,
    For,
    FunctionOf,
    If,
    Iteration,
    ListOf,
    Literal,
    Name,
    Node,
    Quantified,
    RangeFrom,
    RangeOf,
)
from engine.feel.type_names import type_name
from engine.feel.types import TypeName
from engine.feel.values import LARGEST_INTEGER, Undefined, number

if TYPE_CHECKING:
    from engine.feel.parser import Parser

_CONSTANTS = {"true": True, "false": False, "null": None}
_OPERATORS = ("<", "<=", ">", ">=", "=", "!=")


def read_primary(parser: Parser) -> Node:
    """Read one operand."""
    token = parser.token
    if token.kind is Kind.NUMBER:
        parser.advance()
        return parser.made(Literal(token.start, _number(parser, token)))
    if token.kind is Kind.STRING:
        parser.advance()
        return parser.made(Literal(token.start, token.text))
    if token.kind is Kind.WORD:
        if token.text == "function" and parser.following().text == "(":
            return _function(parser)
        return parser.made(Name(token.start, parser.variable_name()))
    if token.kind is Kind.KEYWORD:
        return _keyword(parser, token)
    return _bracket(parser, token)


def _number(parser: Parser, token: Token) -> int | Decimal:
    text = token.text
    if text.isdigit() and len(text) < len(str(LARGEST_INTEGER)):
        return int(text)
    try:
        return number(Decimal(text))
    except (Undefined, InvalidOperation) as problem:
        raise parser.refusal("expected a number FEEL can hold, but it is too large", token.start) from problem


def _keyword(parser: Parser, token: Token) -> Node:
    if parser.known_name_length() > 1:
        return parser.made(Name(token.start, parser.variable_name()))
    if token.text in _CONSTANTS:
        parser.advance()
        return parser.made(Literal(token.start, _CONSTANTS[token.text]))
    readers = {
        "if": _if,
        "for": _for,
        "some": _quantified,
        "every": _quantified,
        "function": _function,
    }
    reader = readers.get(token.text)
    if reader is None:
        raise parser.unexpected("an expression")
    return parser.made(reader(parser))


def _bracket(parser: Parser, token: Token) -> Node:
    readers = {"(": _parenthesis, "[": _list, "{": _context, "]": _open_range, "@": _at}
    reader = readers.get(token.text) if token.kind is Kind.SYMBOL else None
    if reader is None:
        raise parser.unexpected("an expression")
    return parser.made(reader(parser))


def _at(parser: Parser) -> Node:
    position = parser.advance().start
    if parser.token.kind is not Kind.STRING:
        raise parser.unexpected("a string behind “@”")
    return AtLiteral(position, parser.advance().text)


def _parenthesis(parser: Parser) -> Node:
    position = parser.advance().start
    operator = parser.take_symbol(*_OPERATORS)
    if operator:
        operand = parser.additive()
        parser.expect_symbol(")")
        return RangeFrom(position, operator, operand)
    node = parser.expression()
    if parser.at_symbol(".."):
        return _rest_of_range(parser, position, node, low_included=False)
    parser.expect_symbol(")")
    return node


def _open_range(parser: Parser) -> Node:
    position = parser.advance().start
    return _rest_of_range(parser, position, parser.additive(), low_included=False)


def _rest_of_range(parser: Parser, position: int, low: Node, *, low_included: bool) -> Node:
    parser.expect_symbol("..")
    high = parser.additive(closing=True)
    closing = parser.expect_symbol("]", ")", "[")
    return RangeOf(position, low, high, low_included, closing == "]")


def interval_ahead(parser: Parser) -> bool:
    """Say whether the parenthesis that comes next opens an interval, ``(low..high)`` or ``(> low)``."""
    depth = 0
    for token in parser.tokens[parser.index :]:
        if token.kind is not Kind.SYMBOL:
            continue
        if token.text in "([{":
            depth += 1
        elif token.text in ")]}":
            depth -= 1
            if depth == 0:
                return False
        elif depth == 1 and token.text == "..":
            return True
        elif depth == 1 and token.text == ",":
            return False
    return False


def _list(parser: Parser) -> Node:
    position = parser.advance().start
    if parser.take_symbol("]"):
        return ListOf(position, ())
    items = [parser.expression()]
    if parser.at_symbol(".."):
        return _rest_of_range(parser, position, items[0], low_included=True)
    while parser.take_symbol(","):
        items.append(parser.expression())
    parser.expect_symbol("]")
    return ListOf(position, tuple(items))


def _context(parser: Parser) -> Node:
    position = parser.advance().start
    entries: dict[str, Node] = {}
    with parser.scope() as names:
        while not parser.at_symbol("}"):
            place = parser.token.start
            key = parser.new_name(":")
            parser.expect_symbol(":")
            if key in entries:
                raise parser.refusal(f"expected each entry once, but “{key}” is there twice", place)
            names.add(key)
            parser.keys.add(key)
            entries[key] = parser.expression()
            if not parser.take_symbol(","):
                break
    parser.expect_symbol("}")
    return ContextOf(position, tuple(entries.items()))


def _if(parser: Parser) -> Node:
    position = parser.advance().start
    condition = parser.expression()
    parser.expect_keyword("then")
    then = parser.expression()
    parser.expect_keyword("else")
    return If(position, condition, then, parser.expression())


def _for(parser: Parser) -> Node:
    position = parser.advance().start
    with parser.scope("partial") as names:
        iterations = _iterations(parser, names)
        parser.expect_keyword("return")
        return For(position, iterations, parser.expression())


def _quantified(parser: Parser) -> Node:
    universal = parser.token.text == "every"
    position = parser.advance().start
    with parser.scope() as names:
        iterations = _iterations(parser, names)
        parser.expect_keyword("satisfies")
        return Quantified(position, universal, iterations, parser.expression())


def _iterations(parser: Parser, names: NameIndex) -> tuple[Iteration, ...]:
    iterations: list[Iteration] = []
    while True:
        position = parser.token.start
        name = parser.new_name("in")
        parser.expect_keyword("in")
        domain = parser.expression()
        end = parser.expression() if parser.take_symbol("..") else None
        iterations.append(parser.made(Iteration(position, name, domain, end)))
        names.add(name)
        if not parser.take_symbol(","):
            return tuple(iterations)


def _function(parser: Parser) -> Node:
    position = parser.advance().start
    parser.expect_symbol("(")
    parameters: list[tuple[str, TypeName | None]] = []
    while not parser.at_symbol(")"):
        name = parser.new_name(":", ",")
        parameters.append((name, type_name(parser) if parser.take_symbol(":") else None))
        if not parser.take_symbol(","):
            break
    parser.expect_symbol(")")
    if parser.at_keyword("external"):
        raise parser.refusal(
            "expected a FEEL function body, but external functions are not allowed", parser.token.start
        )
    with parser.scope(*(name for name, _ in parameters)):
        return FunctionOf(position, tuple(parameters), parser.expression())


def argument_name(parser: Parser) -> str:
    """Read the name of a named argument with its colon; an empty string when the argument has none."""
    start = parser.index
    if parser.token.kind not in (Kind.WORD, Kind.STRING, Kind.KEYWORD):
        return ""
    while parser.token.kind in (Kind.WORD, Kind.KEYWORD, Kind.NUMBER) or parser.at_symbol(
        "-", "+", "*", "/", "'"
    ):
        parser.advance()
    if parser.index == start or not parser.at_symbol(":"):
        parser.index = start
        return ""
    name = parser.written(start, parser.index)
    parser.advance()
    return name
