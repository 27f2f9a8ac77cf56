"""The data keys of cases: reading, and destroying one to erase its case."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, insert, select

from engine.keys import bucket_of
from engine.store.prepared import Prepared, lists, with_lists
from engine.store.sealing import DataKey
from engine.store.statements import at_key, insert_if_new, insert_new_into, key_of
from engine.store.tables import data_key
from engine.store.transaction import Transaction

_INSERT = Prepared(insert(data_key))
_INSERT_NEW = insert_new_into(data_key)
_READ = with_lists(
    lambda among: select(data_key.c.root_key, data_key.c.kid, data_key.c.wrapped).where(
        among(data_key.c.bucket, "buckets"), among(data_key.c.root_key, "roots")
    )
)
_DELETE = delete(data_key).where(*at_key(data_key, "root_key"))


def insert_key(tx: Transaction, key: DataKey) -> None:
    """Store the data key of a new case (``Keyring.new_data_key``)."""
    parameters = {
        "bucket": bucket_of(key.root_key),
        "root_key": key.root_key,
        "kid": key.kid,
        "wrapped": key.wrapped,
    }
    tx.run(_INSERT, parameters)


OFFICE = 0  # no case has it: the key of what outlives cases


def office_key(tx: Transaction) -> DataKey:
    """Return the data key of what belongs to no case, drawn at first use; of two at once, one remains."""
    found = read(tx, [OFFICE]).get(OFFICE)
    if found is None:
        drawn = tx.keyring.new_data_key(OFFICE)
        insert_if_new(
            tx,
            _INSERT_NEW,
            {"bucket": bucket_of(OFFICE), "root_key": OFFICE, "kid": drawn.kid, "wrapped": drawn.wrapped},
        )
        found = read(tx, [OFFICE])[OFFICE]
    return found


def read(tx: Transaction, root_keys: Iterable[int | None]) -> dict[int, DataKey]:
    """Return the data keys of these cases by root key, in one statement; erased cases are missing."""
    roots = {root for root in root_keys if root is not None}
    if not roots:
        return {}
    rows = tx.run(_READ, lists(roots=roots, buckets=map(bucket_of, roots)))
    return {root: tx.keyring.data_key(root, kid, wrapped) for root, kid, wrapped in rows}


def destroy(tx: Transaction, root_key: int) -> bool:
    """Destroy the data key of a case: from then on nothing sealed with it opens.

    Returns whether there was one.
    """
    return tx.execute(_DELETE, key_of(root_key)).rowcount == 1
