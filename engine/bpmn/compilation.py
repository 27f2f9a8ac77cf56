"""What goes into a compilation besides the files, and what comes out."""

from __future__ import annotations

import msgspec

from engine.model.definition import ProcessDefinition
from engine.model.element_template import ElementTemplate
from engine.model.records import Finding


class CheckEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """What exists besides the uploaded BPMN files; None means "not known, do not check".

    ``form_ids`` and ``decision_ids`` include those uploaded together with the models, ``process_ids`` those
    deployed before; ``parameters`` are the names FEEL sees as ``parameters.x``; ``error_codes`` maps a job
    type to the BPMN error codes its handler may raise; ``form_fields`` has, by form and field, the kind of
    value that a form uploaded together with the models gives; ``templates`` configure the tasks here;
    ``registers`` are the office's, ``message_ids`` those of the words of mails and letters.
    """

    job_types: frozenset[str] | None = None
    form_ids: frozenset[str] | None = None
    decision_ids: frozenset[str] | None = None
    process_ids: frozenset[str] | None = None
    parameters: frozenset[str] | None = None
    error_codes: dict[str, frozenset[str]] = msgspec.field(default_factory=dict)
    form_fields: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)
    templates: tuple[ElementTemplate, ...] = ()
    registers: frozenset[str] | None = None
    message_ids: frozenset[str] | None = None


class Compilation(msgspec.Struct, frozen=True, kw_only=True):
    """The findings about all files, and their executable processes: none when any finding is an error."""

    findings: tuple[Finding, ...]
    definitions: tuple[ProcessDefinition, ...]
