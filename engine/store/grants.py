"""Who may do what in a PostgreSQL database, as statements for its owner (``security.md`` §9).

Three roles: the *owner* runs ``obieg db upgrade``; the *application* (workers and pages) writes no more of
the append-only tables than new rows; the *auditor* reads everything but secrets and what opens them.
"""

from __future__ import annotations

import re

from engine.errors import EngineError
from engine.store.office_tables import append_only
from engine.store.settings import Settings
from engine.store.tables import metadata

_ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_HIDDEN = {"data_key", "secret", "once", "session", "sign_in", "attempt"}
_PERSON = "id, name, roles, school, active"  # all but the password's hash


def statements(*, application: str, auditor: str) -> list[str]:
    """Return the statements that give two existing roles their rights; run them after every upgrade.

    Raises ``EngineError`` for names that are none of a role.
    """
    for role in (application, auditor):
        if not _ROLE.fullmatch(role):
            raise EngineError(f"expected the name of a role (a-z, 0-9, _), but got {role!r}")
    return [
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        *(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}" for role in (application, auditor)),
        *(f"GRANT USAGE ON SCHEMA public TO {role}" for role in (application, auditor)),
        *_of_application(application),
        *_of_auditor(auditor),
    ]


def _of_application(role: str) -> list[str]:
    written = append_only()
    free = [name for name in _tables() if name not in (*written, "register_entry")]
    limits = {**Settings().session, "synchronous_commit": "on"}
    return [
        f"GRANT SELECT, INSERT ON {', '.join(written)} TO {role}",
        f"GRANT SELECT, INSERT, UPDATE (resolved) ON register_entry TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(free)} TO {role}",
        f"GRANT SELECT ON alembic_version TO {role}",
        # Behind PgBouncer nothing can be set in a session, so the role has it.
        *(f"ALTER ROLE {role} SET {name} = '{value}'" for name, value in limits.items()),
    ]


def _of_auditor(role: str) -> list[str]:
    seen = [name for name in _tables() if name not in (*_HIDDEN, "person")]
    return [
        f"GRANT SELECT ON {', '.join(seen)}, alembic_version TO {role}",
        f"GRANT SELECT ({_PERSON}) ON person TO {role}",
        f"ALTER ROLE {role} SET default_transaction_read_only = 'on'",
    ]


def _tables() -> list[str]:
    return sorted(metadata.tables)
