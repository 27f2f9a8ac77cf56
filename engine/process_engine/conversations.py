"""One instance per conversation: who may be started by a message, and who is running already.

For a correlation key one instance of a process runs at a time that a message has started; the next message
waits in the buffer. The messages behind a parallel instantiating gateway (BPMN 2.0.2 §10.6.6), and those of a
parallel multiple start event (§10.5.2), create one instance together: the first starts it, the others are for
that one.
"""

from __future__ import annotations

from typing import Any

from engine.kernel.instantiation import entries, gateway_of
from engine.kernel.waits import is_one_of_all
from engine.model.definition import Element, EventType, ProcessDefinition
from engine.process_engine import messages, starts
from engine.process_engine.family import Family
from engine.store import Transaction, correlation
from engine.store import messages as buffer
from engine.store.rows import JobRow


def admits(
    family: Family, row: JobRow, payload: dict[str, Any], definition: ProcessDefinition, start: str
) -> bool:
    """Return whether a message may start an instance now; if not, it was given to the one that runs, or back.

    Call it in the transaction that starts the instance, before it: it makes the instance the only one.
    """
    tx, process_id = family.tx, row.process_id
    names = _names(tx, definition, start) or [payload["name"]]
    key = payload.get("correlation_key", "")
    digests = sorted({correlation.correlation_hash(tx, name, key) for name in names})
    if len(digests) > 1:
        correlation.hold(tx, digests)
        waiting = correlation.waiting_in(tx, message_key=payload["message_key"], process_id=process_id)
        if waiting is not None:
            numbers = messages.Numbers(family.take_numbers(10))
            messages.deliver_in(tx, numbers, [waiting], payload, "message", None)
            return False
    if not key:
        return True
    root = family.next_root_key()
    own = correlation.correlation_hash(tx, payload["name"], key)
    if not correlation.claim_start(tx, process_id=process_id, correlation_hash=own, root_key=root):
        give_back(tx, payload["message_key"], process_id)
        return False
    for digest in digests:
        if digest != own:
            correlation.claim_start(tx, process_id=process_id, correlation_hash=digest, root_key=root)
    return True


def give_back(tx: Transaction, message_key: int, process_id: str) -> None:
    """Take back that a message started an instance; one that was not to be kept has reached nobody."""
    buffer.unmark_delivered(tx, message_key, process_id)
    row = buffer.read(tx, message_key)
    if row is not None and row.state == "delivered":
        buffer.set_state(tx, message_key, "expired")


def _names(tx: Transaction, definition: ProcessDefinition, start: str) -> list[str]:
    """Return the names of the messages that create one instance together; none where each has its own."""
    entry = next(each for each in entries(definition) if each.id == start)
    gateway = gateway_of(definition, entry)
    if is_one_of_all(entry):
        return _messages(tx, entry)
    if gateway is None or not gateway.event_gateway_parallel:
        return []
    targets = [definition.elements[definition.flows[flow].target] for flow in gateway.outgoing]
    return [name for target in targets for name in _messages(tx, target)]


def part_of(tx: Transaction, definition: ProcessDefinition, start: str, name: str) -> int:
    """Return which definition of a parallel multiple start event a message is, -1 for other events."""
    entry = next(each for each in entries(definition) if each.id == start)
    return _messages(tx, entry).index(name) if is_one_of_all(entry) else -1


def _messages(tx: Transaction, element: Element) -> list[str]:
    return [
        str(starts.evaluated(tx, event.name))
        for event in element.events
        if event.type is EventType.MESSAGE and event.name is not None
    ]
