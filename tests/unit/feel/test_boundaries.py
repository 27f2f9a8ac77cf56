"""What a cell compares its input with; what does more is out of an analysis' reach."""

from __future__ import annotations

import pytest

from engine.feel import boundaries_of, path_of


@pytest.mark.parametrize(
    ("cell", "values", "ordered"),
    [
        ("-", (), False),
        ('"a", "b"', ("a", "b"), False),
        ('not("a", null)', ("a", None), False),
        ("[1..3), > 2 * 50", (1, 3, 100), True),
        ("? > 5 and ? <= 10 or ? = 7", (5, 10, 7), True),
        ("? in (1, 2)", (1, 2), False),
        ("[4, 5]", (4, 5), False),
        ("!= 3", (3,), False),
        ("(< 5)", (5,), True),
    ],
)
def test_constants_are_found(cell: str, values: tuple[object, ...], ordered: bool) -> None:
    assert boundaries_of(cell) == (values, ordered)


@pytest.mark.parametrize(
    "cell",
    [
        "> limit",
        "? + 1",
        "? + 1 > 3",
        'contains(?, "a")',
        "today()",
        "< now()",
        "1 +",
        "",
        "1 / 0",
        "5 < ?",
        "[][",
    ],
)
def test_other_cells_are_out_of_reach(cell: str) -> None:
    assert boundaries_of(cell) is None


def test_a_path_is_names_and_nothing_else() -> None:
    assert path_of("person.address.home city") == ("person", "address", "home city")
    assert [path_of(text) for text in ("a + b", "f(a).b", "a[1].b", "1", "", "a.")] == [None] * 6
