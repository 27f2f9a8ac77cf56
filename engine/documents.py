"""Documents of cases: files made or received while a case runs, sealed under the case's key."""

from __future__ import annotations

import datetime as dt

from engine.clock import instant
from engine.errors import Conflict, NotFound
from engine.keys import token_text
from engine.model.records import Record
from engine.store import Store, Transaction, data_keys, document_rows
from engine.store.rows import DocumentRow
from engine.store.sealing import DataKey


class Document(Record, frozen=True):
    """What is known about a document without opening it; ``root_key`` is the case's."""

    reference: str
    root_key: int
    name: str
    media_type: str
    created_at: dt.datetime


class Documents:
    """The documents of one installation."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def store(
        self, *, root_key: int, name: str, content: bytes, media_type: str, idempotency_key: str = ""
    ) -> str:
        """Store a document of a case and return its reference.

        With an idempotency key it is stored once per key and name: later calls return the first reference.
        Raises ``Conflict`` for an erased case.
        """
        reference = f"document-{token_text()}"

        def store(tx: Transaction) -> str:
            sealed = _key(tx, root_key).seal(document_rows.place_of(root_key, reference), content)
            row = DocumentRow(
                ref=reference,
                root_key=root_key,
                name=name,
                media_type=media_type,
                content=sealed,
                created_at=tx.now,
                idempotency_key=idempotency_key,
            )
            return document_rows.insert(tx, row)

        return self._store.run(
            store, acknowledged=lambda tx: reference if document_rows.read(tx, reference) else None
        )

    def read(self, reference: str, *, root_key: int | None = None) -> bytes:
        """Return a document's bytes.

        Raises ``NotFound``, also where it is not of the case ``root_key``, ``Conflict`` for an erased case.
        """
        with self._store.reading() as tx:
            row = document_rows.read(tx, reference)
            if row is None or root_key not in (None, row.root_key):
                raise NotFound(f"expected a document {reference}, but there is none")
            return _key(tx, row.root_key).open(document_rows.place_of(row.root_key, row.ref), row.content)

    def of_case(self, root_key: int) -> list[Document]:
        """Return the documents of a case, oldest first."""
        with self._store.reading() as tx:
            return [_document(row) for row in document_rows.of_case(tx, root_key)]


def _key(tx: Transaction, root_key: int) -> DataKey:
    key = data_keys.read(tx, [root_key]).get(root_key)
    if key is None:
        raise Conflict(f"expected a case that can be read, but {root_key} was erased or never was")
    return key


def _document(row: DocumentRow) -> Document:
    return Document(
        reference=row.ref,
        root_key=row.root_key,
        name=row.name,
        media_type=row.media_type,
        created_at=instant(row.created_at),
    )
