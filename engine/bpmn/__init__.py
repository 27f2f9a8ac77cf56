"""Reading and checking BPMN 2.0 files: the deployment gate (``security.md`` §4); the door to SpiffWorkflow.

``compile_files`` never raises for what is in a file, and nothing of a refused file survives the call: every
call has its own parser, schema and records.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.bpmn.check import check_files, check_ids, check_processes
from engine.bpmn.compilation import CheckEnvironment, Compilation
from engine.bpmn.reader import read_global_task, read_process
from engine.bpmn.schema import DecisionGate, SchemaGate
from engine.bpmn.source import Source, is_executable, open_source
from engine.errors import InvalidDefinition
from engine.model.definition import ProcessDefinition
from engine.model.records import Finding, Severity
from engine.xml import parse

__all__ = ["CheckEnvironment", "Compilation", "DecisionGate", "compile_files", "read_stored"]


def compile_files(files: Sequence[tuple[str, bytes]], environment: CheckEnvironment) -> Compilation:
    """Check BPMN files (name, bytes) and compile what they execute; nothing where there is an error."""
    sources, findings = _open(files)
    unreadable = list(check_ids(sources))
    findings += unreadable
    if _refused(unreadable):
        return Compilation(findings=tuple(findings), definitions=())
    definitions = _read(sources)
    findings += check_files(sources)
    findings += check_processes(definitions, environment)
    return Compilation(findings=tuple(findings), definitions=() if _refused(findings) else definitions)


def read_stored(name: str, content: bytes) -> tuple[ProcessDefinition, ...]:
    """Compile what is executed of a file that passed the check when it was deployed.

    It is not checked again, so that a check grown stricter since refuses no running instance. Raises
    ``InvalidDefinition`` when the bytes are no XML.
    """
    return _read([open_source(parse(name, content))])


def _open(files: Sequence[tuple[str, bytes]]) -> tuple[list[Source], list[Finding]]:
    """Parse every file and hold it against the schema; only those that pass become sources."""
    gate = SchemaGate()
    sources: list[Source] = []
    findings: list[Finding] = []
    for name, content in files:
        try:
            document = parse(name, content)
        except InvalidDefinition as refusal:
            findings += refusal.findings
            continue
        complaints = gate.check(document)
        findings += complaints
        if not complaints:
            sources.append(open_source(document))
    return sources, findings


def _read(sources: Sequence[Source]) -> tuple[ProcessDefinition, ...]:
    found: list[ProcessDefinition] = []
    for source in sources:
        found += [read_process(source, each) for each in source.processes() if is_executable(each)]
        found += [read_global_task(source, each) for each in source.global_tasks()]
    return tuple(found)


def _refused(findings: Sequence[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in findings)
