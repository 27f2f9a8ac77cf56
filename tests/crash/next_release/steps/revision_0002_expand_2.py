"""Whoever writes one of the two columns writes both: programs of both revisions see the same."""

from __future__ import annotations

from alembic import op

revision = "0002_expand_2"
down_revision = "0002_expand_1"

_BOTH = """
CREATE FUNCTION job_holder() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.holder := coalesce(NEW.holder, NEW.lock_owner);
        NEW.lock_owner := NEW.holder;
    ELSIF NEW.lock_owner IS DISTINCT FROM OLD.lock_owner THEN
        NEW.holder := NEW.lock_owner;
    ELSIF NEW.holder IS DISTINCT FROM OLD.holder THEN
        NEW.lock_owner := NEW.holder;
    END IF;
    RETURN NEW;
END $$
"""
_WRITE = "UPDATE job SET holder = {0}, lock_owner = {0} WHERE bucket = NEW.bucket AND key = NEW.key"
_SQLITE = {
    "INSERT": "coalesce(NEW.holder, NEW.lock_owner)",
    "UPDATE OF lock_owner": "NEW.lock_owner",
    "UPDATE OF holder": "NEW.holder",
}


def upgrade() -> None:
    """Make the triggers."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_BOTH)
        op.execute(
            "CREATE TRIGGER job_holder BEFORE INSERT OR UPDATE ON job "
            "FOR EACH ROW EXECUTE FUNCTION job_holder()"
        )
        return
    for number, (written, value) in enumerate(_SQLITE.items()):
        old = "" if written == "INSERT" else f"{value} IS NOT {value.replace('NEW', 'OLD')} AND "
        op.execute(
            f"CREATE TRIGGER job_holder_{number} AFTER {written} ON job "
            f"WHEN {old}NEW.holder IS NOT NEW.lock_owner BEGIN {_WRITE.format(value)}; END"
        )
