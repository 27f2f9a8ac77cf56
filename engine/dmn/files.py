"""One file of a decision model: its types, its elements by id and name, its compiled logic."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from engine.dmn.boxes import Boxes, coercing
from engine.dmn.items import types_of
from engine.dmn.records import Decision, Definitions, Element, InputData, Knowledge, Service
from engine.errors import NotFound
from engine.feel import FeelType, Run
from engine.model.records import Finding, Severity

_MAX_DEPTH = 64


class ModelFile:
    """One file of a model: its types, its elements by id and name, its compiled logic."""

    def __init__(
        self, definitions: Definitions, files: Mapping[str, ModelFile], findings: list[Finding]
    ) -> None:
        self.definitions = definitions
        self._files = files
        self._findings = findings
        self.types: dict[str, FeelType] = {}
        self.logic: dict[str, Run] = {}
        self._by_id = {element.id: element for element in definitions.elements if element.id}

    def element(self, name: str) -> Decision | Service | Knowledge:
        """Return a decision or service by name or id; raises ``NotFound`` with the nearest name."""
        for element in self.definitions.elements:
            if not isinstance(element, InputData) and name in (element.name, element.id):
                return element
        known = [element.variable.name for element in self.definitions.elements]
        near = get_close_matches(name, known, n=1)
        hint = f"; did you mean “{near[0]}”?" if near else ""
        raise NotFound(f"expected a decision of “{self.definitions.name}”, but there is no “{name}”{hint}")

    def resolve(self, href: str) -> tuple[ModelFile, Element] | None:
        """Return what a reference means, here or in an imported file."""
        namespace, _, identifier = href.rpartition("#")
        file = self if namespace in ("", self.definitions.namespace) else self._files.get(namespace)
        element = None if file is None else file._by_id.get(identifier)
        return None if file is None or element is None else (file, element)

    def prefix(self, other: ModelFile) -> str:
        """Return the name an imported file has here ("" for this one)."""
        if other is self:
            return ""
        imports = self.definitions.imports
        return next((one.name for one in imports if one.namespace == other.definitions.namespace), "")

    def compile(self) -> None:
        """Compile all types and all logic."""
        self.types = self._types(frozenset())
        boxes = Boxes(self.types)
        for element in self.definitions.elements:
            if isinstance(element, Decision):
                run = boxes.compile(element.box, self._names(element))
                self.logic[element.id] = coercing(run, boxes.type(element.variable.type))
            elif isinstance(element, Knowledge) and element.function is not None:
                returns = self._returns(element, boxes)
                self.logic[element.id] = boxes.function(
                    element.name, element.function, self._names(element), returns
                )
        self._findings.extend(
            Finding(
                rule="dmn-expression",
                severity=Severity.ERROR,
                message=reason,
                file=self.definitions.file,
                line=line,
            )
            for line, reason in boxes.problems
        )
        self._findings.extend(
            Finding(
                rule="dmn-name",
                severity=Severity.HINT,
                message=f"expected names of what is required, but found {slip}",
                file=self.definitions.file,
                line=line,
                remedy="correct the name, or let the decision require it",
            )
            for line, slip in boxes.slips
        )

    def _returns(self, element: Knowledge, boxes: Boxes) -> str:
        type_ = boxes.type(element.variable.type)
        return "" if type_ is None or type_.kind == "function" else element.variable.type

    def _types(self, seen: frozenset[str]) -> dict[str, FeelType]:
        imported: dict[str, FeelType] = {}
        for one in self.definitions.imports:
            file = self._files.get(one.namespace)
            if file is not None and one.namespace not in seen:
                types = file._types(seen | {self.definitions.namespace})
                prefix = f"{one.name}." if one.name else ""
                imported |= {f"{prefix}{name}": type_ for name, type_ in types.items()}
        return imported | types_of(self.definitions.items, imported)

    def _names(self, element: Decision | Knowledge) -> frozenset[str]:
        names = {one.name for one in self.definitions.imports if one.name} | {element.variable.name}
        for href in element.requires:
            found = self.resolve(href)
            if found is not None:
                names.add(found[1].variable.name)
        for type_ in self.types.values():
            names |= _member_names(type_, 0)
        return frozenset(names)


def _member_names(type_: FeelType, depth: int) -> set[str]:
    if depth > _MAX_DEPTH:
        return set()
    names = set(type_.members)
    for inner in (*type_.members.values(), *((type_.item,) if type_.item else ())):
        names |= _member_names(inner, depth + 1)
    return names
