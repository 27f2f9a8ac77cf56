"""Forcing two transactions to overlap: neither commits before the other has come as far as it can.

As far as it can is its own COMMIT, or a lock of the first one that it waits for. SQLite has one writer at a
time, so there the two only start together.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text

from engine import EngineError, ProcessEngine
from engine.clock import monotonic

T = TypeVar("T")
_WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
_PATIENCE = 10.0  # seconds; whoever waits longer has found a bug


class Meeting:
    """Two threads whose transactions meet wherever a statement names ``table``."""

    def __init__(self, engine: ProcessEngine, url: str, table: str) -> None:
        self._table = table
        self._watch = None if engine.parts.store.dialect == "sqlite" else create_engine(url)
        self._pool = ThreadPoolExecutor(max_workers=2)
        self._threads = threading.local()
        self._lock = threading.Lock()
        self._arrived = 0
        self.forced = self._watch is not None
        self.overlaps = 0

    def between(self, one: Callable[[], T], other: Callable[[], T]) -> list[T | EngineError]:
        """Run both at once; return what each returned, or the engine's refusal."""
        start = threading.Barrier(2)
        self._arrived = 0

        def run(work: Callable[[], T]) -> T | EngineError:
            self._threads.expected, self._threads.touched = True, False
            start.wait()
            try:
                return work()
            except EngineError as error:
                return error
            finally:
                self._threads.expected = False
                self._arrive()  # who came to nothing does not keep the other waiting

        return [future.result() for future in [self._pool.submit(run, work) for work in (one, other)]]

    def statement(self, connection: Connection, cursor: Any, statement: str, *_: object) -> None:
        """Note that this thread's transaction is one of those that shall meet."""
        if getattr(self._threads, "expected", False) and self._table in statement:
            self._threads.touched = True

    def commit(self, connection: Connection) -> None:
        """Wait for the other, the first time a transaction of this thread that touched the table commits."""
        if self._watch is None or not getattr(self._threads, "touched", False):
            return
        self._threads.expected = self._threads.touched = False
        self._arrive()
        give_up = monotonic() + _PATIENCE
        while self._arrived < 2 and not self._someone_waits(self._watch):
            if monotonic() > give_up:
                raise AssertionError("expected the other transaction to come to its COMMIT or to wait")
        self.overlaps += 1

    def close(self) -> None:
        """End the threads and the watching connection."""
        self._pool.shutdown()
        if self._watch is not None:
            self._watch.dispose()

    def _arrive(self) -> None:
        with self._lock:
            self._arrived += 1

    def _someone_waits(self, watch: Engine) -> bool:
        with watch.connect() as connection:
            return bool(connection.execute(_WAITING).scalar_one())


@contextmanager
def meeting(engine: ProcessEngine, url: str, table: str) -> Iterator[Meeting]:
    """Let transactions of two threads that name a table meet before COMMIT, while the block lasts."""
    arranged = Meeting(engine, url, table)
    event.listen(Engine, "after_cursor_execute", arranged.statement)
    event.listen(Engine, "commit", arranged.commit)
    try:
        yield arranged
    finally:
        event.remove(Engine, "after_cursor_execute", arranged.statement)
        event.remove(Engine, "commit", arranged.commit)
        arranged.close()
