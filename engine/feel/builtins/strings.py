"""String functions (DMN 1.5 §10.3.4.3); positions count code points from 1, or from the end when negative."""

from __future__ import annotations

from decimal import Decimal

from engine.feel.builtins.registry import builtin
from engine.feel.environment import Environment
from engine.feel.regex import compile_pattern
from engine.feel.values import Undefined, truncated

Number = int | Decimal


@builtin("substring(string: string, start position: number, [length: number?])")
def substring(string: str, start: Number, length: Number | None = None) -> str:
    """Return the part from a position, of a length or to the end."""
    first = truncated(start)
    if first == 0 or (abs(first) > len(string) and first < 0):
        raise Undefined(f"substring(): expected a start position within the string, but got {start}")
    begin = first - 1 if first > 0 else len(string) + first
    if length is None:
        return string[begin:]
    size = truncated(length)
    if size < 1:
        raise Undefined(f"substring(): expected a length of 1 or more, but got {length}")
    return string[begin : begin + size]


@builtin("string length(string: string)")
def string_length(string: str) -> int:
    """Count the characters."""
    return len(string)


@builtin("upper case(string: string)", environment=True)
def upper_case(environment: Environment, string: str) -> str:
    """Return the string in capitals."""
    environment.spend(len(string) >> _letters(string))
    return string.upper()


def _letters(string: str) -> int:
    """Return how many letters, as a power of two, change their case for a unit."""
    return 8 if string.isascii() else 2


@builtin("lower case(string: string)", environment=True)
def lower_case(environment: Environment, string: str) -> str:
    """Return the string in small letters."""
    environment.spend(len(string) >> _letters(string))
    return string.lower()


@builtin("substring before(string: string, match: string)", environment=True)
def substring_before(environment: Environment, string: str, match: str) -> str:
    """Return what stands before the first occurrence; an empty string when there is none."""
    _pay_for_search(environment, string, match)
    before, found, _ = string.partition(match) if match else ("", "", "")
    return before if found else ""


@builtin("substring after(string: string, match: string)", environment=True)
def substring_after(environment: Environment, string: str, match: str) -> str:
    """Return what stands behind the first occurrence; an empty string when there is none."""
    _pay_for_search(environment, string, match)
    return string.partition(match)[2] if match else string


@builtin("contains(string: string, match: string)", environment=True)
def contains(environment: Environment, string: str, match: str) -> bool:
    """Say whether a string occurs in another."""
    _pay_for_search(environment, string, match)
    return match in string


def _pay_for_search(environment: Environment, string: str, match: str) -> None:
    if len(match) > 1:
        environment.spend(len(string) >> 5)


@builtin("starts with(string: string, match: string)")
def starts_with(string: str, match: str) -> bool:
    """Say whether a string begins with another."""
    return string.startswith(match)


@builtin("ends with(string: string, match: string)")
def ends_with(string: str, match: str) -> bool:
    """Say whether a string ends with another."""
    return string.endswith(match)


@builtin("matches(input: string, pattern: string, [flags: string?])", environment=True)
def matches(environment: Environment, string: str, pattern: str, flags: str | None = None) -> bool:
    """Say whether an XPath regular expression occurs in a string."""
    return compile_pattern(pattern, flags or "", environment).found_in(string, environment)


@builtin("replace(input: string, pattern: string, replacement: string, [flags: string?])", environment=True)
def replace(
    environment: Environment, string: str, pattern: str, replacement: str, flags: str | None = None
) -> str:
    """Return the string with each match replaced; ``$1`` stands for the first group."""
    return compile_pattern(pattern, flags or "", environment).replace(string, replacement, environment)


@builtin("split(string: string, delimiter: string)", environment=True)
def split(environment: Environment, string: str, delimiter: str) -> list[str]:
    """Return the parts between the matches of a regular expression."""
    return compile_pattern(delimiter, "", environment).split(string, environment)


@builtin("extract(input: string, pattern: string, [flags: string?])", environment=True)
def extract(environment: Environment, string: str, pattern: str, flags: str | None = None) -> list[str]:
    """Return all matches of a regular expression."""
    return compile_pattern(pattern, flags or "", environment).matches_in(string, environment)


@builtin("trim(string: string)")
def trim(string: str) -> str:
    """Return the string without white space around it."""
    return string.strip()


@builtin("string join(list: list, [delimiter: string?])", environment=True, items=6)
def string_join(environment: Environment, parts: list[str | None], delimiter: str | None = None) -> str:
    """Join strings; null parts are left out."""
    if any(part is not None and not isinstance(part, str) for part in parts):
        raise Undefined("string join(): expected a list of strings, but an item is something else")
    present = [part for part in parts if part is not None]
    separator = delimiter or ""
    environment.admit_string(sum(map(len, present)) + len(separator) * max(len(present) - 1, 0))
    return separator.join(present)
