"""The connection to SQLite or PostgreSQL: how it is set up, and the one way in, ``Store``."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine

from engine.clock import Clock, monotonic
from engine.errors import EngineError, Unavailable
from engine.failpoint import failpoint
from engine.store import backup, connections, installation, key_blocks, schema
from engine.store.key_blocks import Allocator
from engine.store.lines import Line
from engine.store.sealing import Keyring
from engine.store.times import Times
from engine.store.transaction import Counter, Transaction
from engine.store.trouble import NOT_KNOWN, TROUBLES, Interrupted, Trouble, raise_meaning, translated

T = TypeVar("T")
ATTEMPTS = 10
OPENING_ATTEMPTS = 3
DUPLICATES = 2  # times a verb is repeated that inserted what was there already
PATIENCE = 30.0  # seconds after which no further attempt begins
_FIRST_PAUSE = 0.005  # seconds, doubled from attempt to attempt
_LONGEST_PAUSE = 1.0


class Store:
    """The database of one installation.

    ``url`` is ``sqlite:///file``, ``sqlite:///:memory:`` or ``postgresql+psycopg://…``. Opening creates the
    tables where there are none, unless ``create`` is False. Raises Incompatible for tables this program
    cannot work with or a file that is something else, Unavailable where the database cannot be reached.
    """

    def __init__(
        self, url: str, *, keyring: Keyring | None = None, clock: Clock | None = None, create: bool = True
    ) -> None:
        address = connections.parse(url)
        self.dialect = address.get_backend_name()
        self._database: Engine = connections.connect(address)
        self._reader = connections.reader(self._database)
        # SQLite knows one writer at a time, and waits for the others by polling: in one process we queue
        # instead.
        self._memory = self.dialect == "sqlite" and connections.in_memory(address)
        self._writing = threading.Lock() if self.dialect == "sqlite" else nullcontext()
        self._threads = threading.local()
        self.counter = Counter()
        self._times = Times(self._measure, clock)
        try:
            self.installation_id = self._alone(lambda connection: _prepare(connection, create))
            self.keyring = keyring or installation.keyring(address, self.installation_id)
            self._alone(lambda connection: installation.check_keyring(connection, self.keyring))
        except BaseException:
            self.close()
            raise

    @property
    def statements(self) -> int:
        """Return how many statements this store has run, BEGIN and COMMIT not counted."""
        return self.counter.statements

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Open the one kind of writing transaction: committed at the end, rolled back on any exception.

        Raises Unavailable where the database is busy, full or gone, RuntimeError inside another one of this
        thread.
        """
        return self._open(self._writing)

    def reading(self, *, single: bool = False) -> AbstractContextManager[Transaction]:
        """Open a transaction that only reads, all of it at one moment.

        ``single`` says that it is one statement of the hot path, which is a moment by itself: on PostgreSQL
        it saves BEGIN and COMMIT; a second one raises ``RuntimeError``.
        """
        turn = self._writing if self._memory else nullcontext()
        return self._open(turn, reading=True, single=single)

    def run(
        self,
        verb: Callable[[Transaction], T],
        *,
        acknowledged: Callable[[Transaction], T | None] | None = None,
        yielding: bool = False,
    ) -> T:
        """Run a verb in a transaction, again where the database says so, and return its result.

        One that is ``yielding`` is not repeated where others were in its way.

        Where the connection broke at COMMIT nobody knows the outcome: ``acknowledged`` looks (in a reading
        transaction) and returns the result of whichever attempt was written; without it, such a verb is not
        repeated. The server may go on with what it was sent (it waits for a lock, say) and commit later: so
        from then on every attempt that fails, however it does, is followed by such a look.
        Raises Unavailable when patience is at its end.
        """
        give_up = monotonic() + PATIENCE
        unknown = False
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self.transaction() as tx:
                    return verb(tx)
            except Exception as error:
                unknown = unknown or (isinstance(error, Interrupted) and error.outcome_unknown)
                if unknown:
                    if acknowledged is None:
                        raise
                    self._pause(attempt)
                    found = self._acknowledge(acknowledged, give_up)
                    if found is not None:
                        return found
                _require_worth(error, attempt, give_up, unknown=unknown, yielding=yielding)
            if not unknown:
                self._pause(attempt)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def allocator(self) -> Allocator:
        """Return this thread's allocator of key numbers."""
        found: Allocator | None = getattr(self._threads, "allocator", None)
        if found is None:
            # A block drawn in vain is only a gap: where nobody knows the outcome, the next one will do.
            found = self._threads.allocator = Allocator(
                lambda: self.run(key_blocks.draw, acknowledged=lambda _: None)
            )
        return found

    def clock_offset(self) -> int:
        """Return by how many microseconds the business clock is ahead of the database's."""
        with self.reading() as tx:
            return installation.offset(tx.connection)

    def set_clock_offset(self, offset: int) -> None:
        """Set the business clock ahead by ``offset`` microseconds, for all nodes within a second."""
        self.run(lambda tx: installation.set_offset(tx.connection, offset))
        self._times.forget()

    def backup(self, to: Path) -> int:
        """Copy an SQLite database while it is used; return the bytes written.

        Raises ``EngineError`` for any other database, and where the file is there already.
        """
        if self.dialect != "sqlite" or self._memory:
            raise EngineError(
                "expected an SQLite file to back up, but the database is none; PostgreSQL has pg_dump"
            )
        return backup.copy(Path(str(self._database.url.database)), to)

    def close(self) -> None:
        """Give all connections back."""
        self._database.dispose()

    @contextmanager
    def _open(
        self, turn: AbstractContextManager[object], *, reading: bool = False, single: bool = False
    ) -> Iterator[Transaction]:
        if getattr(self._threads, "open", False):
            raise RuntimeError(
                "expected no open transaction on this thread, but there is one; transactions never nest"
            )
        self._threads.open = True
        try:
            with turn:
                self._times.refresh()
                with self._connected(reading=reading, single=single) as line:
                    yield Transaction(line, times=self._times, keyring=self.keyring, total=self.counter)
        finally:
            self._threads.open = False

    @contextmanager
    def _connected(self, *, reading: bool = False, single: bool = False) -> Iterator[Line]:
        committing = False
        try:
            with Line(self._database, reading=reading, single=single) as line:
                yield line
                failpoint("store.commit.before")
                began, committing = monotonic(), not reading
                line.commit()
                failpoint("store.commit.after")
        except TROUBLES as error:
            raise_meaning(error, committing=committing)
        if not reading:
            self.counter.commits += 1
            self.counter.commit_seconds += monotonic() - began

    def _alone(self, work: Callable[[Connection], T]) -> T:
        """Do what opening a database takes, before there is a keyring for a Transaction.

        Again where it was busy.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self._writing, self._connected() as line:
                    return work(line.connection)
            except Interrupted as trouble:
                if trouble.trouble is Trouble.STOP or attempt == OPENING_ATTEMPTS:
                    raise
            self._pause(attempt)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _measure(self) -> tuple[int, int]:
        try:
            return self._clocks()
        except Interrupted as trouble:
            if trouble.trouble is not Trouble.GONE:
                raise
            return self._clocks()  # the server had hung up on one connection: now the others are doubted too

    def _clocks(self) -> tuple[int, int]:
        with translated(), self._reader.connect() as connection:
            return installation.clocks(connection)

    def _acknowledge(self, acknowledged: Callable[[Transaction], T | None], give_up: float) -> T | None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self.reading() as tx:
                    return acknowledged(tx)
            except Interrupted:
                if attempt == ATTEMPTS or monotonic() > give_up:
                    raise Unavailable(f"the database is gone; {NOT_KNOWN}") from None
                self._pause(attempt)
        return None

    def _pause(self, attempt: int) -> None:
        # Threads that met once must not meet again at the same moment: each waits its own share longer.
        share = threading.get_ident() % 97 / 97
        time.sleep(min(_FIRST_PAUSE * 2 ** (attempt - 1), _LONGEST_PAUSE) * (1 + share))


def _require_worth(error: Exception, attempt: int, give_up: float, *, unknown: bool, yielding: bool) -> None:
    """Raise what a failed attempt means to the caller, unless another one may succeed.

    ``unknown`` says that this or an earlier one may have been written after all. What is still a duplicate at
    the third attempt is a bug.
    """
    if not isinstance(error, Interrupted):
        raise error
    if error.trouble is Trouble.SAME and attempt > DUPLICATES:
        raise error.__cause__ or error
    at_its_end = attempt == ATTEMPTS or monotonic() >= give_up
    if error.trouble is not Trouble.STOP and not at_its_end and not (yielding and error.others):
        return
    if unknown and not error.outcome_unknown:
        reason = f"the connection to the database broke, and later attempts failed too; {NOT_KNOWN}"
        raise Interrupted(reason, trouble=error.trouble, outcome_unknown=True) from error
    raise error


def _prepare(connection: Connection, create: bool) -> str:
    schema.prepare(connection, create=create)
    return installation.identify(connection)
