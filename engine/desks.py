"""What people have on their desks: the worklist filters they have kept."""

from __future__ import annotations

from engine.model.records import Record
from engine.store import Store, Transaction, saved_filters
from engine.store.sealing import place

LONGEST_NAME = 60
MOST_FILTERS = 30


class SavedFilter(Record, frozen=True):
    """A filter of the worklist under a name; ``address`` is the page that shows it."""

    name: str
    address: str


class Desks:
    """The desks of one installation; each call is a short transaction of its own."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def filters(self, person_id: str) -> list[SavedFilter]:
        """Return somebody's filters, by name."""
        with self._store.reading() as tx:
            kept = saved_filters.of_person(tx, person_id)
        return [
            SavedFilter(
                name=name,
                address=self._store.keyring.unwrap(kid, content, _place(person_id, name)).decode(),
            )
            for name, (kid, content) in sorted(kept.items())
        ]

    def keep_filter(self, person_id: str, name: str, address: str) -> bool:
        """Keep a filter, in place of the one of this name; False for a bad name or one too many."""
        name = " ".join(name.split())
        if not name or not name.isprintable() or len(name) > LONGEST_NAME:
            return False

        def keep(tx: Transaction) -> bool:
            kept = saved_filters.of_person(tx, person_id)
            if name not in kept and len(kept) >= MOST_FILTERS:
                return False
            sealed = tx.keyring.wrap(_place(person_id, name), address.encode())
            saved_filters.upsert(tx, person_id, name, tx.keyring.kid, sealed)
            return True

        return self._store.run(keep, acknowledged=lambda _: None)

    def forget_filter(self, person_id: str, name: str) -> None:
        """Forget a filter; one that is not there is no error."""
        self._store.run(lambda tx: saved_filters.remove(tx, person_id, name), acknowledged=lambda _: None)


def _place(person_id: str, name: str) -> bytes:
    return place("saved_filter", person_id, name)
