"""What steps are made of that must not stop the nodes: indexes, and columns filled in while others write.

A step with these is marked ``online = True``: it runs outside a transaction, so it may be interrupted
between two statements and has to come to the same when it is run again.
"""

from __future__ import annotations

from alembic import op


def create_index(name: str, on: str) -> None:
    """Create an index, ``on`` being what follows ON; on PostgreSQL nobody who writes waits for it."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {on}")
        return
    # One that was interrupted is there, but not valid.
    op.execute(f"DROP INDEX {_concurrently()}IF EXISTS {name}")
    op.execute(f"CREATE INDEX {_concurrently()}{name} ON {on}")


def drop_index(name: str) -> None:
    """Drop an index; on PostgreSQL nobody who reads waits for it."""
    how = _concurrently() if op.get_bind().dialect.name == "postgresql" else ""
    op.execute(f"DROP INDEX {how}IF EXISTS {name}")


def fill(statement: str) -> None:
    """Run an UPDATE of a few hundred rows at a time until it finds none; each one commits by itself."""
    while op.get_bind().exec_driver_sql(statement).rowcount:
        continue


def _concurrently() -> str:
    """Return how PostgreSQL shall do it: tables that are just made, in one transaction, have no others."""
    return "CONCURRENTLY " if op.get_bind().get_isolation_level() == "AUTOCOMMIT" else ""
