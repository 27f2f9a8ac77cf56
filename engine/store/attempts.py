"""How often somewhere may still be tried from: one row per place, which says until when it is in debt.

Each try adds its price to the debt; one that would make it greater than all that is free is refused and adds
nothing. Debts are paid by time, so a row of the past says nothing and is forgotten.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Executable, bindparam, case
from sqlalchemy import delete as delete_from
from sqlalchemy import update as update_table
from sqlalchemy.dialects import postgresql, sqlite

from engine.store.office_tables import attempt
from engine.store.statements import bytes_parameter
from engine.store.tables import Number
from engine.store.transaction import Transaction

_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_NOW, _PRICE = bindparam("now", type_=Number), bindparam("price", type_=Number)
_MOST = bindparam("most", type_=Number)


def _taken(insert: Any) -> Executable:
    owed = case((attempt.c.until > _NOW, attempt.c.until), else_=_NOW) + _PRICE
    done: Executable = (
        insert.values(subject=bytes_parameter("subject"), until=_NOW + _PRICE)
        .on_conflict_do_update(index_elements=[attempt.c.subject], set_={"until": owed}, where=owed <= _MOST)
        .returning(attempt.c.until)
    )
    return done


_TAKE = {name: _taken(insert(attempt)) for name, insert in _INSERTS.items()}
_GIVE_BACK = (
    update_table(attempt)
    .where(attempt.c.subject == bytes_parameter("of_subject"))
    .values(until=attempt.c.until - _PRICE)
)
_FORGET = delete_from(attempt).where(attempt.c.until < bindparam("before"))


def take(tx: Transaction, subject: str, *, free: int, price_us: int, now: int) -> bool:
    """Count a try before it is made; False where none is left. Two at once are both counted."""
    parameters = {
        "subject": tx.keyring.digest(f"attempt\0{subject}"),
        "now": now,
        "price": price_us,
        "most": now + free * price_us,
    }
    return tx.execute_for(_TAKE, parameters).first() is not None


def give_back(tx: Transaction, subject: str, *, price_us: int) -> None:
    """Forget a try that was no failure."""
    tx.execute(_GIVE_BACK, {"of_subject": tx.keyring.digest(f"attempt\0{subject}"), "price": price_us})


def forget(tx: Transaction) -> int:
    """Forget the places that owe nothing; return how many."""
    return tx.execute(_FORGET, {"before": tx.machine_now}).rowcount
