"""Pages do not outlive the worker of their node."""

from __future__ import annotations

import threading

import uvicorn

from commands.serve import _stop_with


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
