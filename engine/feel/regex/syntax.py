"""From the text of an XPath regular expression to its tree; what XPath refuses raises ``Undefined``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from engine.feel.regex.charsets import ANYTHING, DOT, MULTI, CharSet, named
from engine.feel.values import Undefined

MAX_PATTERN = 1000
MAX_REPEAT = 1000
MAX_SIZE = 2000
_MAX_NESTING = 30
_COST_OF_RANGE = 4
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"} | {character: character for character in "\\|.-^?*+{}()[]$"}


@dataclass(frozen=True, slots=True)
class Chars:
    """One character out of a set."""

    charset: CharSet


@dataclass(frozen=True, slots=True)
class Anchor:
    """The start (``^``) or the end (``$``) of the string or, with flag ``m``, of a line."""

    character: str


@dataclass(frozen=True, slots=True)
class Backreference:
    """What a group has matched."""

    number: int


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after another."""

    items: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """The first of several that leads to a match."""

    items: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """Something several times; ``most`` is None without an upper bound."""

    item: Tree
    least: int
    most: int | None
    greedy: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A group; ``number`` is None when it captures nothing."""

    item: Tree
    number: int | None


Tree: TypeAlias = Chars | Anchor | Backreference | Sequence | Choice | Repeat | Group


class Syntax:
    """One pass over one regular expression; then ``groups`` and ``has_backreferences`` tell about it."""

    def __init__(self, pattern: str, *, dot_all: bool) -> None:
        self.groups = 0
        self.has_backreferences = False
        self._text = pattern
        self._place = 0
        self._dot = ANYTHING if dot_all else DOT
        self._open: set[int] = set()
        self._nesting = 0

    def parse(self) -> Tree:
        """Return the tree of the whole expression."""
        tree = self._choice()
        if self._place < len(self._text):
            raise self._refusal("an opening parenthesis before “)”")
        return tree

    def _peek(self) -> str:
        return self._text[self._place : self._place + 1]

    def _take(self, text: str) -> bool:
        if self._text.startswith(text, self._place):
            self._place += len(text)
            return True
        return False

    def _next(self) -> str:
        character = self._peek()
        if not character:
            raise self._refusal("more")
        self._place += 1
        return character

    def _refusal(self, expected: str) -> Undefined:
        found = f"“{self._peek()}”" if self._peek() else "its end"
        return Undefined(
            f"expected {expected} in the regular expression, but found {found} at its {self._place + 1}."
        )

    def _choice(self) -> Tree:
        self._nesting += 1
        if self._nesting > _MAX_NESTING:
            raise self._refusal(f"groups nested at most {_MAX_NESTING} deep")
        branches = [self._branch()]
        while self._take("|"):
            branches.append(self._branch())
        self._nesting -= 1
        return branches[0] if len(branches) == 1 else Choice(tuple(branches))

    def _branch(self) -> Tree:
        pieces: list[Tree] = []
        while self._peek() and self._peek() not in "|)":
            pieces.append(self._quantified(self._atom()))
        return Sequence(tuple(pieces))

    def _quantified(self, atom: Tree) -> Tree:
        bounds = self._bounds()
        if bounds is None:
            return atom
        if isinstance(atom, Anchor):
            raise self._refusal("something to repeat")
        return Repeat(atom, *bounds, not self._take("?"))

    def _bounds(self) -> tuple[int, int | None] | None:
        if self._take("*"):
            return 0, None
        if self._take("+"):
            return 1, None
        if self._take("?"):
            return 0, 1
        return self._counted() if self._take("{") else None

    def _counted(self) -> tuple[int, int | None]:
        least = self._count()
        most: int | None = least
        if self._take(","):
            most = None if self._peek() == "}" else self._count()
        if not self._take("}") or (most is not None and most < least):
            raise self._refusal("a quantity such as {2,3}")
        return least, most

    def _count(self) -> int:
        start = self._place
        while self._peek().isdigit() and self._peek().isascii():
            self._place += 1
        digits = self._text[start : self._place]
        if not digits or len(digits) > 4 or int(digits) > MAX_REPEAT:
            raise self._refusal(f"a quantity of at most {MAX_REPEAT}")
        return int(digits)

    def _atom(self) -> Tree:
        character = self._peek()
        if character in "?*+{":
            raise self._refusal("something to repeat")
        if character in "]}":
            raise self._refusal(f"“\\{character}”")
        self._place += 1
        if character == "(":
            return self._group()
        if character == "[":
            return Chars(self._class())
        if character == "\\":
            return self._escape()
        return self._single(character)

    def _single(self, character: str) -> Tree:
        if character == ".":
            return Chars(self._dot)
        if character in "^$":
            return Anchor(character)
        return Chars(_one(character))

    def _group(self) -> Tree:
        number: int | None = None
        if not self._take("?:"):
            self.groups += 1
            number = self.groups
            self._open.add(number)
        item = self._choice()
        if not self._take(")"):
            raise self._refusal("“)”")
        if number is not None:
            self._open.discard(number)
        return Group(item, number)

    def _escape(self) -> Tree:
        character = self._peek()
        if character in "123456789" and character:
            return self._backreference()
        return Chars(self._escaped_set(self._next()))

    def _backreference(self) -> Tree:
        number = int(self._next())
        while self._peek() in tuple("0123456789") and number * 10 + int(self._peek()) <= self.groups:
            number = number * 10 + int(self._next())
        if number > self.groups or number in self._open:
            raise self._refusal(f"a closed group {number} before the reference to it")
        self.has_backreferences = True
        return Backreference(number)

    def _escaped_set(self, character: str) -> CharSet:
        if character in "pP":
            return self._property(negated=character == "P")
        if character in MULTI:
            return MULTI[character]
        if character in _ESCAPES:
            return _one(_ESCAPES[character])
        raise self._refusal(f"an escape XPath knows instead of “\\{character}”")

    def _property(self, *, negated: bool) -> CharSet:
        end = self._text.find("}", self._place)
        if not self._take("{") or end < 0:
            raise self._refusal("a category such as {Lu}")
        charset = named(self._text[self._place : end])
        self._place = end + 1
        return charset.complement() if negated else charset

    def _class(self) -> CharSet:
        negated = self._take("^")
        charset = CharSet()
        first = True
        while first or self._peek() != "]":
            if self._text.startswith("-[", self._place) and not first:
                self._place += 2
                charset = (charset.complement() if negated else charset).without(self._class())
                if not self._take("]"):
                    raise self._refusal("“]” behind the difference")
                return charset
            charset = charset.union(self._class_part())
            first = False
        self._place += 1
        return charset.complement() if negated else charset

    def _class_part(self) -> CharSet:
        low = self._class_character()
        if (
            isinstance(low, CharSet)
            or self._peek() != "-"
            or self._text.startswith(("-]", "-["), self._place)
        ):
            return low if isinstance(low, CharSet) else _one(low)
        self._place += 1
        high = self._class_character()
        if isinstance(high, CharSet) or high < low:
            raise self._refusal("a range from a lower to a higher character")
        return CharSet(((ord(low), ord(high)),))

    def _class_character(self) -> str | CharSet:
        character = self._next()
        if character == "[":
            raise self._refusal("“\\[” within a character class")
        if character != "\\":
            return character
        escaped = self._next()
        return _ESCAPES[escaped] if escaped in _ESCAPES else self._escaped_set(escaped)


def _one(character: str) -> CharSet:
    return CharSet(((ord(character), ord(character)),))


def size_of(tree: Tree) -> int:
    """Return how many steps a machine for the tree has, its repetitions written out."""
    if isinstance(tree, Sequence | Choice):
        return 1 + sum(size_of(item) for item in tree.items)
    if isinstance(tree, Repeat):
        return 1 + size_of(tree.item) * max(tree.least, tree.most or 1, 1)
    return 2 + size_of(tree.item) if isinstance(tree, Group) else 1


def weight_of(tree: Tree) -> int:
    """Return what a linear-time engine pays for a tree: the ranges of its characters, repeated."""
    if isinstance(tree, Chars):
        return 6 + _COST_OF_RANGE * tree.charset.span()
    if isinstance(tree, Choice):
        return sum(60 + weight_of(item) for item in tree.items)
    if isinstance(tree, Sequence):
        return 1 + sum(weight_of(item) for item in tree.items)
    if isinstance(tree, Repeat):
        return 1 + weight_of(tree.item) * max(tree.least, tree.most or 1, 1)
    return 2 + weight_of(tree.item) if isinstance(tree, Group) else 1


def literally(pattern: str) -> Tree:
    """Return the tree that matches a text as it stands (flag ``q``)."""
    return Sequence(tuple(Chars(_one(character)) for character in pattern))
