"""The DMN Technology Compatibility Kit: reads its test cases, runs them on our decisions, tells the score.

``python -m tests.conformance.tck [DIRECTORY]`` prints passed, failed and total by folder; with ``--failures``
each failed case and what it came to.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from engine import xml
from engine.dmn import DecisionModel, read_model
from engine.errors import EngineError
from engine.feel import Environment, Value, compile_expression, equal

NOW = dt.datetime(2026, 12, 17, 9, tzinfo=dt.UTC)
TOLERANCE = Decimal("1e-8")
_TEMPORAL = {"date": "date", "time": "time", "dateTime": "date and time"}


def directory() -> Path:
    """Return where the kit lies: ``DMN_TCK``, or beside the repository."""
    beside = Path(__file__).parents[3] / "shared" / "conformance" / "dmn-tck"
    return Path(os.environ.get("DMN_TCK") or beside)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One expected result of one test case."""

    folder: str
    id: str
    model: Path
    name: str
    output: str
    inputs: dict[str, Value]
    expected: Value
    is_error: bool

    def __str__(self) -> str:
        return f"{self.folder}/{self.id} {self.name}"


def cases(root: Path) -> Iterator[Case]:
    """Yield all cases below a directory, folder by folder."""
    for file in sorted(root.rglob("*.xml")):
        suite = xml.parse(file.name, file.read_bytes()).root
        if xml.local_name(suite) != "testCases":
            continue
        model = file.parent / next((xml.text(node).strip() for node in _all(suite, "modelName")), "")
        for case in _all(suite, "testCase"):
            yield from _results(case, model, str(file.parent.relative_to(root)))


def _all(node: xml.Node, name: str) -> list[xml.Node]:
    return [part for part in xml.children(node, xml.namespace(node)) if xml.local_name(part) == name]


def _results(case: xml.Node, model: Path, folder: str) -> Iterator[Case]:
    inputs = {xml.attribute(node, "name"): value_of(node) for node in _all(case, "inputNode")}
    service = xml.attribute(case, "invocableName") if xml.attribute(case, "type") != "decision" else ""
    for result in _all(case, "resultNode"):
        expected = _all(result, "expected")
        yield Case(
            folder=folder,
            id=xml.attribute(case, "id"),
            model=model,
            name=service or xml.attribute(result, "name"),
            output=xml.attribute(result, "name") if service else "",
            inputs=inputs,
            expected=value_of(expected[0]) if expected else None,
            is_error=xml.boolean(result, "errorResult", False),
        )


def value_of(node: xml.Node) -> Value:
    """Return the value written inside a node of the kit."""
    for part in xml.children(node, xml.namespace(node)):
        kind = xml.local_name(part)
        if kind == "value":
            return _simple(part)
        if kind == "list":
            return [value_of(item) for item in _all(part, "item")]
    components = _all(node, "component")
    return {xml.attribute(part, "name"): value_of(part) for part in components} if components else None


def _simple(node: xml.Node) -> Value:
    kind = xml.attribute(node, xml.qname(xml.XSI, "type")).rpartition(":")[2]
    text = xml.text(node)
    if xml.boolean(node, xml.qname(xml.XSI, "nil"), False) or (not text and not kind):
        return None
    if kind in ("decimal", "double", "integer", "float", "int", "long"):
        return Decimal(text)
    if kind == "boolean":
        return text.strip() == "true"
    if kind in _TEMPORAL or "uration" in kind:
        function = _TEMPORAL.get(kind, "duration")
        return compile_expression(f"{function}(text)").evaluate({"text": text.strip()}, Environment(now=NOW))
    return text


def passes(case: Case, models: dict[Path, DecisionModel | EngineError]) -> tuple[bool, object]:
    """Run a case; return whether it came to what is expected, and what it came to."""
    model = models.get(case.model)
    if model is None:
        model = models[case.model] = _read(case.model)
    if isinstance(model, EngineError):
        return case.is_error, model
    try:
        found = model.evaluate(case.name, case.inputs, Environment(now=NOW))
    except EngineError as problem:
        return case.is_error, problem
    if case.is_error:
        return found.value is None, found
    value = found.value
    if case.output and isinstance(value, dict) and case.output in value:
        value = value[case.output]  # a service of several outputs answers all, a case asks for one
    return same(value, case.expected), found


def _read(path: Path) -> DecisionModel | EngineError:
    others = sorted(other for other in path.parent.glob("*.dmn") if other != path)
    try:
        return read_model([(file.name, file.read_bytes()) for file in (path, *others)])
    except EngineError as problem:
        return problem


def same(found: Value, expected: Value) -> bool:
    """Say whether two values are the same to the kit: numbers to eight places, contexts with equal keys."""
    if isinstance(found, list) and isinstance(expected, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(found, dict) and isinstance(expected, dict):
        return found.keys() == expected.keys() and all(
            same(value, expected[key]) for key, value in found.items()
        )
    if _is_number(found) and _is_number(expected):
        return abs(Decimal(found) - Decimal(expected)) <= TOLERANCE  # type: ignore[arg-type]
    return equal(found, expected) is True


def _is_number(value: Value) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


@dataclass(slots=True)
class Score:
    """How many cases of a folder passed."""

    passed: int = 0
    total: int = 0


def run(root: Path) -> tuple[dict[str, Score], list[tuple[Case, object]]]:
    """Run everything below a directory; return the score of each folder and the failures."""
    scores: dict[str, Score] = {}
    failures: list[tuple[Case, object]] = []
    models: dict[Path, DecisionModel | EngineError] = {}
    for case in cases(root):
        score = scores.setdefault(case.folder, Score())
        passed, found = passes(case, models)
        score.total += 1
        score.passed += passed
        if not passed:
            failures.append((case, found))
    return scores, failures


def main(arguments: list[str] | None = None) -> int:
    """Print the score; the exit code is 1 when there is nothing to run."""
    parser = argparse.ArgumentParser(description="Run the DMN TCK.")
    parser.add_argument("directory", nargs="?", type=Path, default=directory())
    parser.add_argument("--failures", action="store_true", help="print each failed case")
    chosen = parser.parse_args(arguments)
    scores, failures = run(chosen.directory)
    lines = [f"{score.passed:5} of {score.total:5}  {folder}" for folder, score in sorted(scores.items())]
    if chosen.failures:
        lines += [
            f"FAILED {case}: expected {case.expected!r}, but got {found!r}"[:400] for case, found in failures
        ]
    total = sum(score.total for score in scores.values())
    lines.append(f"passed {total - len(failures)}, failed {len(failures)}, total {total}")
    sys.stdout.write("\n".join(lines) + "\n")
    return int(total == 0)


if __name__ == "__main__":
    sys.exit(main())
