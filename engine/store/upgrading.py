"""Bringing the tables from one revision to the next while nodes run (``docs/operations.md``).

Each step commits by itself together with its name, so whatever was interrupted goes on where it stopped. A
statement that has to wait for nodes gives up after two seconds and tries again: who stands in line for a
table's lock holds up all who come after it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

import msgspec
from sqlalchemy import Connection, Engine, event, text

from engine.clock import monotonic
from engine.errors import Conflict, EngineError, Incompatible, Unavailable
from engine.failpoint import failpoint
from engine.model.node import SILENT_AFTER, SchemaState
from engine.store import connections, installation, schema
from engine.store.lines import BEGUN
from engine.store.settings import taken_from
from engine.store.trouble import Interrupted, Trouble, translated

T = TypeVar("T")
LOCK_SECONDS = 2
PATIENCE = 120.0  # seconds after which no further attempt of one step begins
_PAUSE = 1.0  # seconds in which those go on who waited behind us
_WAITING = 0.2  # seconds between two looks whether another upgrade has ended
_TAKES_AWAY = re.compile(
    r"\bDROP\s+(TABLE|COLUMN|TRIGGER|VIEW)\b|\bRENAME\b|\bSET\s+NOT\s+NULL\b|\bTRUNCATE\b|\bDELETE\s+FROM\b"
    r"|\bALTER\s+COLUMN\s+\S+\s+(SET\s+DATA\s+)?TYPE\b",
    re.IGNORECASE,
)


class _Chain(msgspec.Struct, frozen=True, kw_only=True):
    """All steps this program knows, in order; ``online`` are those that run outside a transaction."""

    steps: tuple[str, ...]
    online: frozenset[str]

    def reached(self, step: str, found: str) -> bool:
        """Return whether tables at ``found`` have this step behind them."""
        return self.steps.index(step) <= self.steps.index(found)

    def walk(self, database: Engine, *, after: str, last: str) -> list[str]:
        """Run the steps up to the last one, each until it gets its locks; return those run."""
        missing = [step for step in self.steps if not self.reached(step, after) and self.reached(step, last)]
        return [step for step in missing if _patiently(partial(self._apply, database, step))]

    def _apply(self, database: Engine, step: str) -> bool:
        """Run one step and say so; False where another program, or an attempt nobody heard of, was first."""
        online = step in self.online
        with translated(), _begun(database, online=online) as connection:
            if self.reached(step, schema.version(connection)):
                return False
            if "_expand_" in step:
                event.listen(connection, "before_cursor_execute", _refuse_taking_away)
            else:
                _require_no_older_nodes(connection, step, online=online)
            _run(connection, step)
        return True


def upgrade(url: str) -> list[str]:
    """Run the expanding half of this program's revision, beside nodes of the one before; return its steps.

    What is older than that is finalized on the way. Does nothing where there are no tables yet. Raises
    Conflict naming the live nodes that are too old for it, Incompatible for tables of a newer program,
    Unavailable where the database cannot be reached or its locks cannot be had.
    """
    with _alone(url) as database:
        found = _found(database)
        if found is None:
            return []
        chain = _chain(database)
        if found not in chain.steps:
            schema.require_suitable(found)
            return []
        return chain.walk(database, after=found, last=schema.HEAD)


def finalize(url: str) -> list[str]:
    """Run the finalizing half of this program's revision and return its steps; older programs are then out.

    Raises Conflict naming the live nodes of an older revision, Incompatible where the expanding half has not
    been run or a newer program has begun its own.
    """
    with _alone(url) as database:
        found = _found(database)
        chain = _chain(database)
        if found in chain.steps and found is not None and chain.reached(schema.HEAD, found):
            return chain.walk(database, after=found, last=chain.steps[-1])
        schema.require_suitable(found)
        raise Incompatible(
            f"expected tables of revision {schema.REVISION} to finalize, but the database has {found}, which "
            f"a newer Obieg made: revision {schema.REVISION} is final, finalize the next with that program"
        )


def state(url: str) -> SchemaState:
    """Return at which step the tables are and whether this program can work with them."""
    with _opened(url) as database:
        found, otherwise = _look(database)
    return SchemaState(
        found=found or "",
        program=schema.REVISION,
        final=found is not None and schema.is_final(found),
        trouble=schema.unsuitable(found) or otherwise,
    )


@contextmanager
def _opened(url: str) -> Iterator[Engine]:
    database = connections.connect(connections.parse(url))
    try:
        yield database
    finally:
        database.dispose()


@contextmanager
def _alone(url: str) -> Iterator[Engine]:
    """Open a database for one upgrade at a time; SQLite's steps shut each other out by themselves."""
    if taken_from(connections.parse(url))[1].pgbouncer:
        raise EngineError(
            "expected PostgreSQL's own address, but got PgBouncer's: an upgrade keeps a session's lock"
        )
    with _opened(url) as database:
        if database.dialect.name == "sqlite":
            yield database
            return
        with translated(), database.connect() as waiting:
            session = waiting.execution_options(isolation_level="AUTOCOMMIT")
            _wait_for_others(session)
            yield database


