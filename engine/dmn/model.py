"""A decision model ready to be evaluated: files linked by imports, decisions made in the order needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.dmn.evaluation import Evaluation
from engine.dmn.files import ModelFile
from engine.dmn.reader import read
from engine.dmn.records import Decision, Definitions, Service, Table
from engine.errors import InvalidDefinition
from engine.feel import Environment, FeelType, Value
from engine.model.records import Finding, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMatch:
    """What one decision table was asked and which rules matched (1-based numbers and ids)."""

    inputs: tuple[Value, ...]
    rules: tuple[int, ...]
    rule_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionResult:
    """What a decision came to, and why: the tables on the way and the warnings about what became null."""

    decision_id: str
    value: Value
    tables: tuple[TableMatch, ...]
    warnings: tuple[str, ...]


class DecisionModel:
    """One or more DMN files that import each other; the first is the one asked.

    ``findings`` says what does not compile; such a part evaluates to null with the same reason.
    """

    def __init__(self, files: Sequence[Definitions]) -> None:
        self.findings: list[Finding] = []
        known: dict[str, ModelFile] = {}
        for file in files:
            known[file.namespace] = ModelFile(file, known, self.findings)
        self._main = known[files[0].namespace]
        for each in known.values():
            each.compile()

    def decisions(self) -> tuple[str, ...]:
        """Return the names of the decisions of the main file."""
        elements = self._main.definitions.elements
        return tuple(element.name for element in elements if isinstance(element, Decision))

    def main(self) -> tuple[Definitions, Mapping[str, FeelType]]:
        """Return what the main file says, and the types known in it."""
        return self._main.definitions, self._main.types

    def identifiers(self) -> tuple[tuple[str, str, str], ...]:
        """Return id, name and version tag of each decision and decision service of the main file."""
        elements = self._main.definitions.elements
        return tuple(
            (each.id, each.name, each.version_tag)
            for each in elements
            if isinstance(each, Decision | Service)
        )

    def evaluate(
        self,
        name: str,
        inputs: Mapping[str, Value],
        environment: Environment,
        *,
        undeclared: bool = False,
    ) -> DecisionResult:
        """Make a decision, answer for a decision service or call a knowledge model, from inputs by name.

        It is asked for by name or id. The inputs of an imported file are a context under the import's name.
        The standard lets a decision see only what it requires; with ``undeclared`` it sees all inputs, as
        diagrams drawn for Camunda expect.
        Raises ``NotFound`` for an unknown name and ``EvaluationError`` when the budget is used up.
        """
        element = self._main.element(name)
        environment.trace.clear()
        noted = len(environment.warnings)
        value = Evaluation(self._main, inputs, inputs if undeclared else {}).answer(element, environment)
        return DecisionResult(
            decision_id=element.id,
            value=value,
            tables=tuple(_match(*noted_match) for noted_match in environment.trace),
            warnings=tuple(environment.warnings[noted:]),
        )


def read_model(files: Iterable[tuple[str, bytes]]) -> DecisionModel:
    """Read DMN files, the first being the one to ask; raises ``InvalidDefinition`` for what is no DMN.

    The others are there to be imported: where the first imports nothing, they are not read.
    """
    given = list(files)
    if not given:
        message = "expected a DMN file, but there is none"
        raise InvalidDefinition([Finding(rule="dmn-empty", severity=Severity.ERROR, message=message)])
    main, *others = given
    asked = read(*main)
    imported = [read(*other) for other in others] if asked.imports else []
    return DecisionModel([asked, *imported])


def _match(table: Table, inputs: tuple[Value, ...], matching: tuple[int, ...]) -> TableMatch:
    return TableMatch(
        inputs=inputs,
        rules=tuple(number + 1 for number in matching),
        rule_ids=tuple(table.rules[number].id for number in matching),
    )
