"""One open transaction: what every function of the store takes first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection, CursorResult, Executable

from engine.store.lines import Line
from engine.store.prepared import Prepared, Rows, Values
from engine.store.sealing import Keyring
from engine.store.times import Times

Parameters: TypeAlias = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None
Result: TypeAlias = CursorResult[*tuple[Any, ...]]


class Counter:
    """What one process has done since it opened the database; BEGIN and COMMIT are no statements."""

    def __init__(self) -> None:
        self.statements = 0
        self.commits = 0
        self.commit_seconds = 0.0
        self.steps = 0
        self.step_seconds = 0.0


class Transaction:
    """An open transaction with its clocks, keys and count of statements.

    Made by ``Store``, used by one thread.
    """

    def __init__(self, line: Line, *, times: Times, keyring: Keyring, total: Counter) -> None:
        self._line = line
        self.dialect = line.dialect.name
        self.keyring = keyring
        self.statements = 0
        self.ready_jobs: list[int] = []  # made ready here: whoever commits tells the workers
        self._times = times
        self._total = total
        self._now: int | None = None
        self._machine_now: int | None = None

    @property
    def connection(self) -> Connection:
        """Return SQLAlchemy's connection over the same transaction."""
        return self._line.connection

    @property
    def now(self) -> int:
        """Return the business time in UTC microseconds; read at first use, the same ever after."""
        if self._now is None:
            self._now = self._times.business()
        return self._now

    @property
    def machine_now(self) -> int:
        """Return the database's own time in UTC microseconds; read at first use, the same ever after."""
        if self._machine_now is None:
            self._machine_now = self._times.machine()
        return self._machine_now

    def execute(self, statement: Executable, parameters: Parameters = None) -> Result:
        """Run one statement; a list of parameters makes it one statement with many rows."""
        self._count()
        return self.connection.execute(statement, parameters)

    def run(self, statement: Prepared, values: Values | None = None) -> Rows:
        """Run one statement of the hot path."""
        self._count()
        return statement.run(self._line, values)

    def run_many(self, statement: Prepared, rows: Sequence[Values]) -> Rows:
        """Run one statement of the hot path with several rows (at least one)."""
        self._count()
        return statement.run_many(self._line, rows)

    def _count(self) -> None:
        self.statements += 1
        self._total.statements += 1

    def execute_for(self, statements: Mapping[str, Executable], parameters: Parameters = None) -> Result:
        """Run the variant of a statement written for this transaction's database."""
        return self.execute(statements[self.dialect], parameters)
