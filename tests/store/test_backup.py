"""A backup made while others write is one moment of the database, and can be gone on with."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from engine import EngineError, Keyring, ProcessEngine, Unavailable
from tests.builders import process


def _carry(engine: ProcessEngine) -> int:
    key = engine.start("p", actor="anna").key
    [task] = engine.user_tasks(instance_key=key)
    engine.claim(task.key, actor="jan")
    return key


def test_a_backup_made_while_others_write_is_whole_and_can_be_gone_on_with(
    tmp_path: Path, keyring: Keyring
) -> None:
    to, stop, made = tmp_path / "copy.db", threading.Event(), []
    with ProcessEngine(f"sqlite:///{tmp_path / 'obieg.db'}", keyring=keyring) as engine:
        drawn = process("p").start().user_task("approve").end("done")
        engine.deploy(drawn.files(), by="owner")
        before = [_carry(engine) for _ in range(20)]

        def write() -> None:
            while not stop.is_set():
                made.append(_carry(engine))

        writer = threading.Thread(target=write)
        writer.start()
        while not made:
            threading.Event().wait(0.01)
        size = engine.backup(to)
        stop.set()
        writer.join()
        assert (size, stat.S_IMODE(to.stat().st_mode)) == (to.stat().st_size, 0o600)
        with pytest.raises(EngineError, match="is there already"):
            engine.backup(to)
        with pytest.raises(Unavailable, match="nowhere"):
            engine.backup(tmp_path / "nowhere" / "copy.db")
    with ProcessEngine(f"sqlite:///{to}", keyring=keyring) as restored:
        assert restored.verify().ok
        assert {each.key for each in restored.instances(limit=1_000)} >= set(before)
        [task] = restored.user_tasks(instance_key=before[0])
        restored.complete(task.key, actor="jan")
        assert restored.instance(before[0]).state == "completed"
        assert restored.verify().ok
    assert sorted(path.name for path in tmp_path.glob("copy.db*")) == ["copy.db"]


def test_only_a_file_of_sqlite_is_backed_up(keyring: Keyring, tmp_path: Path) -> None:
    with (
        ProcessEngine("sqlite:///:memory:", keyring=keyring) as engine,
        pytest.raises(EngineError, match="pg_dump"),
    ):
        engine.backup(tmp_path / "copy.db")
