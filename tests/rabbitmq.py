"""A private RabbitMQ for one test, from the machine's own program, in a folder of its own.

It takes seconds to start, so only the long run uses it.
"""

from __future__ import annotations

import glob
import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import kombu

from engine.clock import monotonic
from engine.transport.celery import QUEUE

_PATIENCE = 120.0
_GLANCE = 0.5


@contextmanager
def broker() -> Iterator[str]:
    """Run a broker for as long as the block lasts and give its address.

    Raises FileNotFoundError where RabbitMQ is not installed.
    """
    # Debian's command in PATH becomes another user first, who may not write here.
    program = shutil.which("/usr/lib/rabbitmq/bin/rabbitmq-server") or shutil.which("rabbitmq-server")
    if program is None:
        raise FileNotFoundError("expected rabbitmq-server, but found none; install rabbitmq-server")
    port, distribution, names = _free_ports(3)
    with tempfile.TemporaryDirectory(prefix="obieg-rabbit-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "rabbitmq.conf").write_text(f"listeners.tcp.default = 127.0.0.1:{port}\n")
        (folder / "plugins").write_text("[].\n")
        settings = {
            "HOME": name,  # the node's cookie
            "RABBITMQ_NODENAME": f"obieg{port}@localhost",
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_DIST_PORT": str(distribution),
            "ERL_EPMD_PORT": str(names),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        environment = os.environ | settings
        # Erlang's service of names: it would start one that outlives the test, did it find none.
        with (
            subprocess.Popen([_epmd()], env=environment, cwd=name) as epmd,
            (folder / "out").open("wb") as out,
            subprocess.Popen([program], env=environment, cwd=name, stdout=out, stderr=out) as running,
        ):
            try:
                address = f"amqp://guest:guest@127.0.0.1:{port}//"
                _wait_for(address, running, folder / "out")
                yield address
            finally:
                running.terminate()
                running.wait()
                epmd.kill()


def forget(address: str) -> None:
    """Lose every hint on its way."""
    with _connection(address) as connection:
        connection.default_channel.queue_purge(QUEUE)


def _connection(address: str) -> Any:
    untyped: Any = kombu
    return untyped.Connection(address, connect_timeout=2)


def _epmd() -> str:
    found = shutil.which("epmd") or next(iter(glob.glob("/usr/lib/erlang/erts-*/bin/epmd")), None)
    if found is None:
        raise FileNotFoundError("expected Erlang's epmd, but found none; install rabbitmq-server")
    return found


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _wait_for(address: str, running: subprocess.Popen[bytes], said: Path) -> None:
    pause, give_up = threading.Event(), monotonic() + _PATIENCE
    while True:
        try:
            with _connection(address) as connection:
                connection.connect()
            return
        except OSError:
            if running.poll() is not None or monotonic() > give_up:
                raise RuntimeError(
                    f"expected RabbitMQ to start, but: {said.read_text(errors='replace')}"
                ) from None
        pause.wait(_GLANCE)
