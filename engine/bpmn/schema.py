"""The XSD gates: SpiffWorkflow's bundled schemas, fed with the trees we parsed ourselves.

Of DMN it has the schema of 1.3 (that of 1.2 does not load by itself, and there are none of 1.4 and 1.5). A
file of another version is held against it as if it were written in 1.3, what is newer left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnValidator
from SpiffWorkflow.dmn.parser.BpmnDmnParser import SCHEMAS

from engine import xml
from engine.bpmn.findings import ID, Place, found, place_in
from engine.model.records import Finding

_NAMESPACE = re.compile(r"\{[^}]*\}")
_IDENTITY = re.compile(r"attribute 'id': '([^']*)' is not a valid value of the atomic type 'xs:ID'")
_DMN = "https://www.omg.org/spec/DMN/20191111/MODEL/"
_NEWER_BOXES = frozenset({"conditional", "for", "some", "every", "filter"})
_INSIDE_NEWER = frozenset({"if", "then", "else", "in", "return", "satisfies", "match"})
_LEFT_OUT = frozenset({"DMNDI", "typeConstraint"}) | _INSIDE_NEWER
_MOST = 20
_LONGEST = 300


class SchemaGate:
    """One compiled schema, made anew for each deployment so that no text of a refused file outlives it."""

    def __init__(self) -> None:
        self._validator = BpmnValidator()

    def check(self, document: xml.Document) -> list[Finding]:
        """Return what the schema has to say about a document, empty where it is valid."""
        if document.root.tag != xml.qname(xml.BPMN, "definitions"):
            return [_wrong_root(document)]
        self._validator.preprocess(document.root)
        schema = self._validator.validator
        try:
            if schema.validate(document.root.getroottree()):
                return []
            return list(_findings(document, schema.error_log, "BPMN 2.0"))
        finally:
            xml.forget_errors()


class DecisionGate:
    """The compiled schema of decisions, made anew like that of processes."""

    def __init__(self) -> None:
        self._validator = BpmnValidator(SCHEMAS[_DMN])

    def check(self, document: xml.Document) -> list[Finding]:
        """Return what the schema has to say about a DMN file of any version, empty where it is valid."""
        schema = self._validator.validator
        space = xml.namespace(document.root)
        root = xml.translated(document.root, lambda node: _in_dmn_13(node, space))
        try:
            if schema.validate(root):
                return []
            return list(_findings(xml.Document(name=document.name, root=root), schema.error_log, "DMN"))
        finally:
            xml.forget_errors()


def _in_dmn_13(node: xml.Node, space: str) -> str:
    """Return the tag of an element in DMN 1.3, "" for what that does not have."""
    local = xml.local_name(node)
    if local in _LEFT_OUT:
        return ""
    if xml.namespace(node) != space:
        return str(node.tag)
    return xml.qname(_DMN, "literalExpression" if local in _NEWER_BOXES else local)


def _findings(document: xml.Document, log: Iterable[Any], language: str) -> Iterator[Finding]:
    for entry in list(log)[:_MOST]:
        node = xml.at_path(document.root, entry.path or "", entry.line)
        place = Place(document.name, entry.line) if node is None else place_in(document.name, node)
        identity = _IDENTITY.search(entry.message)
        if identity is not None:
            yield _unusable_id(place, identity[1])
            continue
        reason = _NAMESPACE.sub("", entry.message).rstrip(".")
        said = f"{reason[:1].lower()}{reason[1:_LONGEST]}{' …' * (len(reason) > _LONGEST)}"
        yield found(place, "xsd", language=language, reason=said)


def _unusable_id(place: Place, identity: str) -> Finding:
    """Say in our words what the schema says of an ``xs:ID``: it is used twice, or it is no XML name."""
    place = place._replace(element_id=identity)
    if ID.fullmatch(identity):
        return found(place, "id-duplicate", id=identity)
    return found(place, "id-unusable", id=identity[:60])


def _wrong_root(document: xml.Document) -> Finding:
    return found(
        Place(document.name, xml.line(document.root)),
        "not-bpmn",
        tag=xml.local_name(document.root),
        namespace=xml.namespace(document.root) or "none",
    )
