"""The new column, empty."""

from __future__ import annotations

from alembic import op

revision = "0002_expand_1"
down_revision = "0001"


def upgrade() -> None:
    """Add it."""
    op.execute("ALTER TABLE job ADD COLUMN holder TEXT")
