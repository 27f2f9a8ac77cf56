"""How a text is found: small letters without diacritics, the same on both databases."""

from __future__ import annotations

import unicodedata

_LONE = str.maketrans({"ł": "l", "đ": "d", "ø": "o"})  # letters Unicode does not take apart


def folded(text: str) -> str:
    """Return a text as it is searched: ``Łódź  Ż`` becomes ``lodz z``."""
    if text.isascii():  # as most are
        return " ".join(text.lower().split())
    apart = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(each for each in apart if not unicodedata.combining(each))
    return " ".join(plain.translate(_LONE).split())
