"""Rotation of the wrapping key: everything opens afterwards, and whenever it is killed (SIGKILL)."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine import Busy, EngineError, Incompatible, Keyring, ProcessEngine
from engine.rotation import _alone
from engine.store import nodes, rewrapping
from engine.store.rows import NodeRow
from tests.builders import process

ROOT = Path(__file__).parents[2]
CASES = 7
SECRET = "kanarek-Zażółć-3317"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    Keyring.generate().save(tmp_path / "keyring")
    return tmp_path / "keyring"


def filled(url: str, path: Path) -> list[int]:
    """Make cases, each with a secret, a document and a register entry, one destroyed secret, a message."""
    with ProcessEngine(url, keyring=Keyring.load(path)) as engine:
        engine.deploy(process("sprawa").start().user_task("czekaj").end().files(), by="owner")
        cases = [
            engine.start("sprawa", variables={"imie": f"Zofia {number}"}, actor="anna").key
            for number in range(CASES)
        ]
        for case in cases:
            for purpose in ("haslo", "stare"):
                engine.secrets.draw(
                    root_key=case, idempotency_key=str(case), purpose=purpose, make=lambda: SECRET
                )
            engine.documents.store(root_key=case, name="a", content=b"tresc", media_type="text/plain")
            with engine.parts.store.transaction() as tx:
                engine.registers.append(
                    tx, register="incydenty", instance_key=case, subject="konto", data={"co": "utrata"}
                )
        reference = engine.secrets.draw(
            root_key=cases[0], idempotency_key=str(cases[0]), purpose="stare", make=lambda: ""
        )
        engine.secrets.destroy(reference)
        engine.publish_message("nikt", correlation_key="x", ttl=dt.timedelta(days=9))
    return cases


def require_everything(url: str, path: Path, cases: list[int]) -> None:
    """Open all there is with the keyring's file as it is now."""
    with ProcessEngine(url, keyring=Keyring.load(path)) as engine:
        for number, case in enumerate(cases):
            assert engine.variables(case) == {"imie": f"Zofia {number}"}
            reference = engine.secrets.draw(
                root_key=case, idempotency_key=str(case), purpose="haslo", make=lambda: "inne"
            )
            assert engine.secrets.read(reference) == SECRET
            (document,) = engine.documents.of_case(case)
            assert engine.documents.read(document.reference) == b"tresc"
        assert [entry.data for entry in engine.registers.all_in("incydenty")] == [{"co": "utrata"}] * CASES
        assert engine.verify().ok


def in_use(url: str, path: Path) -> dict[str, int]:
    with ProcessEngine(url, keyring=Keyring.load(path)) as engine, engine.parts.store.reading() as tx:
        return dict(rewrapping.keys_in_use(tx))


def rotated(url: str, path: Path, failpoints: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OBIEG_KEYRING": str(path), "OBIEG_FAILPOINTS": failpoints}
    return subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), "secrets", "rotate", "--batch", "4", "--database", url],
        capture_output=True, text=True, check=False, env=environment, cwd=ROOT, timeout=60,
    )  # fmt: skip


def test_every_key_is_wrapped_anew_and_the_old_one_put_aside(database_url: str, path: Path) -> None:
    cases, old, before = filled(database_url, path), Keyring.load(path).kid, path.read_bytes()
    with ProcessEngine(database_url, keyring=Keyring.load(path)) as engine:
        steps: list[int] = []
        done = engine.secrets.rotate(by="op", batch=4, progress=steps.append)
        assert engine.variables(cases[0])  # the engine that rotated goes on
    assert (done.retired, done.resumed) == ((old,), False)
    assert done.rewrapped == steps[-1] == sum(in_use(database_url, path).values())
    new = Keyring.load(path)
    assert new.kids == {done.active} != {old}
    assert in_use(database_url, path).keys() == {done.active}
    assert [Keyring.load(file).kids for file in done.put_aside] == [{old, done.active}]
    assert {file.stat().st_mode & 0o777 for file in (path, *done.put_aside)} == {0o400}
    require_everything(database_url, path, cases)
    with pytest.raises(Incompatible, match=old):
        ProcessEngine(database_url, keyring=Keyring.parse(before, source="before"))


