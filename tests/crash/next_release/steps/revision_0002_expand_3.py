"""The new column filled where jobs are locked already, two rows at a time."""

from __future__ import annotations

from engine.store.migrations.steps import fill

revision = "0002_expand_3"
down_revision = "0002_expand_2"
online = True


def upgrade() -> None:
    """Fill it."""
    fill(
        "UPDATE job SET holder = lock_owner WHERE (bucket, key) IN "
        "(SELECT bucket, key FROM job WHERE lock_owner IS NOT NULL AND holder IS NULL LIMIT 2)"
    )
