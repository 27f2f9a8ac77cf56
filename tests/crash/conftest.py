"""What only PostgreSQL has (backends to terminate, a recovery) is tested there only; kills come in
campaigns."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crash.office import ForkServer

_SHORT, _LONG = 12, 250  # kills of one campaign
_KINDS = 4  # campaigns of one seed: two procedures on two databases


@pytest.fixture
def postgresql_url(database_url: str) -> str:
    """The address of a PostgreSQL database; tests that take it are not run on SQLite."""
    return database_url


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run one campaign of kills, or with ``--long`` as many with other seeds as give ``--kills`` in all."""
    if "seed" in metafunc.fixturenames:
        option = metafunc.config.getoption
        first: int = option("--first-seed")
        many = -(-option("--kills") // (_KINDS * _LONG)) if option("--long") else 1
        metafunc.parametrize("seed", range(first, first + many))


@pytest.fixture
def kills(long_counts: bool) -> int:
    """How many processes one campaign kills: each ends within a test's time limit."""
    return _LONG if long_counts else _SHORT


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


@pytest.fixture(scope="session")
def forks() -> Iterator[ForkServer]:
    """One fork server for all tests of a session: what it imports takes seconds."""
    with ForkServer() as server:
        yield server
