"""The worklist as pages ask for it: one reading transaction, at most three statements."""

from __future__ import annotations

from engine.model.worklist import MOST_COUNTED, ListedTask, Scope, Worklist, WorklistQuery
from engine.process_engine.parts import Parts
from engine.process_engine.user_tasks import user_task
from engine.store import user_tasks, worklist


def read(parts: Parts, query: WorklistQuery, scopes: tuple[Scope, ...]) -> Worklist:
    """Return one page of the worklist, and how many tasks each of the scopes has."""
    with parts.store.reading() as tx:
        sets = worklist.candidate_groups(tx)
        counts = worklist.counts(tx, query, sets, scopes)
        is_there = counts["found"] > min(
            query.offset, MOST_COUNTED
        )  # a search in vain reads all once, not twice
        found = worklist.page(tx, query, sets) if is_there else []
    return Worklist(
        lines=tuple(
            ListedTask(
                task=user_task(each.task), business_key=each.business_key or "", process_id=each.process_id
            )
            for each in found
        ),
        found=counts["found"],
        counts={scope: counts[scope] for scope in scopes},
        groups=tuple(sorted({name for each in sets for name in user_tasks.names_in(each)})),
    )