def test_a_running_engine_reads_the_new_key_from_the_file(database_url: str, path: Path) -> None:
    cases = filled(database_url, path)
    with ProcessEngine(database_url, keyring=Keyring.load(path)) as other:
        with ProcessEngine(database_url, keyring=Keyring.load(path)) as engine:
            engine.secrets.rotate(by="op")
        assert other.variables(cases[0]) == {"imie": "Zofia 0"}
        later = other.start("sprawa", variables={"imie": "Zofia 7"}, actor="anna").key
        assert in_use(database_url, path).keys() == {Keyring.load(path).kid}
    with ProcessEngine(database_url, keyring=Keyring.load(path)) as engine:
        assert engine.variables(later) == {"imie": "Zofia 7"}


def test_the_old_key_stays_while_other_engines_run(database_url: str, path: Path) -> None:
    """One of them may be writing with it at this very moment."""
    filled(database_url, path)
    old = Keyring.load(path).kid
    with ProcessEngine(database_url, keyring=Keyring.load(path)) as engine:
        with engine.parts.store.transaction() as tx:
            nodes.beat(tx, NodeRow(id="other", started_at=1, seen_at=tx.machine_now, version="0"))
        first = engine.secrets.rotate(by="op")
        assert (first.retired, first.still_open) == ((), (old,))
        assert Keyring.load(path).kids == {old, first.active}
        with engine.parts.store.transaction() as tx:
            nodes.remove(tx, "other")
        second = engine.secrets.rotate(by="op")
    assert (second.active, second.retired, second.resumed) == (first.active, (old,), True)
    assert Keyring.load(path).kids == {first.active}


@pytest.mark.torture
@pytest.mark.parametrize(
    "failpoints", ["rotation.key_written=kill", "rotation.batch=nth:2=kill", "rotation.rewrapped=kill"]
)
def test_killed_anywhere_everything_opens_and_the_next_run_finishes(
    database_url: str, path: Path, failpoints: str
) -> None:
    cases = filled(database_url, path)
    old = Keyring.load(path).kid
    killed = rotated(database_url, path, failpoints)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    require_everything(database_url, path, cases)
    with ProcessEngine(database_url, keyring=Keyring.load(path)) as engine:
        assert engine.secrets.rotate(by="op", batch=4).resumed
    require_everything(database_url, path, cases)
    assert old not in in_use(database_url, path)
    assert Keyring.load(path).kids == in_use(database_url, path).keys()


def test_rotations_do_not_meet(database_url: str, path: Path) -> None:
    filled(database_url, path)
    with ProcessEngine(database_url, keyring=Keyring.load(path)) as engine:
        with _alone(path), pytest.raises(Busy, match="one is running"):
            engine.secrets.rotate(by="op")
        assert engine.secrets.rotate(by="op").retired


def test_an_older_file_is_refused_before_anything_is_written(
    database_url: str, path: Path, tmp_path: Path
) -> None:
    filled(database_url, path)
    older = tmp_path / "older"
    Keyring.load(path).save(older)
    with ProcessEngine(database_url, keyring=Keyring.load(older)) as stale:
        with ProcessEngine(database_url, keyring=Keyring.load(path)) as engine:
            engine.secrets.rotate(by="op")
        before = older.read_bytes()
        with pytest.raises(Incompatible, match="newest keyring file"):
            stale.secrets.rotate(by="op")
        assert older.read_bytes() == before


def test_a_keyring_without_a_file_cannot_be_rotated() -> None:
    with ProcessEngine("sqlite:///:memory:") as engine, pytest.raises(EngineError, match="kept in a file"):
        engine.secrets.rotate(by="op")
