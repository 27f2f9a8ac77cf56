"""Anchors: signed statements of where every chain ends, so that one cut short or rebuilt whole is noticed.

An anchor's document lists the heads that are new since the one before it (every ``FULL_EVERY``-th lists all),
names the document before it by its hash, and is signed with a key kept outside the database. Its bytes are
meant to be kept elsewhere too (a file, a print, RFC 3161): whoever can delete history can delete anchors.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import msgspec

from engine.errors import Damaged, Incompatible
from engine.history import GENESIS, merkle_root
from engine.store import Transaction, anchors, audit, instances
from engine.store.rows import AnchorRow, InstanceRow
from engine.verification.verdict import Verdict

FORMAT = 1
FULL_EVERY = 100
_ANCHORS_AT_ONCE = 100
_INSTANCES_AT_ONCE = 1000


class Head(msgspec.Struct, frozen=True, array_like=True):
    """The last row of one chain when ``anchor`` was signed."""

    seq: int
    hash: bytes
    anchor: int


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

    Reads all instances without their states. Raises ``Damaged`` where earlier anchors are not as signed.
    """
    last = anchors.last(tx)
    known = _trusted_heads(tx)
    heads = [(row.key, row.seq, row.head_hash) for row in _instance_rows(tx)]
    operations_seq, operations_hash = audit.head(tx)
    new = [head for head in heads if _is_new(known.instances.get(head[0]), head)]
    if not new and known.operations is not None and known.operations.seq == operations_seq:
        return None
    number = last.number + 1 if last is not None else 1
    full = number % FULL_EVERY == 1
    document = AnchorDocument(
        format=FORMAT,
        number=number,
        at=tx.now,
        previous=hashlib.sha256(last.document).digest() if last is not None else GENESIS,
        instances=len(heads),
        merkle_root=merkle_root([digest for _, _, digest in heads]),
        operations_seq=operations_seq,
        operations_hash=operations_hash,
        full=full,
        heads=heads if full else new,
    )
    content = _encode(document)
    row = AnchorRow(
        number=number,
        at=document.at,
        instances=document.instances,
        merkle_root=document.merkle_root,
        signature=tx.keyring.sign(content),
        document=content,
    )
    anchors.insert(tx, row)
    return row


def anchored_heads(tx: Transaction, verdict: Verdict) -> Heads:
    """Return the heads that the anchors have, each checked; what is wrong with them goes into the verdict."""
    heads = Heads({})
    previous, expected, document = GENESIS, 1, None
    for row in _anchor_rows(tx):
        if row.number != expected:
            verdict.add("chain", 0, 0, f"anchor {expected} is missing")
        document = _signed(tx, row, verdict)
        if document is not None:
            if row.number == expected and document.previous != previous:
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


def _trusted_heads(tx: Transaction) -> Heads:
    verdict = Verdict()
    heads = anchored_heads(tx, verdict)
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


def _anchor_rows(tx: Transaction) -> Iterator[AnchorRow]:
    number = 1
    while found := anchors.read(tx, from_number=number, limit=_ANCHORS_AT_ONCE):
        yield from found
        number = found[-1].number + 1


def _instance_rows(tx: Transaction) -> Iterator[InstanceRow]:
    after = 0
    while found := instances.heads(tx, after=after, limit=_INSTANCES_AT_ONCE):
        yield from found
        after = found[-1].key
