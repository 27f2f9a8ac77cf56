"""Whose pages these are: an office's name, colour and contacts, from a file it writes (``--office``)."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import msgspec
import yaml

from engine import EngineError

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
LEAST_CONTRAST = 4.5  # WCAG 2.1, 1.4.3
DARK = "#1b1f27"  # the ground of web/static/tokens.css in the dark
_IN_THE_DARK = 6.0  # what a made colour must reach there; more than the least, as the shipped one does
_SHEETS = '.diagram-canvas, .modeler > [data-part="canvas"], .modeler > [data-part="panel"]'


class Statement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the accessibility statement says of the office; days as 2026-11-22, "" where not known yet."""

    published: str = ""
    changed: str = ""
    drawn_up: str = ""
    reviewed: str = ""
    address: str = ""
    person: str = ""
    email: str = ""
    phone: str = ""
    building: str = ""


class Identity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An office: its ``name`` stands in the head of each page; ``colour`` (#rrggbb) is its own, if any."""

    name: str = "Urząd Miasta Przykładowa"
    colour: str = ""
    counter_opens: str = "08:00"  # local time; appointments are made from then …
    counter_closes: str = "15:00"  # … to then, the end not counted in
    counter_slot: str = "15"  # minutes of one appointment; slots are counted from the opening
    statement: Statement = Statement()

    @property
    def counter_hours(self) -> tuple[dt.time, dt.time]:
        """Return when the counter opens and closes; raises ``ValueError`` where these are no times."""
        return dt.time.fromisoformat(self.counter_opens), dt.time.fromisoformat(self.counter_closes)

    @property
    def slot_minutes(self) -> int:
        """Return how long an appointment is; raises ``ValueError`` outside 5 to 240 minutes."""
        minutes = int(self.counter_slot)
        if not 5 <= minutes <= 240:
            raise ValueError(f"expected counter_slot from 5 to 240 minutes, but it is {minutes}")
        return minutes

    @property
    def style(self) -> str:
        """Return the office's colours as a style sheet, "" for those the pages come with."""
        if not self.colour:
            return ""
        deep, pale = _mixed(self.colour, "#000000", 0.3), _mixed(self.colour, "#ffffff", 0.91)
        light = f":root, {_SHEETS} {{ {_brand(self.colour, deep, pale)} }}\n"
        return (
            light + f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {self._in_the_dark} }} }}\n"
        )

    @property
    def _in_the_dark(self) -> str:
        """Return the office's colours on dark ground: its own one made as light as it must be to be read."""
        dim = _mixed(self.colour, DARK, 0.8)
        shares = (share / 20 for share in range(21))
        tried = (_mixed(self.colour, "#ffffff", share) for share in shares)
        brand = next(each for each in tried if min(contrast(each, on) for on in (DARK, dim)) >= _IN_THE_DARK)
        return _brand(brand, _mixed(brand, "#ffffff", 0.45), dim)


def read(path: Path) -> Identity:
    """Return what an office's file says; raises ``EngineError`` naming what is wrong with it."""
    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        found = msgspec.convert(_as_texts(written), Identity)
        _ = found.counter_hours, found.slot_minutes
    except (OSError, UnicodeDecodeError, ValueError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise EngineError(f"expected an office's file at {path}, but {error}") from None
    if found.colour:
        _require_dark(path, found.colour)
    return found


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (#rrggbb), 1 to 21 (WCAG 2.1, relative luminance)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _require_dark(path: Path, colour: str) -> None:
    if not _COLOUR.fullmatch(colour):
        raise EngineError(f"expected a colour such as #0b4a8f in {path}, but it says {colour!r}")
    reached = min(contrast(colour, ground) for ground in ("#ffffff", _mixed(colour, "#ffffff", 0.91)))
    if reached < LEAST_CONTRAST:
        raise EngineError(
            f"expected a colour with a contrast of {LEAST_CONTRAST}:1 on white in {path}, but {colour} has "
            f"{reached:.1f}:1; take a darker one"
        )


def _as_texts(written: object) -> object:
    """Return what was written with days as texts: YAML reads 2026-11-22 as a date."""
    if isinstance(written, dict):
        return {key: _as_texts(value) for key, value in written.items()}
    return written if isinstance(written, (str, type(None))) else str(written)


def _brand(colour: str, deep: str, pale: str) -> str:
    return f"--brand: {colour}; --brand-deep: {deep}; --brand-ground: {pale};"


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _mixed(colour: str, other: str, share: float) -> str:
    """Return a colour with a share of another in it."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(one * (1 - share) + two * share):02x}" for one, two in pairs)


def _luminance(colour: str) -> float:
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
