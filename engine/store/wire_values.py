"""How values go to PostgreSQL in its binary format, by the type SQLAlchemy declares for them."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import psycopg
from sqlalchemy import ARRAY, BigInteger, Boolean, Integer, LargeBinary, SmallInteger, String
from sqlalchemy.types import NullType, TypeEngine

Encoded: TypeAlias = bytes | None


class Kind(NamedTuple):
    """A type of PostgreSQL: its number in ``pg_type``, and how a value becomes its binary format."""

    oid: int
    encode: Callable[[Any], bytes]


_INT8 = 20
_BIG = struct.Struct("!q")


def kind_of(declared: TypeEngine[Any]) -> Kind:
    """Return how parameters of a type are sent; raises ``TypeError`` for one that no statement has."""
    for known, kind in _KINDS:
        if isinstance(declared, known) and not isinstance(declared, ARRAY):
            return kind
    if isinstance(declared, ARRAY) and isinstance(declared.item_type, BigInteger):
        return Kind(1016, _numbers)
    raise TypeError(f"expected a parameter of a known type, but got {declared!r}: add it to wire_values")


def encoded(kinds: Sequence[Kind], values: Sequence[Any]) -> list[Encoded]:
    """Return parameters as they are sent; raises ``psycopg.DataError`` for what no column can hold."""
    try:
        return [
            None if value is None else kind.encode(value) for kind, value in zip(kinds, values, strict=True)
        ]
    except (struct.error, UnicodeEncodeError) as error:
        raise psycopg.DataError(f"a value cannot be stored: {error}") from None


def _numbers(values: Sequence[int]) -> bytes:
    """Return an array: dimensions, NULLs, type; length, lower bound; each with its length."""
    if not values:
        return struct.pack("!iii", 0, 0, _INT8)
    content = b"".join([b"\0\0\0\x08" + _BIG.pack(value) for value in values])
    return struct.pack("!iiiii", 1, 0, _INT8, len(values), 1) + content


# The subclasses first. A parameter of no type is a LIMIT or OFFSET.
_KINDS: tuple[tuple[type[TypeEngine[Any]], Kind], ...] = (
    (SmallInteger, Kind(21, struct.Struct("!h").pack)),
    (BigInteger, Kind(_INT8, _BIG.pack)),
    (Integer, Kind(23, struct.Struct("!i").pack)),
    (String, Kind(25, str.encode)),
    (LargeBinary, Kind(17, bytes)),
    (Boolean, Kind(16, lambda value: b"\x01" if value else b"\0")),
    (NullType, Kind(_INT8, _BIG.pack)),
)
