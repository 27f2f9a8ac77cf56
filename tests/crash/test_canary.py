"""The start password of a case, and the key of its package, in no byte we write (``security.md`` §3 I9).

Looked for in every file of the installation and of the systems outside, as they are and decoded: while the
secrets live, and after they were destroyed. The key stands in the SMS, and nowhere else.
"""

from __future__ import annotations

import base64
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from engine import ProcessEngine
from tests.crash import outcome
from tests.crash.office import ForkServer, Office, opened
from tests.crash.procedures import Zszo

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

    def __init__(self, office: Office, url: str, folder: Path) -> None:
        self._places = [*_files(folder), *([] if url.startswith("sqlite") else _postgresql(url))]
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


def test_no_disguise_is_overlooked() -> None:
    for before in (b"", b"x", b"xy"):
        text = before + b"Canary4711Canary"
        for shape in (text, base64.b64encode(text), text.hex().encode(), text.decode().encode("utf-16-le")):
            assert found_in([("place", b"\x01" + shape + b"\xff")], "Canary4711Canary") == {"place"}
    assert found_in([("place", b"Canary4711canary")], "Canary4711Canary") == set()


def test_password_and_key_stand_nowhere(database_url: str, tmp_path: Path, forks: ForkServer) -> None:
    with opened(database_url, tmp_path) as office:
        case = office.start()
        while "czekaj_na_zwrot" not in _active(office, case.key):
            assert forks.run(office.order()).code == 0
            office.do_tasks()
        variables: dict[str, Any] = {}
        for instance in office.engine.instances(root_key=case.key):
            variables |= office.engine.variables(instance.key)
        password = office.engine.secrets.read(variables["haslo_ref"], root_key=case.key)
        key = office.engine.secrets.read(variables["klucz_ref"], root_key=case.key)
        search = Search(office, database_url, tmp_path)
        assert search.find(Zszo.process) & {
            "obieg.db",
            "obieg.db-wal",
            "table instance",
        }  # the search does find what stands there
        assert (search.find(password), search.find(key)) == (set(), set())
        # Shown to a person, and every key wrapped anew: that must leave no trace of them either.
        assert office.engine.secrets.take_once(variables["klucz_ref"], by="ek04.nowak") == key
        office.engine.secrets.rotate(by="op")
        search = Search(office, database_url, tmp_path)
        assert (search.find(password), search.find(key)) == (set(), set())
        office.pass_time()
        while office.open_cases():
            assert forks.run(office.order()).code == 0
            office.do_tasks()
        outcome.require_one_valid_password_each(office, [case])
        (mail,) = [each for each in office.servers.mails() if any(each.iter_attachments())]
        assert password in outcome.package_text(mail, key).splitlines()
        search = Search(office, database_url, tmp_path)
        assert (search.find(password), search.find(key)) == (set(), {SMS_JOURNAL})


def _active(office: Office, key: int) -> list[str]:
    family = office.engine.instances(root_key=key)
    found = [each for instance in family for each in office.engine.elements(instance.key)]
    return [each.element_id for each in found if each.state == "active"]
