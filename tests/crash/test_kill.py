"""``kill -9`` of real processes carrying cases of both procedures: nothing is lost, nothing is done twice.

Workers, people's pages and nodes that take over die at labelled places and at random moments, while new
versions are deployed and cases migrated to them (``campaign``).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crash import invariants, outcome
from tests.crash.campaign import Campaign
from tests.crash.office import ForkServer, opened
from tests.crash.procedures import Procedure, Sio, Zszo


@pytest.mark.torture
@pytest.mark.parametrize("procedure", [Zszo, Sio], ids=["zszo03", "sio"])
def test_killed_processes_lose_nothing_and_repeat_nothing(
    database_url: str,
    tmp_path: Path,
    procedure: type[Procedure],
    forks: ForkServer,
    seed: int,
    kills: int,
    record_property: Callable[[str, object], None],
) -> None:
    with opened(database_url, tmp_path, procedure=procedure()) as office:
        campaign = Campaign(office, forks, seed, at_once=min(6, kills // 6))
        campaign.run(kills)
        campaign.finish()
        repeated = invariants.require_all(office, campaign.interruptions)
        outcome.require_ended_well(office)
        record_property("kills", campaign.summary(repeated))
