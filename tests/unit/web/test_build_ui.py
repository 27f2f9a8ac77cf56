"""The build of the islands: what makes it stale, which Node it takes, what its packages' lock names."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from web import build_ui


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of sources of its own, built and current."""
    folder = tmp_path / "ui"
    (folder / "src" / "part").mkdir(parents=True)
    for name in (
        "package.json",
        "package-lock.json",
        "build.mjs",
        "third_party.mjs",
        "src/a.js",
        "src/part/b.js",
    ):
        (folder / name).write_text(name)
    monkeypatch.setattr(build_ui, "SOURCE", folder)
    monkeypatch.setattr(build_ui, "DIST", tmp_path / "dist")
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / ".stamp").write_text(build_ui.sources_digest())
    assert build_ui.is_current()
    return folder


@pytest.mark.parametrize("name", ["package-lock.json", "build.mjs", "src/part/b.js", "src/new.js"])
def test_a_changed_or_new_source_makes_the_bundles_stale(sources: Path, name: str) -> None:
    (sources / name).write_text("something else")
    assert not build_ui.is_current()


def test_a_renamed_or_removed_source_makes_them_stale(sources: Path) -> None:
    (sources / "src" / "a.js").rename(sources / "src" / "c.js")
    assert not build_ui.is_current()
    (sources / "src" / "c.js").unlink()
    assert not build_ui.is_current()


def test_what_was_never_built_is_stale(sources: Path) -> None:
    (build_ui.DIST / ".stamp").unlink()
    assert not build_ui.is_current()


@pytest.mark.parametrize(
    ("programs", "found"),
    [
        ({"node": "v20.1.0", "npm": ""}, True),
        ({"node": "v19.9.0", "npm": ""}, False),
        ({"node": "v24.0.0"}, False),  # Debian's nodejs comes without npm
        ({"node": "what?", "npm": ""}, False),
        ({}, False),
    ],
)
def test_only_a_node_that_is_new_enough_and_has_npm_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, programs: dict[str, str], found: bool
) -> None:
    for name, says in programs.items():
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho '{says}'\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (build_ui.system_node() is not None) is found


def test_the_lock_of_packages_pins_every_one_and_names_no_registry() -> None:
    lock = json.loads((build_ui.SOURCE / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert [name for name, each in packages.items() if "resolved" in each] == []
    assert [name for name, each in packages.items() if not each.get("integrity")] == []
    asked = lock["packages"][""]
    versions = {**asked["dependencies"], **asked["devDependencies"]}
    assert {name: packages[f"node_modules/{name}"]["version"] for name in versions} == versions
