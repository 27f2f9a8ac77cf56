"""Which names are in scope while parsing: names may hold spaces and operators, so the longest known one wins.

DMN 1.5 §10.3.1.4. A name of plain words is recognized even when unknown, because two words never stand side
by side otherwise; a name with an operator or a keyword in it is recognized only when it is in scope.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from engine.errors import InvalidExpression
from engine.feel.lexer import Kind, Token, normalize, tokenize


class NameIndex:
    """Known names by their first word; the longest first."""

    __slots__ = ("_by_first",)

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._by_first: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """Make a name known; what cannot be a name is ignored."""
        words = words_of(name)
        if not words:
            return
        same = self._by_first.setdefault(words[0], [])
        same.append((normalize(name), words))
        same.sort(key=lambda entry: -len(entry[1]))

    def begins(self, word: str) -> bool:
        """Say whether a known name has this first word."""
        return word in self._by_first

    def longest(self, tokens: Sequence[Token], start: int, source: str) -> tuple[str, int]:
        """Return the longest known name at a token and the number of tokens it takes (0: none)."""
        for name, words in self._by_first.get(tokens[start].text, ()):
            end = start + len(words)
            if end >= len(tokens) or any(
                token.text != word or token.kind is Kind.STRING
                for token, word in zip(tokens[start:end], words, strict=True)
            ):
                continue
            written = source[tokens[start].start : tokens[end - 1].end]
            if len(words) == 1 or normalize(written) == name:
                return name, len(words)
        return "", 0


@lru_cache(maxsize=4096)
def words_of(name: str) -> tuple[str, ...]:
    """Return the tokens a name consists of; empty when it cannot be a name."""
    try:
        tokens = tokenize(name)[:-1]
    except InvalidExpression:
        return ()
    if not tokens or tokens[0].kind not in (Kind.WORD, Kind.KEYWORD):
        return ()
    if any(
        token.kind is Kind.STRING or token.text not in _JOINERS for token in tokens if not _is_part(token)
    ):
        return ()
    return tuple(token.text for token in tokens)


def is_name(text: object) -> bool:
    """Say whether a text can name a variable: it starts with a letter or ``_`` and is no keyword."""
    if not isinstance(text, str) or not text or normalize(text) != text or text.startswith("?"):
        return False
    words = words_of(text)
    return bool(words) and tokenize(text)[0].kind is Kind.WORD


_JOINERS = frozenset({".", "/", "-", "\u2019", "'", "+", "*", "**", "\u2013"})


def _is_part(token: Token) -> bool:
    return token.kind in (Kind.WORD, Kind.KEYWORD, Kind.NUMBER)
