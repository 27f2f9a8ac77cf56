"""A pytest plugin (``-p tests.contract_on_postgresql``): the public door's contract on a fresh database each.

The contract reads the address from the environment variable ``DATABASE`` and expects to be alone there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests import postgres


@pytest.fixture(scope="session")
def _server() -> Iterator[postgres.Cluster]:
    with postgres.cluster() as server:
        yield server


@pytest.fixture(autouse=True)
def _fresh_database(_server: postgres.Cluster) -> Iterator[None]:
    name = _server.create()
    os.environ["DATABASE"] = _server.url(name)
    yield
    del os.environ["DATABASE"]
    _server.drop(name)
