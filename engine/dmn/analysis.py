"""What is wrong with a decision table before anybody asks it: overlaps, contradictions, gaps, dead rules.

Every finding is certain and comes with an input that shows it. A rule with a cell that cannot be analysed
(one that reads a variable, say) is left out where that is safe, and the table is called partly analysed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from engine.dmn.inputs import Inputs
from engine.dmn.model import DecisionModel
from engine.dmn.outputs import contradicting, disallowed
from engine.dmn.records import (
    Decision,
    Definitions,
    Element,
    FunctionBox,
    HitPolicy,
    InputData,
    Knowledge,
    Service,
    Table,
)
from engine.dmn.search import Search
from engine.feel import FeelType, literal_text
from engine.model.records import Finding, Severity

BUDGET = 400_000
MAX_FINDINGS = 10
MAX_INPUTS = 100

_SINGLE = (HitPolicy.UNIQUE, HitPolicy.ANY, HitPolicy.FIRST, HitPolicy.PRIORITY)


class _Spent(Exception):
    """The budget is used up."""


@dataclass(slots=True)
class _Budget:
    left: int

    def spend(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise _Spent


def analyse(model: DecisionModel, *, budget: int = BUDGET) -> list[Finding]:
    """Return what there is to say about the decision tables of a model's main file.

    Overlaps, contradictions and rules that never count are warnings, gaps are hints. ``budget`` is the number
    of steps for the whole file; a table for which none are left is said to be not analysed.
    """
    definitions, types = model.main()
    steps = _Budget(budget)
    findings: list[Finding] = []
    for element in definitions.elements:
        for table, known in _tables(element, definitions):
            findings += _Analysis(table, element, definitions, known, types, steps).findings()
    return findings


_Types = Mapping[str, str]


def _tables(element: Element, definitions: Definitions) -> Iterator[tuple[Table, _Types]]:
    """Yield the tables in an element's logic, with the types written for the variables around them."""
    known = {
        each.variable.name: each.variable.type
        for each in definitions.elements
        if isinstance(each, InputData | Decision)
    }
    if isinstance(element, Decision):
        yield from _inside(element.box, known)
    elif isinstance(element, Knowledge):
        yield from _inside(element.function, known)


def _inside(box: Any, known: _Types) -> Iterator[tuple[Table, _Types]]:
    if isinstance(box, Table):
        yield box, known
    elif isinstance(box, tuple):
        for part in box:
            yield from _inside(part, known)
    elif hasattr(box, "__dataclass_fields__"):
        if isinstance(box, FunctionBox):
            known = {**known, **{each.name: each.type for each in box.parameters}}
        for field in fields(box):
            yield from _inside(getattr(box, field.name), known)


