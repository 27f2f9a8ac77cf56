"""Looking for a secret in every byte an office left behind, as it is and in any disguise (I9)."""

from __future__ import annotations

import base64
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from email.message import EmailMessage
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from engine import ProcessEngine
from tests.crash.office import Office

SMS_JOURNAL = "outside/sms.jsonl"


def disguises(secret: str) -> set[bytes]:
    """Return the forms a secret could have slipped out in; of base64, what is the same at any place."""
    plain = secret.encode()
    found = {
        plain, plain.hex().encode(), plain.hex().upper().encode(), secret.encode("utf-16-le"),
        secret.encode("utf-16-be"), "".join(f"%{byte:02x}" for byte in plain).encode(),
        "".join(f"%{byte:02X}" for byte in plain).encode(), plain[::-1],
    }  # fmt: skip
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + plain)
        found.add(encoded[(0, 2, 3)[before] : len(encoded) - len(encoded) % 4 - 4])
    return found


def found_in(places: Iterable[tuple[str, bytes]], secret: str) -> set[str]:
    """Return the names of the places where the secret stands in any form."""
    forms = disguises(secret)
    return {name for name, content in places if any(form in content for form in forms)}


class Search:
    """Where a secret of a case stands, in any form: everything one case left behind, gathered once."""

    def __init__(self, office: Office) -> None:
        url = office.url
        self._places = [*_files(office.folder), *([] if url.startswith("sqlite") else _postgresql(url))]
        for instance in office.engine.instances(limit=1000):
            self._places += _as_people_see_it(office.engine, instance.key)
        self._places += [(f"mail {n}", _decoded(mail)) for n, mail in enumerate(office.servers.mails())]

    def find(self, secret: str) -> set[str]:
        """Return the names of the places."""
        return found_in(self._places, secret)


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Return the files of a folder, database and log included.

    They are copied by another process: closing a file of an open SQLite database gives up the locks this
    process holds on it (sqlite.org/howtocorrupt.html §2.2).
    """
    with tempfile.TemporaryDirectory() as copy:
        subprocess.run(["cp", "-r", f"{folder}/.", copy], check=True)
        for path in sorted(Path(copy).rglob("*")):
            if path.is_file():
                yield str(path.relative_to(copy)), path.read_bytes()


def _postgresql(url: str) -> Iterator[tuple[str, bytes]]:
    """Return the files of the database, the log ahead of it, the server's log, and each table as text."""
    address = make_url(url)
    with psycopg.connect(
        host=str(address.query["host"]), dbname=address.database, user=address.username, autocommit=True
    ) as connection:
        connection.execute("CHECKPOINT")
        found = connection.execute(
            "SELECT pg_relation_filepath('history'), current_setting('data_directory')"
        )
        relation, data = found.fetchone() or ("", "")
        for place in (Path(data) / relation).parent, Path(data) / "pg_wal", Path(data).parent:
            for path in place.iterdir():
                if path.is_file():
                    yield f"postgresql {place.name}/{path.name}", path.read_bytes()
        for (table,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
            copying = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))
            with connection.cursor() as cursor, cursor.copy(copying) as rows:
                yield f"table {table}", b"".join(bytes(row) for row in rows)


def _as_people_see_it(engine: ProcessEngine, key: int) -> Iterator[tuple[str, bytes]]:
    """Return what the engine opens for those who may see the case: sealed on the disk, but not for them."""
    for number, told in enumerate(engine.history(key)):
        yield f"history {number} ({told.type})", repr(told).encode()
    yield "variables", repr(engine.variables(key)).encode()
    yield "verification", repr(engine.verify(key)).encode()


def _decoded(mail: EmailMessage) -> bytes:
    parts = [part.get_payload(decode=True) for part in mail.walk()]
    return b"\n".join(part for part in parts if isinstance(part, bytes))
