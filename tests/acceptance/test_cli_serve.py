"""`obieg serve --demo` as a program of its own: what `make run` starts."""

from __future__ import annotations

import signal
import socket
import subprocess
from pathlib import Path

import httpx

from tests.acceptance.command_line import PROGRAM, environment, obieg

PATIENCE = 120.0


def test_a_demonstration_says_where_it_listens_has_cases_and_stops(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [*PROGRAM, "serve", "--demo", "--port", str(port)]
    with subprocess.Popen(command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE) as served:
        try:
            _look_at(served, tmp_path, port)
        finally:
            served.send_signal(signal.SIGTERM)
    assert served.returncode == 0, "expected it to finish what was running"


def _look_at(served: subprocess.Popen[bytes], folder: Path, port: int) -> None:
    address = f"http://127.0.0.1:{port}"
    assert served.stdout is not None
    assert any(line.decode().startswith(address) for line in served.stdout)
    with httpx.Client(base_url=address, follow_redirects=True, timeout=PATIENCE) as browser:
        browser.post("/sign-in/invented", data={"person": "ek04.nowak", "form_token": ""})
        worklist = browser.get("/tasks").text
        assert "Podejmij wniosek" in worklist
        assert "Oddzwoń lub rozstrzygnij" in worklist
        assert "dane-dostepowe.pdf" in browser.get("/demonstration").text
    second = obieg(folder, "serve", "--demo", "--port", port)
    assert second.code != 0
    assert f"expected to listen on 127.0.0.1:{port}, but" in second.err
    assert httpx.get(f"{address}/health/live").status_code == 200
