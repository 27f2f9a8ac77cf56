"""The XSD gate: SpiffWorkflow's bundled BPMN 2.0 schemas, fed with the tree we parsed ourselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnValidator

from engine import xml
from engine.bpmn.findings import ID, Place, error, place_in, unusable_id
from engine.model.records import Finding

_NAMESPACE = re.compile(r"\{[^}]*\}")
_IDENTITY = re.compile(r"attribute 'id': '([^']*)' is not a valid value of the atomic type 'xs:ID'")
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
            return list(_findings(document, schema.error_log))
        finally:
            xml.forget_errors()


def _findings(document: xml.Document, log: Iterable[Any]) -> Iterator[Finding]:
    for entry in list(log)[:_MOST]:
        node = xml.at_path(document.root, entry.path or "", entry.line)
        place = Place(document.name, entry.line) if node is None else place_in(document.name, node)
        identity = _IDENTITY.search(entry.message)
        if identity is not None:
            yield _unusable_id(place, identity[1])
            continue
        reason = _NAMESPACE.sub("", entry.message).rstrip(".")
        yield error(
            place,
            "xsd",
            "expected what the BPMN 2.0 schema allows, "
            f"but {reason[:1].lower()}{reason[1:_LONGEST]}{' …' * (len(reason) > _LONGEST)}",
            "correct the element in the modeler, or export the file again",
        )


def _unusable_id(place: Place, identity: str) -> Finding:
    """Say in our words what the schema says of an ``xs:ID``: it is used twice, or it is no XML name."""
    place = place._replace(element_id=identity)
    if ID.fullmatch(identity):
        message = f"expected the id {identity!r} once in the file, but it is used again here"
        return error(place, "id-duplicate", message, "give one of the two elements another id")
    return unusable_id(place)


def _wrong_root(document: xml.Document) -> Finding:
    return error(
        Place(document.name, xml.line(document.root)),
        "not-bpmn",
        f"expected a BPMN 2.0 model (<definitions>), but the file is <{xml.local_name(document.root)}>"
        f" of namespace {xml.namespace(document.root) or 'none'}",
        "upload the .bpmn file the modeler saved",
    )
