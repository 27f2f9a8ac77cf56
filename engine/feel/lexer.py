"""From text to tokens (DMN 1.5 §10.3.1.2, rules 27-66): words, numbers, strings, symbols, places."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final, NamedTuple

from engine.errors import InvalidExpression

MAX_SOURCE = 4000

_START = (
    "?A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufefe\uff00-\ufffd\U00010000-\U000effff"
)
_PART = _START + "0-9\u00b7\u0300-\u036f\u203f-\u2040"
_SPACE = "\t-\r \u0085\u00a0\u1680\u180e\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"

KEYWORDS: Final = frozenset(
    (
        *("for", "in", "return", "if", "then", "else", "some", "every", "satisfies", "function", "external"),
        *("instance", "of", "or", "and", "between", "true", "false", "null"),
    )
)


class Kind(StrEnum):
    """What a token is; the value is how an error message calls it."""

    NUMBER = "a number"
    STRING = "a string"
    WORD = "a name"
    KEYWORD = "a keyword"
    SYMBOL = "a symbol"
    END = "the end of the expression"


class Token(NamedTuple):
    """One token: ``text`` as written (a string's is its value), ``start`` and ``end`` as 0-based offsets."""

    kind: Kind
    text: str
    start: int
    end: int

    def __str__(self) -> str:
        return self.kind.value if self.kind is Kind.END else f"“{self.text[:40]}”"


_TOKEN = re.compile(
    rf"""
    [{_SPACE}]*(?:
      (?P<comment>//[^\n\r]*|/\*(?:[^*]|\*(?!/))*\*/)
    | (?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<string>"(?:[^"\\]|\\.)*")
    | (?P<word>[{_START}][{_PART}]*)
    | (?P<symbol>\.\.|\*\*|<=|>=|!=|->|[-()\[\]{{}},:.+*/<>=@'\u2019\u2013])
    )
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{6}|.)", re.DOTALL)
_ESCAPED = {'"': '"', "'": "'", "\\": "\\", "n": "\n", "r": "\r", "t": "\t"}
_SPACES = re.compile(rf"[{_SPACE}]+")


def tokenize(source: str) -> list[Token]:
    """Return the tokens of an expression, ended by one END token.

    Raises ``InvalidExpression`` above 4000 characters and at a character FEEL has no use for.
    """
    if len(source) > MAX_SOURCE:
        raise InvalidExpression(
            f"expected an expression of at most {MAX_SOURCE} characters, but it has {len(source)}",
            position=MAX_SOURCE,
            source=source,
        )
    tokens: list[Token] = []
    position = 0
    while match := _TOKEN.match(source, position):
        position = match.end()
        if match.lastgroup != "comment":
            tokens.append(_token(match))
    space = _SPACES.match(source, position)
    position = position if space is None else space.end()
    if position < len(source):
        raise _unreadable(source, position)
    tokens.append(Token(Kind.END, "", position, position))
    return tokens


def normalize(name: str) -> str:
    """Return a name with each run of white space as one space and none around it."""
    return _SPACES.sub(" ", name).strip(" ")


def _token(match: re.Match[str]) -> Token:
    group: str = match.lastgroup  # type: ignore[assignment]  # one of them matched
    text = match[group]
    start, end = match.span(group)
    if group == "word":
        kind = Kind.KEYWORD if text in KEYWORDS else Kind.WORD
    elif group == "string":
        kind, text = Kind.STRING, unescape(text[1:-1])
    else:
        kind = Kind.NUMBER if group == "number" else Kind.SYMBOL
    return Token(kind, text, start, end)


def unescape(text: str) -> str:
    r"""Return the characters a string literal stands for; an unknown escape such as ``\d`` stays."""
    if "\\" not in text:
        return text
    plain = _ESCAPE.sub(_unescape_one, text)
    # two \u escapes may form one character beyond the basic plane
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unescape_one(match: re.Match[str]) -> str:
    code = match.group(1)
    if code in _ESCAPED:
        return _ESCAPED[code]
    if len(code) == 1 or int(code[1:], 16) > 0x10FFFF:
        return match.group()
    return chr(int(code[1:], 16))


def _unreadable(source: str, position: int) -> InvalidExpression:
    if source[position] == '"':
        reason = "expected a closing quotation mark, but the expression ends"
    elif source.startswith("/*", position):
        reason = "expected “*/” at the end of the comment, but the expression ends"
    else:
        reason = f"expected a FEEL expression, but “{source[position]}” has no meaning in it"
    return InvalidExpression(f"{reason} (at position {position + 1})", position=position, source=source)
