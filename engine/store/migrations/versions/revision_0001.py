"""The first tables, from the statements beside this file: one file per database, frozen."""

from __future__ import annotations

from pathlib import Path

from alembic import op

from engine.store import schema

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create all tables, indexes and triggers, and keep which statements did."""
    name = op.get_bind().dialect.name
    for statement in (Path(__file__).parent / f"0001.{name}.sql").read_text().split(";;\n"):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement)
    schema.sign(op.get_bind())
