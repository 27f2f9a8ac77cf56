"""Suspending a whole process: nothing starts any more, and what runs stands still, until it is activated.

All versions at once: which one would be started is not what an operator who stops a process thinks about. A
version deployed meanwhile is suspended too. Start timers keep their due instants; messages with a time to
live wait in the buffer.
"""

from __future__ import annotations

from engine.errors import Conflict, NotFound
from engine.kernel import codec
from engine.kernel.values import accepted, accepted_text
from engine.keys import bucket_of_root, compose
from engine.model.records import Batch
from engine.process_engine import batches, starts
from engine.process_engine.parts import Parts
from engine.store import Transaction, audit, definitions, instance_lists
from engine.store.rows import DefinitionRow

_NUMBERS = 1_000


def suspend(parts: Parts, process_id: str, *, actor: str, reason: str) -> Batch:
    """Let nothing start and suspend what runs, by a batch; raises ``NotFound``, ``Conflict``."""
    return _change(parts, process_id, active=False, actor=actor, reason=reason)


def activate(parts: Parts, process_id: str, *, actor: str, reason: str) -> Batch:
    """Let a suspended process start again and all its suspended cases go on; raises as ``suspend``."""
    return _change(parts, process_id, active=True, actor=actor, reason=reason)


def _change(parts: Parts, process_id: str, *, active: bool, actor: str, reason: str) -> Batch:
    verb, known = ("activate", "suspended") if active else ("suspend", "active")
    asked = {"reason": accepted_text(reason, "reason"), "arguments": {}}
    content = accepted({**asked, "selection": {"process_id": process_id, "state": known}})
    allocator = parts.store.allocator()
    first = allocator.base(reserve=_NUMBERS)
    allocator.used(_NUMBERS)

    def work(tx: Transaction) -> Batch:
        versions = _versions(tx, process_id)
        if versions[0].active == active:
            raise Conflict(f"expected the process '{process_id}' to be {known}, but it is not")
        definitions.set_active(tx, [row.key for row in versions], active=active)
        if active:
            definition = parts.catalogue.process(tx, versions[0].key).definition
            starts.reopen(tx, versions[0], definition, iter(range(first + 2, first + _NUMBERS)))
        else:
            starts.close(tx, process_id)
        audit.append(
            tx,
            at=tx.now,
            actor=actor,
            action=f"process_{'activated' if active else 'suspended'}",
            payload=codec.encode_values([process_id, asked["reason"]]),
        )
        found = instance_lists.query(tx, process_id=process_id, states=(known,), limit=batches.LARGEST + 1)
        keys = [compose(bucket_of_root(first), number) for number in (first, first + 1)]
        subjects = [row.key for row in found]
        return batches.start_in(tx, (keys[0], keys[1]), verb, subjects, content=content, actor=actor)

    changed = parts.store.run(work)
    parts.transport.hint(0)
    return changed


def _versions(tx: Transaction, process_id: str) -> list[DefinitionRow]:
    """Return all versions of a process, the newest first."""
    found = [row for row in definitions.query(tx, kind="process") if row.id == process_id]
    if not found:
        raise NotFound(f"expected a process '{process_id}', but it is not deployed")
    return found
