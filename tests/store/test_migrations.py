"""The migrations make exactly the tables the code works with, and keep their promises."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

import engine.store.migrations
from engine.store import Store, office_tables, tables
from engine.store.migrations.writing import statements

APPEND_ONLY = {"history", "audit", "anchor", "stored_file", "register_entry"}


@pytest.mark.filterwarnings("ignore:autogenerate skipping")  # expression indexes: the next test has them
def test_the_migrated_tables_are_those_of_the_code(store: Store) -> None:
    assert office_tables.meta.metadata is tables.metadata
    with store.reading() as tx:
        found = compare_metadata(MigrationContext.configure(tx.connection), tables.metadata)
    # Alembic cannot read a descending column of an SQLite index back; the next test has it word by word.
    assert [each for each in found if "job_ready" not in repr(each)] == []


def test_the_written_statements_are_those_of_the_tables(store: Store) -> None:
    folder = Path(engine.store.migrations.__file__).parent / "versions"
    written = (folder / f"0001.{store.dialect}.sql").read_text()
    assert written == ";;\n".join(statements(store.dialect)) + "\n", (
        "run python -m engine.store.migrations.writing"
    )


def test_append_only_tables_have_their_triggers(store: Store) -> None:
    names = {
        "sqlite": "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT relname, tgname FROM pg_trigger JOIN pg_class ON tgrelid = pg_class.oid",
    }
    with store.reading() as tx:
        found = {row[0] for row in tx.connection.execute(text(names[store.dialect]))}
    assert found == APPEND_ONLY


def test_sqlite_tables_are_strict() -> None:
    strict = [each for each in statements("sqlite") if each.startswith("CREATE TABLE")]
    assert len(strict) == len(tables.metadata.tables)
    assert all("STRICT" in each for each in strict)
