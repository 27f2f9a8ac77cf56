"""How connections are opened and set up.

``security.md`` §2 for the settings, ``durability.md`` §2 rule 12 for why.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from engine import failpoint
from engine.clock import monotonic
from engine.errors import Unavailable
from engine.store.lines import BEGUN, wire_of
from engine.store.settings import taken_from, watching
from engine.store.wire import Statement

BUSY_MS = 5_000  # how long SQLite waits for another program's write
_POOL = 10
_OVERFLOW = 30
_WAIT = 10  # seconds for a connection out of the pool
_IDLE = 1.0  # seconds after which a pooled connection is asked whether it still lives
_LISTED = re.compile(r"(?:\(?(?:\?|%(?:\(\w+\))?s|:\w+)(?:::\w+)?\)?(?:, )?)+")
_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE|TABLE) \W?(\w+)", re.IGNORECASE)
_SQLITE_SETTINGS = (
    f"PRAGMA busy_timeout = {BUSY_MS}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
    "PRAGMA trusted_schema = OFF",
)
_ALIVE = Statement("SELECT 1")
# What is acknowledged must be durable; a stricter setting of the server (remote_apply) stays.
_DURABLE = (
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
)


def parse(url: str) -> URL:
    """Return the address of a database; raises Unavailable naming what is accepted."""
    expected = (
        "expected a database address like sqlite:///file, sqlite:///:memory: or postgresql://user@host/name"
    )
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise Unavailable(f"{expected}, but got {url.split(':')[0]}:…") from error
    kind = address.get_backend_name()
    if kind not in ("sqlite", "postgresql"):
        raise Unavailable(f"{expected}, but got {kind}:…")
    return address.set(drivername="postgresql+psycopg") if kind == "postgresql" else address


def in_memory(address: URL) -> bool:
    """Return whether an SQLite database lives in memory only."""
    return address.database in (None, "", ":memory:")


def connect(address: URL) -> Engine:
    """Return the pool of connections to a database, each set up before its first use."""
    database = _sqlite(address) if address.get_backend_name() == "sqlite" else _postgresql(address)
    if failpoint.enabled():
        _wire_failpoints(database)
    return database


def reader(database: Engine) -> Engine:
    """Return the same pool for transactions that only read, each seeing the database at one moment."""
    if database.dialect.name == "sqlite":
        return database.execution_options(reading=True)
    return database.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _sqlite(address: URL) -> Engine:
    if in_memory(address):
        arguments: dict[str, Any] = {"poolclass": StaticPool}
    else:
        arguments = {"pool_size": _POOL, "max_overflow": _OVERFLOW, "pool_timeout": _WAIT}
        _make_private(Path(str(address.database)))
    connect_arguments = {"check_same_thread": False, "timeout": BUSY_MS / 1000}
    database = create_engine(address, hide_parameters=True, connect_args=connect_arguments, **arguments)
    event.listen(database, "connect", _set_up_sqlite)
    event.listen(database, "begin", _begin_sqlite)
    return database


def _make_private(path: Path) -> None:
    """Make a new database file readable for its owner only; SQLite gives its journals the same rights."""
    # Where that is not possible SQLite says why, a moment later.
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _set_up_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    # The driver's own transaction control begins too late (at the first write) and never IMMEDIATE.
    connection.isolation_level = None
    for setting in _SQLITE_SETTINGS:
        connection.execute(setting)


def _begin_sqlite(connection: Connection) -> None:
    # Two transactions that read first and write later would both read the same: a lost update or a BUSY too
    # late.
    options = connection.get_execution_options()
    if not options.get(BEGUN):
        connection.exec_driver_sql("BEGIN" if options.get("reading") else "BEGIN IMMEDIATE")


def _postgresql(address: URL) -> Engine:
    plain, settings = taken_from(address)
    database = create_engine(
        plain,
        hide_parameters=True,
        isolation_level="READ COMMITTED",
        pool_size=settings.pool_size,
        max_overflow=settings.max_overflow,
        pool_timeout=settings.pool_timeout,
        pool_reset_on_return=None,  # _reset does it, asking only where there is something to undo
        connect_args=watching(plain) | settings.connecting,
    )
    # Several rows are one INSERT with many VALUES, not one INSERT per row.
    database.dialect.use_insertmanyvalues_wo_returning = True
    if settings.session:
        event.listen(database, "connect", partial(_set_up_postgresql, settings.session))
    health = _Health()
    event.listen(database, "checkin", health.note_use)
    event.listen(database, "invalidate", health.note_loss)
    event.listen(database, "checkout", health.ask_if_doubtful)
    event.listen(database, "rollback", _roll_back)
    event.listen(database, "reset", _reset)
    return database


def _set_up_postgresql(
    session: Mapping[str, str], connection: psycopg.Connection[Any], _: ConnectionPoolEntry
) -> None:
    settings = [f"set_config('{name}', '{value}', false)" for name, value in session.items()]
    connection.execute(f"SELECT {', '.join(settings)}".encode())
    connection.execute(_DURABLE)
    connection.commit()


class _Health:
    """What one pool knows of its connections: when each was last used, and when one was last found broken."""

    def __init__(self) -> None:
        self._lost = float("-inf")

    def note_use(self, _: psycopg.Connection[Any] | None, entry: ConnectionPoolEntry) -> None:
        entry.info["used"] = monotonic()

    def note_loss(self, *_: object) -> None:
        self._lost = monotonic()

    def ask_if_doubtful(self, _: psycopg.Connection[Any], entry: ConnectionPoolEntry, __: object) -> None:
        """Ask a connection whether it lives, if it was idle or another one broke since it was used."""
        # pool_pre_ping asks at every checkout: a round trip per verb. Within a second, a retry costs less.
        used = entry.info.get("used")
        if used is None or (used > self._lost and monotonic() - used < _IDLE):
            return
        try:
            wire_of(entry).ask([(_ALIVE, ((),))])
        except psycopg.Error as error:
            raise DisconnectionError from error  # the pool opens another one


def _roll_back(connection: Connection) -> None:
    # psycopg follows its own ROLLBACK with DEALLOCATE ALL; it does neither where no transaction is open.
    if connection.invalidated:  # SQLAlchemy knows that it is gone: there is nothing to undo, nor where
        return
    with suppress(psycopg.Error):  # a connection that is gone: psycopg says so a moment later
        wire_of(connection.connection).roll_back()


def _reset(_: psycopg.Connection[Any], entry: ConnectionPoolEntry, __: object) -> None:
    wire_of(entry).roll_back()


def _wire_failpoints(database: Engine) -> None:
    event.listen(database, "before_cursor_execute", _before)
    event.listen(database, "after_cursor_execute", _after)


def _connection_lost(reason: str) -> Exception:
    return OperationalError(reason, None, psycopg.OperationalError(reason), connection_invalidated=True)


failpoint.know_error("OperationalError", _connection_lost)


def _before(_: Connection, __: object, statement: str, *___: object) -> None:
    failpoint.failpoint("store.sql.before", _label(statement))


def _after(_: Connection, __: object, statement: str, *___: object) -> None:
    failpoint.failpoint("store.sql.after", _label(statement))


@lru_cache(maxsize=10_000)
def _label(statement: str) -> str:
    """Return a short name of a statement, as ``UPDATE:job:1a2b3c4d``, however many values its lists have."""
    shape = _LISTED.sub("?", " ".join(statement.split()))
    found = _TABLE.search(shape)
    table = found[1] if found else ""
    return f"{shape.split(' ', 1)[0].upper()}:{table}:{sha256(shape.encode()).hexdigest()[:8]}"
