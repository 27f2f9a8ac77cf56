"""Creating and upgrading the tables: Alembic's revisions, run in one transaction with whoever came first."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from engine.errors import Incompatible

HEAD = "0001"
_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x0B1E6  # PostgreSQL's advisory lock for migrations; nothing else takes one


def prepare(connection: Connection, *, create: bool) -> None:
    """Bring the tables to ``HEAD``, in the connection's open transaction.

    Raises Incompatible for a newer schema, for somebody else's tables, and with ``create=False`` for older or
    none.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    found = revision(connection)
    if found == HEAD:
        return
    if not create:
        state = f"the tables of revision {found}" if found else "no tables"
        raise Incompatible(
            f"expected tables of revision {HEAD}, but the database has {state}; run obieg db upgrade"
        )
    _upgrade(connection, found)


def revision(connection: Connection) -> str | None:
    """Return the revision of the tables, None where there are none.

    Raises Incompatible where they are not ours.
    """
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" in tables and "history" in tables:
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
    if tables:
        raise Incompatible(
            f"expected an empty database or one of Obieg, but it has tables such as {min(tables)}"
        )
    return None


def _upgrade(connection: Connection, found: str | None) -> None:
    # Alembic takes a quarter of a second to import and is needed once in a database's life.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise Incompatible(
            f"expected tables of revision {HEAD} or older, but the database has {found}; "
            "it was made by a newer Obieg: upgrade this program first"
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
