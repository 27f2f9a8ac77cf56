"""Every scenario runs twice: straight, and with the engine thrown away and reopened at every wait state.

After each one, all that happened is verified: chain, fold and re-execution of every instance. With two
databases that would be four runs; ``make test`` takes three: both ways on SQLite, reopened on PostgreSQL.
There scenarios of procedures go straight. A run on one database takes both ways, and so does the long one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import HandlerRegistry, VirtualClock
from tests.scenarios.run import Run

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what runs straight on PostgreSQL where SQLite does so too."""
    if config.getoption("--long") or config.getoption("--database") != "both":
        return
    left = [item for item in items if _HERE in item.path.parents and _runs_straight_on_postgresql(item)]
    config.hook.pytest_deselected(items=left)
    gone = set(left)
    items[:] = [item for item in items if item not in gone]


def _runs_straight_on_postgresql(item: pytest.Item) -> bool:
    given = getattr(getattr(item, "callspec", None), "params", {})
    return bool(given.get("run") == "straight" and given.get("database_url") == "postgresql")


@pytest.fixture(params=["straight", "reopened"])
def run(request: pytest.FixtureRequest, database_url: str, clock: VirtualClock) -> Iterator[Run]:
    """An engine on a database of its own; call it with a drawing to deploy and start it."""
    running = Run(database_url, clock, HandlerRegistry(), reopen=request.param == "reopened")
    yield running
    report = running.engine.verify()
    running.close()
    assert report.ok, report
