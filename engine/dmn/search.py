"""Searching a table cut into regions: for inputs two rules match, none matches, or only earlier ones leave.

An input is one region per column; a rule is one mask per column; a set of rules is a mask too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.dmn.regions import Column, Spend

Masks = tuple[int, ...]


class Search:
    """The rules of one table over its columns; every step is paid for, and ``spend`` raises at the end.

    ``rules`` has the masks of each rule, None for one that is not wholly known.
    """

    def __init__(self, columns: Sequence[Column], spend: Spend) -> None:
        self.columns = columns
        self._spend = spend
        self.rules = [_known(cells) for cells in zip(*(column.cells for column in columns), strict=True)]
        self._widest = [
            tuple(
                column.allowed if mask is None else mask for column, mask in zip(columns, cells, strict=True)
            )
            for cells in zip(*(column.cells for column in columns), strict=True)
        ]

    def overlaps(self) -> Iterator[tuple[int, int, list[int]]]:
        """Yield each two known rules that match one input, and that input."""
        known = [masks or (0,) * len(self.columns) for masks in self.rules]
        matching = self._matching(known)
        for place, masks in enumerate(known):
            later = -1 << (place + 1)
            for column, mask in enumerate(masks):
                later &= self._any_of(matching[column], mask)
            for other in _bits(later):
                yield place, other, _first(_common(masks, known[other]))

    def _matching(self, rules: Sequence[Masks]) -> list[list[int]]:
        """Return for each region of each column which of the rules match it."""
        matching = [[0] * len(column.values) for column in self.columns]
        for place, masks in enumerate(rules):
            for regions, mask in zip(matching, masks, strict=True):
                self._spend(1 + mask.bit_count() // 4)
                for region in _bits(mask):
                    regions[region] |= 1 << place
        return matching

    def _any_of(self, matching: Sequence[int], mask: int) -> int:
        self._spend(1 + mask.bit_count() // 4)
        rules = 0
        for region in _bits(mask):
            rules |= matching[region]
        return rules

    def gap(self) -> list[int] | None:
        """Return an input that no rule matches; a cell that is not known is taken to match."""
        space = [column.expected for column in self.columns]
        return _Cover(self._widest, self._matching(self._widest), self._spend).uncovered(
            space, (1 << len(self.rules)) - 1
        )

    def covered(self) -> Iterator[tuple[int, int, list[int]]]:
        """Yield each rule whose inputs are all matched by earlier ones, the first that does, and an input."""
        known = [masks or (0,) * len(self.columns) for masks in self.rules]
        cover = _Cover(known, self._matching(known), self._spend)
        earlier = 0
        for place, space in enumerate(self._widest):
            if earlier and all(space) and cover.uncovered(space, earlier) is None:
                taken = next(each for each in _bits(earlier) if all(_common(known[each], space)))
                yield place, taken, _first(_common(known[taken], space))
            if all(known[place]):
                earlier |= 1 << place


class _Cover:
    """Rules that may together match all of a space.

    Goes column by column with the rules that match so far; one that accepts the rest of the space ends a
    branch, and a branch that was searched for the same rules is not searched again.
    """

    def __init__(self, rules: Sequence[Masks], matching: list[list[int]], spend: Spend) -> None:
        self._rules = rules
        self._matching = matching
        self._spend = spend
        self._space: Sequence[int] = ()
        self._sure: list[int] = []
        self._searched: set[tuple[int, int]] = set()

    def uncovered(self, space: Sequence[int], rules: int) -> list[int] | None:
        """Return an input of a space that none of these rules matches."""
        if not all(space):
            return None
        self._space, self._searched = space, set()
        self._sure = [rules]
        for column in reversed(range(len(space))):
            left = self._sure[0]
            self._spend(1 + left.bit_count() // 8)
            accepting = (1 << each for each in _bits(left) if not space[column] & ~self._rules[each][column])
            self._sure.insert(0, sum(accepting))
        return self._search(0, rules)

    def _search(self, column: int, left: int) -> list[int] | None:
        if left & self._sure[column] or (column, left) in self._searched:
            return None
        if not left or column == len(self._space):
            return _first(self._space[column:])
        self._searched.add((column, left))
        tried: set[int] = set()
        for region in _bits(self._space[column]):
            self._spend(1)
            remaining = left & self._matching[column][region]
            if remaining not in tried:
                tried.add(remaining)
                rest = self._search(column + 1, remaining)
                if rest is not None:
                    return [region, *rest]
        return None


def _known(cells: tuple[int | None, ...]) -> Masks | None:
    masks = tuple(mask for mask in cells if mask is not None)
    return masks if len(masks) == len(cells) else None


def _common(left: Sequence[int], right: Sequence[int]) -> list[int]:
    return [one & other for one, other in zip(left, right, strict=True)]


def _first(masks: Sequence[int]) -> list[int]:
    """Return the first region of each mask."""
    return [(mask & -mask).bit_length() - 1 for mask in masks]


def _bits(mask: int) -> Iterator[int]:
    """Yield the places of the bits set; for a negative mask there would be no end."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
