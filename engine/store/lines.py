"""A line to the database: one connection, taken from the pool for one transaction.

SQLAlchemy's ``Connection`` keeps books about every transaction and statement. A verb needs none of them, so a
line speaks to the driver: BEGIN, statements, COMMIT. Where SQLAlchemy's own connection is wanted (queries
made on the spot), it is put over the same line.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

BEGUN = "begun"  # the option of a connection put over a line whose transaction is open


class Line:
    """An open transaction on a connection of the pool; raises ``DBAPIError`` as SQLAlchemy would."""

    def __init__(self, database: Engine, *, reading: bool) -> None:
        self.dialect = database.dialect
        self._database = database
        self._reading = reading
        self._connection: Connection | None = None
        self._open = False
        with self.explained("CONNECT"):
            self._pooled = database.pool.connect()

    def __enter__(self) -> Line:
        """Begin the transaction: SQLite for writing at once, PostgreSQL with its first statement."""
        try:
            with self.explained("BEGIN"):
                self._begin()
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
                    self._pooled.rollback()
            self._forget_reading()
        finally:
            self._pooled.close()

    @property
    def errors(self) -> type[Exception]:
        """Return the root of the driver's errors; whatever else is raised is a bug and goes on as it is."""
        driver: Any = self.dialect.loaded_dbapi
        root: type[Exception] = driver.Error
        return root

    @property
    def connection(self) -> Connection:
        """Return SQLAlchemy's connection over this line."""
        if self._connection is None:
            over = Connection(self._database, connection=self._pooled)
            self._connection = over.execution_options(**{BEGUN: True})
        return self._connection

    def cursor(self) -> Any:
        """Return a new cursor of the driver."""
        return self._pooled.cursor()

    def tell(self, event: str, *details: object) -> None:
        """Tell those who listen to SQLAlchemy's events about what does not go through it."""
        for listener in getattr(self._database.dispatch, event):
            listener(self.connection, *details)

    def commit(self) -> None:
        """Commit what was written."""
        self.tell("commit")
        with self.explained("COMMIT"):
            self._pooled.commit()
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
        broken = pooled is None or self.dialect.is_disconnect(cast(Any, error), pooled, None)
        if broken and pooled is not None and pooled.is_valid:
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

    def _begin(self) -> None:
        driver: Any = self._pooled.driver_connection
        if self.dialect.name == "sqlite":
            driver.execute("BEGIN" if self._reading else "BEGIN IMMEDIATE")
        elif self._reading:
            driver.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            driver.read_only = True

    def _forget_reading(self) -> None:
        if not self._reading or self.dialect.name == "sqlite" or not self._pooled.is_valid:
            return
        driver: Any = self._pooled.driver_connection
        if not driver.closed:
            driver.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
            driver.read_only = None
