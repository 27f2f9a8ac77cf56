"""Registers: numbered without gaps, never deleted, resolved once."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import asdict
from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy import insert as insert_into
from sqlalchemy import update as update_table
from sqlalchemy.dialects import postgresql, sqlite

from engine.store.office_tables import register, register_entry
from engine.store.rows import RegisterEntryRow, record, records
from engine.store.statements import columns
from engine.store.transaction import Transaction

# The register's row stays locked until the entry is committed: a number is never drawn for nothing.
_NEXT = {
    name: insert(register)
    .values(last=1)
    .on_conflict_do_update(index_elements=[register.c.name], set_={"last": register.c.last + 1})
    .returning(register.c.last)
    for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
# Who asks waits for whoever asked before, and learns what they wrote.
_HELD = {
    name: insert(register)
    .values(last=0)
    .on_conflict_do_update(index_elements=[register.c.name], set_={"last": register.c.last})
    .returning(register.c.last)
    for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_HOLD = update_table(register).where(register.c.name == bindparam("of")).values(last=bindparam("number"))
_INSERT = insert_into(register_entry)
_COLUMNS = columns(register_entry, RegisterEntryRow)
_SELECT = select(*_COLUMNS).where(register_entry.c.register == bindparam("of"))
_READ = _SELECT.where(register_entry.c.number == bindparam("at_number"))
_LAST = select(register.c.last).where(register.c.name == bindparam("of"))
_OPEN = select(func.count()).where(
    register_entry.c.register == bindparam("of"), register_entry.c.resolved.is_(None)
)
_OPEN_OF_NO_CASE = (
    select(*_COLUMNS)
    .where(
        register_entry.c.resolved.is_(None),
        register_entry.c.instance_key.is_(None),
        or_(
            register_entry.c.register > bindparam("of"),
            and_(register_entry.c.register == bindparam("of"), register_entry.c.number > bindparam("past")),
        ),
    )
    .order_by(register_entry.c.register, register_entry.c.number)
    .limit(bindparam("at_most"))
)
_OPEN_OF_NO_CASE_AT = _OPEN_OF_NO_CASE.where(
    register_entry.c.at.between(bindparam("first_at"), bindparam("last_at"))
)
_RESOLVE = (
    update_table(register_entry)
    .where(
        register_entry.c.register == bindparam("of"),
        register_entry.c.number == bindparam("at_number"),
        register_entry.c.resolved.is_(None),
    )
    .values(resolved=bindparam("resolution"))
)


def next_number(tx: Transaction, name: str) -> int:
    """Draw the next number of a register or of another series."""
    return int(tx.execute_for(_NEXT, {"name": name}).scalar_one())


def holder(tx: Transaction, name: str) -> int:
    """Return the entry that holds something there is one of, 0 for none; locked until the commit."""
    return int(tx.execute_for(_HELD, {"name": name}).scalar_one())


def hold(tx: Transaction, name: str, number: int) -> None:
    """Write down which entry holds it; ``holder`` was asked in the same transaction."""
    tx.execute(_HOLD, {"of": name, "number": number})


def append(
    tx: Transaction, *, register: str, instance_key: int | None, at: int, subject: bytes, data: bytes
) -> int:
    """Add an entry and return its number, one more than the last; both texts are sealed by the caller."""
    number = next_number(tx, register)
    row = RegisterEntryRow(
        register=register, number=number, instance_key=instance_key, at=at, subject=subject, data=data
    )
    tx.execute(_INSERT, [asdict(row)])
    return number


def read(tx: Transaction, register: str, number: int) -> RegisterEntryRow | None:
    """Return one entry."""
    row = tx.execute(_READ, {"of": register, "at_number": number}).first()
    return None if row is None else record(RegisterEntryRow, row)


def query(
    tx: Transaction,
    register: str,
    *,
    unresolved: bool = False,
    instance_key: int | None = None,
    oldest_first: bool = False,
    before: int | None = None,
    limit: int = 100,
) -> list[RegisterEntryRow]:
    """Return entries, the newest first unless told otherwise; of lower numbers than ``before``."""
    found = _SELECT if before is None else _SELECT.where(register_entry.c.number < before)
    if unresolved:
        found = found.where(register_entry.c.resolved.is_(None))
    if instance_key is not None:
        found = found.where(register_entry.c.instance_key == instance_key)
    number = register_entry.c.number
    ordered = found.order_by(number if oldest_first else number.desc()).limit(limit)
    return records(RegisterEntryRow, tx.execute(ordered, {"of": register}))


def counts(tx: Transaction, register_name: str) -> tuple[int, int]:
    """Return how many entries a register has, and how many of them are open."""
    last = tx.execute(_LAST, {"of": register_name}).scalar()
    return int(last or 0), int(tx.execute(_OPEN, {"of": register_name}).scalar_one())


def open_of_no_case(
    tx: Transaction, *, written: tuple[int, int] | None = None, page: int = 500
) -> Iterator[RegisterEntryRow]:
    """Return what is open and of no case in any register, a page at a time; ``written``: first and last
    instant.
    """
    register, number = "", 0
    while True:
        asked = {"of": register, "past": number, "at_most": page}
        if written is None:
            found = records(RegisterEntryRow, tx.execute(_OPEN_OF_NO_CASE, asked))
        else:
            asked |= {"first_at": written[0], "last_at": written[1]}
            found = records(RegisterEntryRow, tx.execute(_OPEN_OF_NO_CASE_AT, asked))
        yield from found
        if len(found) < page:
            return
        register, number = found[-1].register, found[-1].number


def resolve(tx: Transaction, register: str, number: int, resolution: str) -> bool:
    """Write down how an entry was resolved; False where it was already, or is not there."""
    parameters = {"of": register, "at_number": number, "resolution": resolution}
    return tx.execute(_RESOLVE, parameters).rowcount == 1
