"""Every scenario runs twice on every database: straight, and with the engine thrown away and reopened at
every wait state. After each one, all that happened is verified: chain, fold and re-execution of every
instance."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine import HandlerRegistry, VirtualClock
from tests.scenarios.run import Run


@pytest.fixture(params=["straight", "reopened"])
def run(request: pytest.FixtureRequest, database_url: str, clock: VirtualClock) -> Iterator[Run]:
    """An engine on a database of its own; call it with a drawing to deploy and start it."""
    running = Run(database_url, clock, HandlerRegistry(), reopen=request.param == "reopened")
    yield running
    report = running.engine.verify()
    running.close()
    assert report.ok, report
