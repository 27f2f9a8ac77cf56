"""What the acceptance tests share: the command line inside this process, for the many short commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import cli
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
    """Play each scenario file in each of its bindings once, on one database: every third on PostgreSQL.

    With one database, or ``--long``, everything is played on everything.
    """
    if config.getoption("--long") or config.getoption("--database") != "both":
        return
    left = [item for item in items if _is_for_the_long_run(item)]
    config.hook.pytest_deselected(items=left)
    gone = set(left)
    items[:] = [item for item in items if item not in gone]


def _is_for_the_long_run(item: pytest.Item) -> bool:
    given = getattr(getattr(item, "callspec", None), "params", {})
    if not {"path", "binding", "database_url"} <= given.keys():
        return False
    place = sum(f"{given['path'].stem} {given['binding']}".encode())
    return bool(given["database_url"] != ("sqlite", "postgresql", "sqlite")[place % 3])
