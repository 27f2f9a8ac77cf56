"""Who is signed in, and who has tried in vain. All instants are of the machine clock."""

from __future__ import annotations

from typing import Any

from msgspec.structs import asdict
from sqlalchemy import Executable, bindparam, or_, select
from sqlalchemy import delete as delete_from
from sqlalchemy import insert as insert_into
from sqlalchemy import update as update_table
from sqlalchemy.dialects import postgresql, sqlite

from engine.store.office_tables import session, sign_in
from engine.store.rows import SessionRow, record
from engine.store.statements import columns
from engine.store.transaction import Transaction

_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def _counted(insert: Any) -> Executable:
    counted = {"failures": sign_in.c.failures + 1, "last_failure": insert.excluded.last_failure}
    done: Executable = insert.on_conflict_do_update(index_elements=[sign_in.c.person_id], set_=counted)
    return done


_INSERT = insert_into(session)
_READ = select(*columns(session, SessionRow)).where(session.c.token_hash == bindparam("at_token"))
_SEEN = (
    update_table(session)
    .where(session.c.token_hash == bindparam("at_token"))
    .values(seen_at=bindparam("now"))
)
_END = delete_from(session).where(session.c.token_hash == bindparam("at_token"))
_END_ALL = delete_from(session).where(session.c.person_id == bindparam("of_person"))
_EXPIRED = delete_from(session).where(
    or_(session.c.seen_at <= bindparam("idle_since"), session.c.opened_at <= bindparam("opened_before"))
)
_FAILURES = select(sign_in.c.failures, sign_in.c.last_failure).where(
    sign_in.c.person_id == bindparam("of_person")
)
_TRIED = {name: _counted(insert(sign_in)) for name, insert in _INSERTS.items()}
_FORGET = delete_from(sign_in).where(sign_in.c.last_failure < bindparam("before"))
_CLEAR = delete_from(sign_in).where(sign_in.c.person_id == bindparam("of_person"))


def insert(tx: Transaction, row: SessionRow) -> None:
    """Open a session."""
    tx.execute(_INSERT, asdict(row))


def read(tx: Transaction, token_hash: bytes) -> SessionRow | None:
    """Return a session, however old."""
    row = tx.execute(_READ, {"at_token": token_hash}).first()
    return None if row is None else record(SessionRow, row)


def seen(tx: Transaction, token_hash: bytes) -> None:
    """Note that a session is in use."""
    tx.execute(_SEEN, {"at_token": token_hash, "now": tx.machine_now})


def end(tx: Transaction, token_hash: bytes) -> None:
    """End a session."""
    tx.execute(_END, {"at_token": token_hash})


def end_all(tx: Transaction, person_id: str) -> None:
    """End every session of a person."""
    tx.execute(_END_ALL, {"of_person": person_id})


def remove_expired(tx: Transaction, *, idle_since: int, opened_before: int) -> int:
    """Remove the sessions that are over; return how many."""
    return tx.execute(_EXPIRED, {"idle_since": idle_since, "opened_before": opened_before}).rowcount


def failures(tx: Transaction, person_id: str) -> tuple[int, int]:
    """Return how often somebody has failed in a row, and when last."""
    row = tx.execute(_FAILURES, {"of_person": person_id}).first()
    return (0, 0) if row is None else (row.failures, row.last_failure)


def tried(tx: Transaction, person_id: str) -> None:
    """Count a try as a failure until it succeeds; two at once are both counted."""
    tx.execute_for(_TRIED, {"person_id": person_id, "failures": 1, "last_failure": tx.machine_now})


def forget_failures(tx: Transaction, *, before: int) -> None:
    """Forget the failures of all who have not tried since."""
    tx.execute(_FORGET, {"before": before})


def succeeded(tx: Transaction, person_id: str) -> None:
    """Forget the failures."""
    tx.execute(_CLEAR, {"of_person": person_id})
