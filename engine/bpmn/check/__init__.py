"""The static check: what a model must satisfy before the kernel may run it; one module per idea.

``check_ids`` guards the reader: with an id missing or repeated nothing is compiled. ``check_files`` looks at
the trees, ``check_processes`` at the compiled processes.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.bpmn.check import (
    ad_hoc,
    ambiguity,
    data,
    expressions,
    kinds,
    limits,
    links,
    loops,
    messages,
    references,
    structure,
    support,
    timers,
    watching,
)
from engine.bpmn.compilation import CheckEnvironment
from engine.bpmn.source import Source
from engine.model.definition import ProcessDefinition
from engine.model.records import Finding

__all__ = ["check_files", "check_ids", "check_processes"]

check_ids = references.check_ids


def check_files(sources: Sequence[Source]) -> list[Finding]:
    """Return the findings about references, unsupported notation and executability of all files."""
    findings = list(references.check_executable(sources))
    for source in sources:
        findings += references.check_references(source)
        findings += support.check_support(source)
        findings += data.check_data(source)
        findings += messages.check_messages(source)
    return findings


def check_processes(definitions: Sequence[ProcessDefinition], environment: CheckEnvironment) -> list[Finding]:
    """Return the findings about the compiled processes of all files."""
    called = frozenset(definition.id for definition in definitions)
    findings = list(limits.check_calls(definitions))
    for definition in definitions:
        findings += structure.check_structure(definition)
        findings += ambiguity.check_ambiguity(definition)
        findings += timers.check_timers(definition)
        findings += watching.check_watching(definition)
        findings += limits.check_limits(definition)
        findings += loops.check_loops(definition)
        findings += ad_hoc.check_ad_hoc(definition)
        findings += expressions.check_expressions(definition, environment)
        findings += kinds.check_kinds(definition)
        findings += links.check_links(definition, environment, called)
    return findings
