"""Sets of characters: ranges, Unicode categories and blocks, complement and difference."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from engine.feel.values import Undefined

LAST = 0x10FFFF
_SURROGATES = (0xD800, 0xDFFF)

Ranges = tuple[tuple[int, int], ...]

CATEGORIES = frozenset(
    (
        *("L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No"),
        *("P", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Z", "Zs", "Zl", "Zp"),
        *("S", "Sm", "Sc", "Sk", "So", "C", "Cc", "Cf", "Co", "Cn"),
    )
)
BLOCKS: dict[str, tuple[int, int]] = {
    "BasicLatin": (0x0000, 0x007F),
    "Latin-1Supplement": (0x0080, 0x00FF),
    "LatinExtended-A": (0x0100, 0x017F),
    "LatinExtended-B": (0x0180, 0x024F),
    "IPAExtensions": (0x0250, 0x02AF),
    "SpacingModifierLetters": (0x02B0, 0x02FF),
    "CombiningDiacriticalMarks": (0x0300, 0x036F),
    "Greek": (0x0370, 0x03FF),
    "GreekandCoptic": (0x0370, 0x03FF),
    "Cyrillic": (0x0400, 0x04FF),
    "Armenian": (0x0530, 0x058F),
    "Hebrew": (0x0590, 0x05FF),
    "Arabic": (0x0600, 0x06FF),
    "Syriac": (0x0700, 0x074F),
    "Thaana": (0x0780, 0x07BF),
    "Devanagari": (0x0900, 0x097F),
    "Bengali": (0x0980, 0x09FF),
    "Thai": (0x0E00, 0x0E7F),
    "Tibetan": (0x0F00, 0x0FFF),
    "Georgian": (0x10A0, 0x10FF),
    "HangulJamo": (0x1100, 0x11FF),
    "LatinExtendedAdditional": (0x1E00, 0x1EFF),
    "GreekExtended": (0x1F00, 0x1FFF),
    "GeneralPunctuation": (0x2000, 0x206F),
    "SuperscriptsandSubscripts": (0x2070, 0x209F),
    "CurrencySymbols": (0x20A0, 0x20CF),
    "LetterlikeSymbols": (0x2100, 0x214F),
    "NumberForms": (0x2150, 0x218F),
    "Arrows": (0x2190, 0x21FF),
    "MathematicalOperators": (0x2200, 0x22FF),
    "BoxDrawing": (0x2500, 0x257F),
    "GeometricShapes": (0x25A0, 0x25FF),
    "Hiragana": (0x3040, 0x309F),
    "Katakana": (0x30A0, 0x30FF),
    "CJKUnifiedIdeographs": (0x4E00, 0x9FFF),
    "HangulSyllables": (0xAC00, 0xD7A3),
}
_NAME_START: Ranges = (
    (0x3A, 0x3A),
    (0x41, 0x5A),
    (0x5F, 0x5F),
    (0x61, 0x7A),
    (0xC0, 0xD6),
    (0xD8, 0xF6),
    (0xF8, 0x2FF),
    (0x370, 0x37D),
    (0x37F, 0x1FFF),
    (0x200C, 0x200D),
    (0x2070, 0x218F),
    (0x2C00, 0x2FEF),
    (0x3001, 0xD7FF),
    (0xF900, 0xFDCF),
    (0xFDF0, 0xFFFD),
    (0x10000, 0xEFFFF),
)
_NAME_MORE: Ranges = ((0x2D, 0x2E), (0x30, 0x39), (0xB7, 0xB7), (0x300, 0x36F), (0x203F, 0x2040))


@dataclass(frozen=True, slots=True)
class CharSet:
    """Characters by code point ranges and by categories; ``negated`` takes all others."""

    ranges: Ranges = ()
    categories: frozenset[str] = frozenset()
    negated: bool = False

    def union(self, other: CharSet) -> CharSet:
        """Return the characters of either set."""
        if self.negated or other.negated:
            return CharSet(_merged(self.explicit() + other.explicit()))
        return CharSet(_merged(self.ranges + other.ranges), self.categories | other.categories)

    def without(self, other: CharSet) -> CharSet:
        """Return the characters that are not in the other set."""
        outside = complement(other.explicit())
        return CharSet(_intersection(self.explicit(), outside))

    def complement(self) -> CharSet:
        """Return all other characters."""
        return CharSet(self.ranges, self.categories, not self.negated)

    def explicit(self) -> Ranges:
        """Return the set as ranges alone."""
        ranges = self.ranges
        for category in self.categories:
            ranges = _merged(ranges + _category(category))
        return complement(ranges) if self.negated else ranges

    def span(self) -> int:
        """Return roughly how many ranges the set has, its categories written out."""
        return len(self.ranges) + sum(_RANGES.get(category, 50) for category in self.categories)

    def contains(self, character: str, ignore_case: bool) -> bool:
        """Say whether a character is in the set, or another case of it."""
        forms = {character, character.lower(), character.upper()} if ignore_case else {character}
        return any(len(form) == 1 and self._holds(form) for form in forms) != self.negated

    def _holds(self, character: str) -> bool:
        code = ord(character)
        place = bisect_right(self.ranges, (code, LAST)) - 1
        if place >= 0 and self.ranges[place][1] >= code:
            return True
        if not self.categories:
            return False
        category = unicodedata.category(character)
        return category in self.categories or category[0] in self.categories


# how many ranges the large categories have; the others have fewer than 50
_RANGES = {"L": 650, "Lu": 640, "Ll": 650, "Lo": 500, "M": 310, "Mn": 340, "Mc": 180, "N": 135, "P": 190}
_RANGES |= {"S": 230, "So": 185, "Cn": 700, "C": 710, "Po": 185, "No": 70, "Nd": 64, "Lm": 70, "Sm": 65}


def complement(ranges: Ranges) -> Ranges:
    """Return the ranges between and around these."""
    outside: list[tuple[int, int]] = []
    following = 0
    for low, high in _merged(ranges):
        if low > following:
            outside.append((following, low - 1))
        following = high + 1
    if following <= LAST:
        outside.append((following, LAST))
    return tuple(outside)


def _merged(ranges: Ranges) -> Ranges:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def _intersection(first: Ranges, second: Ranges) -> Ranges:
    pairs = ((max(a, c), min(b, d)) for a, b in first for c, d in second)
    return _merged(tuple(pair for pair in pairs if pair[0] <= pair[1]))


def _category(wanted: str) -> Ranges:
    """Return the ranges of a category, ``L``, or of a subcategory, ``Lu``."""
    found = (ranges for name, ranges in _subcategories().items() if name.startswith(wanted))
    return _merged(tuple(each for ranges in found for each in ranges))


@lru_cache(maxsize=1)
def _subcategories() -> dict[str, Ranges]:
    """Return the ranges of each subcategory; read once, and only for differences of sets.

    Planes 4 to 13 have no characters and 15 and 16 none but private ones, so they are not gone through.
    """
    found: dict[str, list[tuple[int, int]]] = {"Cn": [(0x40000, 0xDFFFF)]}
    for planes in (range(0x40000), range(0xE0000, 0xF0000)):
        code = planes.start
        for name, group in groupby(map(unicodedata.category, map(chr, planes))):
            length = sum(1 for _ in group)
            found.setdefault(name, []).append((code, code + length - 1))
            code += length
    for plane in (0xF0000, 0x100000):
        found.setdefault("Co", []).append((plane, plane + 0xFFFD))
        found["Cn"].append((plane + 0xFFFE, plane + 0xFFFF))
    return {name: tuple(ranges) for name, ranges in found.items()}


def named(name: str) -> CharSet:
    r"""Return the set behind ``\p{…}``; raises ``Undefined`` for an unknown name."""
    if name in CATEGORIES:
        return CharSet(categories=frozenset({name}))
    block = BLOCKS.get(name.removeprefix("Is")) if name.startswith("Is") else None
    if block is None:
        raise Undefined(
            f"expected a Unicode category or block in the regular expression, but got “{name[:40]}”"
        )
    return CharSet((block,))


DOT = CharSet(((0x0A, 0x0A), (0x0D, 0x0D)), negated=True)
ANYTHING = CharSet(((0, LAST),))
MULTI: dict[str, CharSet] = {
    "s": CharSet(((0x09, 0x0A), (0x0D, 0x0D), (0x20, 0x20))),
    "d": CharSet(categories=frozenset({"Nd"})),
    "w": CharSet(categories=frozenset({"L", "M", "N", "S"})),
    "i": CharSet(_NAME_START),
    "c": CharSet(_merged(_NAME_START + _NAME_MORE)),
}
MULTI |= {letter.upper(): charset.complement() for letter, charset in MULTI.items()}
MULTI["W"] = CharSet(categories=frozenset({"P", "Z", "C"}))


def to_re2(charset: CharSet) -> str:
    """Return the set as an RE2 character class."""
    parts = [f"\\x{{{low:x}}}-\\x{{{high:x}}}" for low, high in _without_surrogates(charset.ranges)]
    parts += [f"\\p{{{name}}}" if name != "Cn" else "" for name in sorted(charset.categories)]
    inside = "".join(parts)
    if not inside:
        return "[\\x{0}-\\x{10ffff}]" if charset.negated else "[^\\x{0}-\\x{10ffff}]"
    return f"[{'^' if charset.negated else ''}{inside}]"


def _without_surrogates(ranges: Ranges) -> Ranges:
    low, high = _SURROGATES
    return _intersection(ranges, ((0, low - 1), (high + 1, LAST)))
