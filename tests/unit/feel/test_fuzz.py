"""Whatever is thrown at FEEL: a value or an ``EvaluationError``, soon, and the variables as they were.

A run throws 10 000 expressions, ``make torture`` a million; a failure prints the expression, which then
belongs into ``fuzzing.REGRESSIONS``. ``fuzz_run`` does the same in parts, with a log.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.unit.feel.fuzz_run import main, summary, throw
from tests.unit.feel.fuzzing import PART, SEED

LONG_COUNT = 1_000_000


@pytest.mark.torture
def test_a_value_or_an_evaluation_error_and_nothing_else(long_counts: bool) -> None:
    parts = [throw(SEED, number) for number in range(LONG_COUNT // PART if long_counts else 1)]
    assert [(part.raised, part.hung, part.slow, part.changed) for part in parts] == [
        ((), (), (), False)
    ] * len(parts)
    figures = summary(parts)
    assert figures["thrown"] >= PART * len(parts)  # type: ignore[operator]
    assert figures["compiled"] > PART * len(parts) // 3, "expected sentences worth evaluating"  # type: ignore[operator]


def test_a_run_goes_on_where_it_was_stopped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = throw(SEED, 7, count=50)
    log = tmp_path / "log"
    log.write_bytes(msgspec.json.encode(known) + b"\n")
    assert main(["--parts", "7-7", "--log", str(log)]) == 0
    assert '"thrown": 50' in capsys.readouterr().out
