"""Reading the names of types (DMN 1.5 §10.3.1.2, rules 64-66)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.feel.lexer import Kind, Token
from engine.feel.types import BUILT_IN_TYPES, TypeName

if TYPE_CHECKING:
    from engine.feel.parser import Parser

_GENERIC = ("list", "range")


def type_name(parser: Parser) -> TypeName:
    """Read the name of a type (rule 64)."""
    token = parser.token
    with parser.nested():
        parser.made(token)
        if token.text in _GENERIC and parser.following().text == "<":
            return _generic(parser, token)
        if token.text == "context" and parser.following().text == "<":
            return _context_type(parser, token)
        if token.text == "function" and parser.following().text == "<":
            return _function_type(parser, token)
    return TypeName(token.start, _plain_type(parser))


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
    for name in sorted((*BUILT_IN_TYPES, *parser.names), key=len, reverse=True):
        words = name.split(" ")
        texts = [parser.following(number).text for number in range(len(words))]
        if texts == words and len(words) > 1:
            parser.index += len(words)
            return name
    name = parser.joined_words()
    while parser.at_symbol(".") and parser.following().kind is Kind.WORD:
        parser.advance()
        name += "." + parser.joined_words()
    return name
