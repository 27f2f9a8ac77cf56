"""People who may sign in, with their roles and groups."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec.structs import asdict
from sqlalchemy import bindparam, select
from sqlalchemy import delete as delete_from
from sqlalchemy import insert as insert_into
from sqlalchemy import update as update_table

from engine.store.office_tables import person, person_group
from engine.store.rows import PersonRow
from engine.store.statements import upsert_into
from engine.store.transaction import Transaction

ONCE = "once:"  # before the hash of a password somebody else has given: good for choosing one's own
_SEPARATOR = "\x1f"
_UPSERT = upsert_into(person)
_CLEAR_GROUPS = delete_from(person_group).where(
    person_group.c.person_id.in_(bindparam("people", expanding=True))
)
_INSERT_GROUPS = insert_into(person_group)
_SELECT = select(person).order_by(person.c.id)
_READ = select(person).where(person.c.id == bindparam("id"))
_NAMES = select(person.c.id, person.c.name).where(person.c.id.in_(bindparam("ids", expanding=True)))
_SET_PASSWORD = (
    update_table(person).where(person.c.id == bindparam("of_person")).values(password_hash=bindparam("hash"))
)
_GROUPS = select(person_group.c.person_id, person_group.c.name).order_by(person_group.c.name)
_GROUPS_OF = _GROUPS.where(person_group.c.person_id == bindparam("id"))
_MEMBERS = (
    select(person_group.c.person_id)
    .where(person_group.c.name == bindparam("name"))
    .order_by(person_group.c.person_id)
)


def upsert(tx: Transaction, rows: Iterable[PersonRow]) -> None:
    """Insert new people and replace known ones with all they are."""
    people = list(rows)
    if not people:
        return
    tx.execute_for(_UPSERT, [_values(row) for row in people])
    tx.execute(_CLEAR_GROUPS, {"people": [row.id for row in people]})
    groups = [{"person_id": row.id, "name": name} for row in people for name in row.groups]
    if groups:
        tx.execute(_INSERT_GROUPS, groups)


def set_password_hash(tx: Transaction, id: str, password_hash: str) -> None:
    """Give a person another password."""
    tx.execute(_SET_PASSWORD, {"of_person": id, "hash": password_hash})


def is_given(row: PersonRow) -> bool:
    """Say whether a person's password was given to them and must be changed."""
    return row.password_hash.startswith(ONCE)


def read(tx: Transaction, id: str) -> PersonRow | None:
    """Return one person."""
    row = tx.execute(_READ, {"id": id}).first()
    if row is None:
        return None
    return _person(row, [name for _, name in tx.execute(_GROUPS_OF, {"id": id})])


def names(tx: Transaction, ids: Iterable[str]) -> dict[str, str]:
    """Return the names of these people, by id."""
    wanted = sorted(set(ids))
    return {row.id: row.name for row in tx.execute(_NAMES, {"ids": wanted})} if wanted else {}


def all(tx: Transaction) -> list[PersonRow]:
    """Return everybody, by id."""
    groups: dict[str, list[str]] = {}
    for person_id, name in tx.execute(_GROUPS):
        groups.setdefault(person_id, []).append(name)
    return [_person(row, groups.get(row.id, [])) for row in tx.execute(_SELECT)]


def members(tx: Transaction, group: str) -> list[str]:
    """Return the ids of a group's members."""
    return [person_id for (person_id,) in tx.execute(_MEMBERS, {"name": group})]


def _values(row: PersonRow) -> dict[str, Any]:
    values = asdict(row)
    del values["groups"]
    return values | {"roles": _SEPARATOR.join(row.roles), "active": int(row.active)}


def _person(row: Any, groups: list[str]) -> PersonRow:
    return PersonRow(
        id=row.id,
        name=row.name,
        roles=tuple(role for role in row.roles.split(_SEPARATOR) if role),
        groups=tuple(groups),
        school=row.school,
        password_hash=row.password_hash,
        active=bool(row.active),
    )
