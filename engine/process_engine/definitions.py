"""Checking and deploying files: all of them, or none."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from engine import message_templates, xml
from engine.bpmn import CheckEnvironment, DecisionGate, compile_files
from engine.clock import instant
from engine.dmn import DecisionResult, analyse, read_model
from engine.errors import Conflict, InvalidDefinition
from engine.feel import Environment
from engine.forms import read_form
from engine.kernel import codec
from engine.kernel.values import accepted
from engine.keys import bucket_of_text, compose
from engine.model.definition import ProcessDefinition
from engine.model.records import Definition, Deployment, Finding, Opinion, Severity, Soundness
from engine.process_engine import starts
from engine.process_engine.parts import Parts
from engine.second_opinion import second_opinion
from engine.soundness import explore
from engine.store import Transaction, audit, definitions
from engine.store.rows import DefinitionRow

Files = Sequence[tuple[str, bytes]]
_KEYS = 5_000
MODELS = (".bpmn", ".bpmn20.xml")
_TEMPLATE = message_templates.KIND


def definition(row: DefinitionRow) -> Definition:
    """Return the record of a row."""
    return Definition(
        key=row.key,
        id=row.id,
        kind=row.kind,
        version=row.version,
        version_tag=row.version_tag,
        name=row.name,
        file=row.file,
        sha256=row.sha256,
        deployment_key=row.deployment_key,
        deployed_at=instant(row.deployed_at),
        deployed_by=row.deployed_by,
        active=row.active,
        comment=row.comment,
    )


class Upload:
    """The files of one check or deployment, read; nothing of it outlives a refusal."""

    def __init__(self, parts: Parts, files: Files) -> None:
        self.files = dict(files)
        self.findings: list[Finding] = []
        self.forms: dict[str, str] = {}  # form id → file
        self._fields: dict[str, dict[str, str]] = {}  # form id → field → kind of value
        self.decisions: dict[str, tuple[str, str, str]] = {}  # decision id → version tag, name, file
        self.templates: dict[str, str] = {}  # template id → file
        self.processes: tuple[ProcessDefinition, ...] = ()
        models = [(name, content) for name, content in files if name.endswith(MODELS)]
        for name, content in files:
            self._read_other(name, content)
        self._read_templates(parts, files)
        compilation = compile_files(models, self._environment(parts))
        self.findings += compilation.findings
        self.processes = compilation.definitions

    def _read_other(self, name: str, content: bytes) -> None:
        try:
            if name.endswith(".form"):
                form = read_form(name, content)
                self.forms[form.id] = name
                self._fields[form.id] = {each.key: each.kind for each in form.fields if not each.read_only}
            elif name.endswith(".dmn"):
                self._read_decisions(name, content)
            elif not name.endswith((*MODELS, message_templates.TEXT, message_templates.HTML)):
                self.findings.append(_unknown_kind(name))
        except InvalidDefinition as refusal:
            self.findings += refusal.findings

    def _read_templates(self, parts: Parts, files: Files) -> None:
        gathered = message_templates.gathered(files)
        self.findings += [_misplaced(name) for name in gathered.misplaced]
        self.findings += [_given_twice(name) for name in gathered.twice]
        for template_id, (name, content) in gathered.found.items():
            wrong = message_templates.complaint(template_id, content, parts.handlers.check_message)
            if wrong:
                self.findings.append(_unusable(name, wrong))
            self.templates[template_id] = name
            self.files[name] = content

    def _read_decisions(self, name: str, content: bytes) -> None:
        others = [(each, self.files[each]) for each in self.files if each.endswith(".dmn") and each != name]
        model = read_model([(name, content), *others])
        self.findings += [finding for finding in model.findings if finding.file in ("", name)]
        self.findings += DecisionGate().check(xml.parse(name, content))
        self.findings += analyse(model)
        for decision_id, decision_name, tag in model.identifiers():
            self.decisions[decision_id] = (tag, decision_name, name)

    def _environment(self, parts: Parts) -> CheckEnvironment:
        with parts.store.reading() as tx:
            known = definitions.query(tx, latest_only=True)
        registered = parts.handlers.types()
        errors = {each: frozenset(found.errors) for each in registered if (found := parts.handlers.get(each))}
        return CheckEnvironment(
            job_types=frozenset(registered) if registered else None,
            form_ids=frozenset(self.forms) | {row.id for row in known if row.kind == "form"},
            decision_ids=frozenset(self.decisions) | {row.id for row in known if row.kind == "decision"},
            process_ids=frozenset(row.id for row in known if row.kind == "process"),
            error_codes=errors,
            form_fields=self._fields,
            templates=tuple(template for template, _ in parts.handlers.templates.values()),
            registers=parts.handlers.registers or None,
            message_ids=frozenset(self.templates) | {row.id for row in known if row.kind == _TEMPLATE},
        )

    @property
    def refused(self) -> bool:
        """Return whether any finding is an error."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)


