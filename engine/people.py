"""Who may act: people with their roles, groups and school. Signing in is not here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any

import msgspec

from engine.clock import instant
from engine.errors import Conflict, EngineError, NotFound
from engine.kernel.codec import decode_values, encode_values
from engine.model.records import Record
from engine.store import Store, Transaction, audit, people, sessions
from engine.store.rows import AuditRow, PersonRow

CHANGES = ("person_added", "person_changed", "password_set", "password_given", "password_chosen")
LATELY = 20_000


class Role(StrEnum):
    """What somebody may do in this office (``security.md`` §8)."""

    APPLICANT = "applicant"
    CLERK = "clerk"
    OWNER = "owner"
    APPROVER = "approver"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Person(Record, frozen=True):
    """Somebody who may act; ``school`` is the RSPO number of an applicant's own school."""

    id: str
    name: str
    roles: tuple[Role, ...] = ()
    groups: tuple[str, ...] = ()
    school: str = ""
    active: bool = True
    must_change_password: bool = False


class PersonChange(Record, frozen=True):
    """One change somebody has made to a person: what they were after it; "password_…" leaves those empty."""

    at: dt.datetime
    actor: str
    action: str
    roles: tuple[Role, ...] = ()
    groups: tuple[str, ...] = ()
    active: bool = True


class People:
    """The people of one installation."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(
        self,
        person_id: str,
        *,
        name: str,
        roles: Iterable[str] = (),
        groups: Iterable[str] = (),
        school: str = "",
        by: str,
    ) -> Person:
        """Add somebody; raises ``Conflict`` when the id is taken, ``EngineError`` for an unknown role."""
        if not person_id.strip() or not person_id.isprintable():
            raise EngineError(f"expected an id to sign in with, but got {person_id!r}")
        row = PersonRow(id=person_id, name=name, roles=_roles(roles), groups=_names(groups), school=school)

        def added(known: PersonRow | None) -> PersonRow:
            if known is not None:
                raise Conflict(f"expected a new person, but there is a '{person_id}' already")
            return row

        return self._write(person_id, added, "person_added", by)

    def change(
        self,
        person_id: str,
        *,
        name: str | None = None,
        roles: Iterable[str] | None = None,
        groups: Iterable[str] | None = None,
        school: str | None = None,
        active: bool | None = None,
        by: str,
    ) -> Person:
        """Change what is given, leave the rest; who is deactivated is signed out.

        Raises ``NotFound``, ``Conflict`` where no administrator would be left, ``EngineError`` for an unknown
        role.
        """
        given: dict[str, Any] = {
            "name": name,
            "roles": None if roles is None else _roles(roles),
            "groups": None if groups is None else _names(groups),
            "school": school,
            "active": active,
        }
        changes = {field: value for field, value in given.items() if value is not None}

        def changed(known: PersonRow | None) -> PersonRow:
            if known is None:
                raise NotFound(f"expected a person '{person_id}', but there is none")
            return msgspec.structs.replace(known, **changes)

        return self._write(person_id, changed, "person_changed", by)

    def get(self, person_id: str) -> Person:
        """Return somebody; raises ``NotFound``."""
        with self._store.reading() as tx:
            row = people.read(tx, person_id)
        if row is None:
            raise NotFound(f"expected a person '{person_id}', but there is none")
        return _person(row)

    def names(self, person_ids: Iterable[str]) -> dict[str, str]:
        """Return the names of those of these people there are, by id, in one statement."""
        with self._store.reading() as tx:
            return people.names(tx, person_ids)

    def everybody(
        self, *, role: str | None = None, group: str | None = None, school: str | None = None
    ) -> list[Person]:
        """Return all people, by id, who have what is asked for."""
        with self._store.reading() as tx:
            rows = people.all(tx)
        found = (_person(row) for row in rows)
        return sorted(
            (
                person
                for person in found
                if (role is None or role in person.roles)
                and (group is None or group in person.groups)
                and (school is None or school == person.school)
            ),
            key=lambda person: person.id,
        )

    def changes(self, person_id: str) -> list[PersonChange]:
        """Return what has been changed of a person lately, the newest first (``LATELY`` operations back)."""
        with self._store.reading() as tx:
            rows = audit.latest(tx, CHANGES, among=LATELY)
        decoded = ((row, decode_values(row.payload)) for row in rows)
        return [_change(row, what) for row, what in decoded if what["person"] == person_id]

    def groups(self) -> list[str]:
        """Return the names of all groups anybody is in, sorted."""
        return sorted({group for person in self.everybody() for group in person.groups})

    def _write(
        self, person_id: str, change: Callable[[PersonRow | None], PersonRow], action: str, by: str
    ) -> Person:
        def store(tx: Transaction) -> PersonRow:
            known = people.read(tx, person_id)
            row = change(known)
            people.upsert(tx, [row])
            if not row.active:
                sessions.end_all(tx, person_id)
            # Names stay out: the audit chain is not sealed.
            what = {
                "person": row.id,
                "roles": list(row.roles),
                "groups": list(row.groups),
                "active": row.active,
            }
            audit.append(tx, at=tx.now, actor=by, action=action, payload=encode_values(what))
            if known is not None and _administers(known) and not _administers(row):
                _require_another_administrator(tx, person_id)  # after the chain's lock: two do not go at once
            return row

        return _person(self._store.run(store))


def _administers(row: PersonRow) -> bool:
    return row.active and Role.ADMINISTRATOR in row.roles


def _require_another_administrator(tx: Transaction, person_id: str) -> None:
    if not any(_administers(row) for row in people.all(tx) if row.id != person_id):
        raise Conflict(
            f"expected an administrator to remain, but '{person_id}' is the last one; make another first"
        )


def _change(row: AuditRow, what: dict[str, Any]) -> PersonChange:
    return PersonChange(
        at=instant(row.at),
        actor=row.actor,
        action=row.action,
        roles=tuple(Role(role) for role in what.get("roles", ())),
        groups=tuple(what.get("groups", ())),
        active=what.get("active", True),
    )


def _roles(roles: Iterable[str]) -> tuple[str, ...]:
    known = {str(role) for role in Role}
    given = {str(role) for role in roles}
    unknown = sorted(given - known)
    if unknown:
        raise EngineError(f"expected roles of {', '.join(sorted(known))}, but got {', '.join(unknown)}")
    return tuple(sorted(given))


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


def _person(row: PersonRow) -> Person:
    return Person(
        id=row.id,
        name=row.name,
        roles=tuple(Role(role) for role in row.roles),
        groups=tuple(row.groups),
        school=row.school,
        active=row.active,
        must_change_password=people.is_given(row),
    )
