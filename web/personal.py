"""Personal data on pages of cases: masked by name and by value, until somebody asks for them deliberately.

Forms mark fields as personal; a process may copy their values under other names or into sentences. So what is
masked is every variable of a marked name, at any depth, and every text that has a marked variable's value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine import HistoryEvent, Personal
from web import words

HIDDEN = "•••"
_OF_A_FILE = {"id", "name", "size", "sha256", "type"}  # what a file field holds
_SHORTEST = 3  # a shorter value would hide half of every sentence


class Mask:
    """Says values as people read them, without personal data unless ``revealed``."""

    def __init__(self, personal: Personal, *, revealed: bool = False) -> None:
        self.revealed = revealed
        self._names = personal.names
        self._values: dict[str, None] = {}
        for variables in personal.variables:
            self.learn(variables)

    def learn(self, variables: Mapping[str, Any]) -> None:
        """Take note of the values of personal variables, so that their copies are known too."""
        for name, value in _named(variables):
            if name in self._names:
                self._values |= {text: None for text in _texts(value) if len(text) >= _SHORTEST}

    def learn_from(self, history: Iterable[HistoryEvent]) -> None:
        """Take note of all values personal variables have ever had."""
        for event in history:
            written = event.payload.get("variables")
            if isinstance(written, dict):
                self.learn(written)

    def hides(self, name: str) -> bool:
        """Say whether a variable is masked for its name."""
        return not self.revealed and name in self._names

    def value(self, name: str, given: Any) -> str:
        """Return a variable's value in words, masked where it must be."""
        if self.revealed or given is None:
            return words.value(given)
        if name in self._names:
            return HIDDEN
        return self.text(words.value(self._inside(given)))

    def _inside(self, given: Any) -> Any:
        """Return a value with what is personal inside it masked."""
        if isinstance(given, dict):
            return {
                name: HIDDEN if name in self._names and each is not None else self._inside(each)
                for name, each in given.items()
            }
        if isinstance(given, list | tuple):
            return [self._inside(each) for each in given]
        return given

    def text(self, text: str) -> str:
        """Return a text without the values of personal variables."""
        if self.revealed:
            return text
        for value in sorted(self._values, key=len, reverse=True):
            text = text.replace(value, HIDDEN)
        return text

    def explained(self, part: str, value: str) -> str:
        """Return a value an expression had (FEEL text), masked where its text names a personal variable."""
        if not self.revealed and any(name in part for name in self._names):
            return HIDDEN
        return self.text(value)


def _named(variables: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield names with values at any depth, without recursion."""
    pending: list[Any] = [variables]
    while pending:
        given = pending.pop()
        if isinstance(given, Mapping):
            yield from given.items()
            pending += given.values()
        elif isinstance(given, list | tuple):
            pending += given


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts a personal value is told by; what only says yes or no tells nobody apart."""
    if isinstance(value, Mapping):
        # of a file only its name is a person's: its type or size would hide half of every sentence
        told = [value["name"]] if value.keys() == _OF_A_FILE else value.values()
        for each in told:
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
        yield words.value(value)
