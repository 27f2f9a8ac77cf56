"""Renaming the elements that an instance's open rows are about, when it goes on in another version."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Table, case, update

from engine.keys import bucket_of
from engine.store.tables import incident, job, subscription, user_task
from engine.store.transaction import Transaction

_OPEN: tuple[tuple[Table, str], ...] = (
    (job, ""),
    (subscription, ""),
    (user_task, "ended_at"),
    (incident, "resolved_at"),
)


def rename(tx: Transaction, instance_key: int, mapping: Mapping[str, str]) -> None:
    """Give what waits in an instance other element ids, one statement per table; ids may change places.

    Closed rows keep what they were about.
    """
    for table, ended in _OPEN:
        renamed = (
            update(table)
            .where(
                table.c.bucket == bucket_of(instance_key),
                table.c.instance_key == instance_key,
                table.c.element_id.in_(mapping),
            )
            .values(element_id=case(mapping, value=table.c.element_id))
        )
        tx.execute(renamed.where(table.c[ended].is_(None)) if ended else renamed)
