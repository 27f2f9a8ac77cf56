"""What DMN 1.5 chapter 10 says of operators and built-in functions, one by one: ``standard.txt``.

A line is an expression and another that comes to the same value, or ``err`` for one that is no FEEL.
"""

from __future__ import annotations

from pathlib import Path

from engine.errors import InvalidExpression
from engine.feel import compile_expression, equal
from tests.unit.feel.feeling import environment, feel

LINES = Path(__file__).with_name("standard.txt").read_text(encoding="utf-8").splitlines()


def deviation(line: str) -> str:
    """Return what an expression came to instead of what is said beside it; empty when they agree."""
    source, _, wanted = line.rpartition(" => ")
    try:
        value = compile_expression(source).evaluate({"?": 5}, environment())
    except InvalidExpression as problem:
        return "" if wanted == "err" else f"{line}: {problem}"
    if wanted == "err":
        return f"{line}: expected an error, but it came to {value!r}"
    expected = feel(wanted)
    same = value is None if expected is None else equal(value, expected) is True
    return "" if same else f"{line}: {value!r}"


def test_every_line_is_as_the_standard_says() -> None:
    assert len(LINES) > 700
    assert list(filter(None, map(deviation, LINES))) == []