def check(parts: Parts, files: Files) -> list[Finding]:
    """Return everything there is to say about these files; deploys nothing."""
    return Upload(parts, files).findings


def soundness(parts: Parts, files: Files, *, bound: int, most_states: int) -> list[Soundness]:
    """Return what all runs of each process come to; raises ``InvalidDefinition`` for refused files."""
    return [explore(each, bound=bound, most_states=most_states) for each in _accepted(parts, files)]


def opinions(parts: Parts, files: Files) -> list[Opinion]:
    """Return what another engine makes of each process; raises ``InvalidDefinition`` for refused files."""
    return [second_opinion(each) for each in _accepted(parts, files)]


def _accepted(parts: Parts, files: Files) -> tuple[ProcessDefinition, ...]:
    upload = Upload(parts, files)
    if upload.refused:
        raise InvalidDefinition(upload.findings)
    return upload.processes


def deploy(
    parts: Parts,
    files: Files,
    *,
    by: str,
    comment: str = "",
    based_on: Mapping[str, int] | None = None,
) -> Deployment:
    """Deploy files together; raises ``InvalidDefinition`` with the findings and leaves nothing behind.

    A process or form whose file is unchanged keeps its version. The new versions' message, signal and timer
    starts take over from the old ones' in the same transaction. Raises ``Conflict`` where an id in
    ``based_on`` has another newest version by now (0: none).
    """
    upload = Upload(parts, files)
    if upload.refused or not files:
        raise InvalidDefinition(upload.findings or [_nothing()])
    allocator = parts.store.allocator()
    first = allocator.base(reserve=_KEYS)
    allocator.used(_KEYS)

    def work(tx: Transaction) -> Deployment:
        numbers = iter(range(first, first + _KEYS))
        key = compose(0, next(numbers))
        uploaded = _uploaded(upload)
        _require_newest(tx, uploaded, based_on or {})
        rows = [_row(tx, upload, each, key, numbers, (by, comment)) for each in uploaded]
        new = [row for row in rows if row.deployment_key == key]
        definitions.insert_files(tx, {row.sha256: upload.files[row.file] for row in new})
        definitions.insert_deployment(tx, key=key, at=tx.now, by=by)
        definitions.insert(tx, new)
        processes = {process.id: process for process in upload.processes}
        for row in new:
            if row.kind == "process":
                starts.swap(tx, row, processes[row.id], numbers)
        audit.append(
            tx,
            at=tx.now,
            actor=by,
            action="deploy",
            payload=codec.encode_values([[r.id, r.version, r.sha256] for r in new]),
        )
        return Deployment(
            key=key,
            deployed_at=instant(tx.now),
            deployed_by=by,
            definitions=tuple(definition(row) for row in rows),
            findings=tuple(upload.findings),
        )

    return parts.store.run(work)


def _require_newest(
    tx: Transaction, uploaded: list[tuple[str, str, str, str, str]], based_on: Mapping[str, int]
) -> None:
    for kind, id_, *_rest in uploaded:
        if id_ not in based_on:
            continue
        latest = definitions.latest(tx, kind, id_)
        newest = 0 if latest is None else latest.version
        if newest != based_on[id_]:
            raise Conflict(
                f"expected version {based_on[id_]} of the {kind} '{id_}' to be the newest still, but it is "
                f"{newest}: look at what was deployed meanwhile, then deploy again"
            )


