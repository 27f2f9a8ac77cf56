"""An index on the new column."""

from __future__ import annotations

from engine.store.migrations.steps import create_index

revision = "0002_expand_4"
down_revision = "0002_expand_3"
online = True


def upgrade() -> None:
    """Make it while others write."""
    create_index("job_by_holder", "job (holder) WHERE stage = 'locked'")
