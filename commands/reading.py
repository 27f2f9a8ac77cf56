"""What people type: keys, variables, durations, files. Each refusal says what was expected."""

from __future__ import annotations

import datetime as dt
import json
import re
import sys
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from engine import EngineError, NotFound, ProcessEngine

SUFFIXES = (".bpmn", ".dmn", ".form")
_TEMPLATES = (".txt.j2", ".html.j2")
_DURATION = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_LARGEST_INPUT = 10_000_000


class Key(click.ParamType[int]):
    """A key as the tables show it."""

    name = "key"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number; a usage error for anything else."""
        text = str(value)
        if not (text.isascii() and text.isdigit() and int(text[:20]) < 2**63):
            self.fail(f"expected a key (digits, as the tables show it), but got {text[:40]!r}", param, ctx)
        return int(text)


class Duration(click.ParamType[dt.timedelta]):
    """An ISO 8601 duration of weeks, days, hours, minutes and seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.timedelta:
        """Return the duration; a usage error for anything else."""
        if isinstance(value, dt.timedelta):
            return value
        try:
            return duration(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Variables(click.ParamType[dict[str, Any]]):
    """A JSON object; numbers with a fraction become decimals, never floats."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        """Return the variables; a usage error that points at the place for anything else."""
        if isinstance(value, dict):
            return value
        try:
            return variables(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Pair(click.ParamType[tuple[str, str]]):
    """Two ids, ``old=new``."""

    name = "pair"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Return both ids; a usage error for anything else."""
        old, _, new = str(value).partition("=")
        if not old or not new:
            self.fail(f"expected OLD=NEW, but got {str(value)[:80]!r}", param, ctx)
        return old, new


KEY, DURATION, VARIABLES, PAIR = Key(), Duration(), Variables(), Pair()


def place(text: str) -> str | tuple[str, int]:
    """Return an element id, or with ``@KEY`` the id and the key of its container."""
    element, _, key = text.rpartition("@")
    return (element, int(key[:20])) if element and key.isdigit() else text


def duration(text: str) -> dt.timedelta:
    """Return an ISO 8601 duration such as ``P1DT2H``; raises ValueError."""
    days, rest = days_and_rest(text)
    return dt.timedelta(days=days) + rest


def days_and_rest(text: str) -> tuple[int, dt.timedelta]:
    """Return the calendar days of a duration and its exact rest: ``PT24H`` is no day; raises ValueError."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        raise ValueError(f"expected a duration such as PT1H or P3D, but got {text[:40]!r}")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return 7 * weeks + days, dt.timedelta(hours=hours, minutes=minutes, seconds=seconds)


def variables(text: str) -> dict[str, Any]:
    """Return a JSON object's members; raises ValueError that says where the text stops being one."""
    try:
        value = json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"expected a JSON object, but at {place}: {error.msg.lower()}") from None
    except RecursionError:
        raise ValueError("expected a JSON object, but it is nested too deep") from None
    if not isinstance(value, dict):
        raise ValueError(
            f'expected a JSON object such as {{"amount": 120}}, but got a {type(value).__name__}'
        )
    return value


def form(path: Path | None) -> dict[str, Any]:
    """Return a filled-in form from a JSON file (``-`` is standard input); none gives no fields."""
    if path is None:
        return {}
    text = sys.stdin.read(_LARGEST_INPUT) if str(path) == "-" else _text(path)
    try:
        return variables(text)
    except ValueError as error:
        raise EngineError(f"{path}: {error}") from None


def instance_key(engine: ProcessEngine, text: str) -> int:
    """Return the key of an instance named by its key or its business key; raises ``NotFound``."""
    if text.isascii() and text.isdigit():
        return int(text[:20])
    found = list(engine.instances(business_key=text, limit=2))
    if len(found) != 1:
        many = "there are several; name it by its key" if found else "there is none"
        raise NotFound(f"expected one instance with the business key {text[:80]!r}, but {many}")
    return found[0].key


def files(paths: Iterable[Path]) -> list[tuple[str, bytes]]:
    """Return names and contents of diagrams, decisions, forms and message templates, folders searched through
    in name order.

    A name is the path as it was given (findings point there), without what is above an absolute one; that of
    a template always begins with its procedure.
    """
    found: list[tuple[str, bytes]] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(each for each in path.rglob("*") if _is_deployed(each) and each.is_file())
            if not inside:
                told = ", ".join((*SUFFIXES, *_TEMPLATES))
                raise EngineError(f"expected {told} files in {path}, but there are none")
            found += [(_name(path, each), _bytes(each)) for each in inside]
        else:
            found.append((_name(path.parent, path), _bytes(path)))
    return found


def parameter_files(paths: Iterable[Path]) -> list[tuple[str, bytes]]:
    """Return names and contents of every ``parameters.yaml`` in folders, named as ``files`` does."""
    folders = [path for path in paths if path.is_dir()]
    return [
        (_name(top, each), _bytes(each)) for top in folders for each in sorted(top.rglob("parameters.yaml"))
    ]


def _is_deployed(path: Path) -> bool:
    return path.suffix in SUFFIXES or (path.parent.name == "messages" and path.name.endswith(_TEMPLATES))


def _name(top: Path, path: Path) -> str:
    if path.name.endswith(_TEMPLATES):
        return "/".join(path.resolve().parts[-3:])
    return (path.relative_to(top.parent) if path.is_absolute() else path).as_posix()


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EngineError(f"expected to read {path}, but {(error.strerror or 'it failed').lower()}") from None


def _text(path: Path) -> str:
    try:
        return _bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise EngineError(f"expected UTF-8 in {path}, but byte {error.start} is not") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"expected a JSON object, but {name} is no number")
