"""How many parts an SMS takes: in GSM 03.38's alphabet of seven bits, or in UCS-2 for any sign beyond it.

One Polish letter more than doubles the price of a text; the key is therefore sent in ASCII.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")  # two septets each
_SEVEN_BITS = (
    160,
    153,
)  # in one part; in each of several, whose header takes seven (3GPP TS 23.040 §9.2.3.24)
_UCS_2 = (70, 67)


class Alphabet(StrEnum):
    """How the signs of a text are sent."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """How long a text is: ``units`` septets (GSM-7) or 16-bit words (UCS-2), and the parts they take."""

    alphabet: Alphabet
    units: int
    parts: int


def measure(text: str) -> Measure:
    """Return what sending a text takes; an empty one takes one part."""
    if all(sign in _BASIC or sign in _EXTENDED for sign in text):
        units = sum(2 if sign in _EXTENDED else 1 for sign in text)
        return Measure(alphabet=Alphabet.GSM_7, units=units, parts=_parts(text, units, Alphabet.GSM_7))
    units = len(text.encode("utf-16-be", "surrogatepass")) // 2
    return Measure(alphabet=Alphabet.UCS_2, units=units, parts=_parts(text, units, Alphabet.UCS_2))


def _parts(text: str, units: int, alphabet: Alphabet) -> int:
    """Fill part after part: a sign of two units is never cut in two."""
    single, each = _SEVEN_BITS if alphabet is Alphabet.GSM_7 else _UCS_2
    if units <= single:
        return 1
    parts, used = 1, 0
    for sign in text:
        takes = 1 + (sign in _EXTENDED if alphabet is Alphabet.GSM_7 else sign > "\uffff")
        if used + takes > each:
            parts, used = parts + 1, 0
        used += takes
    return parts
