"""Reading tokens one after another: the current token, names in scope, errors, and the limits of a tree."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TypeVar

from engine.errors import InvalidExpression
from engine.feel.builtins.registry import BUILT_INS
from engine.feel.lexer import Kind, Token, normalize, tokenize
from engine.feel.names import NameIndex

MAX_NODES = 500
MAX_NESTING = 50

_NEVER_IN_NAMES = frozenset("()[]{},:")
_N = TypeVar("_N")


class Reader:
    """A cursor over the tokens of one expression."""

    __slots__ = ("_index", "_nesting", "_nodes", "_scopes", "keys", "names", "source", "token", "tokens")

    def __init__(self, source: str, names: Collection[str] = ()) -> None:
        self.source = source
        self.tokens = tokenize(source)
        self._index = 0
        self.token = self.tokens[0]  # the one to be read next
        self.names = frozenset(names)
        self._scopes = [built_in_names(), NameIndex(names)]
        self.keys = NameIndex()
        self._nodes = 0
        self._nesting = 0

    @property
    def index(self) -> int:
        """The number of the token to be read next."""
        return self._index

    @index.setter
    def index(self, index: int) -> None:
        self._index = index
        self.token = self.tokens[index]

    def following(self, distance: int = 1) -> Token:
        """Return a token further on; the END token when there is none."""
        return self.tokens[min(self._index + distance, len(self.tokens) - 1)]

    def advance(self) -> Token:
        """Return the current token and step over it."""
        token = self.token
        if token.kind is not Kind.END:
            self._index += 1
            self.token = self.tokens[self._index]
        return token

    def at_symbol(self, *symbols: str) -> bool:
        """Say whether one of these symbols comes next."""
        return self.token.kind is Kind.SYMBOL and self.token.text in symbols

    def take_symbol(self, *symbols: str) -> str:
        """Step over one of these symbols and return it, or return an empty string."""
        return self.advance().text if self.at_symbol(*symbols) else ""

    def at_keyword(self, *keywords: str) -> bool:
        """Say whether one of these keywords comes next."""
        return self.token.kind is Kind.KEYWORD and self.token.text in keywords

    def take_keyword(self, *keywords: str) -> str:
        """Step over one of these keywords and return it, or return an empty string."""
        return self.advance().text if self.at_keyword(*keywords) else ""

    def expect_symbol(self, *symbols: str) -> str:
        """Step over one of these symbols; raises ``InvalidExpression`` when something else comes."""
        found = self.take_symbol(*symbols)
        if not found:
            raise self.unexpected(" or ".join(f"“{symbol}”" for symbol in symbols))
        return found

    def expect_keyword(self, keyword: str) -> None:
        """Step over a keyword; raises ``InvalidExpression`` when something else comes."""
        if not self.take_keyword(keyword):
            raise self.unexpected(f"“{keyword}”")

    def expect_end(self) -> None:
        """Raise ``InvalidExpression`` unless everything has been read."""
        if self.token.kind is not Kind.END:
            raise self.unexpected("an operator or the end of the expression")

    def unexpected(self, expected: str) -> InvalidExpression:
        """Return the error that says what was expected and what stands here instead."""
        return self.refusal(f"expected {expected}, but found {self.token}", self.token.start)

    def refusal(self, reason: str, position: int) -> InvalidExpression:
        """Return an error at a position."""
        return InvalidExpression(
            f"{reason} (at position {position + 1})", position=position, source=self.source
        )

    def made(self, node: _N) -> _N:
        """Count a node of the tree; raises ``InvalidExpression`` above 500."""
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise self.refusal(
                f"expected at most {MAX_NODES} parts, but the expression has more", self.token.start
            )
        return node

    def enter(self) -> None:
        """Count a level of nesting, until ``leave``; raises ``InvalidExpression`` above 50."""
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise self.refusal(
                f"expected nesting of at most {MAX_NESTING} levels, but there are more", self.token.start
            )

    def leave(self) -> None:
        """Go back up a level of nesting."""
        self._nesting -= 1

    @contextmanager
    def scope(self, *names: str) -> Iterator[NameIndex]:
        """Make names known while something is read."""
        index = NameIndex(names)
        self._scopes.append(index)
        try:
            yield index
        finally:
            self._scopes.pop()

    def variable_name(self) -> str:
        """Read a name in scope, or the longest run of words."""
        name, length = self._known_name()
        if length:
            self.index += length
            return name
        return self.joined_words()

    def known_name_length(self) -> int:
        """Return how many tokens the longest name in scope takes here; 0 when there is none."""
        return self._known_name()[1]

    def property_name(self) -> str:
        """Read the name behind a dot."""
        if self.token.kind not in (Kind.WORD, Kind.KEYWORD):
            raise self.unexpected("a name")
        name, length = self._longest([*self._scopes[1:], self.keys])
        if length > 1:
            self.index += length
            return name
        return self.joined_words()

    def new_name(self, *enders: str) -> str:
        """Read a name that is being introduced: everything up to one of these tokens."""
        start = self.index
        if self.token.kind is Kind.STRING:
            return self.advance().text
        while not self._ends_name(enders):
            self.advance()
        if self.index == start or self.tokens[start].kind is not Kind.WORD:
            self.index = start
            raise self.unexpected("a name")
        return self.written(start, self.index)

    def _ends_name(self, enders: tuple[str, ...]) -> bool:
        token = self.token
        return token.kind in (Kind.STRING, Kind.END) or token.text in enders or token.text in _NEVER_IN_NAMES

    def _known_name(self) -> tuple[str, int]:
        name, length = self._longest(self._scopes)
        # a built-in such as “date and time” is meant only where it is called; else “date” and a condition
        if name in BUILT_INS and length > 1 and not self._is_call(length) and not self._in_scope(name):
            return self._longest(self._scopes[1:])
        if length == 1 and name in BUILT_INS and not self._in_scope(name) and not self._is_call(1):
            return "", 0
        return name, length

    def _in_scope(self, name: str) -> bool:
        return self._longest(self._scopes[1:])[0] == name

    def _is_call(self, length: int) -> bool:
        return self.following(length).text == "(" and self.following(length).kind is Kind.SYMBOL

    def _longest(self, scopes: list[NameIndex]) -> tuple[str, int]:
        best, text = ("", 0), self.token.text
        for scope in scopes:
            if scope.begins(text):
                found = scope.longest(self.tokens, self.index, self.source)
                best = found if found[1] > best[1] else best
        return best

    def joined_words(self) -> str:
        """Read a run of words."""
        start = self.index
        self.advance()
        while self.token.kind is Kind.WORD or (self.token.kind is Kind.NUMBER and self.token.text.isdigit()):
            self.advance()
        return self.written(start, self.index)

    def written(self, start: int, end: int) -> str:
        """Return what stands between two tokens, its white space normalized."""
        text = self.source[self.tokens[start].start : self.tokens[end - 1].end]
        return text if end - start == 1 else normalize(text)


_built_in_names: list[NameIndex] = []


def built_in_names() -> NameIndex:
    """Return the names of the built-in functions, indexed once."""
    if not _built_in_names:
        _built_in_names.append(NameIndex(BUILT_INS))
    return _built_in_names[0]
