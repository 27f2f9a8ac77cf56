"""SIGKILL at any statement or COMMIT: acknowledged cases are there, others are whole or not there at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.store import Store, instances, requests, user_tasks
from engine.store.sealing import Keyring
from tests.store.killed_program import CASES
from tests.store.rows import root_key

ROOT = Path(__file__).parents[2]


class Program:
    """The program to be killed, with its database, keyring and log of crossings."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.keyring = Keyring.at(folder / "keyring")
        self.log = folder / "crossings"
        self._keyring_file = folder / "keyring"

    def run(self, failpoints: str = "") -> tuple[int, list[int]]:
        """Run the program; return its exit code and the cases it said were committed."""
        environment = os.environ | {
            "OBIEG_KEYRING": str(self._keyring_file),
            "OBIEG_FAILPOINTS": failpoints,
            "OBIEG_FAILPOINT_LOG": str(self.log),
        }
        command = [sys.executable, "-m", "tests.store.killed_program", self.url]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, [int(line) for line in done.stdout.split()]

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


@pytest.mark.parametrize("place", ["store.sql.after", "store.commit.before", "store.commit.after"])
def test_a_killed_program_leaves_whole_cases(database_url: str, tmp_path: Path, place: str) -> None:
    program = Program(database_url, tmp_path)
    Store(database_url, keyring=program.keyring).close()
    before = program.whole_cases()
    assert before == set()
    for nth in {"store.sql.after": (12, 14)}.get(place, (3, 5)):
        code, acknowledged = program.run(f"{place}=nth:{nth}=kill")
        assert code == -signal.SIGKILL
        assert set(acknowledged) <= program.whole_cases()
    assert program.run() == (0, [1, 2, 3])
    assert program.whole_cases() == {1, 2, 3}


@pytest.mark.torture
def test_no_moment_of_a_run_is_a_bad_one_to_die(database_url: str, tmp_path: Path) -> None:
    program = Program(database_url, tmp_path)
    Store(database_url, keyring=program.keyring).close()
    kills = 0
    for nth in range(1, 200):
        code, acknowledged = program.run(f"*=nth:{nth}=kill")
        kills += code == -signal.SIGKILL
        assert set(acknowledged) <= program.whole_cases()
        if code == 0:
            break
    assert kills >= 20
    assert program.whole_cases() == {1, 2, 3}
