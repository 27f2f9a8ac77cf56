"""What comes from outside by itself: a mail, a delivery report. Taken in once, and never lost.

One transaction writes it into a register, stores its files sealed, and publishes the message a case may be
waiting for. What no case takes stays open in the register until somebody resolves it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from engine.errors import Conflict, NotFound
from engine.kernel.codec import decode_values, encode_values
from engine.kernel.values import accepted, accepted_text
from engine.keys import bucket_of_text, token_text
from engine.model.arrivals import Arrival, File
from engine.process_engine.messages import Numbers, publish_in, reserved
from engine.process_engine.parts import Parts
from engine.store import Transaction, data_keys, document_rows, effects, instances, registers, requests
from engine.store.rows import DocumentRow, RequestRow
from engine.store.sealing import DataKey, place

FILES = "dokumenty"  # the field of the entry that lists what was stored


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be taken in; see ``ProcessEngine.take_in``."""

    request_id: str
    register: str
    subject: str
    data: dict[str, Any]
    message: str
    correlation_key: str
    variables: dict[str, Any]
    files: tuple[File, ...]
    root_key: int | None
    resolution: str
    required: bool
    holds: str = ""
    until_closed: bool = False

    @property
    def held(self) -> str:
        """Return the name under which is kept which entry holds it."""
        return f"{self.register} {accepted_text(self.holds, 'holds')}"


def take_in(parts: Parts, incoming: Incoming) -> Arrival:
    """Take something in once; see ``ProcessEngine.take_in``."""
    asked = f"take in {incoming.register} {accepted_text(incoming.request_id, 'request_id')}"
    first = reserved(parts)

    def work(tx: Transaction) -> Arrival:
        holder = registers.holder(tx, incoming.held) if incoming.holds else 0  # first: the same request waits
        earlier = requests.read(tx, asked)
        if earlier is not None:
            return Arrival(**decode_values(earlier.result), repeated=True)
        _require_free(tx, incoming, holder)
        arrival = _taken(tx, parts, incoming, Numbers(first))
        if incoming.holds:
            registers.hold(tx, incoming.held, arrival.number)
        result = encode_values({"number": arrival.number, "deliveries": arrival.deliveries})
        requests.insert(tx, RequestRow(id=asked, root_key=None, seq=0, result=result, created_at=tx.now))
        return arrival

    return parts.store.run(work)


def _require_free(tx: Transaction, incoming: Incoming, holder: int) -> None:
    entry = registers.read(tx, incoming.register, holder) if holder else None
    if entry is not None and not (incoming.until_closed and entry.resolved is not None):
        raise Conflict(f"expected '{incoming.held}' to be free, but entry {holder} holds it")


def _taken(tx: Transaction, parts: Parts, incoming: Incoming, numbers: Numbers) -> Arrival:
    delivered: list[int] = []
    if incoming.message:
        delivered = publish_in(
            tx, numbers, incoming.message, incoming.correlation_key, accepted(incoming.variables),
            expires_at=tx.now, message_id=None,
        )  # fmt: skip
        if incoming.required and not delivered:
            raise NotFound(f"expected a case {incoming.correlation_key} that waits for {incoming.message}")
    stored = _stored(tx, incoming, numbers) if incoming.files else []
    number = parts.registers.append(
        tx, register=incoming.register, instance_key=incoming.root_key, subject=incoming.subject,
        data={**incoming.data, FILES: stored},
    )  # fmt: skip
    resolution = f"przekazano sprawie: {incoming.message}" if delivered else incoming.resolution
    if resolution:
        registers.resolve(tx, incoming.register, number, resolution)
    return Arrival(number=number, deliveries=len(delivered))


def _stored(tx: Transaction, incoming: Incoming, numbers: Numbers) -> list[dict[str, Any]]:
    """Store the files sealed: of a case with its key, of none with a key made for them."""
    key = data_keys.read(tx, [incoming.root_key]).get(incoming.root_key or 0) or _own_key(
        tx, incoming, numbers
    )
    return [_store(tx, key, each) for each in incoming.files]


def _own_key(tx: Transaction, incoming: Incoming, numbers: Numbers) -> DataKey:
    key = tx.keyring.new_data_key(numbers.key(bucket_of_text(incoming.request_id)))
    data_keys.insert_key(tx, key)
    return key


def _store(tx: Transaction, key: DataKey, file: File) -> dict[str, Any]:
    reference = f"document-{token_text()}"
    row = DocumentRow(
        ref=reference, root_key=key.root_key, name=file.name, media_type=file.media_type,
        content=key.seal(place("document", key.root_key, reference), file.content), created_at=tx.now,
        idempotency_key=reference,
    )  # fmt: skip
    document_rows.insert(tx, row)
    return {"ref": reference, "nazwa": file.name, "typ": file.media_type}


def effect_of(parts: Parts, idempotency_key: str, name: str) -> Mapping[str, Any] | None:
    """Return the kept reply to an effect, None where there is none (any more)."""
    head = idempotency_key.partition("-")[0]
    if not head.isascii() or not head.isdigit() or int(head) >= 1 << 63:
        return None
    with parts.store.reading() as tx:
        row = instances.read(tx, int(head))
        if row is None:
            return None
        kept = effects.read(tx, f"{idempotency_key}/{name}", root_key=row.root_key)
        key = data_keys.read(tx, [row.root_key]).get(row.root_key)
        if kept is None or key is None:
            return None
        reply: Mapping[str, Any] = decode_values(key.open(place("effect", idempotency_key, name), kept.reply))
        return reply
