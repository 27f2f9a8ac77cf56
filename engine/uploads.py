"""Files people send before the form they belong to is: sealed, theirs alone, and a case's once it takes them.

A case takes a file in the transaction of the verb that takes the form, so that no submitted form lacks its
file; what no form ever took is removed after ``KEPT``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from engine.errors import Conflict
from engine.forms.parts import MAX_FILE_BYTES
from engine.keys import token_text
from engine.model.records import Record
from engine.store import Store, Transaction, data_keys, document_rows, upload_rows
from engine.store.rows import DocumentRow, UploadRow
from engine.store.sealing import DataKey, place

KEPT = dt.timedelta(days=7)
MOST_WAITING = 50  # files of one person
_MICROSECOND = dt.timedelta(microseconds=1)
_EXTENSIONS = {
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "application/xml": "xml",
}


class Upload(Record, frozen=True):
    """A file that waits for its form; ``sha256`` in hexadecimal, ``size`` in bytes."""

    reference: str
    name: str
    media_type: str
    size: int
    sha256: str

    @property
    def value(self) -> dict[str, Any]:
        """Return what becomes the variable: a reference, never the bytes."""
        return {
            "id": self.reference,
            "name": self.name,
            "size": self.size,
            "sha256": self.sha256,
            "type": self.media_type,
        }


class Uploads:
    """The waiting files of one installation; each call is a short transaction of its own."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, *, person_id: str, name: str, content: bytes, media_type: str) -> Upload:
        """Keep a file for a person until a form takes it.

        Raises ``Conflict`` where too many wait or it is larger than a form may take.
        """
        if not 0 < len(content) <= MAX_FILE_BYTES:
            raise Conflict(f"expected a file of 1 to {MAX_FILE_BYTES} bytes, but it has {len(content)}")
        sha256 = hashlib.sha256(content).hexdigest()
        kept = Upload(
            reference=f"document-{token_text()}",
            name=name,
            media_type=media_type,
            size=len(content),
            sha256=sha256,
        )

        def store(tx: Transaction) -> Upload:
            upload_rows.purge(tx, tx.machine_now - KEPT // _MICROSECOND)
            if upload_rows.count(tx, person_id) >= MOST_WAITING:
                raise Conflict(
                    f"expected at most {MOST_WAITING} files of a person to wait, but there are more"
                )
            key = data_keys.office_key(tx)
            row = UploadRow(
                ref=kept.reference,
                person_id=person_id,
                about=key.seal(_place(person_id, kept.reference, "about"), msgspec.json.encode(kept)),
                saved_at=tx.machine_now,
                content=key.seal(_place(person_id, kept.reference, "content"), content),
            )
            upload_rows.add(tx, row)
            return kept

        return self._store.run(store, acknowledged=lambda tx: _known(tx, person_id, kept))

    def known(self, person_id: str, references: Sequence[str]) -> list[Upload]:
        """Return those of these files that wait and are the person's, in this order."""
        with self._store.reading() as tx:
            found = described(tx, person_id, references)
        return [found[each] for each in dict.fromkeys(references) if each in found]

    def remove(self, person_id: str, references: Sequence[str]) -> int:
        """Remove files that wait; return how many there were."""
        return self._store.run(
            lambda tx: upload_rows.remove(tx, person_id, references), acknowledged=lambda _: 0
        )

    def purge(self, older_than: dt.timedelta = KEPT) -> int:
        """Remove the files no form has taken for so long; return how many."""
        age = older_than // _MICROSECOND
        return self._store.run(
            lambda tx: upload_rows.purge(tx, tx.machine_now - age), acknowledged=lambda _: 0
        )


def described(tx: Transaction, person_id: str, references: Sequence[str]) -> dict[str, Upload]:
    """Return what is known of a person's waiting files, by reference."""
    found = {}
    rows = upload_rows.heads(tx, person_id, references)
    if not rows:
        return {}
    key = data_keys.office_key(tx)
    for row in rows:
        about = key.open(_place(person_id, row.ref, "about"), row.about)
        found[row.ref] = msgspec.json.decode(about, type=Upload)
    return found


def take(tx: Transaction, person_id: str, reference: str, *, root_key: int, data_key: DataKey) -> None:
    """Make a waiting file a document of a case, under its key; raises ``Conflict`` where it is gone."""
    row = upload_rows.read(tx, person_id, reference)
    if row is None:
        raise Conflict(f"expected a waiting file {reference}, but it is gone")
    key = data_keys.office_key(tx)
    about = msgspec.json.decode(key.open(_place(person_id, reference, "about"), row.about), type=Upload)
    content = key.open(_place(person_id, reference, "content"), row.content)
    document = DocumentRow(
        ref=reference,
        root_key=root_key,
        # its own name may be a person's, and this column is in clear
        name=f"zalacznik-{reference[-6:]}.{_EXTENSIONS.get(about.media_type, 'bin')}",
        media_type=about.media_type,
        content=data_key.seal(document_rows.place_of(root_key, reference), content),
        created_at=tx.now,
        idempotency_key="",
    )
    document_rows.insert(tx, document)
    upload_rows.remove(tx, person_id, [reference])


def _known(tx: Transaction, person_id: str, upload: Upload) -> Upload | None:
    return upload if upload_rows.read(tx, person_id, upload.reference) is not None else None


def _place(person_id: str, reference: str, part: str) -> bytes:
    return place("upload", person_id, reference, part)
