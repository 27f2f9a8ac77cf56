"""Opening a database, and what a transaction promises when something goes wrong."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from engine import failpoint, schema_state, upgrade_database
from engine.errors import Conflict, Incompatible, InvalidVariables, Unavailable
from engine.store import Store, Transaction, connections, instances, requests
from engine.store.rows import RequestRow
from engine.store.sealing import Keyring
from engine.store.trouble import Interrupted, Trouble
from tests.store.rows import insert_instance, root_key
from tests.store.waiting import all_at_once


@pytest.fixture
def failing() -> Iterator[None]:
    """Leave no failpoints behind."""
    yield
    failpoint.configure("")


def remember(tx: Transaction, name: str) -> str:
    requests.insert(tx, RequestRow(id=name, root_key=None, seq=1, result=b"", created_at=tx.now))
    return name


def remembered(store: Store, name: str) -> bool:
    with store.reading() as tx:
        return requests.read(tx, name) is not None


def test_an_exception_leaves_nothing_behind(store: Store) -> None:
    def verb(tx: Transaction) -> None:
        remember(tx, "half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.run(verb)
    assert not remembered(store, "half")
    store.run(lambda tx: remember(tx, "whole"))
    assert remembered(store, "whole")


def test_transactions_never_nest(store: Store) -> None:
    with store.transaction(), pytest.raises(RuntimeError, match="never nest"), store.reading():
        pass
    assert store.run(lambda tx: remember(tx, "after")) == "after"


def test_a_lost_reply_to_commit_is_looked_up_before_repeating(store: Store, failing: None) -> None:
    runs: list[str] = []

    def verb(tx: Transaction) -> str:
        runs.append("run")
        return remember(tx, "r1")

    failpoint.configure("store.commit.after=raise:OperationalError")
    answer = store.run(verb, acknowledged=lambda tx: "found" if requests.read(tx, "r1") else None)
    assert (answer, runs) == ("found", ["run"])


def test_a_lost_commit_that_was_not_written_is_repeated(store: Store, failing: None) -> None:
    runs: list[str] = []

    def verb(tx: Transaction) -> str:
        runs.append("run")
        return remember(tx, "r1")

    failpoint.configure("store.commit.before=raise:OperationalError")
    assert store.run(verb, acknowledged=lambda _: None) == "r1"
    assert runs == ["run", "run"]


@pytest.mark.parametrize("late", ["conflict", "duplicate"])
def test_a_lost_commit_is_looked_up_whenever_a_later_attempt_fails(
    store: Store, failing: None, late: str
) -> None:
    """It was still under way when first looked for: the server commits what it has got when it can."""
    runs: list[int] = []

    def verb(tx: Transaction) -> str:
        runs.append(1)
        if len(runs) == 2 and late == "conflict":
            raise Conflict("done already")
        return remember(tx, "r1")

    looks: list[int] = []

    def acknowledged(tx: Transaction) -> str | None:
        looks.append(1)
        return "found" if len(looks) == 2 and requests.read(tx, "r1") else None

    failpoint.configure("store.commit.after=raise:OperationalError")
    assert store.run(verb, acknowledged=acknowledged) == "found"
    assert (len(runs), len(looks)) == (2, 2)


def test_later_attempts_do_not_say_that_a_lost_commit_was_not_written(store: Store, failing: None) -> None:
    runs: list[int] = []

    def verb(tx: Transaction) -> str:
        runs.append(1)
        if len(runs) == 2:
            raise Interrupted("busy; nothing was written", trouble=Trouble.AGAIN)
        return remember(tx, "r1")

    failpoint.configure("store.commit.after=raise:OperationalError")
    with pytest.raises(Interrupted, match="not known whether") as raised:
        store.run(verb, acknowledged=lambda _: None, yielding=True)
    assert raised.value.outcome_unknown


def test_an_unknown_commit_is_not_repeated_blindly(store: Store, failing: None) -> None:
    failpoint.configure("store.commit.after=raise:OperationalError")
    with pytest.raises(Unavailable, match="not known whether"):
        store.run(lambda tx: remember(tx, "r1"))
    assert remembered(store, "r1")


def test_a_duplicate_that_stays_one_is_a_bug_not_bad_luck(store: Store) -> None:
    store.run(lambda tx: remember(tx, "r1"))
    runs: list[int] = []

    def verb(tx: Transaction) -> None:
        runs.append(1)
        remember(tx, "r1")

    with pytest.raises(Exception, match=r"(?i)unique") as raised:
        store.run(verb)
    assert not isinstance(raised.value, Unavailable)
    assert len(runs) == 3


def test_errors_do_not_print_what_was_stored(store: Store) -> None:
    store.run(lambda tx: remember(tx, "canary-4711"))
    with pytest.raises(Exception, match=r"(?i)unique") as raised:
        store.run(lambda tx: remember(tx, "canary-4711"))
    statement = str(raised.value).split("[SQL")[-1]
    assert "canary-4711" not in statement


def test_a_text_postgresql_cannot_hold_is_the_callers_mistake(postgresql_store: Store) -> None:
    with pytest.raises(InvalidVariables, match="NUL"):
        postgresql_store.run(lambda tx: remember(tx, "a\0b"))


def test_a_cut_connection_is_replaced_and_the_verb_repeated(postgresql_store: Store) -> None:
    runs: list[int] = []

    def verb(tx: Transaction) -> str:
        runs.append(1)
        if len(runs) == 1:
            tx.connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
        return remember(tx, "r1")

    assert postgresql_store.run(verb) == "r1"
    assert len(runs) == 2


def test_a_connection_that_died_in_the_pool_costs_no_attempt(
    postgresql_store: Store, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
    others += "AND datname = current_database()"
    postgresql_store.run(lambda tx: remember(tx, "r1"))
    killer = Store(database_url, keyring=postgresql_store.keyring)
    with killer.reading() as tx:
        assert tx.connection.exec_driver_sql(others).scalar_one() > 0
    killer.close()
    monkeypatch.setattr(connections, "_IDLE", -1.0)
    with postgresql_store.transaction() as tx:
        remember(tx, "r2")


def test_two_who_wait_for_each_other_both_succeed(store: Store) -> None:
    keys = [root_key(1), root_key(2)]
    store.run(lambda tx: [insert_instance(tx, key) for key in keys])
    both_hold_one = threading.Barrier(2)
    runs: list[int] = []

    def lock(first: int, second: int) -> bool:
        waiting = [True]

        def verb(tx: Transaction) -> bool:
            runs.append(1)
            found = [instances.lock(tx, instance_key=first)]
            if waiting.pop() and tx.dialect == "postgresql":
                both_hold_one.wait(timeout=10)
            waiting.append(False)
            return None not in [*found, instances.lock(tx, instance_key=second)]

        return store.run(verb)

    assert all_at_once([lambda: lock(*keys), lambda: lock(*reversed(keys))]) == [True, True]
    # Three; more where the victim is back at its lock before the other one, woken, was scheduled.
    assert (len(runs) > 2) == (store.dialect == "postgresql")


@pytest.mark.parametrize(
    "url", ["mysql://root:geheim@host/db", "postgresql://x:geheim@/db?host=/nowhere", "obieg.db"]
)
def test_an_address_that_leads_nowhere_is_one_sentence_without_the_password(url: str) -> None:
    with pytest.raises(Unavailable, match=r"expected a database address|cannot be reached") as raised:
        Store(url)
    assert "geheim" not in str(raised.value)


def test_a_newer_schema_is_refused(database_url: str, store: Store) -> None:
    with store.transaction() as tx:
        tx.connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Incompatible, match="newer Obieg"):
        Store(database_url)


@pytest.mark.parametrize("change", ["SET value = '0123456789abcdef'", "SET name = 'x'"])
def test_tables_of_a_development_version_are_refused_with_what_to_do(
    database_url: str, store: Store, change: str
) -> None:
    """They are of the same revision, made by other statements, or by a program that did not sign them."""
    with store.transaction() as tx:
        tx.connection.execute(text(f"UPDATE meta {change} WHERE name = 'first_revision'"))
    for opening in (lambda: Store(database_url).close(), lambda: upgrade_database(database_url)):
        with pytest.raises(Incompatible, match=r"made by a development version .* name an empty database"):
            opening()
    assert "development version" in schema_state(database_url).trouble


def test_somebody_elses_database_is_refused(database_url: str, store: Store) -> None:
    with store.transaction() as tx:
        tx.connection.execute(text("DROP TABLE alembic_version"))
    with pytest.raises(Incompatible, match="expected an empty database or one of Obieg"):
        Store(database_url)


def test_the_wrong_keyring_is_refused_once_something_is_sealed(
    database_url: str, store: Store, keyring: Keyring
) -> None:
    Store(database_url, keyring=Keyring.generate()).close()
    Store(database_url, keyring=keyring).close()
    store.run(lambda tx: insert_instance(tx, root_key(1)))
    with pytest.raises(Incompatible, match="OBIEG_KEYRING"):
        Store(database_url, keyring=Keyring.generate())
    Store(database_url, keyring=keyring.rotated()).close()


def test_an_empty_database_is_only_filled_when_asked(tmp_path: Path) -> None:
    with pytest.raises(Incompatible, match="no tables"):
        Store(f"sqlite:///{tmp_path / 'empty.db'}", create=False)


def test_a_file_that_is_no_database_is_named_so(tmp_path: Path) -> None:
    path = tmp_path / "letter.odt"
    path.write_bytes(b"PK\x03\x04" + b"not a database" * 500)
    with pytest.raises(Incompatible, match="damaged or something else"):
        Store(f"sqlite:///{path}")
    assert path.read_bytes().startswith(b"PK\x03\x04not a database")


def test_a_full_disk_is_one_sentence_and_writes_nothing(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'full.db'}")
    with store.reading() as tx:
        pages = tx.connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def fill(tx: Transaction) -> None:
        # SQLite's own limit gives the same error as the disk's end.
        tx.connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        for number in range(1000):
            insert_instance(tx, root_key(number + 1), bytes(range(256)) * 40)

    with pytest.raises(Unavailable, match="disk is full"):
        store.run(fill)
    with store.reading() as tx:
        assert tx.connection.exec_driver_sql("SELECT count(*) FROM instance").scalar_one() == 0
    store.close()


def test_sqlite_is_set_up_to_survive_power_loss(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'obieg.db'}")
    expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
    with store.transaction() as tx:
        found = {name: tx.connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in expected}
    assert found == expected
    store.close()
    assert (tmp_path / "obieg.db.keyring").stat().st_mode & 0o777 == 0o400


def test_readers_do_not_wait_for_another_program_that_writes(tmp_path: Path) -> None:
    path = tmp_path / "obieg.db"
    store = Store(f"sqlite:///{path}")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert not remembered(store, "r1")
    other.close()
    store.close()


def test_memory_is_shared_by_threads_and_gone_afterwards() -> None:
    first, second = Store("sqlite:///:memory:"), Store("sqlite:///:memory:")
    first.run(lambda tx: remember(tx, "r1"))
    assert (remembered(first, "r1"), remembered(second, "r1")) == (True, False)


def test_numbers_are_never_given_twice(database_url: str, store: Store) -> None:
    other = Store(database_url, keyring=store.keyring)
    mine, theirs = store.allocator(), other.allocator()
    first = mine.base()
    mine.used(25_000)
    assert mine.base() == first + 25_000
    assert abs(theirs.base() - first) >= 1_000_000
    mine.used(960_000)
    assert mine.base() == first + 2_000_000, "15 000 are left of the block, 25 000 were to be reserved"
    with pytest.raises(ValueError, match="expected to use up to"):
        mine.used(1_000_001)
    other.close()


def test_the_business_clock_is_offset_for_every_node(database_url: str, keyring: Keyring) -> None:
    one = Store(database_url, keyring=keyring)
    one.set_clock_offset(3_600_000_000)
    two = Store(database_url, keyring=keyring)
    with two.reading() as tx:
        assert tx.now - tx.machine_now == pytest.approx(3_600_000_000, abs=1000)
        assert (tx.now, tx.machine_now) == (tx.now, tx.machine_now)
    one.close()
    two.close()
