"""What people were shown of a case deliberately: kept in the chain of operations, as nothing in the case has
happened."""

from __future__ import annotations

from engine.errors import NotFound
from engine.kernel.codec import encode_values
from engine.process_engine.parts import Parts
from engine.store import Transaction, audit, instances

ACTION = "personal_data_shown"


def note(parts: Parts, instance_key: int, what: str, *, actor: str) -> None:
    """Keep that somebody was shown personal data of a case, before it is shown; raises ``NotFound``."""

    def work(tx: Transaction) -> None:
        row = instances.read(tx, instance_key)
        if row is None:
            raise NotFound(f"no process instance {instance_key}")
        told = {"case": str(row.root_key), "instance": str(row.key), "what": what}
        audit.append(tx, at=tx.now, actor=actor, action=ACTION, payload=encode_values(told))

    parts.store.run(work)
