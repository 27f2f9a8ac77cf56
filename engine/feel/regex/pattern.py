"""A compiled regular expression and what the string functions do with it.

RE2 runs it in linear time; only patterns with back-references go to our own machine. Both are paid for from
the budget before or while they run, by sizes we count ourselves, so the same input ends the same way
everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

import re2  # type: ignore[import-untyped]

from engine.feel.environment import MAX_LIST, MAX_STRING, Environment
from engine.feel.regex.charsets import to_re2
from engine.feel.regex.machine import Machine, Spans
from engine.feel.regex.syntax import (
    MAX_PATTERN,
    MAX_SIZE,
    Anchor,
    Chars,
    Choice,
    Group,
    Repeat,
    Sequence,
    Syntax,
    Tree,
    literally,
    size_of,
    weight_of,
)
from engine.feel.values import Undefined

_FLAGS = frozenset("smixq")
_MEMORY = 16 << 20
_COST_OF_FINDING, _COST_OF_MATCH = 16, 45
_COST_OF_READING, _COST_OF_COMPILING, _COST_OF_STEP, _CASES = 80, 800, 8, 4
_MOST_FOR_COMPILING = 60_000
_Finder = Callable[[str, Environment], Iterator[Spans]]


class Pattern:
    """A compiled pattern; ``find`` yields the spans of all matches and their groups, from left to right.

    ``cost`` is what compiling it takes from a budget.
    """

    def __init__(self, find: _Finder, *, groups: int, size: int, cost: int, literal: bool) -> None:
        self.cost = cost
        self._find = find
        self._groups = groups
        self._size = size
        self._literal = literal

    def found_in(self, text: str, environment: Environment) -> bool:
        """Say whether the pattern occurs in a text."""
        return next(self._matches(text, environment), None) is not None

    def matches_in(self, text: str, environment: Environment) -> list[str]:
        """Return the texts of all matches that are not empty."""
        return [text[span[0] : span[1]] for span in self._matches(text, environment) if span[0] < span[1]]

    def split(self, text: str, environment: Environment) -> list[str]:
        """Return the parts between the matches; raises ``Undefined`` when an empty text matches."""
        self._refuse_empty(environment)
        parts: list[str] = []
        end = 0
        for span in self._matches(text, environment):
            parts.append(text[end : span[0]])
            end = span[1]
            if len(parts) > MAX_LIST:
                environment.admit_list(len(parts))
        return [*parts, text[end:]]

    def replace(self, text: str, replacement: str, environment: Environment) -> str:
        """Return the text with each match replaced; ``Undefined`` for an empty match or a bad template."""
        self._refuse_empty(environment)
        template = [replacement] if self._literal else list(_template(replacement, self._groups))
        parts: list[str] = []
        end = length = 0
        for span in self._matches(text, environment):
            parts.append(text[end : span[0]])
            parts.extend(part if isinstance(part, str) else _group(text, span, part) for part in template)
            end = span[1]
            added = sum(map(len, parts[-1 - len(template) :]))
            length += added
            environment.spend(1 + (added >> 6))
            if length > MAX_STRING:
                environment.admit_string(length)
        return "".join((*parts, text[end:]))

    def _matches(self, text: str, environment: Environment) -> Iterator[Spans]:
        environment.spend(_COST_OF_FINDING + (len(text) * self._size >> 10))
        return self._find(text, environment)

    def _refuse_empty(self, environment: Environment) -> None:
        if next(self._find("", environment), None) is not None:
            raise Undefined("expected a regular expression that does not match an empty text, but it does")


def _group(text: str, span: Spans, number: int) -> str:
    start, end = span[2 * number], span[2 * number + 1]
    return text[start:end] if end >= 0 else ""


def _template(replacement: str, groups: int) -> Iterator[str | int]:
    place = 0
    while place < len(replacement):
        character = replacement[place]
        following = replacement[place + 1 : place + 2]
        place += 1
        if character == "\\":
            if following not in ("\\", "$"):
                raise Undefined(
                    "expected “\\\\” or “\\$” in the replacement, but “\\” stands before something else"
                )
            yield following
            place += 1
        elif character == "$":
            number, place = _group_number(replacement, place, groups)
            yield number if number <= groups else ""
        else:
            yield character


def _group_number(replacement: str, place: int, groups: int) -> tuple[int, int]:
    if not (replacement[place : place + 1].isdigit() and replacement[place].isascii()):
        raise Undefined("expected a group's number behind “$” in the replacement, but there is none")
    number = int(replacement[place])
    place += 1
    while (
        replacement[place : place + 1] in tuple("0123456789")
        and number * 10 + int(replacement[place]) <= groups
    ):
        number = number * 10 + int(replacement[place])
        place += 1
    return number, place


def compile_pattern(pattern: str, flags: str, environment: Environment) -> Pattern:
    """Return a compiled pattern, paid for once per budget, whoever compiled it first.

    Raises ``Undefined`` for a pattern or a flag XPath does not know.
    """
    if (pattern, flags) in environment.patterns:
        return _compiled(pattern, flags)
    environment.spend(_COST_OF_READING + min(len(pattern), MAX_PATTERN))
    compiled = _compiled(pattern, flags)
    environment.spend(compiled.cost)
    environment.patterns.add((pattern, flags))
    return compiled


@lru_cache(maxsize=512)
def _compiled(pattern: str, flags: str) -> Pattern:
    if not _FLAGS.issuperset(flags):
        raise Undefined(f"expected flags out of s, m, i, x and q, but got “{flags[:20]}”")
    if len(pattern) > MAX_PATTERN:
        raise Undefined(
            f"expected a regular expression of at most {MAX_PATTERN} characters, but it is longer"
        )
    literal = "q" in flags
    syntax = Syntax(
        _without_space(pattern) if "x" in flags and not literal else pattern, dot_all="s" in flags
    )
    tree = literally(pattern) if literal else syntax.parse()
    size = size_of(tree)
    if size > MAX_SIZE:
        raise Undefined(
            f"expected a regular expression of at most {MAX_SIZE} steps, but its repetitions need {size}"
        )
    ignore_case, multiline = "i" in flags, "m" in flags
    cost = _COST_OF_COMPILING + weight_of(tree) * (_CASES if ignore_case else 1)
    if syntax.has_backreferences or cost > _MOST_FOR_COMPILING:
        cost = size * _COST_OF_STEP
        find = _by_machine(Machine(tree, syntax.groups, ignore_case=ignore_case, multiline=multiline))
    else:
        find = _by_re2(_to_re2(tree, multiline), syntax.groups, ignore_case, multiline)
    return Pattern(find, groups=syntax.groups, size=size, cost=cost, literal=literal)


def _by_machine(machine: Machine) -> _Finder:
    def find(text: str, environment: Environment) -> Iterator[Spans]:
        place = 0
        while place <= len(text):
            spans = machine.search(text, place, environment)
            if spans is None:
                return
            yield spans
            place = spans[1] + (spans[0] == spans[1])

    return find


def _by_re2(pattern: str, groups: int, ignore_case: bool, multiline: bool) -> _Finder:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    options.case_sensitive = not ignore_case
    try:
        compiled = re2.compile(f"(?m:{pattern})" if multiline else pattern, options)
    except re2.error as problem:
        raise Undefined(f"expected a regular expression that can be run, but {_reason(problem)}") from None

    def find(text: str, environment: Environment) -> Iterator[Spans]:
        for match in compiled.finditer(text):
            environment.spend(_COST_OF_MATCH)
            yield tuple(place for number in range(groups + 1) for place in match.span(number))

    return find


def _without_space(pattern: str) -> str:
    """Return a pattern as flag ``x`` reads it: white space outside character classes removed."""
    kept: list[str] = []
    depth = 0
    escaped = False
    for character in pattern:
        if character in " \t\n\r" and not depth:
            continue
        kept.append(character)
        if not escaped:
            depth += (character == "[") - (character == "]" and depth > 0)
        escaped = character == "\\" and not escaped
    return "".join(kept)


def _reason(problem: Exception) -> str:
    reason = problem.args[0] if problem.args else "it cannot"
    return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)


def _to_re2(tree: Tree, multiline: bool) -> str:
    if isinstance(tree, Chars):
        return to_re2(tree.charset)
    if isinstance(tree, Anchor):
        return tree.character if multiline else {"^": r"\A", "$": r"\z"}[tree.character]
    if isinstance(tree, Sequence):
        return "".join(_to_re2(item, multiline) for item in tree.items)
    if isinstance(tree, Choice):
        return f"(?:{'|'.join(_to_re2(item, multiline) for item in tree.items)})"
    if isinstance(tree, Group):
        return f"({'' if tree.number else '?:'}{_to_re2(tree.item, multiline)})"
    return _repeat_to_re2(tree, multiline) if isinstance(tree, Repeat) else ""


def _repeat_to_re2(repeat: Repeat, multiline: bool) -> str:
    most = "" if repeat.most is None else str(repeat.most)
    return f"(?:{_to_re2(repeat.item, multiline)}){{{repeat.least},{most}}}{'' if repeat.greedy else '?'}"
