"""How values go to PostgreSQL in its binary format, by the type SQLAlchemy declares for them."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from functools import partial
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


def kind_of(declared: TypeEngine[Any]) -> Kind:
    """Return how parameters of a type are sent; raises ``TypeError`` for one that no statement has."""
    for known, kind in _KINDS:
        if isinstance(declared, known) and not isinstance(declared, ARRAY):
            return kind
    if isinstance(declared, ARRAY) and isinstance(declared.item_type, BigInteger):
        return Kind(1016, _numbers)
    raise TypeError(f"expected a parameter of a known type, but got {declared!r}: add it to wire_values")


def _number(value: int, *, size: int) -> bytes:
    try:
        return value.to_bytes(size, "big", signed=True)
    except OverflowError:
        raise psycopg.DataError(f"a number of {size} bytes cannot hold {value}") from None


def _numbers(values: Sequence[int]) -> bytes:
    """Return an array: dimensions, NULLs, type; length, lower bound; each with its length."""
    if not values:
        return struct.pack("!iii", 0, 0, _INT8)
    content = b"".join([b"\0\0\0\x08" + _number(value, size=8) for value in values])
    return struct.pack("!iiiii", 1, 0, _INT8, len(values), 1) + content


def _text(value: str) -> bytes:
    if "\0" in value:
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return value.encode()


# The subclasses first. A parameter of no type is a LIMIT or OFFSET.
_KINDS: tuple[tuple[type[TypeEngine[Any]], Kind], ...] = (
    (SmallInteger, Kind(21, partial(_number, size=2))),
    (BigInteger, Kind(_INT8, partial(_number, size=8))),
    (Integer, Kind(23, partial(_number, size=4))),
    (String, Kind(25, _text)),
    (LargeBinary, Kind(17, bytes)),
    (Boolean, Kind(16, lambda value: b"\x01" if value else b"\0")),
    (NullType, Kind(_INT8, partial(_number, size=8))),
)
