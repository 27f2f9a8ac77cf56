"""Which tables a program works with, and what keeps one half of a revision from the other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from click.testing import CliRunner
from sqlalchemy import text

from commands.db import command
from commands.office import Office
from engine import Incompatible, ProcessEngine, Scheduler, Worker, finalize_database, upgrade_database
from engine.store import Store, nodes, schema, upgrading
from engine.store.rows import NodeRow

_STEP = re.compile(r"(\d{4})_(expand|finalize)_(\d+)")


@pytest.mark.parametrize(
    ("found", "remedy"),
    [
        (None, "no tables; run obieg db upgrade"),
        ("0001", "has 0001; run obieg db upgrade"),
        ("0002_expand_2", "has 0002_expand_2; run obieg db upgrade"),
        ("0002_finalize_1", "has 0002_finalize_1; run obieg db upgrade"),
        ("0003_expand_1", "stopped at 0003_expand_1; run obieg db upgrade again"),
        ("0003_expand_2", ""),
        ("0003_finalize_1", ""),
        ("0004_expand_1", ""),
        ("0004_finalize_1", "upgrade this program first"),
        ("0005_expand_1", "upgrade this program first"),
    ],
)
def test_a_program_works_from_its_own_revision_to_the_next_before_it_is_final(
    monkeypatch: pytest.MonkeyPatch, found: str | None, remedy: str
) -> None:
    monkeypatch.setattr(schema, "HEAD", "0003_expand_2")
    monkeypatch.setattr(schema, "REVISION", "0003")
    told = schema.unsuitable(found) or ""
    assert told.endswith(remedy)
    assert bool(told) == bool(remedy)


def test_tables_of_a_program_that_is_none_of_ours_are_named() -> None:
    with pytest.raises(Incompatible, match="'ae1027a6acf'"):
        schema.unsuitable("ae1027a6acf")


def test_the_steps_are_one_chain_of_halves_that_ends_final(store: Store) -> None:
    with store.reading() as tx:
        scripts = ScriptDirectory.from_config(schema.configuration(tx.connection))
        chain = [each.revision for each in scripts.walk_revisions()][::-1]
        assert schema.version(tx.connection) == chain[-1]
    assert chain[0] == "0001"
    halves = [match.groups() for step in chain[1:] if (match := _STEP.fullmatch(step))]
    assert len(halves) == len(chain) - 1
    assert halves == sorted(halves, key=lambda half: (half[0], half[1], int(half[2])))
    assert {number for number, half, _ in halves if half == "finalize"} == {number for number, *_ in halves}
    own = [step for step in chain if step.startswith(schema.REVISION) and "_finalize_" not in step]
    assert own[-1] == schema.HEAD


def test_nothing_is_done_twice(database_url: str) -> None:
    assert upgrade_database(database_url) == []
    assert finalize_database(database_url) == []


def test_a_node_whose_tables_were_finalized_stops_and_does_not_start_again(database_url: str) -> None:
    with ProcessEngine(database_url) as engine:
        worker = Worker(engine, threads=1)
        running, starting = Scheduler(engine, worker), Scheduler(engine)
        engine.parts.store.run(
            lambda tx: tx.execute(text("UPDATE alembic_version SET version_num = '0002_finalize_1'"))
        )
        running._beat_or_stop()
        assert worker.draining
        with pytest.raises(Incompatible, match="0002_finalize_1; it was made by a newer Obieg"):
            starting.start()
        assert list(engine.nodes()) == []


def test_only_live_nodes_of_an_older_revision_are_in_the_way(store: Store) -> None:
    def register(id: str, revision: str, *, seen_at: int) -> None:
        row = NodeRow(id=id, started_at=1, seen_at=seen_at, version="1", host="b2", revision=revision)
        store.run(lambda tx: nodes.beat(tx, row))

    register("silent", "0001", seen_at=10)
    register("old", "0001", seen_at=30)
    register("new", "0002", seen_at=30)
    with store.reading() as tx:
        found = schema.older_nodes(tx.connection, 2, seen_since=20)
    assert found == ["old (worker on b2, revision 0001)"]


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE job DROP COLUMN lane",
        "ALTER TABLE job RENAME COLUMN lane TO queue",
        "ALTER TABLE job ALTER COLUMN lane SET NOT NULL",
        "ALTER TABLE job ALTER COLUMN priority TYPE bigint",
        "DROP TABLE upload",
        "DELETE FROM draft",
    ],
)
def test_an_expanding_step_that_takes_away_is_refused(store: Store, statement: str) -> None:
    with store.reading() as tx, pytest.raises(ValueError, match="expected an expanding step to add only"):
        upgrading._refuse_taking_away(tx.connection, None, statement, None, None, False)


def test_the_status_names_the_remedy_where_the_program_is_too_old(database_url: str, tmp_path: Path) -> None:
    with ProcessEngine(database_url) as engine:
        office = Office(processes=tmp_path, forms=tmp_path, database=database_url)
        told = CliRunner().invoke(command, ["status"], obj=office)
        assert (told.exit_code, "tables          at 0001\n" in told.output) == (0, True)
        engine.parts.store.run(
            lambda tx: tx.execute(text("UPDATE alembic_version SET version_num = '0003_expand_1'"))
        )
    told = CliRunner().invoke(command, ["status"], obj=office)
    assert "at 0003_expand_1, to be finalized" in told.output
    assert "upgrade this program first" in str(told.exception)
