"""What people have on their desks: the worklist filters they have kept, the forms they have begun."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec

from engine.clock import instant
from engine.model.records import Record
from engine.store import Store, Transaction, data_keys, drafts, saved_filters
from engine.store.rows import DraftRow
from engine.store.sealing import place

LONGEST_NAME = 60
MOST_FILTERS = 30
LARGEST_DRAFT = 1_000_000  # bytes
KEPT = dt.timedelta(days=30)
_MICROSECOND = dt.timedelta(microseconds=1)


class SavedFilter(Record, frozen=True):
    """A filter of the worklist under a name; ``address`` is the page that shows it."""

    name: str
    address: str


class Draft(Record, frozen=True):
    """A form somebody has begun: what they have entered, as it was sent; ``saved_at`` is aware, in UTC."""

    content: dict[str, Any]
    saved_at: dt.datetime


class Desks:
    """The desks of one installation; each call is a short transaction of its own."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def filters(self, person_id: str) -> list[SavedFilter]:
        """Return somebody's filters, by name."""
        with self._store.reading() as tx:
            kept = saved_filters.of_person(tx, person_id)
            key = data_keys.office_key(tx) if kept else None
        return [
            SavedFilter(name=name, address=key.open(_place(person_id, name), content).decode())
            for name, content in sorted(kept.items())
            if key is not None
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
            sealed = data_keys.office_key(tx).seal(_place(person_id, name), address.encode())
            saved_filters.upsert(tx, person_id, name, sealed)
            return True

        return self._store.run(keep, acknowledged=lambda _: None)

    def forget_filter(self, person_id: str, name: str) -> None:
        """Forget a filter; one that is not there is no error."""
        self._store.run(lambda tx: saved_filters.remove(tx, person_id, name), acknowledged=lambda _: None)

    def keep_draft(
        self,
        person_id: str,
        form: str,
        content: Mapping[str, Any],
        *,
        unless_since: dt.datetime | None = None,
    ) -> bool:
        """Keep what somebody has entered in a form, in place of what was; False where it is too large.

        ``form`` names it, such as ``task:17``. What is older than ``KEPT`` goes. One kept after
        ``unless_since`` stays, and this is not kept: False.
        """
        written = msgspec.json.encode(content)
        if len(written) > LARGEST_DRAFT:
            return False

        def keep(tx: Transaction) -> bool:
            drafts.purge(tx, tx.machine_now - KEPT // _MICROSECOND)
            there = drafts.read(tx, person_id, form) if unless_since is not None else None
            if there is not None and unless_since is not None and instant(there.saved_at) > unless_since:
                return False
            row = DraftRow(
                person_id=person_id,
                place=form,
                content=data_keys.office_key(tx).seal(place("draft", person_id, form), written),
                saved_at=tx.machine_now,
            )
            drafts.upsert(tx, row)
            return True

        return self._store.run(keep, acknowledged=lambda _: None)

    def draft(self, person_id: str, form: str) -> Draft | None:
        """Return what somebody has entered in a form, None where nothing is kept."""
        with self._store.reading() as tx:
            row = drafts.read(tx, person_id, form)
            if row is None:
                return None
            written = data_keys.office_key(tx).open(place("draft", person_id, form), row.content)
        return Draft(content=msgspec.json.decode(written), saved_at=instant(row.saved_at))

    def forget_draft(self, person_id: str, form: str) -> None:
        """Forget what somebody has entered in a form; nothing kept is no error."""
        self._store.run(lambda tx: drafts.remove(tx, person_id, form), acknowledged=lambda _: None)

    def forget_drafts_of(self, form: str) -> None:
        """Forget what anybody has entered in a form: it is done."""
        self._store.run(lambda tx: drafts.remove_at(tx, form), acknowledged=lambda _: None)

    def purge_drafts(self, older_than: dt.timedelta = KEPT) -> int:
        """Forget the forms begun so long ago; return how many."""
        age = older_than // _MICROSECOND
        return self._store.run(lambda tx: drafts.purge(tx, tx.machine_now - age), acknowledged=lambda _: 0)


def _place(person_id: str, name: str) -> bytes:
    return place("saved_filter", person_id, name)
