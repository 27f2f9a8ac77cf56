"""A store of its own for every test, and short ways to put rows into it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from engine.clock import VirtualClock
from engine.store import Store
from engine.store.sealing import Keyring
from tests.conftest import START


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
def numbers() -> Iterator[int]:
    """Key numbers nobody has used yet."""
    return itertools.count(1000)
