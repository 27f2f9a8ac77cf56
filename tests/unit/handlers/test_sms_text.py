"""Parts of an SMS: GSM 03.38 counted sign by sign."""

from __future__ import annotations

import pytest

from handlers.sms_text import Alphabet, measure

GSM, UCS = Alphabet.GSM_7, Alphabet.UCS_2


@pytest.mark.parametrize(
    ("text", "alphabet", "units", "parts"),
    [
        ("", GSM, 0, 1),
        ("x" * 160, GSM, 160, 1),
        ("x" * 161, GSM, 161, 2),
        ("x" * 306, GSM, 306, 2),
        ("x" * 307, GSM, 307, 3),
        ("€" * 80, GSM, 160, 1),
        ("€" * 81, GSM, 162, 2),
        ("x" * 152 + "€" * 5, GSM, 162, 2),
        (
            "x" * 152 + "€" + "x" * 152,
            GSM,
            306,
            3,
        ),  # the sign of two septets does not fit the first part's last
        ("Haslo [x] {y}", GSM, 17, 1),
        ("ą", UCS, 1, 1),
        ("ą" + "x" * 69, UCS, 70, 1),
        ("ą" + "x" * 70, UCS, 71, 2),
        ("x" * 85 + "ą", UCS, 86, 2),
        ("\U0001f511" * 35, UCS, 70, 1),
        ("\U0001f511" * 36, UCS, 72, 2),
        ("x" * 66 + "\U0001f511" + "x" * 66, UCS, 134, 3),
        ("`", UCS, 1, 1),
    ],
)
def test_units_and_parts(text: str, alphabet: Alphabet, units: int, parts: int) -> None:
    result = measure(text)
    assert (result.alphabet, result.units, result.parts) == (alphabet, units, parts)