def _nothing() -> Finding:
    return Finding(
        rule="no-file", severity=Severity.ERROR, message="expected at least one file, but got none"
    )


def _uploaded(upload: Upload) -> list[tuple[str, str, str, str, str]]:
    """Return (kind, id, version tag, name, file) of everything in the upload."""
    found = [("process", p.id, p.version_tag, p.name, p.file) for p in upload.processes]
    found += [("decision", id_, tag, name, file) for id_, (tag, name, file) in upload.decisions.items()]
    found += [("form", form_id, "", form_id, file) for form_id, file in upload.forms.items()]
    return found + [(_TEMPLATE, id_, "", id_, file) for id_, file in upload.templates.items()]


def _unknown_kind(name: str) -> Finding:
    return Finding(
        rule="file-type",
        severity=Severity.ERROR,
        message=f"expected a .bpmn, .dmn, .form, .txt.j2 or .html.j2 file, but got '{name}'",
        file=name,
        remedy="deploy only models, decisions, forms and templates, named by their kind",
    )


def _misplaced(name: str) -> Finding:
    return Finding(
        rule="template-place",
        severity=Severity.ERROR,
        message=f"expected a template's text in <procedure>/messages/<name>.txt.j2, but got '{name}'",
        file=name,
        remedy="deploy the procedure's folder; an .html.j2 needs its .txt.j2 beside it",
        message_pl=f"wzór leży w <procedura>/messages/<nazwa>.txt.j2, ale podano „{name}”",
        remedy_pl="wdróż cały folder procedury; obok .html.j2 musi być .txt.j2 o tej samej nazwie",
    )


def _given_twice(name: str) -> Finding:
    said = message_templates.id_of(name)
    return Finding(
        rule="template-twice",
        severity=Severity.ERROR,
        message=f"expected the words of {said} once, but '{name}' says something else than another file",
        file=name,
        remedy="deploy one of the two folders, or rename one procedure's folder or template",
        message_pl=f"wzór {said} podano dwa razy, a „{name}” różni się od innego pliku",
        remedy_pl="wdróż jeden z dwóch folderów albo zmień nazwę folderu procedury lub wzoru",
    )


def _unusable(name: str, wrong: str) -> Finding:
    return Finding(
        rule="template-content",
        severity=Severity.ERROR,
        message=wrong,
        file=name,
        remedy="correct the template",
        message_pl=f"wzoru nie można użyć: {wrong}",
        remedy_pl="popraw wzór",
    )


def _row(
    tx: Transaction,
    upload: Upload,
    what: tuple[str, str, str, str, str],
    deployment_key: int,
    numbers: starts.Numbers,
    by: tuple[str, str],
) -> DefinitionRow:
    kind, id_, tag, name, file = what
    sha256 = hashlib.sha256(upload.files[file]).hexdigest()
    latest = definitions.latest(tx, kind, id_)
    if latest is not None and latest.sha256 == sha256:
        return latest
    return DefinitionRow(
        key=compose(bucket_of_text(id_), next(numbers)),
        id=id_,
        kind=kind,
        version=1 if latest is None else latest.version + 1,
        version_tag=tag,
        name=name or id_,
        file=file,
        sha256=sha256,
        deployment_key=deployment_key,
        deployed_at=tx.now,
        deployed_by=by[0],
        comment=by[1],
        active=latest is None or latest.active,
    )


def all_of(parts: Parts) -> list[Definition]:
    """Return every deployed version, by kind and id, the newest first."""
    with parts.store.reading() as tx:
        return [definition(row) for row in definitions.query(tx)]


def evaluate(parts: Parts, decision_id: str, variables: Mapping[str, Any] | None) -> DecisionResult:
    """Evaluate the newest version of a decision with these variables; nothing is recorded."""
    with parts.store.reading() as tx:
        bound = parts.catalogue.decisions.latest(tx, decision_id)
        environment = Environment(now=instant(tx.now), calendars=parts.catalogue.calendars())
        return bound.model.evaluate(decision_id, accepted(variables), environment, undeclared=True)
