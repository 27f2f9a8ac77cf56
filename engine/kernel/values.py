"""The one tagged form of FEEL values in bytes: what a decoder would guess wrong is written as a tagged
extension.

msgspec writes decimals and dates as plain texts and cannot tell them from texts when reading; here each
kind MessagePack
does not have gets an extension code, never reused: 1 decimal, 2 date, 3 time, 4 date and time (with its
zone),
5 days-and-time duration, 6 years-and-months duration, 7 integer beyond 64 bits, 8 range.
"""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from engine.errors import Damaged, InvalidVariables
from engine.feel import Function, Range, YearsMonthsDuration

MAX_DEPTH = 16
MAX_TEXT = 65_536
MAX_NAME = 255
_PLAIN = frozenset({str, bool, type(None)})
_MICROSECOND = dt.timedelta(microseconds=1)
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def tagged(value: Any) -> Any:
    """Return a value with everything MessagePack cannot say replaced by extensions; plain values are
    themselves."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is dict:
        return {name: tagged(each) for name, each in value.items()}
    if kind is list:
        return [tagged(each) for each in value]
    if kind is int:
        return value if -(2**63) <= value < 2**63 else msgspec.msgpack.Ext(7, str(value).encode())
    code, write = _writer(value)
    return msgspec.msgpack.Ext(code, write(value))


def untagged(code: int, data: memoryview) -> Any:
    """Return the value of an extension; raises ``Damaged`` for an unknown code."""
    reader = _READERS.get(code)
    if reader is None:
        raise Damaged(f"expected a known kind of value, but found code {code}: written by a newer program?")
    return reader(bytes(data))


def is_plain(value: Any) -> bool:
    """Return whether a value can be written as it is."""
    kind = type(value)
    if kind in _PLAIN:
        return True
    if kind is dict or kind is list:
        for each in value.values() if kind is dict else value:
            if type(each) not in _PLAIN and not is_plain(each):
                return False
        return True
    return kind is int and -(2**63) <= value < 2**63


def accepted(variables: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return variables from outside as FEEL values: finite floats become decimals, tuples lists, texts NFC.

    Raises ``InvalidVariables`` naming the variable for anything else that cannot be stored
    (``security.md`` §5).
    """
    checked: dict[str, Any] = {}
    for name, value in (variables or {}).items():
        checked[_accepted_name(name)] = _accepted(value, name, 0)
    return checked


def _accepted_name(name: Any) -> str:
    if type(name) is str and name.isascii() and name.isidentifier() and len(name) <= MAX_NAME:
        return name  # as nearly all are
    _refuse_name(name)
    return unicodedata.normalize("NFC", name)


def _refuse_name(name: object) -> None:
    """Raise ``InvalidVariables`` for what no variable can be called; blanks inside a name are FEEL's own."""
    if not isinstance(name, str) or not name:
        why = "it is not a text" if name else "it is empty"
    elif len(name) > MAX_NAME:
        why = f"it has more than {MAX_NAME} characters"
    elif name != name.strip():
        why = "a blank begins or ends it"
    elif _has_control(name, but=""):
        why = "it has control characters"
    else:
        return
    shown = name[:40] if isinstance(name, str) else name
    raise InvalidVariables(f"expected the name of a variable, but got {shown!r}: {why}")


def accepted_text(text: str, what: str) -> str:
    """Return a text from outside in NFC; raises ``InvalidVariables`` for one with control characters."""
    return _accepted_text(text, what)


