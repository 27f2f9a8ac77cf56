"""PostgreSQL asked through libpq: values as they were, errors where they belong, nothing left half heard."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from types import FrameType
from typing import Any

import psycopg
import pytest
from psycopg import pq
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from engine.errors import InvalidVariables
from engine.store import Store, Transaction, connections, user_tasks
from engine.store.prepared import Prepared
from engine.store.tables import page
from engine.store.trouble import Interrupted, Trouble
from engine.store.wire import Statement, Wire
from engine.store.wire_values import Kind, kind_of

_INSERT = Prepared(insert(page))
_PAGES = Prepared(select(page.c.page).order_by(page.c.page))
BIG = 200_000


def row(number: int, content: bytes = b"\x00\xff") -> dict[str, object]:
    return {"bucket": 3, "instance_key": 1, "container_key": 0, "page": number, "content": content}


@pytest.fixture
def connection(postgresql_store: Store, database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection of its own to the database."""
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as found:
        yield found


@pytest.fixture
def wire(connection: psycopg.Connection[Any]) -> Wire:
    return Wire(connection, named=True)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("bucket", [0, -1, 32767]),
        ("page", [0, -(2**31), 2**31 - 1]),
        ("instance_key", [0, -(2**63), 2**63 - 1]),
        ("content", [b"", bytes(range(256))]),
    ],
)
def test_values_come_back_as_they_went(wire: Wire, column: str, values: list[Any]) -> None:
    kind = kind_of(page.c[column].type)
    echo = Statement(f"SELECT $1::{ {21: 'int2', 23: 'int4', 20: 'int8', 17: 'bytea'}[kind.oid] }", [kind])
    (answer,) = wire.ask([(echo, [echo.encoded([value]) for value in [*values, None]])])
    assert [value for (value,) in answer.fetchall()] == [*values, None]


def test_what_a_column_cannot_hold_is_the_callers_mistake(postgresql_store: Store) -> None:
    for wrong in ({"bucket": 2**15}, {"instance_key": -(2**63) - 1}):
        with pytest.raises(InvalidVariables), postgresql_store.transaction() as tx:
            tx.run(_INSERT, row(1) | wrong)
    for name in ("a\0b", "a\ud800b"):
        with pytest.raises(InvalidVariables), postgresql_store.reading(single=True) as tx:
            user_tasks.query(tx, element_id=name)


def test_more_goes_both_ways_at_once_than_any_buffer_holds(wire: Wire) -> None:
    echo = Statement("SELECT $1", [Kind(17, bytes)])
    (answer,) = wire.ask([(echo, [[bytes([number]) * BIG] for number in range(20)])])
    assert [(content[:1], len(content)) for (content,) in answer.fetchall()] == [
        (bytes([number]), BIG) for number in range(20)
    ]


def test_after_an_error_nothing_more_is_done_and_the_connection_is_of_use(wire: Wire) -> None:
    begin, commit, divide = Statement("BEGIN"), Statement("COMMIT"), Statement("SELECT 1 / 0")
    write = Statement("CREATE TABLE written ()")
    with pytest.raises(psycopg.errors.DivisionByZero):
        wire.ask([(begin, [()]), (write, [()]), (divide, [()]), (commit, [()])])
    wire.roll_back()
    exists = Statement("SELECT to_regclass('written')::text")
    assert wire.ask([(exists, [()])])[0].fetchall() == [(None,)]


def test_a_statement_that_cannot_be_prepared_is_prepared_when_it_can(wire: Wire) -> None:
    create, count = Statement("CREATE TABLE later ()"), Statement("SELECT count(*) FROM later")
    for _ in range(2):
        with pytest.raises(psycopg.errors.UndefinedTable):
            wire.ask([(count, [()])])
    wire.ask([(create, [()])])
    assert wire.ask([(count, [()])])[0].fetchone() == (0,)


