"""Throw a range of expressions at FEEL: ``python -m tests.unit.feel.fuzz_run --parts 0-99 --log FILE``.

Each part of 10 000 is one line of JSON in the log; parts that are there already are not run again, so a run
can be stopped and gone on with. At the end it prints how many were thrown, what went wrong and which was
slowest. Times are of the processor: the machine may be busy. The collector of garbage runs between
expressions, for what earlier ones left is not the cost of the next.
"""

from __future__ import annotations

import argparse
import copy
import gc
import json
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from types import FrameType

import msgspec

from engine.errors import EvaluationError
from engine.feel import format_value
from engine.feel.expression import Expression, compile_unkept
from engine.feel.parser import parse_unary_tests
from tests.unit.feel.feeling import environment
from tests.unit.feel.fuzzing import PART, SCOPE, SEED, expressions

SLOWEST = 0.05  # seconds of processor time
_HANGS = 5.0
_COLLECT_EVERY = 1_000
_ROUNDS = 3


class Hanging(BaseException):
    """An expression has used five seconds of the processor."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one part: counts, the raw errors, and the slowest expression in milliseconds.

    ``slow`` are those above the limit in each of three runs more.
    """

    seed: int
    part: int
    thrown: int = 0
    compiled: int = 0
    cpu_seconds: float = 0.0
    raised: tuple[str, ...] = ()
    hung: tuple[str, ...] = ()
    slow: tuple[str, ...] = ()
    changed: bool = False
    slowest_cpu: float = 0.0
    slowest_wall: float = 0.0
    slowest: str = ""


def survive(source: str, *, as_cell: bool = False) -> bool:
    """Evaluate an expression, or a cell of a decision table; say whether it compiled."""
    surroundings = environment()
    compiled = False
    try:
        expression = (
            Expression(source, parse_unary_tests(source), frozenset(), {})
            if as_cell
            else compile_unkept(source)
        )
        compiled = True
        value = expression.evaluate(SCOPE, surroundings)
    except EvaluationError:
        return compiled
    if isinstance(value, float):
        raise TypeError("expected numbers to be exact, but one is a float")
    if not isinstance(value, list | dict):
        format_value(value)
    return True


def _stop(signum: int, frame: FrameType | None) -> None:
    raise Hanging


class Thrower:
    """Runs parts; keeps count."""

    def __init__(self, seed: int, part: int) -> None:
        self._seed = seed
        self._part = part
        self._raised: list[str] = []
        self._hung: list[str] = []
        self._slow: list[str] = []
        self._slowest = (0.0, 0.0, "")

    def run(self, count: int) -> Part:
        """Throw the first expressions of the part."""
        before, compiled, thrown = copy.deepcopy(SCOPE), 0, 0
        started = time.process_time()
        for source in expressions(count, seed=self._seed, part=self._part):
            compiled += self._throw(source, as_cell=thrown % 3 == 2)
            thrown += 1
            if thrown % _COLLECT_EVERY == 0:
                gc.collect()
        cpu, wall, slowest = self._slowest
        return Part(
            seed=self._seed,
            part=self._part,
            thrown=thrown,
            compiled=compiled,
            cpu_seconds=round(time.process_time() - started, 1),
            raised=tuple(self._raised),
            hung=tuple(self._hung),
            slow=tuple(self._slow),
            changed=before != SCOPE,
            slowest_cpu=round(cpu * 1000, 1),
            slowest_wall=round(wall * 1000, 1),
            slowest=slowest,
        )

    def _throw(self, source: str, *, as_cell: bool) -> bool:
        compiled = False
        signal.setitimer(signal.ITIMER_VIRTUAL, _HANGS)
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            compiled = survive(source, as_cell=as_cell)
        except Hanging:
            self._hung.append(source)
        except Exception as problem:  # whatever it is, it is what is looked for
            self._raised.append(f"{type(problem).__name__}: {problem} for {source!r}")
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        if cpu > self._slowest[0]:
            cpu, wall = min((cpu, wall), *self._again(source, as_cell=as_cell))
            self._slowest = max(self._slowest, (cpu, wall, source))
            if cpu > SLOWEST:
                self._slow.append(source)
        return compiled

    def _again(self, source: str, *, as_cell: bool) -> Iterable[tuple[float, float]]:
        """Measure what may have been slowed by others: the least of several runs is the expression's own."""
        for _ in range(_ROUNDS):
            wall, cpu = time.perf_counter(), time.process_time()
            try:
                survive(source, as_cell=as_cell)
            except Exception:
                return  # noted the first time
            yield time.process_time() - cpu, time.perf_counter() - wall


def throw(seed: int, part: int, count: int = PART) -> Part:
    """Throw the first expressions of a part and say what came of it."""
    survive("add working days(day, 10000)")  # loads the country's calendar, which is no matter of FEEL's
    handler = signal.signal(signal.SIGVTALRM, _stop)
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        return Thrower(seed, part).run(count)
    finally:
        gc.enable()
        gc.unfreeze()
        signal.signal(signal.SIGVTALRM, handler)


def summary(parts: Iterable[Part]) -> dict[str, object]:
    """Return the figures of all parts together."""
    known = list(parts)
    worst = max(known, key=lambda part: part.slowest_cpu)
    return {
        "seeds": sorted({part.seed for part in known}),
        "parts": len(known),
        "thrown": sum(part.thrown for part in known),
        "compiled": sum(part.compiled for part in known),
        "raw exceptions": sum(len(part.raised) for part in known),
        "hangs": sum(len(part.hung) for part in known),
        "above 50 ms": sum(len(part.slow) for part in known),
        "variables changed": sum(part.changed for part in known),
        "processor seconds": round(sum(part.cpu_seconds for part in known)),
        "slowest, ms of processor": worst.slowest_cpu,
        "slowest, ms of wall": worst.slowest_wall,
        "slowest": worst.slowest[:300],
    }


def known_parts(log: Path) -> list[Part]:
    """Return the parts a log has."""
    lines = log.read_bytes().splitlines() if log.exists() else []
    return [msgspec.json.decode(line, type=Part) for line in lines]


def main(arguments: list[str] | None = None) -> int:
    """Throw the parts that are not in the log yet; the exit code is 1 when anything went wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--parts", default="0-99", help="the first and the last part, as in 0-99")
    parser.add_argument("--log", type=Path, required=True)
    given = parser.parse_args(arguments)
    first, _, last = given.parts.partition("-")
    done = known_parts(given.log)
    there = {(part.seed, part.part) for part in done}
    for number in range(int(first), int(last or first) + 1):
        if (given.seed, number) not in there:
            done.append(throw(given.seed, number))
            with given.log.open("ab") as log:
                log.write(msgspec.json.encode(done[-1]) + b"\n")
    figures = summary(done)
    sys.stdout.write(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
    wrong = ("raw exceptions", "hangs", "above 50 ms", "variables changed")
    return int(any(figures[name] for name in wrong))


if __name__ == "__main__":
    sys.exit(main())
