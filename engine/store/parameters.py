"""Versions of the procedures' parameters, never changed."""

from __future__ import annotations

from msgspec.structs import asdict
from sqlalchemy import bindparam, select
from sqlalchemy import insert as insert_into

from engine.store.office_tables import parameters
from engine.store.prepared import Prepared
from engine.store.rows import ParametersRow, record
from engine.store.statements import columns
from engine.store.transaction import Transaction

_INSERT = insert_into(parameters)
_SELECT = select(*columns(parameters, ParametersRow)).where(parameters.c.procedure == bindparam("of"))
_LATEST = Prepared(_SELECT.order_by(parameters.c.version.desc()).limit(1))
_VERSION = _SELECT.where(parameters.c.version == bindparam("at_version"))


def insert(tx: Transaction, row: ParametersRow) -> None:
    """Insert a version; one inserted meanwhile makes ``Store.run`` repeat the verb."""
    tx.execute(_INSERT, [asdict(row)])


def latest(tx: Transaction, procedure: str) -> ParametersRow | None:
    """Return the newest version."""
    row = tx.run(_LATEST, {"of": procedure}).first()
    return None if row is None else record(ParametersRow, row)


def version(tx: Transaction, procedure: str, number: int) -> ParametersRow | None:
    """Return one version."""
    row = tx.execute(_VERSION, {"of": procedure, "at_version": number}).first()
    return None if row is None else record(ParametersRow, row)
