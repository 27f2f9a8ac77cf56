"""Registers an office must keep (incidents, authorisations, reports): numbered, never deleted, resolved once.

Entries outlive the erasure of their case: they are sealed with the office's data key, not with the case's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.clock import instant
from engine.errors import Conflict, EngineError, JobFailure, NotFound
from engine.kernel.codec import decode_values, encode_values
from engine.kernel.values import accepted, accepted_text
from engine.model.records import Entry
from engine.store import Store, Transaction, audit, data_keys, registers, requests
from engine.store.rows import RegisterEntryRow, RequestRow
from engine.store.sealing import DataKey, place

SHORTEST_RESOLUTION = 10  # characters: enough for an auditor to see what was done
_EVERY = 2**31 - 1  # more than any register holds


class Registers:
    """The registers of one installation."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def append(
        self,
        tx: Transaction,
        *,
        register: str,
        instance_key: int | None,
        subject: str,
        data: Mapping[str, Any],
        after: int | None = None,
        resolution: str = "",
    ) -> int:
        """Add an entry in an open transaction and return its number; numbers have no gaps.

        One with a ``resolution`` is closed at once.

        The register stays locked until the transaction ends. ``after`` is the number that must be the last
        one before (0: none). Raises ``InvalidVariables`` for data that cannot be stored, ``JobFailure``
        where somebody else has written since.
        """
        where, key = place("register", register, instance_key or 0), data_keys.office_key(tx)
        number = registers.append(
            tx,
            register=register,
            instance_key=instance_key,
            at=tx.now,
            subject=key.seal(where, encode_values(subject)),
            data=key.seal(where, encode_values(accepted(data))),
        )
        if after is not None and number != after + 1:
            raise JobFailure(
                f"expected entry {after} to be the last of '{register}', but {number - 1} is: read it again",
                back_off=0,
            )
        if resolution:
            registers.resolve(tx, register, number, resolution)
        return number

    def draw_number(self, name: str, *, request_id: str | None = None) -> int:
        """Return the next number of a series (such as the case numbers of a year): 1, 2, 3 …

        The same ``request_id`` gets the number it got before, so a form sent twice burns none. Raises
        ``InvalidVariables`` for a text that cannot be stored.
        """
        if request_id is None:
            return self._store.run(lambda tx: registers.next_number(tx, name))
        asked = f"{accepted_text(request_id, 'request_id')} number {accepted_text(name, 'name')}"
        return self._store.run(lambda tx: _drawn(tx, name, asked))

    def entries(
        self,
        register: str,
        *,
        unresolved: bool = False,
        instance_key: int | None = None,
        oldest_first: bool = False,
        before: int | None = None,
        limit: int = 100,
    ) -> list[Entry]:
        """Return entries of a register, the newest first unless told otherwise.

        ``before`` asks for lower numbers only: the rest of a register that is read in parts.
        """
        with self._store.reading() as tx:
            rows = registers.query(
                tx, register, unresolved=unresolved, instance_key=instance_key, oldest_first=oldest_first,
                before=before, limit=limit,
            )  # fmt: skip
            key = data_keys.office_key(tx) if rows else None
            return [] if key is None else [opened(key, row) for row in rows]

    def counts(self, register: str) -> tuple[int, int]:
        """Return how many entries a register has and how many are open, without opening any."""
        with self._store.reading() as tx:
            return registers.counts(tx, register)

    def entry(self, register: str, number: int) -> Entry:
        """Return one entry; raises ``NotFound``."""
        with self._store.reading() as tx:
            row = registers.read(tx, register, number)
            if row is None:
                raise NotFound(f"expected entry {number} in '{register}', but there is none")
            return opened(data_keys.office_key(tx), row)

    def all_in(self, register: str) -> list[Entry]:
        """Return every entry of a register, the oldest first."""
        return self.entries(register, limit=_EVERY)[::-1]

    def resolve(self, register: str, number: int, *, resolution: str, by: str) -> None:
        """Close an entry, saying how it was resolved.

        Raises ``NotFound``, ``Conflict`` where it is closed already, ``EngineError`` for a resolution of
        fewer than ``SHORTEST_RESOLUTION`` characters.
        """
        if len(resolution.strip()) < SHORTEST_RESOLUTION:
            raise EngineError(
                f"expected how entry {number} of '{register}' was resolved in at least "
                f"{SHORTEST_RESOLUTION} characters, but it has {len(resolution.strip())}"
            )

        def resolve(tx: Transaction) -> None:
            if not registers.resolve(tx, register, number, resolution):
                if registers.read(tx, register, number) is None:
                    raise NotFound(f"expected entry {number} in '{register}', but there is none")
                raise Conflict(f"expected an open entry, but {number} of '{register}' is resolved already")
            what = {"register": register, "number": number}
            audit.append(tx, at=tx.now, actor=by, action="register_resolved", payload=encode_values(what))

        self._store.run(resolve)


def _drawn(tx: Transaction, name: str, asked: str) -> int:
    earlier = requests.read(tx, asked)
    if earlier is not None:
        return int(decode_values(earlier.result))
    number = registers.next_number(tx, name)
    answer = RequestRow(id=asked, root_key=None, seq=0, result=encode_values(number), created_at=tx.now)
    requests.insert(tx, answer)
    return number


def opened(key: DataKey, row: RegisterEntryRow) -> Entry:
    """Return an entry as it was written; ``key`` is the office's."""
    where = place("register", row.register, row.instance_key or 0)
    return Entry(
        register=row.register,
        number=row.number,
        instance_key=row.instance_key,
        at=instant(row.at),
        subject=decode_values(key.open(where, row.subject)),
        data=decode_values(key.open(where, row.data)),
        resolution=row.resolved,
    )