def test_what_was_not_prepared_after_a_failed_statement_is_prepared_later(wire: Wire) -> None:
    before, divide, after = Statement("SELECT 1"), Statement("SELECT 1 / 0"), Statement("SELECT 2")
    with pytest.raises(psycopg.errors.DivisionByZero):
        wire.ask([(before, [()]), (divide, [()]), (after, [()])])
    for _ in range(2):
        assert [each.fetchone() for each in wire.ask([(after, [()]), (before, [()])])] == [(2,), (1,)]


@pytest.mark.parametrize("prepared", [False, True])
def test_a_session_in_which_something_else_is_prepared_is_closed(
    wire: Wire, connection: psycopg.Connection[Any], prepared: bool
) -> None:
    one, two = Statement("SELECT 1"), Statement("SELECT 2")
    wire.ask([(one, [()])])
    connection.execute(b'PREPARE "%s" AS SELECT 3' % two.name if prepared else b"DEALLOCATE ALL")
    with pytest.raises((psycopg.errors.DuplicatePreparedStatement, psycopg.errors.InvalidSqlStatementName)):
        wire.ask([((two if prepared else one), [()])])
    assert connection.closed


def test_discarded_statements_are_prepared_again(postgresql_store: Store) -> None:
    runs: list[int] = []

    def verb(tx: Transaction) -> int:
        runs.append(1)
        if len(runs) == 1:
            tx.run(_INSERT, row(1))
            tx.execute(text("DEALLOCATE ALL"))
        return tx.run(_INSERT, row(2)).rowcount

    assert postgresql_store.run(verb) == 1
    with postgresql_store.reading(single=True) as tx:
        assert tx.run(_PAGES).all() == [(2,)]
    assert len(runs) == 2


def test_a_rollback_of_sqlalchemys_leaves_statements_prepared(postgresql_store: Store) -> None:
    def verb(tx: Transaction) -> None:
        tx.run(_INSERT, row(1))
        tx.execute(select(page.c.page))
        raise ZeroDivisionError

    for _ in range(10):  # from the sixth on, psycopg prepares too, and would discard at each rollback
        with pytest.raises(ZeroDivisionError):
            postgresql_store.run(verb)
    with postgresql_store.reading() as tx:
        assert tx.run(_PAGES).all() == []


def test_last_writes_go_with_commit_or_before_whatever_is_asked(postgresql_store: Store) -> None:
    with postgresql_store.transaction() as tx:
        with tx.last_writes():
            tx.write(_INSERT, [row(1)])
        assert tx.run(_PAGES).all() == [(1,)]
        with tx.last_writes():
            tx.write(_INSERT, [row(2)])
        assert len(tx.execute(select(page.c.page)).all()) == 2
        with tx.last_writes():
            tx.write(_INSERT, [row(3), row(4)])
    with postgresql_store.reading(single=True) as tx:
        assert tx.run(_PAGES).all() == [(1,), (2,), (3,), (4,)]

    def again(tx: Transaction) -> None:
        with tx.last_writes():
            tx.write(_INSERT, [row(5), row(4)])

    with pytest.raises(Interrupted, match="wrote the same"), postgresql_store.transaction() as tx:
        again(tx)
    with postgresql_store.reading(single=True) as tx:
        assert len(tx.run(_PAGES).all()) == 4


def test_a_transaction_in_which_a_statement_failed_is_not_taken_for_committed(
    postgresql_store: Store,
) -> None:
    def verb(tx: Transaction) -> None:
        tx.run(_INSERT, row(1))
        with suppress(DBAPIError):
            tx.run(_INSERT, row(1))

    with pytest.raises(RuntimeError, match="nothing was written"):
        postgresql_store.run(verb)


