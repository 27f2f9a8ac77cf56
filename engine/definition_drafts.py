"""Drafts of diagrams, forms and decisions: kept by the server per person, never executed, always readable.

A draft may be wrong in every way the check knows, but is a file that can be opened again. Two people have two
drafts; two windows of one person are told apart by the revision.
"""

from __future__ import annotations

import msgspec

from engine import xml
from engine.clock import instant
from engine.errors import Conflict, InvalidDefinition
from engine.model.drafting import DefinitionDraft
from engine.model.records import Finding, Severity
from engine.store import Store, Transaction, definition_drafts
from engine.store.rows import DefinitionDraftRow

SUFFIXES = {"process": ".bpmn", "form": ".form", "decision": ".dmn"}


class DefinitionDrafts:
    """The drafts of definitions, one per person, kind (process | form | decision) and id."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def save(
        self, kind: str, id: str, content: bytes, *, by: str, based_on: int, revision: int
    ) -> DefinitionDraft:
        """Keep a draft and return it with its new revision.

        ``revision`` is that of the draft that was opened (0: there was none), ``based_on`` the version it
        began with. Raises ``InvalidDefinition`` for what cannot be opened again or is not about ``id``,
        ``Conflict`` where another window has saved meanwhile.
        """
        _require_readable(kind, id, content)

        def work(tx: Transaction) -> DefinitionDraftRow:
            row = DefinitionDraftRow(
                kind=kind,
                id=id,
                person_id=by,
                content=content,
                based_on=based_on,
                revision=revision + 1,
                saved_at=tx.now,
            )
            known = definition_drafts.read(tx, kind, id, by)
            if known is None and revision == 0:
                definition_drafts.insert(tx, row)
            elif known is None or not definition_drafts.replace(tx, row):
                raise Conflict(
                    f"expected the draft of the {kind} '{id}' in revision {revision}, but it was saved or "
                    "thrown away in another window: open it again"
                )
            return row

        return _draft(self._store.run(work))

    def find(self, kind: str, id: str, *, by: str) -> DefinitionDraft | None:
        """Return somebody's draft, None where there is none."""
        with self._store.reading() as tx:
            row = definition_drafts.read(tx, kind, id, by)
        return None if row is None else _draft(row)

    def of(self, person_id: str) -> list[DefinitionDraft]:
        """Return all drafts of a person, the last saved first."""
        with self._store.reading() as tx:
            return [_draft(row) for row in definition_drafts.of(tx, person_id)]

    def others(self, kind: str, id: str, *, than: str) -> list[str]:
        """Return the ids of other people with a draft of the same definition."""
        with self._store.reading() as tx:
            return definition_drafts.others(tx, kind, id, than)

    def discard(self, kind: str, id: str, *, by: str) -> None:
        """Throw a draft away; there being none is no error."""
        self._store.run(lambda tx: definition_drafts.delete(tx, kind, id, by))


def _draft(row: DefinitionDraftRow) -> DefinitionDraft:
    return DefinitionDraft(
        kind=row.kind,
        id=row.id,
        person_id=row.person_id,
        content=row.content,
        based_on=row.based_on,
        revision=row.revision,
        saved_at=instant(row.saved_at),
    )


def _require_readable(kind: str, id: str, content: bytes) -> None:
    name = f"{id}{SUFFIXES[kind]}"
    found = _form_ids(name, content) if kind == "form" else _ids(kind, xml.parse(name, content))
    if id not in found:
        raise _refused(
            name, "draft-id", f"expected the {kind} '{id}' in the file, but it has {sorted(found)}"
        )


def _ids(kind: str, document: xml.Document) -> set[str]:
    local = "process" if kind == "process" else "decision"
    named = [node for node in xml.descendants(document.root) if xml.local_name(node) == local]
    return {xml.attribute(node, "id") for node in named}


def _form_ids(name: str, content: bytes) -> set[str]:
    if len(content) > xml.MAX_BYTES:
        raise _refused(
            name, "form-large", f"expected at most {xml.MAX_BYTES} bytes, but there are {len(content)}"
        )
    try:
        read = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as failure:
        raise _refused(name, "form-json", f"expected JSON, but {failure}") from None
    return {str(read.get("id", ""))} if isinstance(read, dict) else set()


def _refused(name: str, rule: str, message: str) -> InvalidDefinition:
    return InvalidDefinition(
        [Finding(rule=rule, severity=Severity.ERROR, message=message, file=name, remedy="correct the file")]
    )
