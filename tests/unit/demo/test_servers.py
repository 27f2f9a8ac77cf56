"""The demo servers as programs of their own: they outlive the engine, keep journals and take faults from
outside.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import handlers
from demo.context import MemoryJobContext
from demo.servers import Remote
from engine import HandlerRegistry, JobFailure

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[Remote]:
    """Return the servers of another process; at the end it stops on SIGTERM with exit code 0."""
    ports = tmp_path / "ports.json"
    command = [
        sys.executable,
        "-m",
        "demo.servers",
        "--ports-file",
        str(ports),
        "--log-dir",
        str(tmp_path / "log"),
    ]
    with subprocess.Popen([*command, "--announce"], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Remote(ports)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


def test_another_process_serves_logs_and_misbehaves_on_request(remote: Remote) -> None:
    registry = HandlerRegistry()
    handlers.register_all(registry, handlers.settings_from(remote.environment))
    look_up = registry.get("rspo.lookup")
    assert look_up is not None
    job = MemoryJobContext("rspo.lookup", {"numer_rspo": 999001})
    remote.fault("rspo", "503")
    with pytest.raises(JobFailure):
        look_up.handler(job)
    assert look_up.handler(job).variables["placowka"]["numer_rspo"] == 999001
    assert [line["fault"] for line in remote.lines("rspo", "request")] == ["503", None]
    assert remote.report_sms() == []
    assert (remote.mails(), remote.sms()) == ([], [])
