"""Pages do not outlive the worker of their node."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import uvicorn

from commands.office import Office
from commands.serve import _opened, _stop_with


def test_pages_end_when_their_worker_ends_by_itself() -> None:
    told = threading.Event()
    worker = threading.Thread(target=told.wait)
    worker.start()
    server = uvicorn.Server(uvicorn.Config("never:loaded"))
    waiting = _stop_with(worker, server)
    assert not server.should_exit
    told.set()
    waiting.join()
    assert server.should_exit


def test_the_reference_systems_are_served_in_a_demonstration_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OBIEG_SMTP_SENDER", "edukacja@um.krakow.example")
    office = Office(processes=tmp_path, forms=tmp_path, database=f"sqlite:///{tmp_path / 'obieg.db'}")
    before = set(threading.enumerate())
    with _opened(office, demo=False, broker=None, address="") as (_, outside):
        begun = {each.name for each in set(threading.enumerate()) - before}
        assert (outside, begun & {"sio", "city", "rspo", "sms"}) == (None, set())
