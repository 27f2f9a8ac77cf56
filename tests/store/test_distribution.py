"""The tables can be distributed by their bucket, as ``docs/scaling.md`` says."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import cli
from engine.store.tables import metadata

SCALING = Path(cli.__file__).parent / "docs" / "scaling.md"
_DISTRIBUTED = re.compile(r"create_distributed_table\('(\w+)', '(\w+)'")
_REFERENCE = re.compile(r"create_reference_table\('(\w+)'\)")
_LOCAL = re.compile(r"ARRAY\[(.*?)\]", re.DOTALL)


def test_each_table_has_its_place_and_those_with_a_bucket_go_by_it() -> None:
    written = SCALING.read_text()
    by_column = dict(_DISTRIBUTED.findall(written))
    [local] = _LOCAL.findall(written)
    named = [*by_column, *_REFERENCE.findall(written), *re.findall(r"\w+", local)]
    assert Counter(named) == Counter([*metadata.tables, "alembic_version"])
    buckets = {name for name, table in metadata.tables.items() if "bucket" in table.c}
    assert {name for name, column in by_column.items() if column == "bucket"} == buckets
    assert {name: column for name, column in by_column.items() if column != "bucket"} == {"request": "id"}


def test_what_must_be_unique_is_so_within_a_bucket() -> None:
    unique = [
        (name, {column.name for column in columns})
        for name, table in metadata.tables.items()
        if "bucket" in table.c
        for columns in (table.primary_key.columns, *(each.columns for each in table.indexes if each.unique))
    ]
    assert [name for name, columns in unique if "bucket" not in columns] == []
    assert len(unique) > 18
