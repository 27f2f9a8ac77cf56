"""The demo servers as programs of their own: they outlive the engine, keep journals and take faults from
outside.
"""

from __future__ import annotations

import datetime as dt
import queue
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import handlers
from demo.context import MemoryJobContext
from demo.http_server import Answer, HttpServer, Request
from demo.journal import Journal
from demo.servers import Remote
from demo.sms import TOKEN, SmsServer
from demo.sms_reporter import SmsReporter
from engine import HandlerRegistry, JobFailure
from handlers import sms_gateways
from handlers.sms_gateways import SmsSettings

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


def test_the_gateway_reports_by_itself_until_the_office_has_taken_it_in(tmp_path: Path) -> None:
    replies, told = iter([b"LATER", b"OK", b"OK"]), queue.SimpleQueue[dict[str, str]]()

    def office(request: Request) -> Answer:
        told.put(request.form())
        return Answer(200, next(replies))

    pages = HttpServer("pages", office, Journal(tmp_path / "pages.jsonl"))
    gateway = SmsServer(tmp_path)
    reporter = SmsReporter(gateway, pause=0.01)
    for each in (pages, gateway, reporter):
        each.start()
    for number in ("48500600700", "48500600405"):
        send(gateway, number, f"{pages.url}/reports/sms/x")
    found = [told.get(timeout=10) for _ in range(3)]
    for each in (reporter, gateway, pages):
        each.stop()
    assert [(each["to"], each["status"]) for each in found] == [
        ("48500600700", "404"), ("48500600700", "404"), ("48500600405", "405"),
    ]  # fmt: skip
    assert [line["reply"] for line in gateway.journal.read("report")] == ["LATER", "OK", "OK"]


def send(gateway: SmsServer, number: str, notify_url: str) -> None:
    """Send a text as the handler does."""
    settings = SmsSettings(url=gateway.url, token=TOKEN, notify_url=notify_url)
    now = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    sms_gateways.send(settings, gateway.url, number=number, text="a", idx=number, now=now)