def _accepted(value: Any, place: str, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise InvalidVariables(f"expected at most {MAX_DEPTH} levels, but '{place}' is nested deeper")
    if value is None or isinstance(
        value, bool | int | YearsMonthsDuration | Range | dt.date | dt.time | dt.timedelta
    ):
        return value
    if isinstance(value, str):
        return _accepted_text(value, place)
    if isinstance(value, float | Decimal):
        return _accepted_number(value, place)
    if isinstance(value, Mapping):
        return {
            _accepted_text(str(k), place): _accepted(v, f"{place}.{k}", depth + 1) for k, v in value.items()
        }
    if isinstance(value, list | tuple):
        return [_accepted(each, f"{place}[{i}]", depth + 1) for i, each in enumerate(value, 1)]
    raise InvalidVariables(f"expected a FEEL value, but '{place}' is of the type {type(value).__name__}")


def _accepted_text(text: str, place: str) -> str:
    if type(text) is str and text.isascii() and text.isprintable() and len(text) <= MAX_TEXT:
        return text  # nothing in it to refuse or to compose
    if len(text.encode("utf-8", "surrogatepass")) > MAX_TEXT:
        raise InvalidVariables(f"expected at most {MAX_TEXT} bytes of text, but '{place}' has more")
    if _has_control(text):
        raise InvalidVariables(f"expected text without control characters, but '{place}' has some")
    return unicodedata.normalize("NFC", text)


def _has_control(text: str, but: str = "\t\n\r") -> bool:
    return not text.isprintable() and any(
        character in _BIDI or (unicodedata.category(character) in ("Cc", "Cs") and character not in but)
        for character in text
    )


def _accepted_number(value: float | Decimal, place: str) -> Decimal:
    if isinstance(value, float) and math.isfinite(value):
        return Decimal(repr(value))
    if isinstance(value, Decimal) and value.is_finite():
        return value
    raise InvalidVariables(f"expected a finite number, but '{place}' is {value}")


def _writer(value: Any) -> tuple[int, Callable[[Any], bytes]]:
    for kind, code, write in _WRITERS:
        if isinstance(value, kind):
            return code, write
    what = "a function" if isinstance(value, Function) else f"of the type {type(value).__name__}"
    raise InvalidVariables(f"expected a value that can be stored, but it is {what}")


def _zone(value: dt.datetime | dt.time) -> str:
    zone = value.tzinfo
    if zone is None:
        return ""
    if isinstance(zone, ZoneInfo):
        return zone.key
    offset = zone.utcoffset(None)
    if offset is None:
        raise InvalidVariables(f"expected a zone with a name or an offset, but got {zone!r}")
    return str(offset // dt.timedelta(seconds=1))


def _zone_of(text: str) -> dt.tzinfo | None:
    if not text:
        return None
    if text.lstrip("-").isdigit():
        return dt.timezone(dt.timedelta(seconds=int(text)))
    return ZoneInfo(text)


def _write_zoned(value: dt.datetime | dt.time) -> bytes:
    return f"{value.replace(tzinfo=None).isoformat()}|{_zone(value)}|{value.fold}".encode()


def _read_datetime(data: bytes) -> dt.datetime:
    text, zone, fold = data.decode().split("|")
    return dt.datetime.fromisoformat(text).replace(tzinfo=_zone_of(zone), fold=int(fold))


def _read_time(data: bytes) -> dt.time:
    text, zone, fold = data.decode().split("|")
    return dt.time.fromisoformat(text).replace(tzinfo=_zone_of(zone), fold=int(fold))


def _write_range(value: Range) -> bytes:
    parts = [
        tagged(value.start),
        tagged(value.end),
        value.start_included,
        value.end_included,
        value.operator,
    ]
    return msgspec.msgpack.encode(parts)


def _read_range(data: bytes) -> Range:
    return Range(*msgspec.msgpack.decode(data, ext_hook=untagged))


_WRITERS: tuple[tuple[type, int, Callable[[Any], bytes]], ...] = (
    (Decimal, 1, lambda value: str(value).encode()),
    (dt.datetime, 4, _write_zoned),
    (dt.date, 2, lambda value: value.isoformat().encode()),
    (dt.time, 3, _write_zoned),
    (dt.timedelta, 5, lambda value: str(value // _MICROSECOND).encode()),
    (YearsMonthsDuration, 6, lambda value: str(value.months).encode()),
    (Range, 8, _write_range),
)
_READERS: dict[int, Callable[[bytes], Any]] = {
    1: lambda data: Decimal(data.decode()),
    2: lambda data: dt.date.fromisoformat(data.decode()),
    3: _read_time,
    4: _read_datetime,
    5: lambda data: int(data) * _MICROSECOND,
    6: lambda data: YearsMonthsDuration(int(data)),
    7: lambda data: int(data),
    8: _read_range,
}
