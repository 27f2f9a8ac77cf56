"""Which buckets an SQL statement touches, read from its text and parameters as they go to the driver.

Not for any SQL, only for what SQLAlchemy writes for us: columns are qualified, ``or_`` is a group of its own.
Whatever is not understood counts as unrestricted, so a mistake here is a failure and not a pass.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

from engine.store.tables import metadata

BUCKETED = frozenset(name for name, table in metadata.tables.items() if "bucket" in table.c)
_TOKEN = re.compile(
    r"'(?:[^']|'')*'|%\(\w+\)s|\?|::[\w ]+?(?:\[\])?(?=[\s),;]|$)|\"\w+\"|\w+|<>|[<>!]=|\|\||[^\s]"
)
_OPENERS = ("SELECT", "WITH", "VALUES", "INSERT", "UPDATE", "DELETE")

Parameters: TypeAlias = Any  # by name (PostgreSQL) or in order (SQLite), as the driver takes them
Token: TypeAlias = "str | Group | Value"


@dataclass(frozen=True)
class Value:
    """A parameter."""

    value: Any


@dataclass
class Group:
    """What stands in parentheses; the whole statement is one too."""

    tokens: list[Token] = field(default_factory=list)
    parent: Group | None = None

    @property
    def is_statement(self) -> bool:
        """Whether it has tables of its own."""
        return bool(self.tokens) and str(self.tokens[0]).upper() in _OPENERS


@dataclass
class Scope:
    """A (sub-)query: the tables it names and what its conditions say of their buckets."""

    tables: dict[str, str]
    outer: Scope | None
    same: list[tuple[Place, Place]] = field(default_factory=list)
    fixed: list[tuple[Place, frozenset[int]]] = field(default_factory=list)

    def place(self, alias: str) -> Place:
        """Return the table an alias means here: of this query, or of one around it."""
        found: Scope | None = self
        while found is not None and alias not in found.tables:
            found = found.outer
        return (id(found or self), alias)


Place: TypeAlias = tuple[int, str]


@dataclass(frozen=True)
class Touched:
    """What one statement can touch: ``buckets`` is None where nothing keeps it from touching any."""

    tables: frozenset[str]
    buckets: frozenset[int] | None

    @property
    def is_local(self) -> bool:
        """Whether it stays within one bucket, or has to do with none."""
        return self.buckets is not None and len(self.buckets) <= 1


def touched(text: str, parameters: Parameters) -> Touched:
    """Return the tables a statement names and the buckets whose rows it can touch."""
    scopes = list(_scopes(_parsed(text, parameters), None))
    known = _known(scopes)
    places = [
        (id(scope), alias) for scope in scopes for alias, name in scope.tables.items() if name in BUCKETED
    ]
    tables = frozenset(name for scope in scopes for name in scope.tables.values())
    if any(place not in known for place in places):
        return Touched(tables, None)
    return Touched(tables, frozenset().union(*(known[place] for place in places)))


def _known(scopes: Sequence[Scope]) -> dict[Place, frozenset[int]]:
    """Return the buckets of each table that conditions name, carried over from table to table."""
    known: dict[Place, frozenset[int]] = {}
    for scope in scopes:
        for place, values in scope.fixed:
            known[place] = known.get(place, values) & values
    links = [pair for scope in scopes for pair in scope.same]
    for _ in links:  # each round carries what is known one table further
        for one, other in links:
            for here, there in ((one, other), (other, one)):
                if here in known:
                    known[there] = known.get(there, known[here]) & known[here]
    return known


@lru_cache(maxsize=1000)
def _tokens(text: str) -> tuple[str, ...]:
    return tuple(token for token in _TOKEN.findall(text) if not token.startswith("::"))


def _parsed(text: str, parameters: Parameters) -> Group:
    root = here = Group()
    position = 0
    for token in _tokens(text):
        if token == "(":
            inner = Group(parent=here)
            here.tokens.append(inner)
            here = inner
        elif token == ")":
            here = here.parent or root
        elif token == "?":
            here.tokens.append(Value(parameters[position]))
            position += 1
        elif token.startswith("%("):
            here.tokens.append(Value(parameters[token[2:-2]]))
        else:
            here.tokens.append(token.strip('"'))
    return root


def _scopes(group: Group, outer: Scope | None) -> Iterator[Scope]:
    """Yield the scopes of a statement and of all within it."""
    for part in _statements(group):
        scope = Scope(tables=_tables(part), outer=outer)
        _read_insert(scope, part)
        _read_conditions(scope, part)
        yield scope
        for inner in _inner(part):
            yield from _scopes(inner, scope)


def _statements(group: Group) -> list[list[Token]]:
    """Return the parts of a compound (UNION) each for itself; WITH belongs to the part it stands before."""
    parts: list[list[Token]] = [[]]
    for token in group.tokens:
        if isinstance(token, str) and token.upper() in ("UNION", "EXCEPT", "INTERSECT"):
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _inner(tokens: Sequence[Token]) -> Iterator[Group]:
    for token in tokens:
        if isinstance(token, Group):
            if token.is_statement:
                yield token
            else:
                yield from _inner(token.tokens)


def _tables(tokens: Sequence[Token]) -> dict[str, str]:
    """Return alias → table of the FROM, JOIN, INTO and UPDATE clauses."""
    found: dict[str, str] = {}
    listing = False
    for at, token in enumerate(tokens):
        word = token.upper() if isinstance(token, str) else ""
        if word in ("FROM", "JOIN", "INTO", "UPDATE", "USING"):
            listing = True
        elif word in ("WHERE", "ON", "SET", "VALUES", "GROUP", "ORDER", "LIMIT", "RETURNING", "FOR", "OF"):
            listing = False
        elif listing and isinstance(token, str) and token in metadata.tables:
            after = tokens[at + 1 : at + 3]
            alias = after[1] if len(after) == 2 and str(after[0]).upper() == "AS" else token
            found[str(alias)] = token
    return found


def _read_insert(scope: Scope, tokens: Sequence[Token]) -> None:
    words = [token.upper() if isinstance(token, str) else "" for token in tokens]
    if "INTO" not in words or "VALUES" not in words:
        return
    at = words.index("INTO")
    name, names = tokens[at + 1], tokens[at + 2]
    if not isinstance(names, Group) or "bucket" not in names.tokens:
        return
    position = [token for token in names.tokens if token != ","].index("bucket")
    values: set[int] = set()
    for row in tokens[words.index("VALUES") + 1 :]:
        if isinstance(row, str) and row != ",":
            break
        if isinstance(row, Group):
            values |= _constants([_items(row)[position]]) or set()
    if values:
        scope.fixed.append((scope.place(str(name)), frozenset(values)))


def _items(row: Group) -> list[Token]:
    """Return what stands between the commas, casts being gone; what is more than one token is no constant."""
    items: list[list[Token]] = [[]]
    for token in row.tokens:
        if token == ",":
            items.append([])
        else:
            items[-1].append(token)
    return [item[0] if len(item) == 1 else "?" for item in items]


def _read_conditions(scope: Scope, tokens: Sequence[Token]) -> None:
    """Read ``alias.bucket = …`` and ``alias.bucket IN (…)`` where all conditions have to hold."""
    if any(isinstance(token, str) and token.upper() == "OR" for token in tokens):
        return
    for at, token in enumerate(tokens):
        if isinstance(token, Group) and not token.is_statement:
            if at and str(tokens[at - 1]).upper() in ("AND", "WHERE", "ON", "("):
                _read_conditions(scope, token.tokens)
        elif token == "bucket" and at >= 2 and tokens[at - 1] == ".":
            _read_condition(scope, str(tokens[at - 2]), tokens[at + 1 : at + 5])


def _read_condition(scope: Scope, alias: str, after: Sequence[Token]) -> None:
    operator = str(after[0]).upper() if after else ""
    if operator == "=" and len(after) > 3 and after[2] == "." and after[3] == "bucket":
        scope.same.append((scope.place(alias), scope.place(str(after[1]))))
        return
    values = None
    if operator == "=" and isinstance(after[1], Value):
        values = _constants([after[1]])
    elif operator == "=" and str(after[1]).upper() == "ANY" and isinstance(after[2], Group):
        values = _constants(after[2].tokens)
    elif operator == "IN" and isinstance(after[1], Group):
        values = _listed(after[1])
    if values is not None:
        scope.fixed.append((scope.place(alias), frozenset(values)))


def _listed(group: Group) -> set[int] | None:
    if not group.is_statement:
        return _constants([token for token in group.tokens if token != ","])
    if "json_each" not in group.tokens or len(group.tokens) < 2:
        return None
    given = group.tokens[group.tokens.index("json_each") + 1]
    return _constants(given.tokens) if isinstance(given, Group) else None


def _constants(tokens: Sequence[Token]) -> set[int] | None:
    """Return the numbers of these parameters (lists, and lists as JSON, too), None if one is none."""
    found: set[int] = set()
    for token in tokens:
        value = token.value if isinstance(token, Value) else None
        if isinstance(value, str):
            value = json.loads(value)
        numbers = value if isinstance(value, list) else [value]
        for number in numbers:
            if not isinstance(number, int):
                return None
            found.add(number)
    return found
