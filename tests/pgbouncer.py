"""A private PgBouncer before a private PostgreSQL, pooling by transaction, from the machine's own binary."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from engine.clock import monotonic
from tests import postgres

PORT = 6543
_PATIENCE = 30.0


class Pooler:
    """A running pooler; ``folder`` holds its socket and configuration."""

    def __init__(self, folder: Path, command: list[str]) -> None:
        self.folder = folder
        self._command = command
        self._process = self._start()

    def restart(self) -> None:
        """Kill it, which cuts everybody off, and start it again."""
        self._process.kill()
        self._process.wait()
        self._process = self._start()

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        quiet = subprocess.DEVNULL
        started = subprocess.Popen(self._command, stdout=quiet, stderr=quiet)
        _wait_for(self.folder)
        return started


@contextmanager
def pooler(cluster: postgres.Cluster, *, size: int) -> Iterator[Pooler]:
    """Run a pooler of ``size`` server connections as long as the block lasts.

    Raises FileNotFoundError where PgBouncer is not installed.
    """
    program = shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")
    if program is None:
        raise FileNotFoundError("expected pgbouncer, but found none; install pgbouncer")
    user, become = postgres.owner()
    with tempfile.TemporaryDirectory(prefix="obieg-pgb-") as name:
        folder = Path(name)
        (folder / "users").write_text(f'"{postgres.SUPERUSER}" ""\n')
        (folder / "pgbouncer.ini").write_text(_configuration(cluster, folder, size))
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, user)
        folder.chmod(0o755)
        running = Pooler(folder, [*become, program, "-q", str(folder / "pgbouncer.ini")])
        try:
            yield running
        finally:
            running.stop()


def address(folder: Path, database: str, *, more: str = "") -> str:
    """Return the address of a database behind the pooler, with settings of ours."""
    return f"postgresql://{postgres.SUPERUSER}@/{database}?host={folder}&port={PORT}{more}"


def _configuration(cluster: postgres.Cluster, folder: Path, size: int) -> str:
    return f"""[databases]
* = host={cluster.folder}
[pgbouncer]
listen_addr =
unix_socket_dir = {folder}
listen_port = {PORT}
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = {size}
"""


def _wait_for(folder: Path) -> None:
    give_up = monotonic() + _PATIENCE
    while True:
        try:
            with psycopg.connect(
                f"host={folder} port={PORT} user={postgres.SUPERUSER} dbname=postgres", prepare_threshold=None
            ):
                return
        except psycopg.OperationalError:
            if monotonic() > give_up:
                raise
