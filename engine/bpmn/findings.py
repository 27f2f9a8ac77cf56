"""How the reader and the check say what they found: a place, a rule, a sentence, a remedy."""

from __future__ import annotations

import re
from typing import NamedTuple

from engine import xml
from engine.bpmn.rules import RULES
from engine.bpmn.rules.terms import TERMS
from engine.model.definition import Element, SequenceFlow
from engine.model.records import Finding, Severity

ID = re.compile(r"[A-Za-z_][\w.-]{0,254}")


class Place(NamedTuple):
    """Where something is: file, 1-based line (0 = the whole file), element id ("" = none)."""

    file: str
    line: int = 0
    element_id: str = ""


def place_of(file: str, part: Element | SequenceFlow) -> Place:
    """Return the place of a compiled element or flow."""
    return Place(file, part.line, part.id)


_FRAMES = {
    "definitions",
    "collaboration",
    "process",
    "subProcess",
    "transaction",
    "adHocSubProcess",
    "laneSet",
}


def place_in(file: str, node: xml.Node) -> Place:
    """Return the place of an XML element; its id is that of the element of the diagram it is part of."""
    part: xml.Node | None = node
    while part is not None and not is_drawn(part):
        part = part.getparent()
    return Place(file, xml.line(node), "" if part is None else xml.attribute(part, "id"))


def is_drawn(node: xml.Node) -> bool:
    """Tell whether an element is one of the diagram, or of the file: it has an id and is part of no other."""
    around = node.getparent()
    return bool(xml.attribute(node, "id")) and (around is None or xml.local_name(around) in _FRAMES)


def found(place: Place, key: str, **values: object) -> Finding:
    """Return the finding of a rule of the catalogue; ``values`` fill the placeholders of its sentences."""
    rule = RULES[key]
    polish = {name: _in_polish(value) for name, value in values.items()}
    return Finding(
        rule=key.partition("/")[0],
        severity=rule.severity,
        message=rule.message.format_map(values),
        file=place.file,
        line=place.line,
        element_id=place.element_id,
        remedy=rule.remedy.format_map(values),
        message_pl=rule.message_pl.format_map(polish),
        remedy_pl=rule.remedy_pl.format_map(polish),
    )


def _in_polish(value: object) -> object:
    if isinstance(value, Words):
        return ", ".join(str(_in_polish(part)) for part in value.parts)
    return TERMS.get(value, value) if isinstance(value, str) else value


class Words(NamedTuple):
    """Several words of a sentence, separated by commas in either language."""

    parts: tuple[str, ...]

    def __str__(self) -> str:
        """Return them in English."""
        return ", ".join(self.parts)

    def __format__(self, specification: str) -> str:
        """Return them in English inside a sentence."""
        return str(self)


def error(place: Place, rule: str, message: str, remedy: str) -> Finding:
    """Return a finding outside the check's catalogue that refuses what was handed in."""
    return _finding(Severity.ERROR, place, rule, message, remedy)


def warning(place: Place, rule: str, message: str, remedy: str) -> Finding:
    """Return a finding outside the check's catalogue that a person should read."""
    return _finding(Severity.WARNING, place, rule, message, remedy)


def hint(place: Place, rule: str, message: str, remedy: str) -> Finding:
    """Return a finding outside the check's catalogue that changes nothing."""
    return _finding(Severity.HINT, place, rule, message, remedy)


def _finding(severity: Severity, place: Place, rule: str, message: str, remedy: str) -> Finding:
    return Finding(
        rule=rule,
        severity=severity,
        message=message,
        file=place.file,
        line=place.line,
        element_id=place.element_id,
        remedy=remedy,
    )
