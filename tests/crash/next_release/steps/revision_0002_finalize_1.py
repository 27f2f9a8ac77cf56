"""The old column is gone, and with it every older program."""

from __future__ import annotations

from alembic import op

revision = "0002_finalize_1"
down_revision = "0002_expand_4"


def upgrade() -> None:
    """Take away what kept the two columns alike, then the old one."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER job_holder ON job")
        op.execute("DROP FUNCTION job_holder()")
    else:
        for number in range(3):
            op.execute(f"DROP TRIGGER job_holder_{number}")
    op.execute("ALTER TABLE job DROP COLUMN lock_owner")
