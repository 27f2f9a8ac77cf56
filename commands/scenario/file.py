"""Reading a scenario file: texts stay texts, fractions become decimals, unknown words are refused."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import yaml

from engine import EngineError

WARSAW = ZoneInfo("Europe/Warsaw")
_LARGEST = 262_144


class Start(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the case begins: who files it, the filled-in form, more variables, its number.

    A form's file is ``{file: name.xml, content: text}``, in tasks too; a file field may be left out.
    ``refused``: a part of the message with which the form is not taken; then there is no case.
    """

    actor: str = msgspec.field(name="as", default="osoba")
    form: dict[str, Any] = {}
    variables: dict[str, Any] = {}
    business_key: str = "PRÓBA/1"
    refused: str = ""


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One scenario; ``at`` is local time in Warsaw, each step one mapping with one verb.

    ``expect`` must be there: a scenario that expects nothing would prove nothing. ``binding`` limits it to
    one binding; without it, it is played in every binding its procedure knows.
    """

    process: str
    at: str
    expect: dict[str, Any]
    start: Start = Start()
    name: str = ""
    description: str = ""
    binding: str = ""
    parameters: dict[str, Any] = {}
    rspo: list[str] = []
    faults: dict[str, Any] = {}  # of the demo servers, before the case begins
    clerks: dict[str, Any] = {}  # what clerks enter otherwise than ``clerks.yaml`` says
    steps: list[dict[str, Any]] = []


class _Loader(yaml.CSafeLoader):
    """YAML as JSON would have it: no dates, no floats."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def _decimal(loader: _Loader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(str(loader.construct_scalar(node)).replace("_", ""))


_Loader.add_constructor("tag:yaml.org,2002:float", _decimal)


def read(path: Path) -> Scenario:
    """Return the scenario of a file; raises ``EngineError`` naming the place."""
    raw = path.read_bytes()
    if len(raw) > _LARGEST:
        raise EngineError(f"expected at most {_LARGEST} bytes, but there are {len(raw)}")
    try:
        document = yaml.load(raw, Loader=_Loader)  # noqa: S506  the loader is the safe one with less in it
        return msgspec.convert(document, Scenario)
    except (yaml.YAMLError, UnicodeDecodeError, msgspec.ValidationError, ArithmeticError) as error:
        raise EngineError(f"expected a scenario, but {' '.join(str(error).split())}") from None


def moment(text: str) -> dt.datetime:
    """Return a local time such as ``2026-12-28T24:00``; 24:00 ends the day. Raises ``EngineError``."""
    day, _, time = str(text).strip().replace(" ", "T").partition("T")
    try:
        if time in ("24:00", "24:00:00"):
            return dt.datetime.combine(dt.date.fromisoformat(day) + dt.timedelta(days=1), dt.time(), WARSAW)
        at = dt.datetime.fromisoformat(f"{day}T{time or '00:00'}")
    except ValueError:
        raise EngineError(f"expected a time such as 2026-12-17T10:00, but got {str(text)[:40]!r}") from None
    return at if at.tzinfo is not None else at.replace(tzinfo=WARSAW)
