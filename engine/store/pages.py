"""Pages of big instances: read when something on them is needed, written when it has changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import delete as delete_from
from sqlalchemy import insert as insert_into
from sqlalchemy import select

from engine.keys import bucket_of
from engine.store.prepared import Prepared, lists, with_lists
from engine.store.sealing import DataKey, place
from engine.store.statements import at_key, key_of, upsert_into
from engine.store.tables import page
from engine.store.transaction import Transaction

_ALL = select(page.c.page, page.c.content).where(*at_key(page, "instance_key"))
_READ_ALL = Prepared(_ALL)
_READ = with_lists(lambda among: _ALL.where(among(page.c.page, "numbers")))
_INSERT = Prepared(insert_into(page))
_UPSERT = Prepared(upsert_into(page))
_DELETE = with_lists(
    lambda among: delete_from(page).where(*at_key(page, "instance_key"), among(page.c.page, "numbers"))
)


class StoredPages:
    """The pages of one instance, opened when they are read, in the transaction the instance was read in."""

    __slots__ = ("_ahead", "_count", "_instance_key", "_key", "_tx")

    def __init__(self, tx: Transaction, instance_key: int, key: DataKey, count: int) -> None:
        self._tx = tx
        self._instance_key = instance_key
        self._key = key
        self._count = count
        self._ahead: dict[int, bytes] = {}

    def read_ahead(self, numbers: Collection[int]) -> None:
        """Read pages that will be asked for: a group's writes are not held up by reading them in between."""
        if numbers:
            self._ahead = self.read(numbers)

    def read(self, numbers: Collection[int] | None) -> dict[int, bytes]:
        """Return the opened content of those of these pages (None: of all) that there are."""
        if not self._count:
            return {}
        at = key_of(self._instance_key)
        if numbers is None:
            rows = self._tx.run(_READ_ALL, at).all()
        elif self._ahead.keys() >= set(numbers):
            return {number: self._ahead.pop(number) for number in numbers}
        else:
            rows = self._tx.run(_READ, at | lists(numbers=numbers)).all()
        return {
            number: self._key.open(place_of(self._instance_key, number), content) for number, content in rows
        }

    def all(self) -> dict[int, bytes]:
        """Return the opened content of all pages."""
        return self.read(None)


def insert(tx: Transaction, instance_key: int, key: DataKey, pages: Mapping[int, bytes]) -> None:
    """Insert the pages of a new instance."""
    if pages:
        tx.run_many(_INSERT, _sealed(instance_key, key, pages))


def upsert(tx: Transaction, instance_key: int, key: DataKey, pages: Mapping[int, bytes]) -> None:
    """Insert new pages and replace known ones."""
    if pages:
        tx.write(_UPSERT, _sealed(instance_key, key, pages))


def delete(tx: Transaction, instance_key: int, numbers: Iterable[int]) -> None:
    """Delete pages on which nothing is left."""
    gone = lists(numbers=numbers)
    if gone["numbers"]:
        tx.write(_DELETE, [key_of(instance_key) | gone])


def place_of(instance_key: int, number: int = 0) -> bytes:
    """Return what a page is sealed for; page 0 is the instance's own state."""
    return place("state", instance_key, number)


def _sealed(instance_key: int, key: DataKey, pages: Mapping[int, bytes]) -> list[dict[str, Any]]:
    return [
        {
            "bucket": bucket_of(instance_key),
            "instance_key": instance_key,
            "page": number,
            "content": key.seal(place_of(instance_key, number), content),
        }
        for number, content in pages.items()
    ]
