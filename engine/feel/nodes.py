"""The syntax tree: one frozen record per construct, each with the 0-based position where it starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from engine.feel.types import TypeName


@dataclass(frozen=True, slots=True)
class Literal:
    """A value known from the text alone."""

    position: int
    value: Any


@dataclass(frozen=True, slots=True)
class Name:
    """A variable or a function by its name."""

    position: int
    name: str


@dataclass(frozen=True, slots=True)
class AtLiteral:
    """A temporal literal, ``@"2026-12-24"``."""

    position: int
    text: str


@dataclass(frozen=True, slots=True)
class Unary:
    """Arithmetic negation."""

    position: int
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """An arithmetic operation or a comparison; ``position`` is the operator's."""

    position: int
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Logic:
    """A conjunction or disjunction of two or more operands (``and``, ``or``)."""

    position: int
    operator: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """``value between low and high``."""

    position: int
    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class In:
    """``value in tests``: true when any test holds."""

    position: int
    value: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A test of a value that stands elsewhere: ``> 5`` in a unary test or behind ``in``."""

    position: int
    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class UnaryTests:
    """A cell of a decision table: tests of the input value ``?``, possibly negated; no test accepts all."""

    position: int
    tests: tuple[Node, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class InstanceOf:
    """``value instance of type``."""

    position: int
    value: Node
    type: TypeName


@dataclass(frozen=True, slots=True)
class Path:
    """``value.name``."""

    position: int
    value: Node
    name: str


@dataclass(frozen=True, slots=True)
class Filter:
    """``list[condition or index]``."""

    position: int
    value: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Call:
    """An invocation; ``names`` is empty for positional arguments, else as long as ``arguments``."""

    position: int
    function: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """``[a, b]``."""

    position: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ContextOf:
    """``{a: 1, b: a + 1}``; an entry sees those before it."""

    position: int
    entries: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class RangeOf:
    """``[low..high]`` with either end open or closed."""

    position: int
    low: Node
    high: Node
    low_included: bool
    high_included: bool


@dataclass(frozen=True, slots=True)
class RangeFrom:
    """``(> 5)``: a range written as a comparison."""

    position: int
    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class If:
    """``if condition then … else …``."""

    position: int
    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Iteration:
    """One ``name in domain`` of a loop; ``end`` is set for ``start..end``."""

    position: int
    name: str
    domain: Node
    end: Node | None


@dataclass(frozen=True, slots=True)
class For:
    """``for … return body``."""

    position: int
    iterations: tuple[Iteration, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Quantified:
    """``some … satisfies`` or ``every … satisfies``."""

    position: int
    universal: bool
    iterations: tuple[Iteration, ...]
    condition: Node


@dataclass(frozen=True, slots=True)
class FunctionOf:
    """``function(a, b: number) body``."""

    position: int
    parameters: tuple[tuple[str, TypeName | None], ...]
    body: Node


Node: TypeAlias = (
    Literal
    | Name
    | AtLiteral
    | Unary
    | Binary
    | Logic
    | Between
    | In
    | Comparison
    | UnaryTests
    | InstanceOf
    | Path
    | Filter
    | Call
    | ListOf
    | ContextOf
    | RangeOf
    | RangeFrom
    | If
    | For
    | Quantified
    | FunctionOf
)


def mentions(node: Node, name: str) -> bool:
    """Say whether a name occurs anywhere in a tree."""
    left: list[Any] = [node]
    while left:
        part = left.pop()
        if isinstance(part, Name) and part.name == name:
            return True
        if isinstance(part, tuple):
            left.extend(part)
        else:
            left.extend(getattr(part, field) for field in getattr(part, "__dataclass_fields__", ()))
    return False


def depth_of(node: Node) -> int:
    """Return how many nodes lie within each other, counted without recursion."""
    deepest, left = 0, [(node, 1)]
    while left:
        part, depth = left.pop()
        deepest = max(deepest, depth)
        fields = getattr(part, "__dataclass_fields__", ())
        inside = part if isinstance(part, tuple) else [getattr(part, field) for field in fields]
        left.extend((inner, depth + (not isinstance(part, tuple))) for inner in inside)
    return deepest
