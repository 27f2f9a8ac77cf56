"""The table of what is executed (``docs/bpmn-coverage.md``) names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_every_test_the_table_names_exists() -> None:
    text = (ROOT / "docs" / "bpmn-coverage.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:unit/|crash/)?[\w/]*test_\w+\.py)`", text))
    missing = [name for name in sorted(named) if not list((ROOT / "tests").rglob(name))]
    assert named
    assert missing == []


def test_every_row_has_four_columns_and_is_there_once() -> None:
    lines = (ROOT / "docs" / "bpmn-coverage.md").read_text(encoding="utf-8").splitlines()
    rows = [line.strip("|").split("|") for line in lines if line.startswith("| ")]
    assert {len(row) for row in rows} == {4}
    assert len({row[0] for row in rows}) == len(rows)
