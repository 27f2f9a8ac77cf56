"""SIGKILL at any statement or COMMIT: acknowledged cases are there, others are whole or not there at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import create_engine, inspect

from engine.store import Store, instances, requests, user_tasks
from engine.store.sealing import Keyring
from tests.store.killed_program import CASES, Run
from tests.store.rows import root_key

ROOT = Path(__file__).parents[2]


class Program:
    """The program to be killed, with its database and keyring; a context manager."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.keyring = Keyring.at(folder / "keyring")
        environment = os.environ | {"OBIEG_KEYRING": str(folder / "keyring")}
        command = [sys.executable, "-m", "tests.store.killed_program", url, str(folder / "told")]
        pipe = subprocess.PIPE
        self._server = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe)

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.communicate(timeout=60)

    def run(self, failpoints: str = "") -> Run:
        """Let the program run once."""
        if self._server.stdin is None or self._server.stdout is None:
            raise TypeError("expected pipes to the program, but there are none")
        self._server.stdin.write(f"{failpoints}\n".encode())
        self._server.stdin.flush()
        return msgspec.json.decode(self._server.stdout.readline(), type=Run)

    def has_tables(self) -> bool:
        """Return whether the tables are there; fails where only some are."""
        database = create_engine(self.url)
        found = inspect(database).get_table_names()
        database.dispose()
        assert not found or "alembic_version" in found, f"tables made in part: {found}"
        return bool(found)

    def whole_cases(self) -> set[int]:
        """Return the cases that are there, and fail on one that is there in part."""
        store = Store(self.url, keyring=self.keyring)
        found = set()
        with store.reading() as tx:
            for number in range(1, CASES + 1):
                locked = instances.load(tx, root_key(number))
                parts = [
                    locked is not None and locked.state == f"state {number}".encode(),
                    user_tasks.read(tx, root_key(number) + 1) is not None,
                    requests.read(tx, f"r{number}") is not None,
                ]
                assert len(set(parts)) == 1, f"case {number} is there in part: {parts}"
                found |= {number} if all(parts) else set()
        store.close()
        return found


@pytest.mark.torture
def test_no_moment_of_a_run_is_a_bad_one_to_die(
    database_url: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    kills = 0
    with Program(database_url, tmp_path) as program:
        Store(database_url, keyring=program.keyring).close()
        for nth in range(1, 200):
            ran = program.run(f"*=nth:{nth}=kill")
            kills += ran.code == -signal.SIGKILL
            assert set(ran.acknowledged) <= program.whole_cases()
            if ran.code == 0:
                break
        assert program.whole_cases() == {1, 2, 3}
    assert kills >= 20
    record_property("kills", kills)


@pytest.mark.torture
def test_tables_are_made_wholly_whenever_their_making_is_killed(
    empty_database_url: str, tmp_path: Path, long_counts: bool, record_property: Callable[[str, object], None]
) -> None:
    """The same program makes the tables when they are not there: each kill hits an upgrade from nothing."""
    kills = 0
    with Program(empty_database_url, tmp_path) as program:
        for nth in range(1, 2000, 1 if long_counts else 40):
            ran = program.run(f"*=nth:{nth}=kill")
            kills += ran.code == -signal.SIGKILL
            if program.has_tables():  # committed: a later kill is that of an ordinary run
                break
            assert ran.acknowledged == []
        assert program.run() == Run(code=0, acknowledged=[1, 2, 3])
        assert program.whole_cases() == {1, 2, 3}
    assert kills >= 5
    record_property("kills", kills)
