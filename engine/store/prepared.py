"""Statements of the hot path: compiled once per database, then handed to its driver as they are.

SQLAlchemy writes the SQL. Running it through a ``Connection`` costs several times what the database needs for
it (docs/performance.md), so what every verb runs goes to the driver's cursor. Errors come out as SQLAlchemy
would raise them, and who listens to its statements (failpoints, tests, tracing) hears of these too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias, cast

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Executable,
    Text,
    any_,
    bindparam,
    func,
    select,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement

from engine.store.lines import Line

Values: TypeAlias = Mapping[str, Any]
Among: TypeAlias = Callable[[ColumnElement[Any], str], ColumnElement[bool]]


class Cursor(Protocol):
    """What both drivers' cursors have in common (PEP 249)."""

    rowcount: int

    def execute(self, query: Any, parameters: Any = ..., /) -> Any:
        """Run one statement."""

    def executemany(self, query: Any, parameters: Any, /) -> Any:
        """Run one statement with each of several rows of parameters."""

    def fetchone(self) -> Any:
        """Return the next row, None at the end."""

    def fetchall(self) -> list[Any]:
        """Return all rows left."""

    def close(self) -> None:
        """Give back what the cursor holds."""


class Rows:
    """What came back: plain tuples in the order of the columns selected."""

    __slots__ = ("_cursor",)

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    @property
    def rowcount(self) -> int:
        """Return how many rows were written."""
        return self._cursor.rowcount

    def first(self) -> tuple[Any, ...] | None:
        """Return the first row, None where there is none."""
        row: tuple[Any, ...] | None = self._cursor.fetchone()
        self._cursor.close()
        return row

    def all(self) -> list[tuple[Any, ...]]:
        """Return all rows."""
        rows: list[tuple[Any, ...]] = self._cursor.fetchall()
        self._cursor.close()
        return rows

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Iterate over all rows."""
        return iter(self.all())


class Prepared:
    """A constant statement, or one per database; it has no parameter whose length changes its text.

    An INSERT takes all columns of its table.
    """

    def __init__(self, statement: Executable | Mapping[str, Executable]) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, Callable[[Values], Any]]] = {}

    def run(self, line: Line, values: Values | None = None) -> Rows:
        """Run the statement once; raises ``DBAPIError``."""
        text, arranged = self._for(line.dialect)
        given = arranged(values or {})
        return _execute(line, text, given, lambda cursor: cursor.execute(text, given))

    def run_many(self, line: Line, rows: Sequence[Values]) -> Rows:
        """Run the statement with each of several rows, in one round trip; raises ``DBAPIError``."""
        if len(rows) == 1:
            return self.run(line, rows[0])
        text, arranged = self._for(line.dialect)
        given = [arranged(row) for row in rows]
        return _execute(line, text, given, lambda cursor: cursor.executemany(text, given), many=True)

    def text(self, dialect: Dialect) -> str:
        """Return the SQL for one database."""
        return self._for(dialect)[0]

    def _for(self, dialect: Dialect) -> tuple[str, Callable[[Values], Any]]:
        found = self._compiled.get(dialect.name)
        if found is None:
            chosen = self._statement
            statement = chosen[dialect.name] if isinstance(chosen, Mapping) else chosen
            compiled: Any = cast(ClauseElement, statement).compile(dialect=dialect)
            found = self._compiled[dialect.name] = (
                compiled.string,
                _arrangement(compiled.positiontup, _constants(compiled)),
            )
        return found


def _constants(compiled: Any) -> dict[str, Any]:
    return {name: bound.effective_value for bound, name in compiled.bind_names.items() if not bound.required}


def _arrangement(order: Sequence[str] | None, fixed: Values) -> Callable[[Values], Any]:
    """Return how the driver wants its parameters: by name, or in order with lists as JSON (SQLite)."""
    if order is None:
        return lambda values: {**fixed, **values}

    def in_order(values: Values) -> list[Any]:
        given = {**fixed, **values}
        return [_plain(given[name]) for name in order]

    return in_order


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list) else value


def _execute(
    line: Line, text: str, given: Any, work: Callable[[Cursor], object], *, many: bool = False
) -> Rows:
    cursor: Cursor = line.cursor()
    line.tell("before_cursor_execute", cursor, text, given, None, many)
    try:
        work(cursor)
    except line.errors as error:
        raise line.as_sqlalchemy(error, text) from error
    line.tell("after_cursor_execute", cursor, text, given, None, many)
    return Rows(cursor)


def with_lists(make: Callable[[Among], Executable]) -> Prepared:
    """Return a statement with lists of keys as parameters; ``make`` is given the condition "is one of"."""
    return Prepared({"sqlite": make(_among_json), "postgresql": make(_among_array)})


def _among_array(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    return column == any_(bindparam(name, type_=ARRAY(BigInteger)))


def _among_json(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    listed = func.json_each(bindparam(name, type_=Text)).table_valued("value")
    return column.in_(select(listed.c.value))


def lists(**named: Iterable[int]) -> dict[str, list[int]]:
    """Return keys as the sorted lists that the statements of ``with_lists`` take."""
    return {name: sorted(set(keys)) for name, keys in named.items()}
