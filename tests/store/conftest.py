"""A store of its own for every test, and short ways to put rows into it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.clock import VirtualClock
from engine.store import Store
from engine.store.sealing import Keyring
from tests.conftest import START
from tests.postgres import Cluster


@pytest.fixture
def moving_clock() -> VirtualClock:
    """A business clock that stands still until the test moves it."""
    return VirtualClock(START)


@pytest.fixture
def keyring() -> Keyring:
    """The keys of this test's database."""
    return Keyring.generate()


@pytest.fixture
def store(database_url: str, keyring: Keyring, moving_clock: VirtualClock) -> Iterator[Store]:
    """A store on an empty database."""
    opened = Store(database_url, keyring=keyring, clock=moving_clock)
    yield opened
    opened.close()


@pytest.fixture
def empty_database_url(database_url: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables."""
    if database_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: Cluster = request.getfixturevalue("postgresql")
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def postgresql_store(store: Store) -> Store:
    """A store on PostgreSQL, for tests about what SQLite does not have; they are not run there."""
    return store


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, on SQLite, the tests of ``postgresql_store``."""
    elsewhere = [
        item for item in items if "postgresql_store" in getattr(item, "fixturenames", ()) and _on_sqlite(item)
    ]
    config.hook.pytest_deselected(items=elsewhere)
    items[:] = [item for item in items if item not in elsewhere]


def _on_sqlite(item: pytest.Item) -> bool:
    called = getattr(item, "callspec", None)
    return called is not None and called.params.get("database_url") == "sqlite"
