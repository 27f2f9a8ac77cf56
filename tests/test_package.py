"""The wheel holds the application and nothing else, and works away from the checkout."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parent.parent
TOP_LEVEL = {"cli.py", "commands", "demo", "engine", "forms", "handlers", "processes", "web"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel, built as it would be for an installation."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [built] = folder.glob("*.whl")
    return built


def test_the_wheel_has_these_top_level_names_and_no_others(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == TOP_LEVEL


def test_the_wheel_carries_the_procedures_and_the_migrations(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    for needed in ("processes/zszo03/*.bpmn", "forms/zszo03/*.form", "engine/store/migrations/versions/*.py"):
        assert [name for name in names if Path(name).match(needed)], f"the wheel has no {needed}"
    assert [name for name in names if "__pycache__" in name or name.endswith((".db", ".pyc"))] == []


def test_the_wheel_carries_the_islands_and_not_what_they_are_made_of(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    for needed in ("manifest.json", "diagram-*.js", "THIRD_PARTY.txt"):
        assert [name for name in names if Path(name).match(f"web/static/dist/{needed}")], f"no {needed}"
    assert [name for name in names if "node_modules" in name or name.startswith("web/ui/")] == []


def test_the_command_runs_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    unpacked = tmp_path / "installed"
    ZipFile(wheel).extractall(unpacked)
    # -P and a foreign folder: the checkout is out of sight, so a file missing from the wheel shows.
    script = f"import sys; sys.path.insert(0, {str(unpacked)!r}); import cli; print(cli.__file__); cli.main()"
    command = [sys.executable, "-P", "-c", script, "--help"]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(str(unpacked))
    assert "deploy" in done.stdout
