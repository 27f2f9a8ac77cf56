"""What the address of a PostgreSQL database may say about how it is used, after the ``?``.

``pool_size``, ``max_overflow`` and ``pool_timeout`` (seconds) size the pool of one process;
``statement_timeout``, ``lock_timeout`` and ``idle_timeout`` (seconds, 0: none) end what takes too long;
``pgbouncer=transaction`` says that a pooler stands between: then nothing is set in the session, which
belongs to somebody else a moment later, nothing is prepared in it, and the timeouts are those of the role
(``engine.store.grants``).

libpq's own settings may stand there too; those that find out that a line is dead (``keepalives…``,
``tcp_user_timeout``) are ours otherwise.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import URL

from engine.errors import Unavailable

# TCP only: a network that says nothing any more is found out within a minute, also by who waits.
# https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
_WATCHING = {
    "keepalives": 1,
    "keepalives_idle": 10,  # seconds
    "keepalives_interval": 10,  # seconds
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # milliseconds
}


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one process uses a PostgreSQL database; times in seconds."""

    pool_size: int = 10
    max_overflow: int = 30
    pool_timeout: float = 10.0
    statement_timeout: int = 30
    lock_timeout: int = 5
    idle_timeout: int = 60
    pgbouncer: str = ""

    @property
    def session(self) -> dict[str, str]:
        """Return what is set in each session, nothing behind a pooler."""
        if self.pgbouncer:
            return {}
        return {
            "statement_timeout": f"{self.statement_timeout}s",
            "lock_timeout": f"{self.lock_timeout}s",
            "idle_in_transaction_session_timeout": f"{self.idle_timeout}s",
        }

    @property
    def connecting(self) -> dict[str, Any]:
        """Return the driver's arguments."""
        arguments: dict[str, Any] = {
            "connect_timeout": 5,
            "application_name": "obieg",
            "client_encoding": "utf8",
        }
        return arguments | {"prepare_threshold": None} if self.pgbouncer else arguments


def watching(address: URL) -> dict[str, Any]:
    """Return libpq's arguments that find out about a dead line, but for those the address itself has."""
    return {name: value for name, value in _WATCHING.items() if name not in address.query}


def taken_from(address: URL) -> tuple[URL, Settings]:
    """Return an address without our settings, and these; raises ``Unavailable`` for one that is no number."""
    names = {name for name in Settings.__struct_fields__ if name in address.query}
    try:
        settings = msgspec.convert({name: address.query[name] for name in names}, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise Unavailable(f"expected a database address with usable settings, but {error}") from None
    if settings.pgbouncer not in ("", "transaction"):
        raise Unavailable(f"expected pgbouncer=transaction, but the address has {settings.pgbouncer!r}")
    if settings.pool_size < 1 or settings.max_overflow < 0:
        raise Unavailable("expected pool_size of at least 1 and max_overflow of at least 0, but got less")
    return address.difference_update_query(names), settings
