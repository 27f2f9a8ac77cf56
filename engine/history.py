"""How history rows are chained and instances' heads gathered into one root.

Formats that must never change silently.

A chained hash covers the previous hash and every stored column of its row, each with its length before it, so
that no two different rows have the same encoding. Change anything here and ``FORMAT`` goes up; old formats
stay readable.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence

from engine.errors import Incompatible
from engine.keys import bucket_of

FORMAT = 1
GENESIS = bytes(32)  # the previous hash of the first row
_ROW = b"obieg history row 1"
_AUDIT = b"obieg audit row 1"
# Leaves and inner nodes hash apart, or an inner node could be passed off as a leaf (RFC 6962 §2.1).
_LEAF = b"\x00"
_INNER = b"\x01"
_LENGTH = struct.Struct(">Q").pack
_NUMBER = struct.Struct(">Qq").pack  # the length of a number, always 8, and the number


def chain_hash(
    prev_hash: bytes,
    *,
    instance_key: int,
    seq: int,
    at: int,
    actor: str,
    on_behalf_of: str,
    command: str,
    format: int = FORMAT,
    semantics_version: int,
    payload: bytes,
) -> bytes:
    """Return the SHA-256 of one history row; ``at`` in UTC microseconds, ``payload`` as stored (sealed).

    Raises Incompatible for a format this program does not know.
    """
    if format != FORMAT:
        raise Incompatible(
            f"expected history format {FORMAT}, but row {seq} of instance {instance_key} has {format}"
        )
    numbers = (bucket_of(instance_key), instance_key, seq, at)
    texts = (actor, on_behalf_of, command)
    return _digest(_ROW, prev_hash, *numbers, *texts, format, semantics_version, payload)


def audit_hash(prev_hash: bytes, *, seq: int, at: int, actor: str, action: str, payload: bytes) -> bytes:
    """Return the SHA-256 of one row of the audit chain, the history of what happens outside instances."""
    return _digest(_AUDIT, prev_hash, seq, at, actor, action, payload)


def merkle_root(heads: Sequence[bytes]) -> bytes:
    """Return the Merkle tree hash of the heads in the given order (RFC 6962 §2.1, SHA-256).

    None: of nothing.
    """
    if not heads:
        return hashlib.sha256(b"").digest()
    level = [hashlib.sha256(_LEAF + head).digest() for head in heads]
    while len(level) > 1:
        pairs = [
            hashlib.sha256(_INNER + level[index] + level[index + 1]).digest()
            for index in range(0, len(level) - 1, 2)
        ]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]


def _digest(*values: bytes | str | int) -> bytes:
    parts: list[bytes] = []
    for value in values:
        if isinstance(value, int):
            parts.append(_NUMBER(8, value))
        else:
            encoded = value.encode() if isinstance(value, str) else value
            parts += (_LENGTH(len(encoded)), encoded)
    return hashlib.sha256(b"".join(parts)).digest()
