"""Answers to requests that may come twice, written in the transaction that earned them."""

from __future__ import annotations

from msgspec.structs import asdict
from sqlalchemy import bindparam, select
from sqlalchemy import delete as delete_from
from sqlalchemy import insert as insert_into

from engine.store.prepared import Prepared
from engine.store.rows import RequestRow, record
from engine.store.statements import columns
from engine.store.tables import request
from engine.store.transaction import Transaction

_INSERT = Prepared(insert_into(request))
_READ = Prepared(select(*columns(request, RequestRow)).where(request.c.id == bindparam("id")))
_PURGE = delete_from(request).where(
    request.c.id.in_(
        select(request.c.id).where(request.c.created_at < bindparam("before")).limit(bindparam("at_most"))
    )
)


def insert(tx: Transaction, row: RequestRow) -> None:
    """Remember an answer; the same request answered meanwhile makes ``Store.run`` repeat the verb.

    Which finds it.
    """
    tx.run(_INSERT, asdict(row))


def read(tx: Transaction, id: str) -> RequestRow | None:
    """Return the answer a request got before."""
    row = tx.run(_READ, {"id": id}).first()
    return None if row is None else record(RequestRow, row)


def purge(tx: Transaction, before: int, *, limit: int = 500) -> int:
    """Forget up to ``limit`` answers older than an instant; return how many."""
    return tx.execute(_PURGE, {"before": before, "at_most": limit}).rowcount
