"""What somebody works on: their draft of a process, form or decision, else the newest version."""

from __future__ import annotations

import re
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from starlette.exceptions import HTTPException

from engine import NotFound
from web.translation import N_, Table
from web.visits import NOT_FOUND, Visit

KINDS = Table({"process": N_("Proces"), "form": N_("Formularz"), "decision": N_("Decyzja")})
SUFFIXES = {"process": ".bpmn", "form": ".form", "decision": ".dmn"}
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")


class Opened(NamedTuple):
    """A file being worked on: ``based_on`` is the version it began with, ``revision`` that of the draft (0:
    there is none), ``newest`` the number of the newest version (0: none), ``others`` who has drafts too."""

    kind: str
    id: str
    name: str
    file: str
    content: bytes
    based_on: int
    revision: int
    newest: int
    others: tuple[str, ...]

    @property
    def is_behind(self) -> bool:
        """Return whether somebody has deployed a version since the draft was begun."""
        return self.newest > self.based_on


def opened(visit: Visit) -> Opened:
    """Return what the path names, opened by who asks; 404 where there is neither draft nor version."""
    kind, id_ = visit.path("kind") if "kind" in visit.request.path_params else "process", visit.path("id")
    if kind not in KINDS:
        raise HTTPException(NOT_FOUND)
    versions = [each for each in visit.engine.definitions() if (each.kind, each.id) == (kind, id_)]
    newest = max(versions, key=lambda each: each.version, default=None)
    draft = visit.engine.definition_drafts.find(kind, id_, by=visit.person.id)
    if draft is None and newest is None:
        raise HTTPException(NOT_FOUND)
    content = draft.content if draft is not None else visit.engine.definition_file(kind, id_)
    version = newest.version if newest is not None else 0
    return Opened(
        kind=kind,
        id=id_,
        name=newest.name if newest is not None else id_,
        file=newest.file if newest is not None else f"{id_}{SUFFIXES[kind]}",
        content=content,
        based_on=draft.based_on if draft is not None else version,
        revision=draft.revision if draft is not None else 0,
        newest=version,
        others=tuple(_name(visit, each) for each in _others(visit, kind, id_)),
    )


def _others(visit: Visit, kind: str, id_: str) -> list[str]:
    return visit.engine.definition_drafts.others(kind, id_, than=visit.person.id)


def _name(visit: Visit, person_id: str) -> str:
    try:
        return visit.engine.people.get(person_id).name
    except NotFound:
        return person_id


def empty(kind: str, id_: str, name: str) -> bytes:
    """Return the file a new process, form or decision begins with."""
    made = {"process": _PROCESS, "form": _FORM, "decision": _DECISION}[kind]
    quoted = quoteattr(name)
    return made.replace("@id", id_).replace("@name", quoted).encode()


_PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" \
xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" \
xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="Definitions_@id" targetNamespace="urn:obieg">
  <bpmn:process id="@id" name=@name isExecutable="true">
    <bpmn:startEvent id="poczatek" name="Początek" />
  </bpmn:process>
  <bpmndi:BPMNDiagram id="diagram">
    <bpmndi:BPMNPlane id="plane" bpmnElement="@id">
      <bpmndi:BPMNShape id="poczatek_di" bpmnElement="poczatek">
        <dc:Bounds x="180" y="160" width="36" height="36" />
      </bpmndi:BPMNShape>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
"""
_FORM = """{
  "id": "@id",
  "type": "default",
  "schemaVersion": 19,
  "components": [
    {"type": "textfield", "id": "pole", "key": "pole", "label": "Pole"}
  ]
}
"""
_DECISION = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="definitions_@id" name=@name \
namespace="urn:obieg">
  <decision id="@id" name=@name>
    <variable id="variable_@id" name=@name />
    <literalExpression id="expression_@id">
      <text>"tak"</text>
    </literalExpression>
  </decision>
</definitions>
"""
