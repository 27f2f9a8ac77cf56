"""How the reader and the check say what they found: a place, a rule, a sentence, a remedy."""

from __future__ import annotations

import re
from typing import NamedTuple

from engine import xml
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
    while part is not None and not _is_drawn(part):
        part = part.getparent()
    return Place(file, xml.line(node), "" if part is None else xml.attribute(part, "id"))


def _is_drawn(node: xml.Node) -> bool:
    around = node.getparent()
    return bool(xml.attribute(node, "id")) and (around is None or xml.local_name(around) in _FRAMES)


def error(place: Place, rule: str, message: str, remedy: str) -> Finding:
    """Return a finding that refuses the deployment."""
    return _finding(Severity.ERROR, place, rule, message, remedy)


def warning(place: Place, rule: str, message: str, remedy: str) -> Finding:
    """Return a finding that a person should read before deploying."""
    return _finding(Severity.WARNING, place, rule, message, remedy)


def hint(place: Place, rule: str, message: str, remedy: str) -> Finding:
    """Return a finding about a likely slip that changes nothing."""
    return _finding(Severity.HINT, place, rule, message, remedy)


def unusable_id(place: Place) -> Finding:
    """Return the finding about an id that may not be one."""
    return error(
        place,
        "id-unusable",
        "expected an id of letters, digits, '_', '.' and '-' that begins with a letter of the Latin alphabet "
        f"(at most 255), but it is {place.element_id[:60]!r}",
        "give the element another id in the modeler",
    )


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
