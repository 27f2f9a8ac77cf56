"""A line to the database: one connection, taken from the pool for one transaction.

SQLAlchemy's ``Connection`` keeps books about every transaction and statement. A verb needs none of them, so a
line speaks to the driver: BEGIN, statements, COMMIT. On PostgreSQL this is libpq (``wire``), and BEGIN
travels with the first statement. Where SQLAlchemy's own connection is wanted (queries made on the spot), it
is put over the same line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from engine.store.wire import Answer, Arguments, Statement, Wire

BEGUN = "begun"  # the option of a connection put over a line whose transaction is open
_WIRE = "wire"
_BEGIN = Statement("BEGIN")
_BEGIN_READING = Statement("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
_COMMIT = Statement("COMMIT")


class Asked(NamedTuple):
    """One statement for PostgreSQL with its runs; ``text`` and ``given`` are what listeners are told."""

    statement: Statement
    runs: Sequence[Arguments]
    text: str
    given: Any


class Line:
    """An open transaction on a connection of the pool; raises ``DBAPIError`` as SQLAlchemy would.

    ``single`` is for one statement that only reads: it needs no transaction, being one moment by itself.
    """

    def __init__(self, database: Engine, *, reading: bool, single: bool = False) -> None:
        self.dialect = database.dialect
        self._database = database
        self._reading = reading
        self._single = single
        self._connection: Connection | None = None
        self._open = False
        self._begun = False
        self._held: list[Asked] = []
        self._asked = False
        dispatch: Any = database.dispatch
        self._heard = bool(dispatch.before_cursor_execute) or bool(dispatch.after_cursor_execute)
        self._connect()

    def __enter__(self) -> Line:
        """Begin the transaction: SQLite for writing at once, PostgreSQL with its first statement."""
        try:
            if self._wire is None and not self._single:
                self._driver.execute("BEGIN" if self._reading else "BEGIN IMMEDIATE")
        except self.errors as error:
            explained = self.as_sqlalchemy(error, "BEGIN")
            self._pooled.close()
            raise explained from error
        except BaseException:
            self._pooled.close()
            raise
        self._open = True
        return self

    def __exit__(self, *_: object) -> None:
        """Give the connection back; what was not committed is rolled back."""
        try:
            if self._open and self._pooled.is_valid:
                with suppress(DBAPIError), self.explained("ROLLBACK"):
                    self._roll_back()
        finally:
            self._pooled.close()

    @property
    def wired(self) -> bool:
        """Return whether statements go through ``ask``, and not through a cursor of the driver."""
        return self._wire is not None

    @property
    def errors(self) -> type[Exception]:
        """Return the root of the driver's errors; whatever else is raised is a bug and goes on as it is."""
        driver: Any = self.dialect.loaded_dbapi
        root: type[Exception] = driver.Error
        return root

    @property
    def connection(self) -> Connection:
        """Return SQLAlchemy's connection over this line, in its transaction."""
        if self._wire is not None and (self._held or not self._begun):
            self._exchange(())
        return self._over()

    def hold(self, asked: Sequence[Asked]) -> None:
        """Leave writes to COMMIT, or to whatever is asked before it."""
        self._tell("before_cursor_execute", asked)
        self._held += asked

    def ask(self, asked: Sequence[Asked]) -> list[Answer]:
        """Run statements on PostgreSQL in one round trip, within the transaction; what follows a failed one
        is not run."""
        self._require_first()
        self._tell("before_cursor_execute", asked)
        return self._exchange(asked)

    def cursor(self) -> Any:
        """Return a new cursor of the driver."""
        self._require_first()
        return self._driver.cursor()

    @property
    def heard(self) -> bool:
        """Return whether somebody listened to statements when the transaction began."""
        return self._heard

    def tell(self, event: str, *details: object) -> None:
        """Tell those who listen to SQLAlchemy's events about what does not go through it."""
        for listener in getattr(self._database.dispatch, event):
            listener(self._over(), *details)

    def commit(self) -> None:
        """Commit what was written; raises ``DBAPIError``, also that of a write held back until now."""
        self.tell("commit")
        if self._wire is None:
            self._commit_at_once()
        elif self._begun or self._held:
            self._exchange((), _COMMIT)
        self._open = False

    @contextmanager
    def explained(self, text: str) -> Iterator[None]:
        """Raise a driver's error as SQLAlchemy would."""
        try:
            yield
        except self.errors as error:
            raise self.as_sqlalchemy(error, text) from error

    def as_sqlalchemy(self, error: Exception, text: str) -> Exception:
        """Return a driver's error as SQLAlchemy would raise it; a broken connection leaves the pool."""
        pooled: Any = getattr(self, "_pooled", None)
        gone = pooled is None or not pooled.is_valid
        broken = gone or self.dialect.is_disconnect(cast(Any, error), pooled, None)
        if broken and not gone:
            pooled.invalidate(error)
        raised: Exception = DBAPIError.instance(
            text,
            None,
            error,
            self.errors,
            hide_parameters=True,
            connection_invalidated=broken,
            dialect=self.dialect,
        )
        return raised

    def _connect(self) -> None:
        try:
            self._pooled = self._database.pool.connect()
        except self.errors as error:
            raise self.as_sqlalchemy(error, "CONNECT") from error
        self._driver: Any = self._pooled.driver_connection
        self._wire = None if self.dialect.name == "sqlite" else wire_of(self._pooled)
        self._connection = None

    def _over(self) -> Connection:
        if self._connection is None:
            over = Connection(self._database, connection=self._pooled)
            self._connection = over.execution_options(**{BEGUN: True})
        return self._connection

    def _require_first(self) -> None:
        if self._single and self._asked:
            raise RuntimeError(
                "expected a single statement, but there is another: open a transaction for both"
            )
        self._asked = True

    def _exchange(self, asked: Sequence[Asked], ending: Statement | None = None) -> list[Answer]:
        """Send BEGIN where it is due, what was held, what is asked, and COMMIT; return what was asked for."""
        sending = [*self._held, *asked]
        beginning = () if self._begun or self._single else (_BEGIN_READING if self._reading else _BEGIN,)
        messages: list[tuple[Statement, Sequence[Arguments]]] = [(each, _ONCE) for each in beginning]
        messages += [(each.statement, each.runs) for each in sending]
        messages += [(ending, _ONCE)] if ending else []
        first_reading, text = self._reading and not self._begun, "; ".join(each.text for each in sending)
        # Open also where the first thing asked fails: COMMIT is then a ROLLBACK, and says so.
        self._begun, self._held = not self._single, []
        try:
            answers = self._answers(messages, text or "COMMIT")
        except DBAPIError as error:
            if not (first_reading and error.connection_invalidated):
                raise
            self._connect()  # the server has hung up since somebody used this connection: nothing is lost yet
            answers = self._answers(messages, text)
        self._tell("after_cursor_execute", sending)
        if ending and answers[-1].did != ending.text:
            raise RuntimeError(
                "expected to commit, but a statement before had failed and nothing was written"
            )
        first = len(beginning) + len(sending) - len(asked)
        return answers[first : first + len(asked)]

    def _answers(self, messages: Sequence[tuple[Statement, Sequence[Arguments]]], text: str) -> list[Answer]:
        try:
            return cast(Wire, self._wire).ask(messages)
        except self.errors as error:
            raise self.as_sqlalchemy(error, text) from error

    def _commit_at_once(self) -> None:
        try:
            self._driver.commit()
        except self.errors as error:
            raise self.as_sqlalchemy(error, "COMMIT") from error

    def _tell(self, event: str, asked: Sequence[Asked]) -> None:
        for statement, _, text, given in asked if self._heard else ():
            self.tell(event, statement, text, given, None, isinstance(given, list))

    def _roll_back(self) -> None:
        if self._wire is None:
            self._pooled.rollback()
        else:
            self._wire.roll_back()


_ONCE: Sequence[Arguments] = ((),)


def wire_of(pooled: PoolProxiedConnection | ConnectionPoolEntry) -> Wire:
    """Return the wire of a connection of PostgreSQL, the same as long as it lives."""
    found: Wire | None = pooled.info.get(_WIRE)
    if found is None:
        connection: Any = pooled.driver_connection
        found = pooled.info[_WIRE] = Wire(connection, named=connection.prepare_threshold is not None)
    return found
