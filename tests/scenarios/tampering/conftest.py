"""A case to tamper with, and who does it."""

from __future__ import annotations

import pytest

from engine import ProcessEngine
from tests.scenarios.tampering.attacker import Attacker, Insider
from tests.scenarios.tampering.case import Case


@pytest.fixture
def case(engine: ProcessEngine) -> Case:
    return Case(engine)


@pytest.fixture
def attacker(case: Case) -> Attacker:
    return Attacker(case.engine)


@pytest.fixture
def insider(case: Case) -> Insider:
    return Insider(case.engine)
