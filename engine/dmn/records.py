"""What a DMN file says, as frozen records: the boxes of chapter 10 and the graph of chapter 6."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class HitPolicy(StrEnum):
    """What a decision table does with several matching rules (DMN 1.5 §8.2.8)."""

    UNIQUE = "UNIQUE"
    FIRST = "FIRST"
    PRIORITY = "PRIORITY"
    ANY = "ANY"
    COLLECT = "COLLECT"
    RULE_ORDER = "RULE ORDER"
    OUTPUT_ORDER = "OUTPUT ORDER"


class Aggregation(StrEnum):
    """What COLLECT makes of the outputs it has collected."""

    NONE = ""
    SUM = "SUM"
    COUNT = "COUNT"
    MIN = "MIN"
    MAX = "MAX"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A name and the type written for it ("" = any)."""

    name: str
    type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A literal expression: one text, in FEEL unless it says another ``language``."""

    text: str
    type: str = ""
    line: int = 0
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of a boxed context; without a variable it is the context's result."""

    variable: Variable | None
    box: Box | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A boxed context."""

    entries: tuple[Entry, ...]
    type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """A boxed invocation: the function and the arguments by name."""

    function: Box | None
    bindings: tuple[tuple[str, Box | None], ...]
    type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionBox:
    """A boxed function, or the logic of a business knowledge model; ``kind`` FEEL, JAVA or PMML."""

    parameters: tuple[Variable, ...]
    body: Box | None
    kind: str = "FEEL"
    type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBox:
    """A boxed list."""

    items: tuple[Box | None, ...]
    type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A boxed relation: a list of contexts with the columns as keys."""

    columns: tuple[Variable, ...]
    rows: tuple[tuple[Box | None, ...], ...]
    type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditional:
    """A boxed conditional."""

    condition: Box | None
    then: Box | None
    otherwise: Box | None
    type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Iterator:
    """A boxed ``for``, ``some`` or ``every``."""

    kind: str
    variable: str
    domain: Box | None
    body: Box | None
    type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A boxed filter."""

    source: Box | None
    condition: Box | None
    type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """An input clause: its expression and the values it may take ("" = any)."""

    expression: Literal
    values: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """An output clause; the order of ``values`` is its priority, ``default`` counts when no rule matches."""

    name: str
    type: str = ""
    values: str = ""
    default: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row: the texts of its cells."""

    id: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A decision table."""

    hit_policy: HitPolicy
    aggregation: Aggregation
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    type: str = ""


Box: TypeAlias = (
    Literal
    | Context
    | Invocation
    | FunctionBox
    | ListBox
    | Relation
    | Conditional
    | Iterator
    | Filter
    | Table
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDefinition:
    """A type the file defines; ``components`` make a context, ``output`` a function."""

    name: str
    type: str = ""
    is_collection: bool = False
    allowed: str = ""
    constraint: str = ""
    components: tuple[ItemDefinition, ...] = ()
    is_function: bool = False
    parameters: tuple[Variable, ...] = ()
    output: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputData:
    """What has to be given."""

    id: str
    variable: Variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision: what it needs (``#id`` or ``namespace#id``) and how it is made."""

    id: str
    name: str
    variable: Variable
    requires: tuple[str, ...]
    box: Box | None
    line: int = 0
    version_tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """A business knowledge model: a function with a name of its own."""

    id: str
    name: str
    variable: Variable
    requires: tuple[str, ...]
    function: FunctionBox | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A decision service: decisions behind one door, given their inputs."""

    id: str
    name: str
    variable: Variable
    outputs: tuple[str, ...]
    encapsulated: tuple[str, ...]
    input_decisions: tuple[str, ...]
    input_data: tuple[str, ...]
    version_tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """Another model under a name of this one."""

    name: str
    namespace: str


Element: TypeAlias = InputData | Decision | Knowledge | Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """One DMN file."""

    file: str
    name: str
    namespace: str
    imports: tuple[Import, ...]
    items: tuple[ItemDefinition, ...]
    elements: tuple[Element, ...]
