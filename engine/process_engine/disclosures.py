"""What people were shown of a case deliberately: kept in the chain of operations, as nothing in the case has
happened."""

from __future__ import annotations

from engine.errors import NotFound
from engine.kernel.codec import encode_values
from engine.process_engine.parts import Parts
from engine.store import Transaction, audit, instances

ACTION = "personal_data_shown"


def note(parts: Parts, instance_key: int | None, what: str, *, actor: str) -> None:
    """Keep that somebody was shown personal data (of a case, or none), before it is; raises ``NotFound``."""

    def work(tx: Transaction) -> None:
        told = {"what": what} if instance_key is None else {**_case(tx, instance_key), "what": what}
        audit.append(tx, at=tx.now, actor=actor, action=ACTION, payload=encode_values(told))

    parts.store.run(work)


def _case(tx: Transaction, instance_key: int) -> dict[str, str]:
    row = instances.read(tx, instance_key)
    if row is None:
        raise NotFound(f"no process instance {instance_key}")
    return {"case": str(row.root_key), "instance": str(row.key)}
