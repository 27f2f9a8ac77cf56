"""What one installation is: its id, its keyring, its clock's offset."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import URL, Connection, select, text, update

from engine.clock import SystemClock, micros
from engine.errors import Incompatible
from engine.keys import token_bytes
from engine.store.connections import in_memory
from engine.store.office_tables import clock, meta
from engine.store.sealing import Keyring
from engine.store.tables import data_key

_META = select(meta.c.value)
_OFFSET = select(clock.c.offset_us)
_DATABASE_TIME = text(
    "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint), offset_us FROM clock"
)


def identify(connection: Connection) -> str:
    """Return the id drawn when the database was made."""
    found = _meta(connection, "installation")
    if found is None:
        found = token_bytes(16).hex()
        _set_meta(connection, "installation", found)
    return found


def keyring(address: URL, installation_id: str) -> Keyring:
    """Return the keyring: of ``OBIEG_KEYRING``, else beside an embedded database.

    Else in this user's data folder.

    A database in memory gets one that dies with it.
    """
    found = Keyring.from_environment()
    if found is not None:
        return found
    if address.get_backend_name() != "sqlite":
        return Keyring.at(_data_folder() / f"{installation_id}.keyring")
    if in_memory(address):
        return Keyring.generate()
    return Keyring.at(Path(f"{address.database}.keyring"))


def check_keyring(connection: Connection, ring: Keyring) -> None:
    """Raise Incompatible where cases were sealed with a key this keyring lacks: nothing could be opened."""
    known = _meta(connection, "kid")
    if known == ring.kid:
        return
    if (
        known is not None
        and known not in ring
        and connection.execute(select(data_key.c.kid).limit(1)).first()
    ):
        raise Incompatible(
            f"expected the keyring this database was sealed with (key {known}), but this one has {ring.kid}; "
            "set OBIEG_KEYRING to the right file"
        )
    _set_meta(connection, "kid", ring.kid)


def name_keyring(connection: Connection, kid: str) -> None:
    """Say which wrapping key is active, for who opens the database with another keyring."""
    _set_meta(connection, "kid", kid)


def clocks(connection: Connection) -> tuple[int, int]:
    """Return the database's time and the business clock's offset, in microseconds."""
    if connection.dialect.name == "sqlite":  # its clock is this machine's
        return micros(SystemClock().now()), offset(connection)
    row = connection.execute(_DATABASE_TIME).one()
    return int(row[0]), int(row[1])


def offset(connection: Connection) -> int:
    """Return by how many microseconds the business clock is ahead of the database's."""
    return int(connection.execute(_OFFSET).scalar_one())


def set_offset(connection: Connection, microseconds_ahead: int) -> None:
    """Set the business clock ahead of the database's."""
    connection.execute(update(clock).values(offset_us=microseconds_ahead))


def _meta(connection: Connection, name: str) -> str | None:
    return connection.execute(_META.where(meta.c.name == name)).scalar_one_or_none()


def _set_meta(connection: Connection, name: str, value: str) -> None:
    changed = connection.execute(update(meta).where(meta.c.name == name).values(value=value))
    if changed.rowcount == 0:
        connection.execute(meta.insert().values(name=name, value=value))


def _data_folder() -> Path:
    """Return where programs keep a user's data (XDG base directory specification)."""
    given = os.environ.get("XDG_DATA_HOME", "")
    return (Path(given) if given else Path.home() / ".local" / "share") / "obieg"
