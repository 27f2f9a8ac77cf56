"""Reading and checking BPMN 2.0 files: the deployment gate (``security.md`` §4); the door to SpiffWorkflow.

``compile_files`` never raises for what is in a file, and nothing of a refused file survives the call: every
call has its own parser, schema and records. What was accepted last is kept: files are checked, looked at and
then deployed, and process tests deploy the same files again and again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

import msgspec

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

_KEPT = 4
_READ = 32  # files: both procedures whole
_accepted: dict[bytes, Compilation] = {}


def compile_files(files: Sequence[tuple[str, bytes]], environment: CheckEnvironment) -> Compilation:
    """Check BPMN files (name, bytes) and compile what they execute; nothing where there is an error."""
    key = _digest(files, environment)
    known = _accepted.get(key)
    if known is None:
        known = _compile(files, environment)
        if known.definitions:
            while len(_accepted) >= _KEPT:
                _accepted.pop(next(iter(list(_accepted)), b""), None)  # a copy: other threads add too
            _accepted[key] = known
    return known


def _digest(files: Sequence[tuple[str, bytes]], environment: CheckEnvironment) -> bytes:
    """Return what tells two compilations apart: names, bytes, and what exists besides."""
    told = msgspec.json.encode((list(files), environment), order="deterministic")
    return hashlib.sha256(told).digest()


def _compile(files: Sequence[tuple[str, bytes]], environment: CheckEnvironment) -> Compilation:
    sources, findings = _open(files)
    unreadable = list(check_ids(sources))
    findings += unreadable
    if _refused(unreadable):
        return Compilation(findings=tuple(findings), definitions=())
    definitions = _read(sources)
    findings += check_files(sources, environment)
    findings += check_processes(definitions, environment)
    return Compilation(findings=tuple(findings), definitions=() if _refused(findings) else definitions)


@lru_cache(maxsize=_READ)
def read_stored(name: str, content: bytes) -> tuple[ProcessDefinition, ...]:
    """Compile what is executed of a file that passed the check when it was deployed.

    It is not checked again, so that a check grown stricter since refuses no running instance. The processes
    of one file are asked for one by one: the newest files are kept. Raises ``InvalidDefinition`` when the
    bytes are no XML.
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
