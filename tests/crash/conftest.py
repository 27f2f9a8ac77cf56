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
    """Run one campaign of kills, or with ``--long`` as many with other seeds as give ``--kills`` in all.

    RabbitMQ takes long to start, so it is tried with ``--long`` only.
    """
    if "broker_kind" in metafunc.fixturenames:
        kinds = ["redis", "rabbitmq"] if metafunc.config.getoption("--long") else ["redis"]
        metafunc.parametrize("broker_kind", kinds)
    if "seed" in metafunc.fixturenames:
        option = metafunc.config.getoption
        first: int = option("--first-seed")
        many = -(-option("--kills") // (_KINDS * _LONG)) if option("--long") else 1
        metafunc.parametrize("seed", range(first, first + many))


@pytest.fixture
def kills(long_counts: bool) -> int:
    """How many processes one campaign kills: each ends within a test's time limit."""
    return _LONG if long_counts else _SHORT


@pytest.fixture
def only_long() -> None:
    """A test that takes this is run with ``--long`` only."""


@pytest.fixture
def one_database() -> None:
    """A test that takes this is run on PostgreSQL only where both are chosen, unless ``--long``."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, on SQLite, the tests of ``postgresql_url``, and what a short run has no time for."""
    elsewhere = [item for item in items if _left_out(config, item)]
    config.hook.pytest_deselected(items=elsewhere)
    items[:] = [item for item in items if item not in elsewhere]


def _left_out(config: pytest.Config, item: pytest.Item) -> bool:
    asked = getattr(item, "fixturenames", ())
    short = not config.getoption("--long")
    both = short and config.getoption("--database") == "both"
    unwanted = _on_sqlite(item) and ("postgresql_url" in asked or (both and "one_database" in asked))
    return unwanted or (short and "only_long" in asked)


def _on_sqlite(item: pytest.Item) -> bool:
    called = getattr(item, "callspec", None)
    return called is not None and called.params.get("database_url") == "sqlite"


@pytest.fixture(scope="session")
def forks() -> Iterator[ForkServer]:
    """One fork server for all tests of a session: what it imports takes seconds."""
    with ForkServer() as server:
        yield server
