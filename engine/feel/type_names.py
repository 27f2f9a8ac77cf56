"""Reading the names of types (DMN 1.5 §10.3.1.2, rules 64-66)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.feel.lexer import Kind, Token
from engine.feel.types import BUILT_IN_TYPES, TypeName

if TYPE_CHECKING:
    from engine.feel.parser import Parser


def type_name(parser: Parser) -> TypeName:
    """Read the name of a type (rule 64)."""
    token = parser.token
    parser.made(token)
    reader = _READERS.get(token.text) if parser.following().text == "<" else None
    if reader is None:
        return TypeName(token.start, _plain_type(parser))
    parser.enter()
    written = reader(parser, token)
    parser.leave()
    return written


def _generic(parser: Parser, token: Token) -> TypeName:
    parser.advance()
    parser.expect_symbol("<")
    item = type_name(parser)
    parser.expect_symbol(">")
    return TypeName(token.start, token.text, (item,))


def _context_type(parser: Parser, token: Token) -> TypeName:
    parser.advance()
    parser.expect_symbol("<")
    members = []
    while not parser.at_symbol(">"):
        name = parser.new_name(":")
        parser.expect_symbol(":")
        members.append((name, type_name(parser)))
        if not parser.take_symbol(","):
            break
    parser.expect_symbol(">")
    return TypeName(token.start, "context", members=tuple(members))


def _function_type(parser: Parser, token: Token) -> TypeName:
    parser.advance()
    parser.expect_symbol("<")
    arguments = []
    while not parser.at_symbol(">"):
        arguments.append(type_name(parser))
        if not parser.take_symbol(","):
            break
    parser.expect_symbol(">")
    parser.expect_symbol("->")
    return TypeName(token.start, "function", tuple(arguments), result=type_name(parser))


def _plain_type(parser: Parser) -> str:
    if parser.token.kind not in (Kind.WORD, Kind.KEYWORD):
        raise parser.unexpected("a type")
    longer = [name for name in (*BUILT_IN_TYPES, *parser.names) if name.startswith(f"{parser.token.text} ")]
    for name in sorted(longer, key=len, reverse=True):
        words = name.split(" ")
        if [parser.following(number).text for number in range(len(words))] == words:
            parser.index += len(words)
            return name
    name = parser.joined_words()
    while parser.at_symbol(".") and parser.following().kind is Kind.WORD:
        parser.advance()
        name += "." + parser.joined_words()
    return name


_READERS: dict[str, Callable[[Parser, Token], TypeName]] = {
    "list": _generic,
    "range": _generic,
    "context": _context_type,
    "function": _function_type,
}
