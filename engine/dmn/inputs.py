"""The inputs of a decision table as columns to be analysed: what is asked, which values are allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from engine.dmn.items import type_named
from engine.dmn.records import Definitions, ItemDefinition, Table
from engine.dmn.regions import Column, Spend, cut, opaque
from engine.errors import EvaluationError
from engine.feel import FeelType, compile_expression, path_of


class Inputs:
    """The inputs of one table; ``known`` are the types written for the variables around it."""

    def __init__(
        self, table: Table, definitions: Definitions, known: Mapping[str, str], types: Mapping[str, FeelType]
    ) -> None:
        self._table = table
        self._definitions = definitions
        self._known = known
        self._types = types

    def columns(self, spend: Spend) -> list[Column]:
        """Return the columns; inputs with one expression are one, those that hang together are opaque."""
        places: dict[str, list[int]] = {}
        for place, clause in enumerate(self._table.inputs):
            places.setdefault(clause.expression.text.strip(), []).append(place)
        tangled = _tangled(list(places))
        return [
            opaque(self._cells(own)) if title in tangled else self._column(title, own, spend)
            for title, own in places.items()
        ]

    def _cells(self, own: Sequence[int]) -> list[tuple[str, ...]]:
        return [
            tuple(rule.inputs[place] for place in own if place < len(rule.inputs))
            for rule in self._table.rules
        ]

    def _column(self, title: str, own: Sequence[int], spend: Spend) -> Column:
        rows = self._cells(own)
        clauses = [self._table.inputs[place] for place in own]
        written = next((each.expression.type for each in clauses if each.expression.type), "")
        kind, limits = self._type(written or self._written(title))
        limits += [each.values for each in clauses if each.values.strip()]
        return cut(title, kind, limits, rows, spend) or opaque(rows)

    def _written(self, title: str) -> str:
        """Return the type written for a variable, or for a part of one."""
        first, *rest = path_of(title) or ("",)
        written = self._known.get(first, "")
        for name in rest:
            item = self._item(written)
            parts = item.components if item is not None else ()
            part = next((each for each in parts if each.name == name), None)
            if part is None or part.allowed or part.constraint or part.is_collection:
                return ""
            written = part.type
        return written

    def _item(self, written: str) -> ItemDefinition | None:
        plain = written.rpartition(":")[2]
        return next((each for each in self._definitions.items if each.name in (written, plain)), None)

    def _type(self, written: str) -> tuple[str, list[str]]:
        """Return the kind of a type and the tests its values pass."""
        kind = type_named(written, self._types).kind if written else "Any"
        limits: list[str] = []
        seen: set[str] = set()
        item = self._item(written)
        while item is not None and item.name not in seen:
            seen.add(item.name)
            limits += [text for text in (item.allowed, item.constraint) if text.strip()]
            item = self._item(item.type)
        return "" if kind == "Any" else kind, limits


def _tangled(titles: Sequence[str]) -> set[str]:
    """Return the expressions that share a variable: their values hang together in ways nobody can list."""
    paths = {title: path_of(title) for title in titles}
    reads = {title: _reads(title) for title in titles}
    tangled = {title for title in titles if reads[title] is None}
    for left, right in combinations([title for title in titles if title not in tangled], 2):
        first, second = paths[left], paths[right]
        if first is not None and second is not None:
            shorter = min(len(first), len(second))
            together = first[:shorter] == second[:shorter]
        else:
            together = bool((reads[left] or set()) & (reads[right] or set()))
        if together:
            tangled |= {left, right}
    return tangled


def _reads(title: str) -> frozenset[str] | None:
    try:
        expression = compile_expression(title)
    except EvaluationError:
        return None
    return expression.variables | expression.uncertain
