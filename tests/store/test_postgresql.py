"""PostgreSQL as offices run it: roles that may do no more than they need, timeouts, a pooler between."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import errors, sql
from sqlalchemy import make_url

from engine import Keyring, ProcessEngine, Unavailable, grant_statements
from engine.store import Store
from engine.store.office_tables import append_only
from tests import pgbouncer, postgres
from tests.builders import process

APPLICATION, AUDITOR = "test_app", "test_auditor"
CASES = 12


@pytest.fixture
def database(
    postgresql_store: Store, postgresql: postgres.Cluster, postgresql_template: str
) -> Iterator[str]:
    """The name of a fresh database; its owner is the superuser, the two roles have their rights."""
    name = postgresql.create(template=postgresql_template)
    with _connected(postgresql, name, postgres.SUPERUSER) as owner:
        for role in (APPLICATION, AUDITOR):
            if not owner.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
                owner.execute(f"CREATE ROLE {role} LOGIN".encode())
        for statement in grant_statements(application=APPLICATION, auditor=AUDITOR):
            owner.execute(statement.encode())
    yield name
    postgresql.drop(name)


def test_the_application_runs_cases_and_cannot_change_history(
    postgresql: postgres.Cluster, database: str, keyring: Keyring
) -> None:
    url = make_url(postgresql.url(database)).set(username=APPLICATION).render_as_string()
    with ProcessEngine(url, keyring=keyring) as engine:
        _carry(engine, 1)
        assert engine.verify().ok
        engine.anchor()
    with _connected(postgresql, database, APPLICATION) as connection:
        for table in append_only():
            assert connection.execute(_about("SELECT count(*) FROM {}", table)).fetchone() != (0,)
            first = _column(connection, table)
            for forbidden in ("UPDATE {} SET {} = NULL", "DELETE FROM {}", "TRUNCATE {}"):
                with pytest.raises(errors.InsufficientPrivilege):
                    connection.execute(_about(forbidden, table, first))
        for forbidden in (
            "UPDATE register_entry SET data = ''",
            "DELETE FROM register_entry",
            "DROP TABLE job",
            "CREATE TABLE more (id int)",
            "ALTER TABLE history DISABLE TRIGGER ALL",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(forbidden.encode())


def test_the_auditor_reads_all_but_secrets_and_writes_nothing(
    postgresql: postgres.Cluster, database: str
) -> None:
    with _connected(postgresql, database, AUDITOR) as connection:
        for readable in ("history", "audit", "instance", "incident", "node"):
            connection.execute(_about("SELECT count(*) FROM {}", readable))
        connection.execute("SELECT name, roles FROM person")
        for hidden in ("data_key", "secret", "once", "session", "sign_in"):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(_about("SELECT count(*) FROM {}", hidden))
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("SELECT password_hash FROM person")
        with pytest.raises(errors.ReadOnlySqlTransaction):
            connection.execute("DELETE FROM node")


def test_the_address_sizes_the_pool_and_sets_the_timeouts(
    postgresql: postgres.Cluster, database: str, keyring: Keyring
) -> None:
    url = f"{postgresql.url(database)}&pool_size=1&max_overflow=0&pool_timeout=0.1&statement_timeout=7"
    store = Store(url, keyring=keyring)
    with store.reading() as tx:
        shown = tx.connection.exec_driver_sql("SHOW statement_timeout").scalar_one()
        with ThreadPoolExecutor() as others, pytest.raises(Unavailable, match="all connections"):
            others.submit(lambda: store.reading().__enter__()).result()
    store.close()
    assert shown == "7s"
    for wrong in ("pool_size=many", "pool_size=0", "pgbouncer=session", "lock_timeout=-x"):
        with pytest.raises(Unavailable, match="expected"):
            Store(f"{postgresql.url(database)}&{wrong}", keyring=keyring)


def test_a_line_is_watched_and_the_address_may_say_how(
    postgresql: postgres.Cluster, database: str, keyring: Keyring
) -> None:
    store = Store(f"{postgresql.url(database)}&keepalives_idle=77", keyring=keyring)
    with store.reading() as tx:
        driver: Any = tx.connection.connection.driver_connection
        given = {option.keyword: option.val for option in driver.pgconn.info}
    store.close()
    watching = (
        "keepalives",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        "tcp_user_timeout",
    )
    assert [given[each.encode()] for each in watching] == [b"1", b"77", b"10", b"3", b"30000"]


def test_cases_run_behind_a_pooler_that_gives_each_transaction_another_session(
    postgresql: postgres.Cluster, database: str, keyring: Keyring
) -> None:
    with pgbouncer.pooler(postgresql, size=2) as pooler:
        folder = pooler.folder
        url = pgbouncer.address(folder, database, more="&pgbouncer=transaction")
        with ProcessEngine(url, keyring=keyring) as one, ProcessEngine(url, keyring=keyring) as other:
            _deploy(one)
            with ThreadPoolExecutor(8) as people:
                list(people.map(lambda each: _case((one, other)[each % 2]), range(CASES)))
            assert len(one.instances(state="completed")) == CASES
            assert one.verify().ok
        # Nothing of ours is left in a session that belongs to others: the role's own settings stand.
        with psycopg.connect(
            f"host={folder} port={pgbouncer.PORT} user={postgres.SUPERUSER} dbname={database}",
            prepare_threshold=None,
        ) as connection:
            assert connection.execute("SHOW statement_timeout").fetchone() == ("0",)
            assert connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (0,)


def _connected(cluster: postgres.Cluster, database: str, user: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(f"host={cluster.folder} user={user} dbname={database}", autocommit=True)


def _about(statement: LiteralString, *names: str) -> sql.Composed:
    return sql.SQL(statement).format(*map(sql.Identifier, names))


def _column(connection: psycopg.Connection[tuple[object, ...]], table: str) -> str:
    found = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s LIMIT 1", (table,)
    ).fetchone()
    assert found is not None
    return str(found[0])


def _carry(engine: ProcessEngine, count: int) -> None:
    _deploy(engine)
    for _ in range(count):
        _case(engine)


def _deploy(engine: ProcessEngine) -> None:
    drawn = process("p").start().user_task("approve").boundary_timer("PT1H").end("late")
    engine.deploy(drawn.at("approve").end("done").files(), by="owner")


def _case(engine: ProcessEngine) -> None:
    key = engine.start("p", actor="anna").key
    [task] = engine.user_tasks(instance_key=key)
    engine.claim(task.key, actor="jan")
    engine.complete(task.key, actor="jan")