class _Analysis:
    """One table."""

    def __init__(
        self,
        table: Table,
        element: Element,
        definitions: Definitions,
        known: _Types,
        types: Mapping[str, FeelType],
        budget: _Budget,
    ) -> None:
        self._table = table
        self._element = element
        self._definitions = definitions
        self._known = known
        self._types = types
        self._budget = budget
        self._found: list[Finding] = []

    def findings(self) -> list[Finding]:
        """Return everything there is to say; what was found before the budget ended stays."""
        if not self._table.inputs or not self._table.rules:
            return []
        try:
            if len(self._table.inputs) > MAX_INPUTS:
                raise _Spent
            columns = Inputs(self._table, self._definitions, self._known, self._types).columns(
                self._budget.spend
            )
            self._analyse(Search(columns, self._budget.spend))
        except _Spent:
            self._tell(
                "dmn-not-analysed",
                Severity.HINT,
                f"the table of “{self._name}” is too large to be analysed within the budget",
            )
        return self._found

    @property
    def _name(self) -> str:
        return "" if isinstance(self._element, Service) else self._element.variable.name

    def _analyse(self, search: Search) -> None:
        policy, table = self._table.hit_policy, self._table
        unknown = [place for place, cells in enumerate(search.rules) if cells is None]
        if unknown:
            rules = ", ".join(self._rule(place) for place in unknown[:MAX_FINDINGS])
            what = f"the table of “{self._name}” is analysed only in part: not its rules {rules}"
            self._tell("dmn-partly-analysed", Severity.HINT, what + (" …" if unknown[MAX_FINDINGS:] else ""))
        self._bounded(self._dead(search))
        self._bounded(self._disallowed())
        if policy is HitPolicy.UNIQUE:
            self._bounded(self._overlaps(search))
        elif policy in (HitPolicy.ANY, HitPolicy.PRIORITY):
            self._bounded(self._contradictions(search))
        elif policy is HitPolicy.FIRST:
            self._bounded(self._unreachable(search))
        if policy in _SINGLE and all(output.default is None for output in table.outputs):
            self._gap(search)

    def _bounded(self, findings: Iterator[Finding]) -> None:
        """Keep the first findings of a kind: who has ten of them need not read the rest."""
        for number, finding in enumerate(findings, start=1):
            self._found.append(finding)
            if number == MAX_FINDINGS:
                return

    def _dead(self, search: Search) -> Iterator[Finding]:
        for place, cells in enumerate(search.rules):
            for column, mask in zip(search.columns, cells or (), strict=False):
                if not mask:
                    what = (
                        f"rule {self._rule(place)} can match, but no allowed value of {column.title} passes"
                    )
                    yield self._finding("dmn-unreachable", f"expected that {what} it", place, _DROP)
                    break

    def _disallowed(self) -> Iterator[Finding]:
        for place, values in disallowed(self._table):
            what = f"expected rule {self._rule(place)} to say one of {values}, but it says something else"
            yield self._finding("dmn-output", what, place, "correct the output or allow it")

    def _overlaps(self, search: Search) -> Iterator[Finding]:
        for first, second, common in search.overlaps():
            what = (
                f"expected at most one rule to match, but {self._both(first, second)} match "
                f"{self._input(search, common)} (hit policy unique)"
            )
            yield self._finding("dmn-overlap", what, second, _NARROW)

    def _contradictions(self, search: Search) -> Iterator[Finding]:
        differ = contradicting(self._table)
        for first, second, common in search.overlaps():
            if differ(first, second):
                what = (
                    f"expected rules that match together to agree, but {self._both(first, second)} match "
                    f"{self._input(search, common)} and differ (hit policy "
                    f"{self._table.hit_policy.value.lower()})"
                )
                yield self._finding("dmn-contradiction", what, second, _AGREE)

    def _unreachable(self, search: Search) -> Iterator[Finding]:
        for place, taken, example in search.covered():
            what = (
                f"expected that rule {self._rule(place)} can decide, but earlier rules match all it matches: "
                f"{self._input(search, example)} is decided by rule {self._rule(taken)} (hit policy first)"
            )
            yield self._finding("dmn-unreachable", what, place, "move it up or drop it")

    def _gap(self, search: Search) -> None:
        example = search.gap()
        if example is not None:
            what = (
                f"no rule of “{self._name}” matches {self._input(search, example)}, and there is no default"
            )
            self._tell("dmn-gap", Severity.HINT, what, "add a rule, a default output or allowed values")

    def _both(self, first: int, second: int) -> str:
        return f"rules {self._rule(first)} and {self._rule(second)} both"

    def _rule(self, place: int) -> str:
        identity = self._table.rules[place].id
        return f"{place + 1} ({identity})" if identity else str(place + 1)

    def _input(self, search: Search, places: Sequence[int]) -> str:
        """Return an input as people write it; columns that do not matter are left out."""
        pairs = zip(search.columns, places, strict=True)
        shown = [
            f"{column.title} = {literal_text(column.values[place])}"
            for column, place in pairs
            if column.title
        ]
        return ", ".join(shown) or "any input"

    def _finding(self, rule: str, message: str, place: int, remedy: str) -> Finding:
        return Finding(
            rule=rule,
            severity=Severity.WARNING,
            message=message,
            file=self._definitions.file,
            line=self._table.rules[place].line,
            element_id=self._element.id,
            remedy=remedy,
        )

    def _tell(self, rule: str, severity: Severity, message: str, remedy: str = "") -> None:
        self._found.append(
            Finding(
                rule=rule,
                severity=severity,
                message=message,
                file=self._definitions.file,
                line=self._table.inputs[0].expression.line,
                element_id=self._element.id,
                remedy=remedy,
            )
        )


_DROP = "correct the cell or drop the rule"
_NARROW = "narrow one of them, or choose another hit policy"
_AGREE = "narrow one of them, or give both the same output"
