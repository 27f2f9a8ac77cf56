"""Somebody who can write to the database but has no key: takes the triggers off and changes rows."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import text

from engine import ProcessEngine
from engine.history import chain_hash
from engine.kernel.codec import CommandRecord, decode_record, encode_record
from engine.store import Transaction, anchors, data_keys, history_rows
from engine.store.rows import HistoryRow
from engine.store.sealing import place
from engine.verification.anchors import AnchorDocument

GUARDED = ("history", "audit", "anchor", "stored_file", "register_entry")


class Attacker:
    """Changes what is stored behind the engine's back."""

    def __init__(self, engine: ProcessEngine) -> None:
        self._store = engine.parts.store
        with self._store.transaction() as tx:
            for statement in _without_guards(tx.dialect):
                tx.connection.execute(text(statement))

    def change(self, statement: str, **parameters: Any) -> None:
        """Run one statement that changes at least one row."""
        with self._store.transaction() as tx:
            assert tx.connection.execute(text(statement), parameters).rowcount > 0, statement

    def flip(self, table: str, column: str, where: str, **parameters: Any) -> None:
        """Change the last byte of a stored value."""
        with self._store.transaction() as tx:
            found = text(f"SELECT {column} FROM {table} WHERE {where}")  # noqa: S608
            (content,) = tx.connection.execute(found, parameters).one()
        changed = bytes(content[:-1]) + bytes([content[-1] ^ 1])
        statement = f"UPDATE {table} SET {column} = :changed WHERE {where}"  # noqa: S608
        self.change(statement, changed=changed, **parameters)

    def rows(self, instance_key: int) -> list[HistoryRow]:
        """Return an instance's history as it is stored."""
        with self._store.reading() as tx:
            return history_rows.read(tx, instance_key)

    def write(self, row: HistoryRow) -> None:
        """Write a history row over the one of its number."""
        self.change(
            "UPDATE history SET at = :at, actor = :actor, command = :command, payload = :payload, "
            "semantics_version = :semantics_version, prev_hash = :prev_hash, hash = :hash "
            "WHERE instance_key = :instance_key AND seq = :seq",
            **{
                name: getattr(row, name)
                for name in row.__struct_fields__
                if name not in ("format", "on_behalf_of")
            },
        )

    def append(self, row: HistoryRow) -> None:
        """Add a history row."""
        with self._store.transaction() as tx:
            history_rows.append(tx, [row])

    def rebuild(self, instance_key: int, rows: list[HistoryRow]) -> None:
        """Write these rows with hashes that fit them, and let the instance end with the last one."""
        previous = bytes(32)
        for row in rows:
            fitting = chained(row, previous)
            self.write(fitting)
            previous = fitting.hash
        self.end_with(instance_key, rows[-1].seq, previous)

    def end_with(self, instance_key: int, seq: int, digest: bytes) -> None:
        """Say in the instance's row that its history ends there."""
        self.change(
            "UPDATE instance SET seq = :seq, head_hash = :hash WHERE key = :key",
            seq=seq,
            hash=digest,
            key=instance_key,
        )


class Insider(Attacker):
    """An attacker who has the keyring too; only anchors and re-execution can stop this one."""

    def reseal(self, row: HistoryRow, record: CommandRecord) -> HistoryRow:
        """Return a history row with another content, sealed as the engine does."""
        with self._store.reading() as tx:
            sealed = _key(tx, row.instance_key).seal(
                place("history", row.instance_key, row.seq),
                encode_record(record.command, record.context, record.events),
            )
        return replaced(row, payload=sealed, semantics_version=record.context.semantics_version)

    def sign_again(self, number: int) -> None:
        """Sign an anchor's statement with another time in it."""
        with self._store.reading() as tx:
            (row,) = anchors.read(tx, from_number=number, limit=1)
        statement = msgspec.msgpack.decode(row.document, type=AnchorDocument)
        document = msgspec.msgpack.encode(msgspec.structs.replace(statement, at=row.at + 1))
        self.change(
            "UPDATE anchor SET at = :at, document = :document, signature = :signature WHERE number = :number",
            at=row.at + 1,
            document=document,
            signature=self._store.keyring.sign(document),
            number=number,
        )

    def record(self, row: HistoryRow) -> CommandRecord:
        """Return what a history row holds."""
        with self._store.reading() as tx:
            key = _key(tx, row.instance_key)
        return decode_record(key.open(place("history", row.instance_key, row.seq), row.payload))


def chained(row: HistoryRow, previous: bytes) -> HistoryRow:
    """Return a row that follows another, with the hash that fits it."""
    digest = chain_hash(
        previous,
        instance_key=row.instance_key,
        seq=row.seq,
        at=row.at,
        actor=row.actor,
        on_behalf_of=row.on_behalf_of,
        command=row.command,
        semantics_version=row.semantics_version,
        payload=row.payload,
    )
    return replaced(row, prev_hash=previous, hash=digest)


def replaced(row: HistoryRow, **changes: Any) -> HistoryRow:
    """Return a row with some columns changed."""
    return HistoryRow(**{name: getattr(row, name) for name in row.__struct_fields__} | changes)


def _key(tx: Transaction, instance_key: int) -> Any:
    (found,) = data_keys.read(tx, [instance_key]).values()
    return found


def _without_guards(dialect: str) -> list[str]:
    if dialect == "sqlite":
        return [f"DROP TRIGGER {name}_{verb}" for name in GUARDED for verb in ("insert", "update", "delete")]
    return [f"ALTER TABLE {name} DISABLE TRIGGER USER" for name in GUARDED]
