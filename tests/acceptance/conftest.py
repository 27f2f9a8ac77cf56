"""What the acceptance tests share: the command line inside this process, for the many short commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import cli
from commands.scenario.run import bindings_of
from tests.acceptance.command_line import Answer
from tests.builders import process

Run = Callable[..., Answer]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run `obieg …` in an empty folder, without a new process for each."""
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE", "AS", "FORMAT", "KEYRING"):
        monkeypatch.delenv(f"OBIEG_{name}", raising=False)

    def one(*arguments: object) -> Answer:
        capfd.readouterr()
        code = cli.run([str(each) for each in arguments])
        return Answer(code, *capfd.readouterr())

    return one


@pytest.fixture
def approval(tmp_path: Path) -> Path:
    """A folder with one diagram: a task of EK-04, due in two working days, that expires after three days."""
    folder = tmp_path / "approval"
    folder.mkdir()
    diagram = (
        process("approval")
        .start()
        .user_task("approve", name="Zatwierdź", group="EK-04", due="=working day deadline(now(), 2)")
        .boundary_timer("P30D", "late")
        .end("expired")
        .at("approve")
        .end("approved")
    )
    for name, content in diagram.files():
        (folder / name).write_bytes(content)
    return folder


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Play each scenario file on PostgreSQL in one of its bindings, in turn; in both with ``--long``.

    In memory every file is played in both: what the bindings differ in is drawn, what the databases differ
    in is not.
    """
    if config.getoption("--long"):
        return
    left = [item for item in items if _is_for_the_long_run(item)]
    config.hook.pytest_deselected(items=left)
    gone = set(left)
    items[:] = [item for item in items if item not in gone]


def _is_for_the_long_run(item: pytest.Item) -> bool:
    given = getattr(getattr(item, "callspec", None), "params", {})
    if given.get("database_url") != "postgresql" or "binding" not in given:
        return False
    bindings = bindings_of(given["path"])
    return bool(given["binding"] != bindings[sum(given["path"].stem.encode()) % len(bindings)])
