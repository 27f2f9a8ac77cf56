"""The chain of what happens outside instances.

Deployments, sign-ins, roles, parameters, exports, erasures.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import asdict
from sqlalchemy import bindparam, select
from sqlalchemy import insert as insert_into
from sqlalchemy import update as update_table

from engine.history import audit_hash
from engine.store.office_tables import audit, audit_head
from engine.store.rows import AuditRow, records
from engine.store.statements import columns
from engine.store.transaction import Transaction

_HEAD = select(audit_head.c.seq, audit_head.c.hash)
_LOCK_HEAD = _HEAD.with_for_update()
_MOVE_HEAD = update_table(audit_head).values(seq=bindparam("new_seq"), hash=bindparam("new_hash"))
_INSERT = insert_into(audit)
_READ = (
    select(*columns(audit, AuditRow))
    .where(audit.c.seq >= bindparam("from_seq"))
    .order_by(audit.c.seq)
    .limit(bindparam("at_most"))
)


_LATEST = (
    select(*columns(audit, AuditRow))
    .where(audit.c.seq > bindparam("after"), audit.c.action.in_(bindparam("actions", expanding=True)))
    .order_by(audit.c.seq.desc())
)


def append(tx: Transaction, *, at: int, actor: str, action: str, payload: bytes) -> AuditRow:
    """Append one operation to the chain; the next one waits until this transaction ends."""
    last, prev_hash = tx.execute(_LOCK_HEAD).one()
    seq = last + 1
    digest = audit_hash(prev_hash, seq=seq, at=at, actor=actor, action=action, payload=payload)
    row = AuditRow(
        seq=seq, at=at, actor=actor, action=action, payload=payload, prev_hash=prev_hash, hash=digest
    )
    tx.execute(_INSERT, [asdict(row)])
    tx.execute(_MOVE_HEAD, {"new_seq": seq, "new_hash": digest})
    return row


def read(tx: Transaction, *, from_seq: int = 1, limit: int = 1000) -> list[AuditRow]:
    """Return operations in order."""
    return records(AuditRow, tx.execute(_READ, {"from_seq": from_seq, "at_most": limit}))


def latest(tx: Transaction, actions: Iterable[str], *, among: int) -> list[AuditRow]:
    """Return the operations of these kinds among the last so many, the newest first."""
    last, _hash = head(tx)
    return records(AuditRow, tx.execute(_LATEST, {"after": last - among, "actions": list(actions)}))


def head(tx: Transaction) -> tuple[int, bytes]:
    """Return number and hash of the last operation (0 and zeros: none): what the chain must end with."""
    seq, digest = tx.execute(_HEAD).one()
    return int(seq), bytes(digest)
