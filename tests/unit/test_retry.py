"""Back-off: doubling, bounded, spread, and the same for a replay."""

from __future__ import annotations

import datetime as dt

import pytest

from engine.retry import FIRST, LONGEST, back_off


@pytest.mark.parametrize("attempt", [1, 2, 3, 8, 9, 10, 64, 10_000])
def test_a_wait_is_between_three_quarters_and_all_of_its_step(attempt: int) -> None:
    full = min(FIRST * 2 ** min(attempt - 1, 20), LONGEST)
    for key in range(200):
        assert full * 3 / 4 < back_off(key, attempt) <= full


def test_jobs_that_failed_together_do_not_come_back_together() -> None:
    waits = {back_off(key, 3) for key in range(1000)}
    assert len(waits) > 950
    assert max(waits) - min(waits) > dt.timedelta(seconds=55)


def test_the_same_attempt_always_waits_the_same() -> None:
    assert back_off(2**62 + 5, 4) == back_off(2**62 + 5, 4)
    assert back_off(5, 4) != back_off(6, 4)
    assert back_off(42, 1) == dt.timedelta(microseconds=58274003)


def test_there_is_no_attempt_before_the_first() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        back_off(1, 0)
