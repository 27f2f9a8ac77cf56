"""The engine processes that share this database, with their heartbeats by the machine clock."""

from __future__ import annotations

from msgspec.structs import asdict
from sqlalchemy import bindparam, select
from sqlalchemy import delete as delete_from

from engine.store import schema
from engine.store.office_tables import node
from engine.store.rows import NodeRow, records
from engine.store.statements import columns, upsert_into
from engine.store.transaction import Transaction

_BEAT = upsert_into(node, keep=("started_at",))
_ALL = select(*columns(node, NodeRow)).order_by(node.c.started_at, node.c.id)
_REMOVE = delete_from(node).where(node.c.id == bindparam("at_id"))
_REMOVE_SILENT = delete_from(node).where(node.c.seen_at < bindparam("before"))


def beat(tx: Transaction, row: NodeRow) -> None:
    """Say that a node lives; raises Incompatible once the tables were finalized for a newer program.

    In this order: finalizing locks the nodes, so whoever writes itself down after that sees what was done.
    """
    tx.execute_for(_BEAT, [asdict(row)])
    schema.require_suitable(schema.version(tx.connection))


def all(tx: Transaction) -> list[NodeRow]:
    """Return all nodes, the oldest first."""
    return records(NodeRow, tx.execute(_ALL))


def remove(tx: Transaction, id: str) -> None:
    """Take a node out that ends in order."""
    tx.execute(_REMOVE, {"at_id": id})


def remove_silent(tx: Transaction, before: int) -> int:
    """Take out the nodes not seen since an instant of the machine clock; return how many."""
    return tx.execute(_REMOVE_SILENT, {"before": before}).rowcount
