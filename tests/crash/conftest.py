"""What only PostgreSQL has (backends to terminate, a recovery) is tested there only; kills come in
campaigns."""

from __future__ import annotations

import pytest


@pytest.fixture
def postgresql_url(database_url: str) -> str:
    """The address of a PostgreSQL database; tests that take it are not run on SQLite."""
    return database_url


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run one campaign of kills, or with ``--long`` ten with other seeds: each ends within its time limit."""
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(10 if metafunc.config.getoption("--long") else 1))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, on SQLite, the tests of ``postgresql_url``."""
    elsewhere = [
        item for item in items if "postgresql_url" in getattr(item, "fixturenames", ()) and _on_sqlite(item)
    ]
    config.hook.pytest_deselected(items=elsewhere)
    items[:] = [item for item in items if item not in elsewhere]


def _on_sqlite(item: pytest.Item) -> bool:
    called = getattr(item, "callspec", None)
    return called is not None and called.params.get("database_url") == "sqlite"
