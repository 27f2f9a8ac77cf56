"""The static check: what a model must satisfy before the kernel may run it; one module per idea.

``check_ids`` guards the reader: with an id missing or repeated nothing is compiled. ``check_files`` looks at
the trees, ``check_processes`` at the compiled processes. What is said is in ``engine.bpmn.rules``.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.bpmn.check import (
    ad_hoc,
    ambiguity,
    compensation,
    data,
    data_ends,
    event_flows,
    expressions,
    kinds,
    lanes,
    limits,
    link_events,
    links,
    loops,
    message_flows,
    messages,
    notation,
    readability,
    references,
    registers,
    repetition,
    scopes,
    settings,
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

_OF_FILES = (
    references.check_references,
    support.check_support,
    notation.check_notation,
    message_flows.check_message_flows,
    messages.check_messages,
    lanes.check_lanes,
    repetition.check_repetition,
    compensation.check_compensation,
    data.check_data,
    data_ends.check_data_ends,
    readability.check_readability,
)
_OF_PROCESSES = (
    structure.check_structure,
    scopes.check_scopes,
    link_events.check_link_events,
    event_flows.check_event_flows,
    ambiguity.check_ambiguity,
    timers.check_timers,
    watching.check_watching,
    limits.check_limits,
    loops.check_loops,
    ad_hoc.check_ad_hoc,
)


def check_files(sources: Sequence[Source], environment: CheckEnvironment) -> list[Finding]:
    """Return the findings about references, notation, executability and settings of all files."""
    findings = list(references.check_executable(sources))
    for source in sources:
        for check in _OF_FILES:
            findings += check(source)
        findings += settings.check_settings(source, environment.templates, environment.message_ids)
    return findings


def check_processes(definitions: Sequence[ProcessDefinition], environment: CheckEnvironment) -> list[Finding]:
    """Return the findings about the compiled processes of all files."""
    called = frozenset(definition.id for definition in definitions)
    findings = list(limits.check_calls(definitions))
    for definition in definitions:
        for check in _OF_PROCESSES:
            findings += check(definition)
        findings += expressions.check_expressions(definition, environment)
        findings += kinds.check_kinds(definition, environment)
        findings += registers.check_registers(definition, environment)
        findings += links.check_links(definition, environment, called)
    return findings
