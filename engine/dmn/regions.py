"""An input of a decision table cut into regions: within one, every cell gives the same answer.

The cuts are the constants of all the cells (``engine.feel.boundaries``); a region is one such constant or
the space between two. One value of each region stands for it, so a set of inputs is a bit mask of regions.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cmp_to_key
from itertools import pairwise
from typing import Any

from engine.errors import EvaluationError
from engine.feel import (
    Environment,
    Value,
    YearsMonthsDuration,
    boundaries_of,
    compile_unary_tests,
    kind_of,
    less,
)

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_FUEL = 1_000
_DAY, _SECOND = dt.timedelta(days=1), dt.timedelta(seconds=1)
_CHOICES = ("boolean", "string")
_EXACT: dict[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "string": (str,),
    "number": (int, Decimal),
    "date": (dt.date,),
    "date and time": (dt.datetime,),
    "days and time duration": (dt.timedelta,),
    "years and months duration": (YearsMonthsDuration,),
}

MAX_REGIONS = 10_000

Spend = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One input of a table; masks have a bit for each of ``values``, which stand for the regions.

    ``allowed`` are the regions an input may be in, ``expected`` those a complete table has rules for;
    ``cells`` has the mask of each rule, None where the cell could not be analysed.
    """

    title: str
    values: tuple[Value, ...]
    allowed: int
    expected: int
    cells: tuple[int | None, ...]


def is_any(cell: str) -> bool:
    """Say whether a cell accepts everything."""
    return cell.strip() in ("", "-")


def opaque(rows: Sequence[tuple[str, ...]]) -> Column:
    """Return the column of an input that cannot be analysed: one region, known only where all pass."""
    cells = tuple(1 if all(map(is_any, row)) else None for row in rows)
    return Column(title="", values=(None,), allowed=1, expected=1, cells=cells)


