"""Microseconds per compilation and evaluation of FEEL expressions: ``python -m bench.feel``.

Beside ours, in the same run, the one other FEEL of the package index (``bkflow-feel``), where it is
installed: ``pip install -e .[bench]``.
"""

from __future__ import annotations

import datetime as dt
import logging
import sys
import timeit
from collections.abc import Callable
from importlib import import_module
from time import process_time
from typing import Any

from engine.dmn import read_model
from engine.feel import Environment, Value, compile_expression
from engine.feel.expression import Expression
from engine.feel.parser import parse_expression

EXPRESSIONS = (
    'amount > 100 and status = "ok"',
    "amount",
    "amount + 1",
    "price * quantity * 1.23",
    'status in ("ok", "new")',
    "amount between 1 and 1000",
    "amount in [1..1000]",
    'if amount > 100 then "big" else "small"',
    "person.address.city",
    "person.address.city = null or amount > 5",
    "items[1]",
    "items[item > 50]",
    "count(items)",
    "sum(items)",
    "for i in items return i * 2",
    "some i in items satisfies i > 90",
    "every i in items satisfies i >= 0",
    'contains(name, "Sz")',
    r'matches(mail, "[\w.]+@[\w.]+")',
    'substring(name, 1, 5) + "…"',
    'due < date and time("2026-12-24T10:00:00@Europe/Warsaw")',
    'today + duration("P1M")',
    "add working days(today, 5)",
    "working day deadline(today, 5)",
    "{a: amount, b: a + 1, c: string(b)}.c",
    "(function(x) x * x)(amount)",
)
SCOPE: dict[str, Value] = {
    "amount": 150,
    "price": 99,
    "quantity": 3,
    "status": "ok",
    "name": "Szkoła Podstawowa nr 900",
    "mail": "sekretariat@sp900.example",
    "items": list(range(100)),
    "person": {"address": {"city": "Kraków"}},
    "today": dt.date(2026, 12, 17),
    "due": dt.datetime(2026, 12, 20, 12, tzinfo=dt.UTC),
}
TARGET = 1.5
ROWS = 100


def _least(work: Callable[[], object], *, number: int, repeat: int) -> float:
    """Return the least seconds of processor time of some rounds: other programs do not count."""
    return min(timeit.repeat(work, number=number, repeat=repeat, timer=process_time))


def measure(source: str) -> tuple[float, float]:
    """Return the microseconds of one compilation and of one evaluation (the best of five rounds)."""
    names: frozenset[str] = frozenset()

    def compile_anew() -> Expression:
        return Expression(source, parse_expression(source, names), names, {})

    expression = compile_expression(source)
    environment = Environment(now=dt.datetime(2026, 12, 17, 9, tzinfo=dt.UTC))

    def evaluate() -> Value:
        environment.fuel = 100_000
        return expression.evaluate(SCOPE, environment)

    compiled = _least(compile_anew, number=100, repeat=3) / 100
    evaluated = _least(evaluate, number=2_000, repeat=5) / 2_000
    if environment.warnings:
        raise SystemExit(f"expected {source} to have a value, but: {environment.warnings[0]}")
    return compiled * 1e6, evaluated * 1e6


def other_feel() -> Callable[[str], Any] | None:
    """Return what compiles an expression with bkflow-feel, None where it is not installed."""
    try:
        other = import_module("bkflow_feel")
    except ImportError:
        return None
    logging.getLogger("bkflow_feel").setLevel(logging.CRITICAL)  # it logs what it also raises
    return lambda source: other.transformer.transform(other.parser.parse(source))


def measure_other(compile_other: Callable[[str], Any], source: str) -> str:
    """Return its microseconds of a compilation and an evaluation, or what is wrong with its answer."""
    environment = Environment(now=dt.datetime(2026, 12, 17, 9, tzinfo=dt.UTC))
    expected = compile_expression(source).evaluate(SCOPE, environment)
    try:
        expression = compile_other(source)
        value = expression.evaluate(SCOPE)
    except Exception as problem:  # whatever it raises, it has no value
        return f"{'–':>10} {'–':>11}  {type(problem).__name__}"
    if value != expected:
        return f"{'–':>10} {'–':>11}  wrong value"
    compiled = _least(lambda: compile_other(source), number=5, repeat=3) / 5
    evaluated = _least(lambda: expression.evaluate(SCOPE), number=100, repeat=3) / 100
    return f"{compiled * 1e6:10.1f} {evaluated * 1e6:11.2f}"


def compare() -> None:
    """Print what bkflow-feel needs for the same expressions."""
    compile_other = other_feel()
    if compile_other is None:
        print("\nbkflow-feel is not installed: nothing to compare with (pip install -e .[bench])")
        return
    print("\nbkflow-feel on the same expressions")
    for source in EXPRESSIONS:
        answer = measure_other(compile_other, source)
        print(f"{answer:36}  {source}")


def measure_table() -> tuple[float, float]:
    """Return the microseconds of reading and of deciding a table of 100 rows, of which the last matches."""
    cells = [(f"[{number}..{number + 1})", '"ok", "new"', str(number)) for number in range(ROWS)]
    rules = "".join(
        f"<rule><inputEntry><text>{first}</text></inputEntry><inputEntry><text>{second}</text></inputEntry>"
        f"<outputEntry><text>{output}</text></outputEntry></rule>"
        for first, second, output in cells
    )
    inputs = "".join(
        f'<inputData id="{name}" name="{name}"><variable name="{name}"/></inputData>' for name in ("a", "b")
    )
    needs = "".join(
        f'<informationRequirement><requiredInput href="#{name}"/></informationRequirement>'
        for name in ("a", "b")
    )
    clauses = "".join(
        f"<input><inputExpression><text>{name}</text></inputExpression></input>" for name in ("a", "b")
    )
    content = (
        f'<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="m" namespace="n">{inputs}'
        f'<decision id="d" name="d"><variable name="d"/>{needs}<decisionTable>{clauses}<output/>{rules}'
        "</decisionTable></decision></definitions>"
    ).encode()
    model = read_model([("table.dmn", content)])
    environment = Environment(now=dt.datetime(2026, 12, 17, 9, tzinfo=dt.UTC))

    def decide() -> Value:
        environment.fuel = 100_000
        return model.evaluate("d", {"a": ROWS - 1, "b": "new"}, environment).value

    if decide() != ROWS - 1:
        raise SystemExit(f"expected the last row to match, but: {environment.warnings}")
    read = _least(lambda: read_model([("table.dmn", content)]), number=3, repeat=3) / 3
    return read * 1e6, _least(decide, number=100, repeat=5) / 100 * 1e6


def main() -> int:
    """Print the table; the exit code is 1 when the typical condition is slower than its target."""
    print(f"{'compile µs':>10} {'evaluate µs':>11}  expression")
    times = [measure(source) for source in EXPRESSIONS]
    for source, (compiled, evaluated) in zip(EXPRESSIONS, times, strict=True):
        print(f"{compiled:10.1f} {evaluated:11.2f}  {source}")
    read, decided = measure_table()
    print(f"{read:10.1f} {decided:11.2f}  a decision table of {ROWS} rows, the last matching")
    compare()
    print(f"\nthe first one's target is {TARGET} µs per evaluation: {times[0][1]:.2f}")
    return int(times[0][1] > TARGET)


if __name__ == "__main__":
    sys.exit(main())
