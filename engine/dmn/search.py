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
        known = {place: masks for place, masks in enumerate(self.rules) if masks is not None}
        matching = [self._matching(known, column) for column in range(len(self.columns))]
        for place, masks in known.items():
            later = -1 << (place + 1)
            for column, mask in enumerate(masks):
                later &= self._any_of(matching[column], mask)
            for other in _bits(later):
                yield place, other, _first(_common(masks, known[other]))

    def _matching(self, known: dict[int, Masks], column: int) -> list[int]:
        """Return for each region of a column which of the known rules match it."""
        matching = [0] * len(self.columns[column].values)
        for place, masks in known.items():
            for region in _bits(masks[column]):
                matching[region] |= 1 << place
            self._spend(1 + len(matching) // 8)
        return matching

    def _any_of(self, matching: Sequence[int], mask: int) -> int:
        self._spend(1 + len(matching) // 8)
        rules = 0
        for region in _bits(mask):
            rules |= matching[region]
        return rules

    def gap(self) -> list[int] | None:
        """Return an input that no rule matches; a cell that is not known is taken to match."""
        return self._uncovered([column.expected for column in self.columns], self._widest)

    def covered(self) -> Iterator[tuple[int, int, list[int]]]:
        """Yield each rule whose inputs are all matched by earlier ones, the first that does, and an input."""
        earlier: dict[int, Masks] = {}
        for place, masks in enumerate(self.rules):
            space = self._widest[place]
            if earlier and all(space) and self._uncovered(space, list(earlier.values())) is None:
                taken = next(each for each, other in earlier.items() if all(_common(other, space)))
                yield place, taken, _first(_common(earlier[taken], space))
            if masks is not None and all(masks):
                earlier[place] = masks

    def _uncovered(self, space: Sequence[int], rules: Sequence[Masks]) -> list[int] | None:
        """Return an input of a space that none of these rules matches.

        Goes column by column with the rules that match so far; one that accepts the rest of the space ends a
        branch, and a branch that was searched for the same rules is not searched again.
        """
        width = len(space)
        sure = [0] * width + [(1 << len(rules)) - 1]
        for column in reversed(range(width)):
            accepting = (
                1 << place for place, masks in enumerate(rules) if not space[column] & ~masks[column]
            )
            sure[column] = sure[column + 1] & sum(accepting)
        matching = [self._matching(dict(enumerate(rules)), column) for column in range(width)]
        searched: set[tuple[int, int]] = set()

        def search(column: int, left: int) -> list[int] | None:
            if left & sure[column] or (column, left) in searched:
                return None
            if not left or column == width:
                return _first(space[column:])
            searched.add((column, left))
            tried: set[int] = set()
            for region in _bits(space[column]):
                self._spend(1)
                remaining = left & matching[column][region]
                if remaining in tried:
                    continue
                tried.add(remaining)
                rest = search(column + 1, remaining)
                if rest is not None:
                    return [region, *rest]
            return None

        return search(0, (1 << len(rules)) - 1) if all(space) else None


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