def cut(
    title: str, kind: str, limits: Sequence[str], rows: Sequence[tuple[str, ...]], spend: Spend
) -> Column | None:
    """Return the column of an input, or None when it cannot be analysed.

    ``kind`` is the kind of its values ("" = not known), ``limits`` the tests they all pass, ``rows`` the
    cells of each rule about it.
    """
    texts = {text for row in rows for text in row if not is_any(text)}
    if not texts:
        return opaque(rows)
    spend(sum(len(text) for text in texts) // 2)  # reading is what costs most in a table of long cells
    asked = {text: boundaries_of(text) for text in (*texts, *limits)}
    known = [found for found in asked.values() if found is not None]
    if any(asked[limit] is None for limit in limits) or not known:
        return None
    constants = [value for found in known for value in found.values]
    kind = _kind(kind, constants)
    if kind not in _EXACT or (kind in _CHOICES and any(found.ordered for found in known)):
        return None
    values = _values(kind, constants)
    if len(values) > MAX_REGIONS:
        return None
    places = {value: place for place, value in enumerate(values)}
    masks: dict[str, int | None] = {}
    for text, found in asked.items():
        own = () if found is None else sorted({places[value] for value in found.values})
        spend(2 * len(own) + 2)
        masks[text] = None if found is None else _mask(text, values, own)
    return _column(title, kind, values, limits, rows, masks)


def _column(
    title: str,
    kind: str,
    values: tuple[Value, ...],
    limits: Sequence[str],
    rows: Sequence[tuple[str, ...]],
    masks: dict[str, int | None],
) -> Column:
    everything = (1 << len(values)) - 1
    allowed = _all_of((masks[limit] for limit in limits), everything) or 0
    without_null = everything >> 1 if values[-1] is None else everything
    expected = allowed & without_null
    if kind == "string" and not limits:
        expected &= ~(1 << _other_place(values))  # no table has a rule for every text there is
    cells = (
        _all_of((everything if is_any(text) else masks[text] for text in row), everything) for row in rows
    )
    return Column(
        title=title,
        values=values,
        allowed=allowed,
        expected=expected,
        cells=tuple(None if cell is None else cell & allowed for cell in cells),
    )


def _all_of(masks: Iterable[int | None], everything: int) -> int | None:
    result = everything
    for mask in masks:
        if mask is None:
            return None
        result &= mask
    return result


def _kind(kind: str, constants: Sequence[Value]) -> str:
    """Return the one kind all constants have, "" where they differ or Python's types cannot be cut."""
    kinds = {kind_of(value) for value in constants if value is not None} | ({kind} if kind else set())
    if len(kinds) != 1:
        return ""
    (found,) = kinds
    exact = _EXACT.get(found, ())
    plain = all(value is None or type(value) in exact for value in constants)
    moments = [value for value in constants if isinstance(value, dt.datetime)]
    uneven = len({moment.utcoffset() is None for moment in moments}) > 1
    return found if plain and not uneven and not any(moment.microsecond for moment in moments) else ""


def _values(kind: str, constants: Sequence[Value]) -> tuple[Value, ...]:
    """Return a value for each region in order; null, where a cell asks for it, is the last."""
    present: list[Any] = list(dict.fromkeys(value for value in constants if value is not None))
    null: tuple[Value, ...] = (None,) if None in constants else ()
    if kind == "boolean":
        return (True, False, *null)
    if kind == "string":
        return (*present, _other(present), *null)
    ends = sorted(present, key=cmp_to_key(_order))
    return (*_interleaved(ends), *null)


def _order(left: Any, right: Any) -> int:
    return -1 if less(left, right) else 1


def _other(texts: Sequence[Any]) -> str:
    other = "other"
    while other in texts:
        other += "_"
    return other


def _other_place(values: Sequence[Value]) -> int:
    return len(values) - (2 if values[-1] is None else 1)


def _interleaved(ends: Sequence[Any]) -> Iterator[Value]:
    if not ends:
        return
    yield from _beyond(ends[0], -1)
    yield ends[0]
    for low, high in pairwise(ends):
        middle = _between(low, high)
        if middle is not None and less(low, middle) and less(middle, high):
            yield middle
        yield high
    yield from _beyond(ends[-1], 1)


def _between(low: Any, high: Any) -> Value:
    """Return a value between two, a plain one where there is any; the caller checks that it is between."""
    if isinstance(low, int | Decimal):
        whole = int(low // 1) + 1 if low >= 0 else -int(-low // 1)
        whole += whole <= low
        return whole if whole < high else (Decimal(low) + Decimal(high)) / 2
    if isinstance(low, YearsMonthsDuration):
        return YearsMonthsDuration(low.months + 1)
    if isinstance(low, dt.datetime):
        return low + (high - low) // 2 // _SECOND * _SECOND  # type: ignore[no-any-return]  # datetime's
    if isinstance(low, dt.timedelta):
        return low + (high - low) / 2  # type: ignore[no-any-return]  # timedelta's
    return low + _DAY  # type: ignore[no-any-return]  # a date is left


def _beyond(end: Any, direction: int) -> Iterator[Value]:
    try:
        if isinstance(end, int | Decimal):
            yield end + direction
        elif isinstance(end, YearsMonthsDuration):
            yield YearsMonthsDuration(end.months + direction)
        else:
            yield end + direction * _DAY
    except OverflowError:
        return


def _mask(text: str, values: Sequence[Value], own: Sequence[int]) -> int:
    """Return which regions a cell accepts, trying one value on each side of its own boundaries."""
    cell = compile_unary_tests(text)

    def accepts(place: int) -> bool:
        environment = Environment(now=_EPOCH, calendars={}, fuel=_FUEL)
        try:
            return cell.evaluate({"?": values[place]}, environment) is True
        except EvaluationError:
            return False

    mask, start = 0, 0
    single = {*own, len(values) - 1} if values[-1] is None else set(own)
    for place in (*sorted(single), len(values)):
        if start < place and accepts(start):
            mask |= (1 << place) - (1 << start)
        if place < len(values) and accepts(place):
            mask |= 1 << place
        start = place + 1
    return mask