@pytest.mark.parametrize("held", [False, True])
def test_neither_is_one_in_which_the_first_statement_failed(postgresql_store: Store, held: bool) -> None:
    """``held``: a write left to COMMIT fails before the first thing asked for, and is not sent again."""
    postgresql_store.run(lambda tx: tx.run(_INSERT, row(1)))

    def verb(tx: Transaction) -> None:
        with suppress(DBAPIError):
            if held:
                with tx.last_writes():
                    tx.write(_INSERT, [row(1)])
                tx.run(_PAGES)
            tx.run(_INSERT, row(1))

    with pytest.raises(RuntimeError, match="nothing was written"):
        postgresql_store.run(verb)


def test_a_line_that_is_gone_stays_gone_for_who_goes_on(postgresql_store: Store) -> None:
    def verb(tx: Transaction) -> None:
        with suppress(DBAPIError):
            tx.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        with suppress(DBAPIError):
            tx.run(_INSERT, row(1))
        tx.run(_INSERT, row(2))

    with pytest.raises(Interrupted) as caught, postgresql_store.transaction() as first:
        verb(first)
    assert caught.value.trouble is Trouble.GONE


def test_a_reading_that_meets_dead_connections_first_takes_another(
    postgresql_store: Store, connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a restart of the server: what is in the pool was used a moment ago, and is dead."""
    monkeypatch.setattr(connections, "_IDLE", 1_000.0)
    database = postgresql_store._database
    others = b"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'obieg'"

    def all_die() -> None:
        for taken in [database.pool.connect() for _ in range(2)]:
            taken.close()
        assert len(connection.execute(others).fetchall()) >= 2

    for single in (True, False):
        all_die()
        with postgresql_store.reading(single=single) as tx:
            assert tx.run(_PAGES).all() == []
    all_die()
    with postgresql_store.reading() as tx:
        assert tx.execute(select(page.c.page)).all() == []
    all_die()
    postgresql_store._times.forget()
    with postgresql_store.reading() as tx:
        assert tx.run(_PAGES).all() == []


def test_a_reading_that_has_begun_is_not_begun_again(postgresql_store: Store) -> None:
    """What it has read already was another moment's."""

    def read(tx: Transaction) -> None:
        tx.run(_PAGES)
        tx.connection.connection.driver_connection.pgconn.finish()  # type: ignore[union-attr]
        tx.run(_PAGES)

    with pytest.raises(Interrupted), postgresql_store.reading() as opened:
        read(opened)


def test_a_single_reading_is_one_statement(store: Store) -> None:
    with store.reading(single=True) as tx:
        tx.run(_PAGES)
        with pytest.raises(RuntimeError, match="single statement"):
            tx.run(_PAGES)


def test_a_server_that_says_farewell_is_understood(wire: Wire, connection: psycopg.Connection[Any]) -> None:
    leave = Statement("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(psycopg.errors.AdminShutdown):
        wire.ask([(leave, [()])])
    assert connection.closed


def test_who_waits_lets_others_run_and_can_be_interrupted(
    wire: Wire, connection: psycopg.Connection[Any]
) -> None:
    sleep = Statement("SELECT pg_sleep(60)")

    def interrupt(_: int, __: FrameType | None) -> None:
        raise InterruptedError("enough")

    waiter = threading.get_ident()
    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        other = threading.Timer(0.2, lambda: signal.pthread_kill(waiter, signal.SIGUSR1))
        other.start()
        with pytest.raises(InterruptedError, match="enough"):
            wire.ask([(sleep, [()])])
        other.join()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert connection.closed  # nobody may hear the answer to that question as one to his own
    assert connection.pgconn.status == pq.ConnStatus.BAD


def test_a_cut_connection_means_that_nothing_was_written(postgresql_store: Store) -> None:
    def verb(tx: Transaction) -> None:
        tx.run(_INSERT, row(1))
        tx.connection.connection.driver_connection.pgconn.finish()  # type: ignore[union-attr]
        tx.run(_INSERT, row(2))

    with pytest.raises(Interrupted) as caught, postgresql_store.transaction() as first:
        verb(first)
    assert caught.value.trouble is Trouble.GONE
    with postgresql_store.reading(single=True) as tx:
        assert tx.run(_PAGES).all() == []
