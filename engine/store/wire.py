"""PostgreSQL asked through libpq itself (``psycopg.pq``), on a connection of psycopg.

psycopg's cursor costs several times what the network and libpq do (docs/performance.md): here a statement is
prepared once per connection under a name of its own, parameters are binary and of declared types, and any
number of statements goes there and back in one round trip (libpq's pipeline mode). Waiting lets other threads
run and ends at a signal. Between two exchanges the connection is psycopg's, and SQLAlchemy's, as ever.
"""

from __future__ import annotations

import select
from collections.abc import Sequence
from itertools import count
from typing import Any, TypeAlias

import psycopg
from psycopg import pq
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result

from engine.store.wire_values import Encoded, Kind, encoded

Arguments: TypeAlias = Sequence[Encoded]
_BINARY = 1
_MOST_KEPT = 400  # statements prepared on one connection; any further one is sent with its text
# What is prepared there is not what we think it is: ``26000`` there is none, ``42P05`` there is one already.
_OUT_OF_STEP = ("26000", "42P05")
_PREPARED = pq.ExecStatus.COMMAND_OK
_FAILED = pq.ExecStatus.FATAL_ERROR
_SYNCHRONIZED = pq.ExecStatus.PIPELINE_SYNC
_numbers = count(1)


class Statement:
    """A statement in PostgreSQL's own notation (``$1``); ``kinds`` are those of its parameters, in order."""

    __slots__ = ("formats", "kinds", "name", "text", "types")

    def __init__(self, text: str, kinds: Sequence[Kind] = ()) -> None:
        self.text = text.encode()
        self.name = f"{text.split(None, 1)[0]}_{next(_numbers)}".encode()
        self.kinds = kinds
        self.types = [kind.oid for kind in kinds]
        self.formats = [_BINARY] * len(kinds)

    def encoded(self, values: Sequence[Any]) -> list[Encoded]:
        """Return parameters as they are sent; raises ``psycopg.DataError`` for what no column can hold."""
        return encoded(self.kinds, values)


_ROLLBACK = Statement("ROLLBACK")


class Answer:
    """What came back for one statement, run once or several times; read like a cursor (PEP 249)."""

    __slots__ = ("_connection", "_results", "rowcount")

    def __init__(self, connection: psycopg.Connection[Any], results: Sequence[pq.abc.PGresult]) -> None:
        self._connection = connection
        self._results = results
        self.rowcount = sum(result.command_tuples or 0 for result in results)

    @property
    def did(self) -> bytes | None:
        """Return what the server says it did: ``COMMIT``, or ``ROLLBACK`` where that was all it could."""
        return self._results[-1].command_status

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the first row, None where there is none."""
        rows = self.fetchall()
        return rows[0] if rows else None

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return all rows."""
        rows: list[tuple[Any, ...]] = []
        for result in self._results:
            if result.ntuples:
                loading = Transformer(self._connection)
                loading.set_pgresult(result)
                rows += loading.load_rows(0, result.ntuples, tuple)
        return rows

    def close(self) -> None:
        """Forget the rows."""
        self._results = ()


class Wire:
    """One connection, asked through libpq; ``named=False`` where a pooler gives it to somebody else."""

    def __init__(self, connection: psycopg.Connection[Any], *, named: bool) -> None:
        self._connection = connection
        self._libpq = connection.pgconn
        self._named = named
        self._kept: set[bytes] = set()
        self._readable, self._either = select.poll(), select.poll()
        self._readable.register(self._libpq.socket, select.POLLIN)
        self._either.register(self._libpq.socket, select.POLLIN | select.POLLOUT)

    def roll_back(self) -> None:
        """Undo what the open transaction did, if there is one; raises psycopg's errors."""
        if self._libpq.transaction_status != pq.TransactionStatus.IDLE:
            self.ask([(_ROLLBACK, ((),))])

    def ask(self, asked: Sequence[tuple[Statement, Sequence[Arguments]]]) -> list[Answer]:
        """Run statements, each once with each of its arguments, in order and in one round trip.

        What follows one that fails is not run. Raises psycopg's errors; a connection whose answers were not
        heard to the end is closed, and so is one where something else is prepared than we remember.
        """
        try:
            preparing = self._send(asked)
            results = self._answers()
            # After a failed statement nothing is prepared either: such an answer is no error, but "aborted".
            self._kept.update(name for at, name in preparing.items() if results[at].status == _PREPARED)
            self._libpq.exit_pipeline_mode()
        except BaseException:
            self._libpq.finish()
            raise
        self._raise_first(results)
        return self._sorted(asked, results, preparing)

    def _send(self, asked: Sequence[tuple[Statement, Sequence[Arguments]]]) -> dict[int, bytes]:
        """Send all; return which of the results to come are those of preparing, and of which name."""
        libpq, preparing, at = self._libpq, dict[int, bytes](), 0
        libpq.enter_pipeline_mode()
        for statement, runs in asked:
            name = statement.name
            kept = name in self._kept
            if not kept and self._named and len(self._kept) + len(preparing) < _MOST_KEPT:
                libpq.send_prepare(name, statement.text, statement.types)
                preparing[at] = name
                at, kept = at + 1, True
            for arguments in runs:
                if kept:
                    libpq.send_query_prepared(name, arguments, statement.formats, _BINARY)
                else:
                    libpq.send_query_params(
                        statement.text, arguments, statement.types, statement.formats, _BINARY
                    )
            at += len(runs)
        libpq.pipeline_sync()
        while libpq.flush():  # the server stops reading where nobody reads its answers
            for _, ready in self._either.poll():
                if ready & ~select.POLLOUT:
                    libpq.consume_input()
        return preparing

    def _answers(self) -> list[pq.abc.PGresult]:
        """Return a result per statement sent; raises ``OperationalError`` where the connection breaks."""
        libpq, found = self._libpq, list[pq.abc.PGresult]()
        try:
            while True:
                while libpq.is_busy():
                    self._readable.poll()
                    libpq.consume_input()
                result = libpq.get_result()
                if result is None:
                    self._check_alive()
                elif result.status == _SYNCHRONIZED:
                    return found
                else:
                    found.append(result)
        except psycopg.OperationalError:
            self._raise_first(found)  # what the server said before it hung up says more
            raise

    def _check_alive(self) -> None:
        if self._libpq.status == pq.ConnStatus.BAD:
            raise psycopg.OperationalError(self._libpq.get_error_message())

    def _raise_first(self, results: Sequence[pq.abc.PGresult]) -> None:
        for result in results:
            if result.status == _FAILED:
                error = error_from_result(result, self._connection.info.encoding)
                if error.sqlstate in _OUT_OF_STEP:  # somebody said DEALLOCATE ALL or DISCARD ALL
                    self._libpq.finish()
                raise error

    def _sorted(
        self,
        asked: Sequence[tuple[Statement, Sequence[Arguments]]],
        results: Sequence[pq.abc.PGresult],
        preparing: dict[int, bytes],
    ) -> list[Answer]:
        answers, at = list[Answer](), 0
        for _, runs in asked:
            at += at in preparing
            answers.append(Answer(self._connection, results[at : at + len(runs)]))
            at += len(runs)
        return answers
