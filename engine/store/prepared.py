"""Statements of the hot path: compiled once per database, then handed to its driver as they are.

SQLAlchemy writes the SQL. Running it through a ``Connection`` costs several times what the database needs for
it (docs/performance.md), so what every verb runs goes to SQLite's cursor, or to libpq. Errors come out as
SQLAlchemy would raise them, and who listens to its statements (failpoints, tests, tracing) hears of these
too.
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

from engine.store.lines import Asked, Line
from engine.store.wire import Statement
from engine.store.wire_values import kind_of

Values: TypeAlias = Mapping[str, Any]
Among: TypeAlias = Callable[[ColumnElement[Any], str], ColumnElement[bool]]


class Cursor(Protocol):
    """What a cursor of SQLite (PEP 249) and an answer of PostgreSQL have in common."""

    rowcount: int

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


class Compiled:
    """A statement's text for one database, and how values become its parameters.

    ``arranged`` is what SQLite's driver wants (in order, lists as JSON), or what PostgreSQL's listeners are
    told (by name); ``statement`` is PostgreSQL's.
    """

    __slots__ = ("_fixed", "_order", "statement", "text")

    def __init__(self, compiled: Any) -> None:
        self.text: str = compiled.string
        self._fixed = _constants(compiled)
        self._order: Sequence[str] = compiled.positiontup or list(_bound(compiled))
        self.statement = None if compiled.positiontup is not None else self._numbered(compiled)

    def in_order(self, values: Values) -> list[Any]:
        """Return SQLite's parameters."""
        given = {**self._fixed, **values} if self._fixed else values
        ordered = [given[name] for name in self._order]
        return [json.dumps(each) if type(each) is list else each for each in ordered]

    def asked(self, rows: Sequence[Values]) -> Asked:
        """Return PostgreSQL's statement with its parameters; raises ``psycopg.DataError``."""
        statement = cast(Statement, self.statement)
        given = [{**self._fixed, **values} for values in rows]
        runs = [statement.encoded([each[name] for name in self._order]) for each in given]
        return Asked(statement, runs, self.text, given if len(given) > 1 else given[0])

    def _numbered(self, compiled: Any) -> Statement:
        numbers = {name: f"${number}" for number, name in enumerate(self._order, 1)}
        kinds = [kind_of(bound.type) for bound in _bound(compiled).values()]
        return Statement(self.text % numbers, kinds)


class Prepared:
    """A constant statement, or one per database; it has no parameter whose length changes its text.

    An INSERT takes all columns of its table. ``single`` is another way to write it where each list has one
    element: a plan made for any list would not do for one key (PostgreSQL), and costs more (SQLite).
    ``strict`` says that on PostgreSQL it fails where it does not change one row
    (``statements.must_change_one``).
    """

    def __init__(
        self,
        statement: Executable | Mapping[str, Executable],
        *,
        single: Executable | None = None,
        strict: bool = False,
    ) -> None:
        self.strict = strict
        self._statement = statement
        self._single = None if single is None else Prepared(single)
        self._compiled: dict[str, Compiled] = {}

    def run(self, line: Line, values: Values | None = None) -> Rows:
        """Run the statement once; raises ``DBAPIError``."""
        return self.run_many(line, [values or {}])

    def run_many(self, line: Line, rows: Sequence[Values]) -> Rows:
        """Run the statement with each of several rows, in one round trip; raises ``DBAPIError``."""
        if line.wired:
            return Rows(line.ask([self.asked(line, rows)])[0])
        if self._single is not None and all(map(_has_single_lists, rows)):
            return self._single.run_many(line, [_unlisted(values) for values in rows])
        compiled = self._for(line.dialect)
        many = len(rows) > 1
        given: Any = [compiled.in_order(values) for values in rows] if many else compiled.in_order(rows[0])
        return _execute(line, compiled.text, given, many=many)

    def asked(self, line: Line, rows: Sequence[Values]) -> Asked:
        """Return the statement as PostgreSQL is asked it; raises ``DBAPIError`` for what it cannot hold."""
        if self._single is not None and all(map(_has_single_lists, rows)):
            return self._single.asked(line, [_unlisted(values) for values in rows])
        compiled = self._for(line.dialect)
        try:
            return compiled.asked(rows)
        except line.errors as error:
            raise line.as_sqlalchemy(error, compiled.text) from error

    def text(self, dialect: Dialect) -> str:
        """Return the SQL for one database."""
        return self._for(dialect).text

    def _for(self, dialect: Dialect) -> Compiled:
        found = self._compiled.get(dialect.name)
        if found is None:
            chosen = self._statement
            statement = chosen[dialect.name] if isinstance(chosen, Mapping) else chosen
            found = Compiled(cast(ClauseElement, statement).compile(dialect=dialect))
            self._compiled[dialect.name] = found
        return found


Writes: TypeAlias = Sequence[tuple[Prepared, Sequence[Values]]]


def _bound(compiled: Any) -> dict[str, Any]:
    return {name: bound for bound, name in compiled.bind_names.items()}


def _constants(compiled: Any) -> dict[str, Any]:
    return {name: bound.effective_value for bound, name in compiled.bind_names.items() if not bound.required}


def run_all(line: Line, writes: Writes) -> list[Rows]:
    """Run statements, each with its rows, in one round trip where that is possible; raises ``DBAPIError``."""
    if line.wired:
        return [Rows(each) for each in line.ask([one.asked(line, rows) for one, rows in writes])]
    return [one.run_many(line, rows) for one, rows in writes]


def hold_all(line: Line, writes: Writes) -> None:
    """Leave writes to PostgreSQL's COMMIT, or to whatever is asked before it; raises ``DBAPIError``."""
    line.hold([one.asked(line, rows) for one, rows in writes])


def _has_single_lists(values: Values) -> bool:
    return all(len(value) == 1 for value in values.values() if isinstance(value, list))


def _unlisted(values: Values) -> Values:
    return {name: value[0] if isinstance(value, list) else value for name, value in values.items()}


def _execute(line: Line, text: str, given: Any, *, many: bool) -> Rows:
    cursor = line.cursor()
    if line.heard:
        line.tell("before_cursor_execute", cursor, text, given, None, many)
    try:
        if many:
            cursor.executemany(text, given)
        else:
            cursor.execute(text, given)
    except line.errors as error:
        raise line.as_sqlalchemy(error, text) from error
    if line.heard:
        line.tell("after_cursor_execute", cursor, text, given, None, many)
    return Rows(cursor)


def with_lists(make: Callable[[Among], Executable]) -> Prepared:
    """Return a statement with lists of keys as parameters; ``make`` is given the condition "is one of"."""
    both = {"sqlite": make(_among_json), "postgresql": make(_among_array)}
    return Prepared(both, single=make(_among_one))


def _among_one(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    return column == bindparam(name, type_=BigInteger)


def _among_array(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    return column == any_(bindparam(name, type_=ARRAY(BigInteger)))


def _among_json(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    listed = func.json_each(bindparam(name, type_=Text)).table_valued("value")
    return column.in_(select(listed.c.value))


def lists(**named: Iterable[int]) -> dict[str, list[int]]:
    """Return keys as the sorted lists that the statements of ``with_lists`` take."""
    return {name: sorted(set(keys)) for name, keys in named.items()}
