"""What people have begun to change: one row per person and definition, replaced at each saving."""

from __future__ import annotations

from msgspec.structs import asdict
from sqlalchemy import Executable, bindparam, select
from sqlalchemy import delete as delete_from
from sqlalchemy import insert as insert_into
from sqlalchemy import update as update_table

from engine.store.office_tables import definition_draft
from engine.store.rows import DefinitionDraftRow, record
from engine.store.statements import columns
from engine.store.transaction import Transaction

_TABLE = definition_draft.c
_PLACE = (
    _TABLE.kind == bindparam("of_kind"),
    _TABLE.id == bindparam("of_id"),
    _TABLE.person_id == bindparam("of_person"),
)
_SELECT = select(*columns(definition_draft, DefinitionDraftRow))
_READ = _SELECT.where(*_PLACE)
_OF = _SELECT.where(_TABLE.person_id == bindparam("of_person")).order_by(_TABLE.saved_at.desc())
_OTHERS = (
    select(_TABLE.person_id)
    .where(*_PLACE[:2], _TABLE.person_id != bindparam("of_person"))
    .order_by(_TABLE.person_id)
)
_INSERT = insert_into(definition_draft)
_CHANGING = ("content", "based_on", "revision", "saved_at")
_UPDATE: Executable = (
    update_table(definition_draft)
    .where(*_PLACE, _TABLE.revision == bindparam("expected"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGING})
)
_DELETE = delete_from(definition_draft).where(*_PLACE)


def read(tx: Transaction, kind: str, id: str, person_id: str) -> DefinitionDraftRow | None:
    """Return somebody's draft of a definition."""
    row = tx.execute(_READ, _place(kind, id, person_id)).first()
    return None if row is None else record(DefinitionDraftRow, row)


def of(tx: Transaction, person_id: str) -> list[DefinitionDraftRow]:
    """Return all drafts of a person, the last saved first."""
    return [record(DefinitionDraftRow, row) for row in tx.execute(_OF, {"of_person": person_id})]


def others(tx: Transaction, kind: str, id: str, person_id: str) -> list[str]:
    """Return who else has a draft of a definition."""
    return [str(found) for found in tx.execute(_OTHERS, _place(kind, id, person_id)).scalars()]


def insert(tx: Transaction, row: DefinitionDraftRow) -> None:
    """Insert a person's first draft; one inserted meanwhile makes ``Store.run`` repeat the verb."""
    tx.execute(_INSERT, [asdict(row)])


def replace(tx: Transaction, row: DefinitionDraftRow) -> bool:
    """Replace a draft whose revision is the one before; say whether it was."""
    place = _place(row.kind, row.id, row.person_id)
    new = {f"new_{name}": getattr(row, name) for name in _CHANGING}
    return bool(tx.execute(_UPDATE, {**place, **new, "expected": row.revision - 1}).rowcount)


def delete(tx: Transaction, kind: str, id: str, person_id: str) -> None:
    """Throw a draft away."""
    tx.execute(_DELETE, _place(kind, id, person_id))


def _place(kind: str, id: str, person_id: str) -> dict[str, str]:
    return {"of_kind": kind, "of_id": id, "of_person": person_id}
