"""Every scenario file of every procedure, and what `obieg test` says when one is not as expected."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from commands.scenario.coverage import Tracks
from commands.scenario.run import bindings_of, play_file
from tests.acceptance.command_line import ROOT
from tests.acceptance.conftest import Run
from tests.builders import process

FILES = sorted((ROOT / "processes").glob("*/scenarios/*.yaml"))


PLAYED = [
    pytest.param(path, binding, id="-".join(filter(None, (path.parent.parent.name, path.stem, binding))))
    for path in FILES
    for binding in bindings_of(path)
]


TRACKS = Tracks()  # one for all, as in `obieg test`


@pytest.mark.parametrize(("path", "binding"), PLAYED)
def test_the_scenario_goes_as_its_owner_wrote(path: Path, binding: str, database_url: str) -> None:
    """On SQLite in memory, as `obieg test` plays it: a file costs seconds and shows nothing more."""
    database = "sqlite:///:memory:" if database_url.startswith("sqlite") else database_url
    assert play_file(path, ROOT / "forms", TRACKS, binding, database=database).reason == ""


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("sms: 0", "sms: 3"), "(expect): expected 3 SMS, but there are 0"),
        (
            ("complete: podejmij_wniosek", "complete: nosuch"),
            "expected an open user task nosuch, but open are: podejmij_wniosek",
        ),
        (("- advance: PT59M", "- jump: PT59M"), "expected one of complete, clerk, claim"),
        (
            ("ended_at: zakonczono_elektronicznie", "ended_at: odrzucono"),
            "final expect: expected to have ended at [odrzucono]",
        ),
        (("process: zszo03_haslo_startowe", "process: nosuch"), "'nosuch'"),
        (("steps:", "stops:"), "stops"),
        (("at: 2026-12-17T10:00", "at: tomorrow"), "tomorrow"),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else None,
)
def test_a_scenario_that_goes_otherwise_names_file_and_step(
    run: Run, tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    shutil.copytree(ROOT / "processes/zszo03", tmp_path / "zszo03")
    path = tmp_path / "zszo03/scenarios/szczesliwa_sciezka.yaml"
    text = path.read_text(encoding="utf-8")
    assert change[0] in text
    path.write_text(text.replace(*change), encoding="utf-8")
    played = run("test", path)
    assert played.code == 1
    assert f"failed  {path}: " in played.out
    assert told in played.out


def test_the_coverage_names_what_was_not_reached(run: Run) -> None:
    played = run(
        "test", ROOT / "processes/zszo03/scenarios/odmowa_obca_placowka.yaml", "--format", "json"
    ).json
    [coverage] = [each for each in played["coverage"] if each["process"] == "zszo03_haslo_startowe"]
    assert 0 < coverage["elements_reached"] < coverage["elements"]
    assert "podejmij_wniosek" in coverage["missing"]
    assert "odrzucono_wstepnie" not in coverage["missing"]


@pytest.mark.parametrize(("step", "waits"), [("P1D", False), ("PT24H", True), ("PT25H", False)])
def test_a_day_over_the_end_of_summer_time_has_25_hours(tmp_path: Path, step: str, waits: bool) -> None:
    folder = tmp_path / "waiting/scenarios"
    folder.mkdir(parents=True)
    diagram = process("waiting").start().catch_timer("P1D", "wait").end("done")
    (tmp_path / "waiting/waiting.bpmn").write_bytes(diagram.files()[0][1])
    path = folder / "dst.yaml"
    expected = "{active: wait}" if waits else "{ended_at: done}"
    path.write_text(
        f"process: waiting\nat: 2026-10-24T12:00\nsteps: [{{advance: {step}}}]\nexpect: {expected}\n"
    )
    assert play_file(path, tmp_path / "forms", Tracks()).reason == ""


BOUND = """
process: bound
at: 2026-12-17T10:00
{binding}
steps:
  - expect: {{active: look}}
    only: wbudowany
  - clerk: {{write: {{form: {{number: 8}}}}}}
  - complete: look
  - expect: {{variables: {{number: 8, entered: "2026-12-17T10:00"}}}}
    only: ręczny
expect: {{ended_at: done}}
"""


def bound(folder: Path, binding: str = "") -> Path:
    """Write a procedure whose parameter says who works: the machine, or a clerk who enters a number."""
    drawing = (
        process("bound").start().user_task("look").exclusive("who")
        .flow_if('parameters.wiazanie = "ręczny"').user_task("write").end("done")
        .at("who").default().connect_to("done")
    )  # fmt: skip
    (folder / "bound/scenarios").mkdir(parents=True)
    (folder / "bound/bound.bpmn").write_bytes(drawing.files()[0][1])
    (folder / "bound/parameters.yaml").write_text("wiazanie: {value: wbudowany}\n", encoding="utf-8")
    clerks = 'write: {as: jan, form: {number: 7, entered: "{now}"}}\n'
    (folder / "bound/clerks.yaml").write_text(clerks, encoding="utf-8")
    path = folder / "bound/scenarios/case.yaml"
    path.write_text(BOUND.format(binding=binding), encoding="utf-8")
    return path


def test_a_scenario_is_played_in_every_binding_and_clerks_enter_what_they_are_told(
    run: Run, tmp_path: Path
) -> None:
    played = run("test", bound(tmp_path), "--format", "json").json
    assert [(each["binding"], each["reason"]) for each in played["played"]] == [
        ("wbudowany", ""),
        ("ręczny", ""),
    ]
    [coverage] = played["coverage"]
    assert coverage["missing"] == []
    assert coverage["bindings"] == {"ręczny": 1, "wbudowany": 2}


@pytest.mark.parametrize(("binding", "played"), [("ręczny", ("ręczny",)), ("inne", ("",))])
def test_a_scenario_may_name_its_binding(tmp_path: Path, binding: str, played: tuple[str, ...]) -> None:
    path = bound(tmp_path, f"binding: {binding}")
    assert bindings_of(path) == played
    assert ("expected the binding" in play_file(path, tmp_path / "forms", Tracks()).reason) == (
        binding == "inne"
    )
