"""Which wrapping keys the database needs, and wrapping what is stored anew: what a rotation goes through."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from sqlalchemy import Select, Table, and_, bindparam, func, select
from sqlalchemy import update as update_table

from engine.errors import Incompatible
from engine.store.sealing import Keyring, place
from engine.store.tables import data_key, secret
from engine.store.transaction import Transaction


class _Kind(NamedTuple):
    """A table of wrapped keys: its name, what identifies a row, and how its key is found and changed."""

    table: Table
    outdated: Select[Any]
    in_use: Select[Any]
    change: Any


def _kind(table: Table, *identity: str) -> _Kind:
    columns = [table.c[name] for name in identity]
    living = table.c.wrapped != b""  # a destroyed secret is blank
    same = [table.c[name] == bindparam(f"at_{name}") for name in identity]
    return _Kind(
        table,
        select(*columns, table.c.root_key, table.c.kid, table.c.wrapped)
        .where(and_(living, table.c.kid != bindparam("active")))
        .limit(bindparam("at_most")),
        select(table.c.kid, func.count()).where(living).group_by(table.c.kid),
        # A row that was destroyed or wrapped anew meanwhile is left as it is.
        update_table(table)
        .where(*same, table.c.kid == bindparam("old_kid"), table.c.wrapped == bindparam("old"))
        .values(kid=bindparam("new_kid"), wrapped=bindparam("new")),
    )


_KINDS = (_kind(data_key, "bucket", "root_key"), _kind(secret, "ref"))
_IDENTITIES = (("bucket", "root_key"), ("ref",))


def keys_in_use(tx: Transaction) -> Counter[str]:
    """Return how many wrapped keys each wrapping key is needed for."""
    found: Counter[str] = Counter()
    for kind in _KINDS:
        found.update({str(kid): int(count) for kid, count in tx.execute(kind.in_use)})
    return found


def rewrap(tx: Transaction, *, limit: int) -> int:
    """Wrap at most ``limit`` keys of each table with the active wrapping key; return how many were outdated.

    What is sealed under those keys stays as it is. Raises ``Incompatible`` for a wrapping key this keyring
    lacks.
    """
    done = 0
    for kind, identity in zip(_KINDS, _IDENTITIES, strict=True):
        rows = tx.execute(kind.outdated, {"active": tx.keyring.kid, "at_most": limit}).all()
        changes = [_changed(tx.keyring, identity, row._mapping) for row in rows]
        if changes:
            tx.execute(kind.change, changes)
        done += len(rows)
    return done


def require_known(tx: Transaction) -> None:
    """Raise ``Incompatible`` where the database needs a wrapping key this keyring lacks."""
    for kid, count in keys_in_use(tx).items():
        if kid not in tx.keyring:
            raise Incompatible(
                f"expected a keyring with key {kid}, which {count} rows need, but this one lacks it; "
                "use the newest keyring file"
            )


def _changed(keyring: Keyring, identity: tuple[str, ...], row: Any) -> dict[str, Any]:
    aad = place("data_key", row["root_key"])
    plain = keyring.unwrap(row["kid"], row["wrapped"], aad)
    return {
        **{f"at_{name}": row[name] for name in identity},
        "old_kid": row["kid"],
        "old": row["wrapped"],
        "new_kid": keyring.kid,
        "new": keyring.wrap(aad, plain),
    }
