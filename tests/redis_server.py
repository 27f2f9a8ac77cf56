"""A private Redis for one test, from the machine's own binary, on a socket in a folder of its own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import ConnectionError

from engine.clock import monotonic

_PATIENCE = 30.0


@contextmanager
def server(folder: Path) -> Iterator[Path]:
    """Run a server for as long as the block lasts and give its socket.

    Raises FileNotFoundError where Redis is not installed.
    """
    program = shutil.which("redis-server")
    if program is None:
        raise FileNotFoundError("expected redis-server, but found none; install redis-server")
    socket = folder / "redis.sock"
    command = [program, "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(socket)
            yield socket
        finally:
            process.kill()


def client(socket: Path) -> Redis:
    """Return a connection to a server."""
    return Redis(unix_socket_path=str(socket))


def _wait_for(socket: Path) -> None:
    give_up = monotonic() + _PATIENCE
    while True:
        try:
            with client(socket) as connection:
                connection.ping()
            return
        except ConnectionError:
            if monotonic() > give_up:
                raise
