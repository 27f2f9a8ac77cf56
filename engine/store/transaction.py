"""One open transaction: what every function of the store takes first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeAlias

from sqlalchemy import Connection, CursorResult, Executable, text

from engine.errors import Conflict
from engine.store.gathering import Gathering
from engine.store.lines import Line
from engine.store.prepared import Prepared, Rows, Values, Writes, hold_all, run_all
from engine.store.sealing import Keyring
from engine.store.times import Times

Parameters: TypeAlias = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None
Result: TypeAlias = CursorResult[*tuple[Any, ...]]
_HURRY = text("SET LOCAL lock_timeout = '300ms'")


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
        self.born_locked: list[
            Any
        ] = []  # jobs inserted with a lease of this node: whoever commits starts them
        self._times = times
        self._total = total
        self._now: int | None = None
        self._machine_now: int | None = None
        self._gathering: Gathering | None = None
        self._promised: dict[Prepared, None] = {}  # statements each of whose rows must change one

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
        self._before()
        return self.connection.execute(statement, parameters)

    def run(self, statement: Prepared, values: Values | None = None) -> Rows:
        """Run one statement of the hot path."""
        self._before()
        return statement.run(self._line, values)

    def run_many(self, statement: Prepared, rows: Sequence[Values]) -> Rows:
        """Run one statement of the hot path with several rows (at least one)."""
        self._before()
        return statement.run_many(self._line, rows)

    def write(self, statement: Prepared, rows: Sequence[Values]) -> None:
        """Run a write of the hot path with several rows (at least one), later where writes are gathered."""
        if self._gathering is not None:
            self._gathering.add(statement, rows)
        else:
            self.run_many(statement, rows)

    def write_one(self, statement: Prepared, values: Values) -> bool:
        """Run a write that is to change one row; return whether it did.

        Where writes are gathered it is promised: call it only with the row locked and looked at. A promise
        not kept raises ``Conflict`` when they are sent.
        """
        if self._gathering is None:
            return self.run(statement, values).rowcount == 1
        self._promised[statement] = None
        self._gathering.add(statement, [values])
        return True

    def hurry(self) -> None:
        """Wait for what others hold only for a moment from here on; then ``Interrupted`` is raised."""
        if self.dialect == "postgresql":  # on SQLite nobody else writes while this transaction is open
            self.execute(_HURRY)

    def last_writes(self) -> AbstractContextManager[object]:
        """Hold writes back as ``gathering`` does, until COMMIT where nothing else is asked before it.

        On SQLite, where statements are no round trips, they are run as they come.
        """
        return self._gathered(self._leave) if self._line.wired else nullcontext()

    def gathering(self) -> AbstractContextManager[Gathering]:
        """Hold writes back until the end of the block, or until something else is asked of the database."""
        return self._gathered(self._send)

    @contextmanager
    def _gathered(self, at_the_end: Callable[[Writes], None]) -> Iterator[Gathering]:
        self._gathering = Gathering(self._send)
        try:
            yield self._gathering
            self._gathering.flush(at_the_end)
        finally:
            self._gathering = None

    def _leave(self, writes: Writes) -> None:
        """Leave writes to COMMIT; not those whose outcome is seen only when they have been run."""
        if any(statement in self._promised and not statement.strict for statement, _ in writes):
            self._send(writes)
            return
        for _ in writes:
            self._count()
        hold_all(self._line, writes)

    def _send(self, writes: Writes) -> None:
        for _ in writes:
            self._count()
        for (statement, rows), done in zip(writes, run_all(self._line, writes), strict=True):
            if statement in self._promised and done.rowcount != len(rows):
                raise Conflict(f"expected to change {len(rows)} rows, but {done.rowcount} were there")

    def _before(self) -> None:
        if self._gathering is not None:
            self._gathering.flush()
        self._count()

    def _count(self) -> None:
        self.statements += 1
        self._total.statements += 1

    def execute_for(self, statements: Mapping[str, Executable], parameters: Parameters = None) -> Result:
        """Run the variant of a statement written for this transaction's database."""
        return self.execute(statements[self.dialect], parameters)
