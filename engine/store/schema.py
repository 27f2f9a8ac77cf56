"""The revision of the tables: which ones this program works with, and making them from nothing.

A revision has two halves (``docs/decisions/0016-two-halves.md``). The *expanding* one only adds, so that
programs of the revision before go on working; the *finalizing* one takes away what only they need. Each half
is a chain of small steps named ``0002_expand_1``, ``0002_finalize_1``; the database keeps the last one done.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, column, inspect, select, table, text

from engine.errors import Incompatible
from engine.store.office_tables import meta, node

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0001"  # the last expanding step of this program's revision
REVISION = HEAD[:4]
FOLDER = Path(__file__).parent / "migrations"
LOCK = 0x0B1E6  # PostgreSQL's advisory lock for migrations; nothing else takes one
_VERSION: Select[Any] = select(column("version_num")).select_from(table("alembic_version"))
_FINALIZE = "_finalize_"
_MADE = "first_revision"  # what ``meta`` keeps the fingerprint under


def prepare(connection: Connection, *, create: bool) -> None:
    """Make the tables where there are none, in the connection's open transaction; refuse unsuitable ones.

    Tables that are there stay as they are: ``obieg db upgrade`` changes them (``engine.store.upgrading``).
    Raises Incompatible for those this program cannot work with, for somebody else's, for those of a
    development version, and with ``create=False`` for none.
    """
    found = found_in(connection)
    if create and found is None:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        if found_in(connection) is None:
            _create(connection)
        found = found_in(connection)
    require_suitable(found)
    reason = made_otherwise(connection)
    if reason is not None:
        raise Incompatible(reason)


def found_in(connection: Connection) -> str | None:
    """Return the last step done, None where there are no tables; raises Incompatible for not ours."""
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" in tables and "history" in tables:
        return version(connection)
    if tables:
        raise Incompatible(
            f"expected an empty database or one of Obieg, but it has tables such as {min(tables)}"
        )
    return None


def version(connection: Connection) -> str:
    """Return the last step done in a database of ours."""
    return str(connection.execute(_VERSION).scalar_one())


def require_suitable(found: str | None) -> None:
    """Raise Incompatible where this program cannot work with the tables; the sentence has the remedy."""
    reason = unsuitable(found)
    if reason is not None:
        raise Incompatible(reason)


def unsuitable(found: str | None) -> str | None:
    """Return why this program cannot work with tables at this step, None where it can.

    It can from its own revision expanded up to the next one expanded and not finalized.
    """
    expected = f"expected tables of revision {REVISION}"
    if found is None:
        return f"{expected}, but the database has no tables; run obieg db upgrade"
    ours, theirs = int(REVISION), revision_of(found)
    finalized = _FINALIZE in found
    if found == HEAD or (theirs == ours and finalized) or (theirs == ours + 1 and not finalized):
        return None
    if theirs == ours:
        return f"{expected}, but their upgrade stopped at {found}; run obieg db upgrade again"
    if theirs < ours:
        return f"{expected}, but the database has {found}; run obieg db upgrade"
    return (
        f"{expected} or {ours + 1:04} before it is finalized, but the database has {found}; "
        "it was made by a newer Obieg: upgrade this program first"
    )


def fingerprint(dialect: str) -> str:
    """Return 16 hexadecimal digits that stand for the statements of revision 0001 in this program."""
    written = (FOLDER / "versions" / f"0001.{dialect}.sql").read_text(encoding="utf-8")
    return hashlib.sha256(written.encode()).hexdigest()[:16]


def sign(connection: Connection) -> None:
    """Keep with new tables which statements made them."""
    connection.execute(meta.insert().values(name=_MADE, value=fingerprint(connection.dialect.name)))


def made_otherwise(connection: Connection) -> str | None:
    """Return why tables of ours cannot be used though their revision fits, None where they can.

    Until it is released the first revision is rewritten in place: a development version's is another one.
    """
    made = connection.execute(select(meta.c.value).where(meta.c.name == _MADE)).scalar_one_or_none()
    ours = fingerprint(connection.dialect.name)
    if made == ours:
        return None
    return (
        f"expected tables of revision 0001 as this program makes them ({ours}), but the database was made "
        f"by a development version of Obieg ({made or 'unsigned'}), which no upgrade takes over: go on with "
        "the program that made it, or name an empty database (OBIEG_DATABASE) and run obieg db upgrade"
    )


def revision_of(step: str) -> int:
    """Return the revision a step belongs to; raises Incompatible for a name that is none of ours."""
    if not step[:4].isdecimal():
        raise Incompatible(f"expected a revision of Obieg's tables, but the database has {step!r}")
    return int(step[:4])


def is_final(step: str) -> bool:
    """Return whether programs older than the step's revision are shut out; of 0001 there are none."""
    return _FINALIZE in step or revision_of(step) == 1


def configuration(connection: Connection) -> Config:
    """Return how Alembic finds the steps and the connection it runs them on."""
    # Alembic takes a quarter of a second to import and is needed a few times in a database's life.
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def older_nodes(connection: Connection, revision: int, *, seen_since: int) -> list[str]:
    """Return the nodes seen since an instant that run a program of an older revision."""
    found = connection.execute(
        select(node.c.id, node.c.kind, node.c.host, node.c.revision).where(node.c.seen_at >= seen_since)
    )
    return [
        f"{id} ({kind} on {host}, revision {own})" for id, kind, host, own in found if int(own) < revision
    ]


def _create(connection: Connection) -> None:
    from alembic import command

    command.upgrade(configuration(connection), "head")
