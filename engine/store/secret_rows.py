"""Secrets: read once, sealed under a key of their own, blanked when destroyed."""

from __future__ import annotations

from msgspec.structs import asdict
from sqlalchemy import bindparam, select
from sqlalchemy import update as update_table

from engine.keys import bucket_of
from engine.store.rows import SecretRow, record, records
from engine.store.statements import at_key, columns, insert_if_new, insert_new_into, key_of
from engine.store.tables import secret
from engine.store.transaction import Transaction

_COLUMNS = columns(secret, SecretRow)
_INSERT = insert_new_into(secret)
_READ = select(*_COLUMNS).where(secret.c.ref == bindparam("at_ref"))
_TAKE = (
    update_table(secret)
    .where(
        secret.c.ref == bindparam("at_ref"), secret.c.state == "ready", secret.c.expires_at > bindparam("now")
    )
    .values(state="read", shown=secret.c.shown + 1)
    .returning(*_COLUMNS)
)
_TAKE_AGAIN = (
    update_table(secret)
    .where(
        secret.c.ref == bindparam("at_ref"), secret.c.state == "read", secret.c.expires_at > bindparam("now")
    )
    .values(shown=secret.c.shown + 1)
    .returning(*_COLUMNS)
)
_BLANK = {"state": "destroyed", "wrapped": b"", "ciphertext": b""}
_DESTROY = (
    update_table(secret)
    .where(secret.c.ref == bindparam("at_ref"), secret.c.state != "destroyed")
    .values(_BLANK)
)
_EXPIRED = (
    select(secret.c.ref)
    .where(secret.c.state != "destroyed", secret.c.expires_at <= bindparam("now"))
    .limit(bindparam("at_most"))
)
_DESTROY_EXPIRED = update_table(secret).where(secret.c.ref.in_(_EXPIRED)).values(_BLANK)
_DESTROY_CASE = update_table(secret).where(*at_key(secret, "root_key")).values(_BLANK)


def insert(tx: Transaction, row: SecretRow) -> bool:
    """Store a secret; False where the reference exists already."""
    return insert_if_new(tx, _INSERT, asdict(row) | {"bucket": bucket_of(row.root_key)})


def read(tx: Transaction, ref: str) -> SecretRow | None:
    """Return a secret's row without using it up.

    For the engine's own effects (a key to send, a package to lock).
    """
    row = tx.execute(_READ, {"at_ref": ref}).first()
    return None if row is None else record(SecretRow, row)


def take(tx: Transaction, ref: str, now: int) -> SecretRow | None:
    """Use a secret up: the row for the one who comes first before it expires, None for everybody after."""
    rows = records(SecretRow, tx.execute(_TAKE, {"at_ref": ref, "now": now}))
    return rows[0] if rows else None


def take_again(tx: Transaction, ref: str, now: int) -> SecretRow | None:
    """Count that a used secret is shown once more; None where it is not used, or gone."""
    rows = records(SecretRow, tx.execute(_TAKE_AGAIN, {"at_ref": ref, "now": now}))
    return rows[0] if rows else None


def destroy(tx: Transaction, ref: str) -> bool:
    """Blank a secret; False where it was blank or is not there."""
    return tx.execute(_DESTROY, {"at_ref": ref}).rowcount == 1


def destroy_expired(tx: Transaction, now: int, *, limit: int = 500) -> int:
    """Blank secrets whose time is over; return how many."""
    return tx.execute(_DESTROY_EXPIRED, {"now": now, "at_most": limit}).rowcount


def destroy_case(tx: Transaction, root_key: int) -> int:
    """Blank all secrets of a case, for its erasure; return how many."""
    return tx.execute(_DESTROY_CASE, key_of(root_key)).rowcount
