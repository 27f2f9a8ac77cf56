"""The registers of deviations: every ruling once, readable, naming what is there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import obieg
from commands.deviations import Deviation, read
from commands.office import Office
from engine import EngineError

ROOT = Path(__file__).parents[3]
FOUND = read(ROOT / "processes")
ZSZO = [each for each in FOUND if each.procedure == "zszo03"]


def test_every_ruling_about_zszo_is_there_once() -> None:
    rulings = [f"AA{number}" for number in range(1, 19)] + ["R1", "R2", "R4", "R5", "R6"]  # R3 is about SIO
    assert [each.number for each in ZSZO] == rulings
    assert len({(each.procedure, each.number) for each in FOUND}) == len(FOUND)


@pytest.mark.parametrize("deviation", FOUND, ids=lambda each: f"{each.procedure}-{each.number}")
def test_a_ruling_says_what_is_read_and_what_carries_it(deviation: Deviation) -> None:
    assert len(deviation.text) > 20
    assert len(deviation.reading) > 20
    assert len(deviation.why) > 20
    assert deviation.carried_by
    assert bool(deviation.approved_by) == bool(deviation.approved_on)


def test_elements_that_carry_a_ruling_are_drawn() -> None:
    text = "".join(
        path.read_text(encoding="utf-8") for path in sorted((ROOT / "processes/zszo03").glob("*.bpmn"))
    )
    known = set(re.findall(r'id="(\w+)"', text))
    named = {place for each in ZSZO for place in each.carried_by if re.fullmatch(r"[a-z0-9_]+", place)}
    assert named <= known
    parameters = (ROOT / "processes/zszo03/parameters.yaml").read_text(encoding="utf-8")
    told = [place.split()[1] for each in ZSZO for place in each.carried_by if "parametr " in place]
    assert told
    assert all(f"\n{name}:" in parameters for name in told)


def test_they_are_printed() -> None:
    office = Office(processes=ROOT / "processes", forms=ROOT / "forms")
    text = CliRunner().invoke(obieg, ["deviations"], obj=office)
    assert (text.exit_code, "zszo03 AA10" in text.output) == (0, True)
    listed = CliRunner().invoke(obieg, ["deviations", "--format", "json"], obj=office)
    assert [each["number"] for each in json.loads(listed.output)] == [each.number for each in FOUND]


def test_a_file_that_is_no_register_is_named(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p/deviations.yaml").write_text("AA1: {text: a}\n", encoding="utf-8")
    with pytest.raises(EngineError, match=r"deviations\.yaml, but .*reading"):
        read(tmp_path)
