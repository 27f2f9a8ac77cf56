"""Failpoints die where they are told to, and only there."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import failpoint
from engine.failpoint import FailpointError, configure, enabled, parse


@pytest.fixture(autouse=True)
def _none_left() -> Iterator[None]:
    yield
    configure("")


def crossings(names: str) -> list[str]:
    """Cross the places named and return where it raised."""
    raised = []
    for number, name in enumerate(names):
        try:
            failpoint.failpoint(name)
        except FailpointError as error:
            raised.append(f"{number}{str(error)[-1]}")
    return raised


def test_nothing_happens_unless_it_is_asked_for() -> None:
    assert not enabled()
    assert crossings("aaaa") == []


@pytest.mark.parametrize(
    ("rules", "raised"),
    [
        ("b=raise", ["1b"]),
        ("a=nth:2=raise", ["2a"]),
        ("a=every:2=raise:FailpointError", ["2a", "6a"]),
        ("*=nth:4=raise", ["3b"]),
        ("a=raise ; b=nth:2=raise", ["0a", "3b"]),
        ("*=every:3=raise;c=raise", ["2a", "5a"]),
    ],
)
def test_a_rule_applies_at_its_crossings_only(rules: str, raised: list[str]) -> None:
    configure(rules)
    assert crossings("abab_aa") == raised


@pytest.mark.parametrize(
    "rules", ["a", "a=", "=kill", "a=explode", "a=nth:0=kill", "a=nth:x=kill", "a=b=c=kill"]
)
def test_a_rule_that_is_none_is_refused(rules: str) -> None:
    with pytest.raises(ValueError, match="expected name="):
        parse(rules)


def test_crossings_are_logged_before_the_program_dies(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = "from engine.failpoint import failpoint\nfor name in 'abab': failpoint(name)\nprint('alive')"
    environment = {"OBIEG_FAILPOINTS": "b=nth:2=kill", "OBIEG_FAILPOINT_LOG": str(log)}
    folder = Path(failpoint.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=folder, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, b"")
    assert [line.split()[1:] for line in log.read_text().splitlines()] == [
        ["1", "a"],
        ["2", "b"],
        ["3", "a"],
        ["4", "b"],
    ]
