"""Anchors: signed statements of where every chain ends, so that one cut short or rebuilt whole is noticed.

An anchor's document lists the heads that are new since the one before it (every ``FULL_EVERY``-th lists all),
names the document before it by its hash, and is signed with a key kept outside the database. Its bytes are
meant to be kept elsewhere too (a file, a print, RFC 3161): whoever can delete history can delete anchors.
"""

from __future__ import annotations

import hashlib

import msgspec

from engine.errors import Damaged, Incompatible
from engine.history import GENESIS, merkle_root
from engine.store import Transaction, anchors, audit
from engine.store.rows import AnchorRow, InstanceRow
from engine.verification.links import Head, goes_on_to
from engine.verification.reading import anchor_rows, history_of, instance_rows, operations
from engine.verification.verdict import Verdict

FORMAT = 1
FULL_EVERY = 100


class Heads(msgspec.Struct):
    """The newest anchored heads: of instances by key, and of the operations outside instances."""

    instances: dict[int, Head]
    operations: Head | None = None


class AnchorDocument(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What is signed; ``heads`` are (instance key, seq, hash), ``merkle_root`` is over all of them by key."""

    format: int
    number: int
    at: int
    previous: bytes
    instances: int
    merkle_root: bytes
    operations_seq: int
    operations_hash: bytes
    full: bool
    heads: list[tuple[int, int, bytes]]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(AnchorDocument).decode


def anchor(tx: Transaction) -> AnchorRow | None:
    """Sign where all chains end now and return the anchor; None where nothing has happened since the last.

    A head signed once is only followed by one that its chain leads to: of an instance that is gone, cut short
    or rebuilt, the earlier head is signed again, and ``verify`` goes on finding it. Reads all instances, not
    their states, and the history rows since the last anchor. Raises ``Damaged`` where the anchors since the
    last full one are not as they were signed.
    """
    last = anchors.last(tx)
    known = _trusted_heads(tx, last)
    heads = _heads(tx, known.instances)
    ended = _operations_head(tx, known.operations)
    new = [head for head in heads if _is_new(known.instances.get(head[0]), head)]
    if not new and known.operations is not None and known.operations.seq == ended[0]:
        return None
    number = last.number + 1 if last is not None else 1
    document = AnchorDocument(
        format=FORMAT,
        number=number,
        at=tx.now,
        previous=hashlib.sha256(last.document).digest() if last is not None else GENESIS,
        instances=len(heads),
        merkle_root=merkle_root([digest for _, _, digest in heads]),
        operations_seq=ended[0],
        operations_hash=ended[1],
        full=number % FULL_EVERY == 1,
        heads=heads if number % FULL_EVERY == 1 else new,
    )
    return _signed_row(tx, document)


def _signed_row(tx: Transaction, document: AnchorDocument) -> AnchorRow:
    content = _encode(document)
    row = AnchorRow(
        number=document.number,
        at=document.at,
        instances=document.instances,
        merkle_root=document.merkle_root,
        signature=tx.keyring.sign(content),
        document=content,
    )
    anchors.insert(tx, row)
    return row


def _heads(tx: Transaction, known: dict[int, Head]) -> list[tuple[int, int, bytes]]:
    """Return (key, seq, hash) of all instances there are or were, by key."""
    heads = {key: (key, head.seq, head.hash) for key, head in known.items()}
    for row in instance_rows(tx):
        before = known.get(row.key)
        if before is None or _goes_on(tx, before, row):
            heads[row.key] = (row.key, row.seq, row.head_hash)
    return [heads[key] for key in sorted(heads)]


def _goes_on(tx: Transaction, before: Head, row: InstanceRow) -> bool:
    last = row.seq, row.head_hash
    return (before.seq, before.hash) == last or goes_on_to(
        before, history_of(tx, row.key, from_seq=before.seq), last
    )


def _operations_head(tx: Transaction, known: Head | None) -> tuple[int, bytes]:
    last = audit.head(tx)
    if known is None or known.seq == 0 or goes_on_to(known, operations(tx, from_seq=known.seq), last):
        return last
    return known.seq, known.hash


def anchored_heads(tx: Transaction, verdict: Verdict, *, from_number: int = 1) -> Heads:
    """Return the heads that the anchors have, each checked; what is wrong with them goes into the verdict.

    ``from_number`` is that of a full anchor: what was before it is not read.
    """
    heads = Heads({})
    expected, document = from_number, None
    previous = GENESIS if from_number == 1 else None
    for row in anchor_rows(tx, from_number=from_number):
        if row.number != expected:
            verdict.add("chain", 0, 0, f"anchor {expected} is missing")
        document = _signed(tx, row, verdict)
        if document is not None:
            if row.number == expected and previous not in (None, document.previous):
                verdict.add("chain", 0, 0, f"anchor {row.number} does not follow anchor {row.number - 1}")
            _fold(heads, document)
        previous, expected = hashlib.sha256(row.document).digest(), row.number + 1
    if document is not None and merkle_root(
        [heads.instances[key].hash for key in sorted(heads.instances)]
    ) != (document.merkle_root):
        verdict.add(
            "chain", 0, 0, f"anchor {document.number}: its Merkle root is not that of the heads it stands for"
        )
    return heads


def _trusted_heads(tx: Transaction, last: AnchorRow | None) -> Heads:
    verdict = Verdict()
    full = 1 if last is None else last.number - (last.number - 1) % FULL_EVERY
    heads = anchored_heads(tx, verdict, from_number=full)
    findings = verdict.report().findings
    if findings:
        raise Damaged(f"expected the anchors as they were signed, but {findings[0].message}")
    return heads


def _signed(tx: Transaction, row: AnchorRow, verdict: Verdict) -> AnchorDocument | None:
    """Return what an anchor's document says, None where its signature or content is not ours."""
    if not tx.keyring.verify(row.document, row.signature):
        verdict.add("chain", 0, 0, f"anchor {row.number}: its signature is not of this installation's key")
        return None
    document = _decoded(row)
    columns = (row.number, row.at, row.instances, row.merkle_root)
    if columns != (document.number, document.at, document.instances, document.merkle_root):
        verdict.add("chain", 0, 0, f"anchor {row.number}: its columns are not those that were signed")
    return document


def _decoded(row: AnchorRow) -> AnchorDocument:
    try:
        document = _decode(row.document)
    except msgspec.DecodeError as error:
        raise Incompatible(
            f"expected anchor {row.number} of format {FORMAT}, but {error}: upgrade this program"
        ) from error
    if document.format > FORMAT:
        raise Incompatible(
            f"expected anchor {row.number} of format {FORMAT}, but it has {document.format}: upgrade first"
        )
    return document


def _fold(heads: Heads, document: AnchorDocument) -> None:
    if document.full:
        heads.instances.clear()
    for key, seq, digest in document.heads:
        heads.instances[key] = Head(seq, digest, document.number)
    heads.operations = Head(document.operations_seq, document.operations_hash, document.number)


def _is_new(known: Head | None, head: tuple[int, int, bytes]) -> bool:
    return known is None or (known.seq, known.hash) != head[1:]
