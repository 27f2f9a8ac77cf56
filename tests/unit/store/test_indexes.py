"""No index without a query: docs/performance.md names one for each."""

from __future__ import annotations

import re
from pathlib import Path

from engine.store import office_tables as office_tables  # declares its tables
from engine.store.tables import metadata

ROOT = Path(__file__).parents[3]


def test_every_index_is_listed_with_its_query() -> None:
    section = (ROOT / "docs" / "performance.md").read_text().split("## Every index and its query")[1]
    listed = set()
    for line in section.splitlines():
        if line.startswith("| `"):
            names, query = line.strip("| ").split(" | ")
            assert query.strip(), f"expected a query beside {names}"
            listed |= set(re.findall(r"`(\w+)`", names))
    declared = {str(index.name) for table in metadata.sorted_tables for index in table.indexes}
    assert listed == declared
