"""Deployed files and the definitions in them: inserted once, never changed but for ``active``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import asdict
from sqlalchemy import Executable, bindparam, func, select
from sqlalchemy import insert as insert_into
from sqlalchemy import update as update_table

from engine.store.office_tables import definition, deployment, parameters, stored_file
from engine.store.prepared import Prepared
from engine.store.rows import DefinitionRow, record
from engine.store.statements import columns, insert_new_into
from engine.store.transaction import Transaction

_INSERT_FILES = insert_new_into(stored_file)
_FILE = select(stored_file.c.content).where(stored_file.c.sha256 == bindparam("sha256"))
_INSERT_DEPLOYMENT = insert_into(deployment)
_INSERT = insert_into(definition)
_SELECT = select(*columns(definition, DefinitionRow))
_NAMED = _SELECT.where(definition.c.kind == bindparam("kind"), definition.c.id == bindparam("id"))
_NEWEST_FIRST = definition.c.version.desc()
_LATEST = _NAMED.order_by(_NEWEST_FIRST).limit(1)
_NEWEST_PARAMETERS = (
    select(func.coalesce(func.max(parameters.c.version), 0))
    .where(parameters.c.procedure == definition.c.id)
    .scalar_subquery()
)
_TO_START = Prepared(_LATEST.add_columns(_NEWEST_PARAMETERS))
_BY_VERSION = _NAMED.where(definition.c.version == bindparam("version"))
_FOLLOWING = _NAMED.where(definition.c.version > bindparam("version")).order_by(definition.c.version).limit(1)
_VERSIONS = _NAMED.order_by(_NEWEST_FIRST)
_BY_TAG = _NAMED.where(definition.c.version_tag == bindparam("tag")).order_by(_NEWEST_FIRST).limit(1)
_BY_KEY = _SELECT.where(definition.c.key == bindparam("key"))
_OF_DEPLOYMENT = _SELECT.where(definition.c.deployment_key == bindparam("key")).order_by(definition.c.key)
_SET_ACTIVE = update_table(definition).where(definition.c.key.in_(bindparam("keys", expanding=True)))


def insert_files(tx: Transaction, files: Mapping[str, bytes]) -> None:
    """Store the files' original bytes under their SHA-256 (hexadecimal); those already there stay."""
    if files:
        values = [{"sha256": sha256, "content": content} for sha256, content in files.items()]
        tx.execute_for(_INSERT_FILES, values)


def file(tx: Transaction, sha256: str) -> bytes | None:
    """Return the bytes of a stored file."""
    found: bytes | None = tx.execute(_FILE, {"sha256": sha256}).scalar()
    return found


def insert_deployment(tx: Transaction, *, key: int, at: int, by: str) -> None:
    """Record one deployment."""
    tx.execute(_INSERT_DEPLOYMENT, [{"key": key, "deployed_at": at, "deployed_by": by}])


def insert(tx: Transaction, rows: Iterable[DefinitionRow]) -> None:
    """Insert new versions, all in one statement.

    A version deployed meanwhile makes ``Store.run`` repeat the verb.
    """
    values = [asdict(row) | {"active": int(row.active)} for row in rows]
    if values:
        tx.execute(_INSERT, values)


def by_key(tx: Transaction, key: int) -> DefinitionRow | None:
    """Return one definition."""
    return _one(tx, _BY_KEY, key=key)


def latest(tx: Transaction, kind: str, id: str) -> DefinitionRow | None:
    """Return the newest version of a process, form or decision."""
    return _one(tx, _LATEST, kind=kind, id=id)


def to_start(tx: Transaction, process_id: str) -> tuple[DefinitionRow, int] | None:
    """Return the newest version of a process and the newest version of its parameters (0: none), in one
    statement."""
    row = tx.run(_TO_START, {"kind": "process", "id": process_id}).first()
    return None if row is None else (_definition(row[:-1]), row[-1])


def by_version(tx: Transaction, kind: str, id: str, version: int) -> DefinitionRow | None:
    """Return one version of a process, form or decision."""
    return _one(tx, _BY_VERSION, kind=kind, id=id, version=version)


def following(tx: Transaction, kind: str, id: str, version: int) -> DefinitionRow | None:
    """Return the version that came next after one."""
    return _one(tx, _FOLLOWING, kind=kind, id=id, version=version)


def versions(tx: Transaction, kind: str, id: str) -> list[DefinitionRow]:
    """Return all versions of one thing, the newest first."""
    return [_definition(row) for row in tx.execute(_VERSIONS, {"kind": kind, "id": id})]


def by_tag(tx: Transaction, kind: str, id: str, tag: str) -> DefinitionRow | None:
    """Return the newest version that carries a version tag."""
    return _one(tx, _BY_TAG, kind=kind, id=id, tag=tag)


def of_deployment(tx: Transaction, key: int) -> list[DefinitionRow]:
    """Return the definitions that came with a deployment."""
    return [_definition(row) for row in tx.execute(_OF_DEPLOYMENT, {"key": key})]


def query(tx: Transaction, *, kind: str | None = None, latest_only: bool = False) -> list[DefinitionRow]:
    """Return definitions by kind and id, the newest version first."""
    found = _SELECT
    if kind is not None:
        found = found.where(definition.c.kind == kind)
    if latest_only:
        newer = definition.alias("newer")
        newest = select(func.max(newer.c.version)).where(
            newer.c.kind == definition.c.kind, newer.c.id == definition.c.id
        )
        found = found.where(definition.c.version == newest.scalar_subquery())
    ordered = found.order_by(definition.c.kind, definition.c.id, _NEWEST_FIRST)
    return [_definition(row) for row in tx.execute(ordered)]


def set_active(tx: Transaction, keys: Iterable[int], *, active: bool) -> None:
    """Open or close the start events of definitions."""
    tx.execute(_SET_ACTIVE.values(active=int(active)), {"keys": list(keys)})


def _one(tx: Transaction, statement: Executable, **parameters: Any) -> DefinitionRow | None:
    row = tx.execute(statement, parameters).first()
    return None if row is None else _definition(row)


def _definition(row: Any) -> DefinitionRow:
    values = list(row)
    values[-1] = bool(values[-1])
    return record(DefinitionRow, values)
