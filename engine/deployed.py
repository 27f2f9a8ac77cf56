"""Deployed files as they lie in the database: which version was the newest when, and its unchanged bytes."""

from __future__ import annotations

import hashlib

from engine.errors import Damaged
from engine.store import Transaction, definitions
from engine.store.rows import DefinitionRow


def at_deployment(tx: Transaction, kind: str, identity: str, deployment_key: int) -> DefinitionRow | None:
    """Return the version that was the newest once a deployment was made: its own, else an earlier one's."""
    deployed = definitions.of_deployment(tx, deployment_key)
    for row in deployed:
        if (row.kind, row.id) == (kind, identity):
            return row
    if not deployed:
        return definitions.latest(tx, kind, identity)
    # Two deployments at one instant are told apart by their keys, which one node draws in ascending order.
    until = deployed[0].deployed_at, deployment_key
    known = [row for row in definitions.query(tx, kind=kind) if row.id == identity]
    earlier = [row for row in known if (row.deployed_at, row.deployment_key) <= until]
    return max(earlier, key=lambda row: row.version, default=None)


def content_of(tx: Transaction, row: DefinitionRow) -> bytes:
    """Return a version's file as it was deployed; raises ``Damaged`` where it is gone or changed."""
    content = definitions.file(tx, row.sha256)
    if content is None:
        raise Damaged(
            f"expected the file of definition {row.key} ('{row.file}') in the database, but it is gone"
        )
    if hashlib.sha256(content).hexdigest() != row.sha256:
        raise Damaged(
            f"expected the file of definition {row.key} ('{row.file}') as deployed, but its bytes changed"
        )
    return content
