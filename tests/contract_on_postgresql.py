"""A pytest plugin (``-p tests.contract_on_postgresql``): the public door's contract on a fresh database each.

The contract reads the address from the environment variable ``DATABASE`` and expects to be alone there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres


@pytest.fixture(scope="session")
def _server() -> Iterator[postgres.Cluster]:
    with postgres.cluster() as server:
        yield server


@pytest.fixture(autouse=True)
def _fresh_database(
    _server: postgres.Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    name = _server.create()
    monkeypatch.setenv("DATABASE", _server.url(name))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))  # where the database's generated keyring goes
    yield
    _server.drop(name)
