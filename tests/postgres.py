"""A private PostgreSQL server for one test session, from the machine's own binaries, gone afterwards.

The server listens on a Unix socket in its own temporary folder only, so sessions never meet. A small keeper
process waits for its standard input to close and then ends the server and removes the folder: it works after
``kill -9`` too.

From a shell: ``python -m tests.postgres -- command …`` runs the command with the address of a fresh, empty
database in the environment variable ``DATABASE``.
"""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

from tests.scratch import scratch

SUPERUSER = "obieg"
# Fast, and harmless unless the machine or the server crashes; killed clients lose nothing by it.
NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")
SMALL = (
    "shared_buffers=64MB",
    "max_connections=120",
    "max_wal_size=1GB",
    "autovacuum_naptime=10s",
    "jit=off",
)


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A running server; ``folder`` holds its socket, data and log."""

    folder: Path
    _numbers: Iterator[int]

    def url(self, database: str) -> str:
        """Return the address of a database as SQLAlchemy wants it."""
        return f"postgresql+psycopg://{SUPERUSER}@/{database}?host={self.folder}"

    def create(self, *, template: str = "template0") -> str:
        """Create a database, a copy of the template, and return its name."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def create_on(self, disk: Path) -> str:
        """Create an empty database whose tables lie on a disk of their own, and return its name."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        self.execute(sql.SQL("CREATE TABLESPACE {} LOCATION {}").format(sql.Identifier(disk.name), str(disk)))
        self.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 TABLESPACE {}").format(
                sql.Identifier(name), sql.Identifier(disk.name)
            )
        )
        return name

    def forget(self, disk: Path) -> None:
        """Drop the tablespace of a disk, when its databases are gone."""
        self.execute(sql.SQL("DROP TABLESPACE {}").format(sql.Identifier(disk.name)))

    def drop(self, name: str) -> None:
        """Drop a database and cut whoever is still connected to it."""
        self.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def restart(self, *, mode: str) -> None:
        """End the server as ``pg_ctl`` does (``fast``, ``immediate``: as if it had crashed) and start it."""
        _, become = owner()
        command = (str(_programs() / "pg_ctl"), "-D", str(self.folder / "data"), "-w", "-m", mode)
        _run(self.folder, *become, *command, "-l", str(self.folder / "log"), "restart")

    def execute(self, statement: sql.Composed) -> None:
        """Run one statement outside a transaction, as the superuser."""
        address = f"host={self.folder} user={SUPERUSER} dbname=postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """Run a server for as long as the block lasts; ``durable`` keeps fsync on, for tests that crash it.

    Raises FileNotFoundError where PostgreSQL is not installed.
    """
    programs = _programs()
    user, become = owner()
    folder = Path(tempfile.mkdtemp(prefix="obieg-pg-", dir=None if durable else scratch()))
    shutil.chown(folder, user)
    folder.chmod(0o755)  # the socket inside must be reachable for us, whoever the server runs as
    keeper = _keeper(folder, programs, become)
    settings = (f"unix_socket_directories={folder}", "listen_addresses=", *SMALL)
    try:
        _start(folder, programs, become, settings if durable else settings + NOT_DURABLE)
        yield Cluster(folder=folder, _numbers=count(1))
    finally:
        keeper.communicate(timeout=60)


def _programs() -> Path:
    """Return the folder of ``initdb`` and ``pg_ctl``: the newest of Debian's, else what PATH has."""
    debian = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: int(path.split("/")[4]))
    found = debian[-1] if debian else shutil.which("initdb")
    if found is None:
        raise FileNotFoundError("expected PostgreSQL 14 or newer, but found no initdb; install postgresql")
    return Path(os.path.realpath(found)).parent


def owner() -> tuple[str, tuple[str, ...]]:
    """Return the user to run as and the words that become this user: PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid()).pw_name, ()
    known = {entry.pw_name for entry in pwd.getpwall()}
    name = "postgres" if "postgres" in known else "nobody"
    return name, ("runuser", "-u", name, "--")


def _start(folder: Path, programs: Path, become: tuple[str, ...], settings: tuple[str, ...]) -> None:
    data = str(folder / "data")
    options = " ".join(f"-c {setting}" for setting in settings)
    initdb = ("-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
    _run(folder, *become, str(programs / "initdb"), "-D", data, *initdb)
    pg_ctl = ("-w", "-t", "60", "-l", str(folder / "log"), "-o", options)
    _run(folder, *become, str(programs / "pg_ctl"), "-D", data, *pg_ctl, "start")


def _run(folder: Path, *command: str) -> None:
    # The server inherits our streams; with a pipe instead of a file, we would wait for its end.
    with (folder / "setup").open("ab") as output:
        done = subprocess.run(command, check=False, cwd=folder, stdout=output, stderr=output)
    if done.returncode != 0:
        said = (folder / "setup").read_text(errors="replace")
        raise RuntimeError(f"expected {command[0]} to succeed, but it ended with {done.returncode}: {said}")


def _keeper(folder: Path, programs: Path, become: tuple[str, ...]) -> subprocess.Popen[bytes]:
    script = 'cat >/dev/null; "$0" -D "$1/data" -m immediate stop >/dev/null 2>&1; rm -rf "$1"'
    command = (*become, "sh", "-c", script, str(programs / "pg_ctl"), str(folder))
    # A session of its own: Ctrl-C in the terminal must not end the keeper before it has tidied up.
    return subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, start_new_session=True)


def main(arguments: list[str]) -> int:
    """Run a command with a fresh database in ``DATABASE`` and return its exit code."""
    if arguments[:1] != ["--"] or len(arguments) < 2:
        sys.stderr.write("usage: python -m tests.postgres -- command …\n")
        return 2
    with cluster() as server:
        environment = {**os.environ, "DATABASE": server.url(server.create())}
        return subprocess.run(arguments[1:], check=False, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