def _wait_for_others(session: Connection) -> None:
    # A program that was killed leaves its statement running in the server, and with it its lock.
    give_up = monotonic() + PATIENCE
    while not session.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": schema.LOCK}).scalar_one():
        if monotonic() > give_up:
            raise Unavailable("another upgrade of this database is running; try again when it has ended")
        time.sleep(_WAITING)


def _found(database: Engine) -> str | None:
    found, otherwise = _look(database)
    if otherwise:
        raise Incompatible(otherwise)
    return found


def _look(database: Engine) -> tuple[str | None, str]:
    """Return at which step the tables are, and why they are another make's ("" where they are ours)."""
    with translated(), database.connect() as connection:
        found = schema.found_in(connection)
        return found, "" if found is None else schema.made_otherwise(connection) or ""


def _chain(database: Engine) -> _Chain:
    from alembic.script import ScriptDirectory

    with database.connect() as connection:
        found = ScriptDirectory.from_config(schema.configuration(connection)).walk_revisions()
    scripts = list(found)[::-1]
    online = frozenset(each.revision for each in scripts if getattr(each.module, "online", False))
    return _Chain(steps=tuple(each.revision for each in scripts), online=online)


def _patiently(work: Callable[[], T]) -> T:
    give_up = monotonic() + PATIENCE
    while True:
        try:
            return work()
        except Interrupted as trouble:
            if trouble.trouble not in (Trouble.AGAIN, Trouble.GONE) or monotonic() > give_up:
                raise
        time.sleep(_PAUSE)


@contextmanager
def _begun(database: Engine, *, online: bool) -> Iterator[Connection]:
    """Open what a step runs in: one transaction, or one per statement for what must not be in one."""
    with database.connect() as plain:
        if online:
            connection = _autocommitting(plain)
            _set(connection, "SET", lock_seconds=0)
            yield connection
            return
        with plain.begin():
            _set(plain, "SET LOCAL", lock_seconds=LOCK_SECONDS)
            yield plain
            failpoint("store.commit.before")
        failpoint("store.commit.after")


def _autocommitting(connection: Connection) -> Connection:
    if connection.dialect.name == "sqlite":  # without our BEGIN the driver commits each statement
        return connection.execution_options(**{BEGUN: True})
    return connection.execution_options(isolation_level="AUTOCOMMIT")


def _set(connection: Connection, how: str, *, lock_seconds: int) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"{how} lock_timeout = '{lock_seconds}s'")
        connection.exec_driver_sql(f"{how} statement_timeout = 0")


def _run(connection: Connection, step: str) -> None:
    from alembic import command

    command.upgrade(schema.configuration(connection), step)


def _require_no_older_nodes(connection: Connection, step: str, *, online: bool) -> None:
    """Raise Conflict while a live node needs what is to be taken away.

    A node that starts meanwhile writes itself down before it looks at the revision, so it waits for us here
    and then sees that it is too old.
    """
    revision = schema.revision_of(step)
    found = schema.version(connection)
    if schema.revision_of(found) == revision and schema.is_final(found):
        return
    if online:
        raise ValueError(f"expected {step} to run in a transaction: it shuts older programs out")
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE node IN SHARE ROW EXCLUSIVE MODE")
    now, _ = installation.clocks(connection)
    older = schema.older_nodes(connection, revision, seen_since=now - SILENT_AFTER)
    if older:
        raise Conflict(
            f"expected no live node of a revision older than {revision:04}, but there is {', '.join(older)}; "
            "stop it or start it with the new program, then run this again"
        )


def _refuse_taking_away(_: Connection, __: object, statement: str, *___: object) -> None:
    if _TAKES_AWAY.search(statement):
        raise ValueError(f"expected an expanding step to add only, but it says: {statement[:200]}")
