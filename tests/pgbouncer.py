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


@contextmanager
def pooler(cluster: postgres.Cluster, *, size: int) -> Iterator[Path]:
    """Run a pooler of ``size`` server connections as long as the block lasts and give its socket's folder.

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
        command = [*become, program, "-q", str(folder / "pgbouncer.ini")]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                _wait_for(folder)
                yield folder
            finally:
                process.terminate()


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
