"""The floors of the house: which part may import which ([tool.importlinter] in pyproject.toml)."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from importlinter.cli import lint_imports

import engine

ROOT = Path(__file__).parent.parent


def test_every_import_goes_down() -> None:
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


def test_the_entry_point_composes_and_nothing_else() -> None:
    """`cli` is a module, which import-linter cannot have as a root; it takes the parts by their doors."""
    allowed = {"engine", "handlers", "web", "commands", "demo", "click"}
    imported = _imported(ROOT / "cli.py")
    foreign = {name for name in imported if name.split(".")[0] not in allowed and not _is_standard(name)}
    inside = {name for name in imported if name.startswith("engine.")}
    assert (foreign, inside) == (set(), set())


def test_the_public_door_offers_what_it_says() -> None:
    assert [name for name in engine.__all__ if not hasattr(engine, name)] == []
    assert len(set(engine.__all__)) == len(engine.__all__)


def _imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def _is_standard(name: str) -> bool:
    return name.split(".")[0] in sys.stdlib_module_names
