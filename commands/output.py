"""What people see: plain tables that can be piped, or JSON with keys as texts.

Instants are shown in the office's time; a deadline at midnight is shown as 24:00 of the day that ends, as the
law counts it. Nothing here knows a command.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import click
import msgspec

WARSAW = ZoneInfo("Europe/Warsaw")
_GAP = "  "
_WIDEST = 70  # of a cell; JSON has everything
_PASSWORD = re.compile(r"(://[^:/@]+:)[^@]*@")
_MIDNIGHT = dt.time(0, 0)


def show(text: str = "") -> None:
    """Print one line."""
    click.echo(text)


def show_json(value: Any) -> None:
    """Print a record, or anything made of records, as indented JSON."""
    click.echo(msgspec.json.format(msgspec.json.encode(plain(value)), indent=2).decode())


def show_table(
    headings: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str = "none", widest: int = _WIDEST
) -> None:
    """Print rows under headings, aligned; ``empty`` where there are none, ``widest`` as for ``cell``."""
    table = [[cell(value, widest=widest) for value in row] for row in rows]
    if not table:
        show(empty)
        return
    lines = [list(headings), *table]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    for number, line in enumerate(lines):
        text = _GAP.join(part.ljust(width) for part, width in zip(line, widths, strict=True)).rstrip()
        show(click.style(text, bold=True) if number == 0 else text)


def show_fields(fields: Mapping[str, Any]) -> None:
    """Print names and values, one per line."""
    width = max(len(name) for name in fields)
    for name, value in fields.items():
        show(f"{name.ljust(width)}{_GAP}{cell(value, widest=0)}")


def show_section(title: str) -> None:
    """Print a heading with an empty line before it."""
    show()
    show(click.style(title, bold=True))


def cell(value: Any, *, widest: int = _WIDEST) -> str:
    """Return a value as one line of a table; ``widest`` 0 cuts nothing."""
    if value is None or value == "":
        return "–"
    if isinstance(value, dt.datetime):
        return local(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        text = ", ".join(value) or "–"
    elif isinstance(value, Mapping | list | tuple):
        text = msgspec.json.encode(plain(value)).decode()
    else:
        text = str(plain(value))
    text = " ".join(text.split())
    return text if not widest or len(text) <= widest else text[: widest - 1] + "…"


def local(instant: dt.datetime) -> str:
    """Return an instant in the office's time, to the second."""
    return instant.astimezone(WARSAW).strftime("%Y-%m-%d %H:%M:%S")


def deadline(instant: dt.datetime | None) -> str:
    """Return when a term ends, in the office's time; midnight is 24:00 of the day before."""
    if instant is None:
        return "–"
    there = instant.astimezone(WARSAW)
    if there.time() == _MIDNIGHT:
        return f"{there.date() - dt.timedelta(days=1)} 24:00"
    return there.strftime("%Y-%m-%d %H:%M")


def address(url: str) -> str:
    """Return a database's address without its password."""
    return _PASSWORD.sub(r"\1***@", url)


def plain(value: Any, *, ours: bool = True) -> Any:
    """Return a value as JSON can say it: keys and decimals as texts, instants and durations as ISO 8601.

    ``ours`` tells the engine's names from the variables of a case, where a field ``…_key`` is just a field.
    """
    if isinstance(value, msgspec.Struct):
        return plain({name: getattr(value, name) for name in value.__struct_fields__})
    if isinstance(value, Mapping):
        return {str(name): _member(str(name), item, ours) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, ours=ours) for item in value]
    return _scalar(value)


def _member(name: str, value: Any, ours: bool) -> Any:
    is_key = ours and (name in ("key", "scope", "owner") or name.endswith("_key"))
    if is_key and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return plain(value, ours=ours and name != "variables")


def _scalar(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, dt.timedelta):
        return _iso_duration(value)
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


def _iso_duration(value: dt.timedelta) -> str:
    """Return a duration as FEEL writes it, such as ``-P1DT2H3.5S``."""
    size = abs(value)
    minutes, seconds = divmod(size.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    whole = f"{seconds}.{size.microseconds:06d}".rstrip("0") if size.microseconds else str(seconds)
    parts = ((str(hours), "H"), (str(minutes), "M"), (whole, "S"))
    time = "".join(number + unit for number, unit in parts if number != "0")
    text = (f"{size.days}D" if size.days else "") + (f"T{time}" if time else "")
    return ("-" if value < dt.timedelta(0) else "") + "P" + (text or "T0S")
