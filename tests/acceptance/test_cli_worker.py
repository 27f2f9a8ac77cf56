"""`obieg worker` and `obieg demo` as programs of their own."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from commands.office import Office
from demo.servers import DemoServers
from engine import WARSAW, ProcessEngine, SystemClock
from tests.acceptance.command_line import PROGRAM, ROOT, environment, obieg
from tests.acceptance.conftest import Run

TODAY = SystemClock().now().astimezone(WARSAW).date().isoformat()
FORM = {
    "login": "jkowalska", "powod": "zgubienie", "data_wykrycia": TODAY,
    "dane_zweryfikowane": True, "sposob_przekazania": "elektronicznie", "oswiadczenie": True,
}  # fmt: skip
START = json.dumps({"numer_sprawy": "ZSZO/2026/17", "wnioskodawca": "dyrektor.sp900", **FORM})


def test_a_worker_takes_a_case_to_the_clerk_and_stops_when_told(
    run: Run, database_url: str, tmp_path: Path
) -> None:
    where = ("--database", database_url, "--format", "json")
    with DemoServers(tmp_path / "outside") as servers:
        assert run(*where, "deploy", ROOT / "processes/zszo03", ROOT / "forms/zszo03").code == 0
        assert run(*where, "start", "zszo03_haslo_startowe", "--variables", START).code == 0
        with _worker(tmp_path, {"OBIEG_DATABASE": database_url, **servers.environment}) as worker:
            tasks = _until(lambda: run(*where, "tasks").json)
            assert len(run(*where, "nodes").json) == 1
            worker.send_signal(signal.SIGTERM)
            _, errors = worker.communicate(timeout=60)
        assert (worker.returncode, [line for line in errors.splitlines() if b"[error" in line]) == (0, [])
        assert [task["element_id"] for task in tasks] == ["podejmij_wniosek"]
        assert run(*where, "nodes").json == []


def test_the_demonstration_really_happens_and_stays_to_be_explored(run: Run, tmp_path: Path) -> None:
    shown = obieg(tmp_path, "demo")
    assert (shown.code, shown.err) == (0, "")
    for promised in (
        "Message-ID: <",
        "Haslo do pliku",
        "wrong key does not open",
        "re-execution  ok",
        "24:00",
    ):
        assert promised in shown.out
    where = ("--database", "sqlite:///var/demo/obieg.db", "--format", "json")
    found = run(*where, "instances").json
    [instance] = [each for each in found if each["process_id"] == "zszo03_haslo_startowe"]
    assert instance["state"] == "completed"
    assert run(*where, "verify", instance["key"]).code == 0


def test_a_failing_job_shows_its_next_attempt(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with DemoServers(tmp_path / "outside") as servers:
        for name, value in servers.environment.items():
            monkeypatch.setenv(name, value)
        run("deploy", ROOT / "processes/zszo03", ROOT / "forms/zszo03")
        key = run("start", "zszo03_haslo_startowe", "--variables", START, "--format", "json").json["key"]
        [job] = run("show", key, "--format", "json").json["jobs"]
        assert (job["type"], job["retries"], job["due_at"]) == ("seod.load_applicant", 8, None)
        servers.fault("city", "500", times=9)
        handlers = Office(processes=ROOT / "processes", forms=ROOT / "forms").handlers()
        with ProcessEngine("sqlite:///obieg.db", handlers=handlers) as engine:
            engine.run_until_idle()
        found = run("instances", "--format", "json").json
        [called] = [each["key"] for each in found if each["process_id"] == "seod_wnioskodawca"]
        for shown in (called, key):  # a case shows what the instances it has called wait for
            [job] = run("show", shown, "--format", "json").json["jobs"]
            assert (job["type"], job["retries"], job["instance_key"]) == ("seod.load_applicant", 7, called)
            assert "500" in job["reason"]
        assert re.search(r"seod.load_applicant +7 +20\d\d-\d\d-\d\d \d\d:\d\d:\d\d", run("show", called).out)


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_worker_stops_at_once(tmp_path: Path, told: signal.Signals) -> None:
    with DemoServers(tmp_path / "outside") as servers, _worker(tmp_path, servers.environment) as worker:
        assert worker.stdout is not None
        assert b"SIGTERM stops it" in worker.stdout.readline()
        worker.send_signal(told)
        worker.communicate(timeout=30)
        assert worker.returncode == 0


def _worker(folder: Path, more: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*PROGRAM, "worker"],
        cwd=folder,
        env=environment(more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _until(look: Callable[[], list[dict[str, str]]]) -> list[dict[str, str]]:
    """Return what ``look`` finds as soon as it finds anything, within 60 seconds."""
    give_up = time.monotonic() + 60
    while not (found := look()) and time.monotonic() < give_up:
        pass
    return found
