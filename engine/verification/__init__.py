"""Proof that what is stored is what happened: chain, fold and re-execution, reported apart.

*Chain*: nobody changed, removed, swapped or added history rows, as far as hashes and signed anchors reach.
*Fold*: the recorded events give the stored state and the open rows, and vice versa.
*Re-execution*: the kernel, given the recorded commands and the stored definitions, gives the same events.
"""

from __future__ import annotations

from engine.catalogue import Catalogue
from engine.errors import NotFound
from engine.model.records import Report
from engine.store import Transaction, history_rows, instances
from engine.store.rows import InstanceRow
from engine.verification.anchors import anchor, anchored_heads
from engine.verification.case import CaseCheck
from engine.verification.links import Head
from engine.verification.operations import check_operations
from engine.verification.reading import history_of, instance_rows
from engine.verification.verdict import Verdict

__all__ = ["anchor", "verify"]


def verify(catalogue: Catalogue, tx: Transaction, instance_key: int | None = None) -> Report:
    """Verify one case (an instance and those it called), or everything with the operations outside instances.

    Everything found is in the report; raises only ``NotFound`` for an instance there is not, ``Incompatible``
    for an anchor of a newer program. Rows are read a bounded number at a time; of each instance an anchor
    names, the head (about 200 bytes) is kept until its turn.
    """
    verdict = Verdict()
    catalogue = catalogue.afresh()
    heads = anchored_heads(tx, verdict)
    if instance_key is not None:
        row = instances.read(tx, instance_key)
        if row is None:
            raise NotFound(f"expected a process instance {instance_key}, but there is none")
        for each in (row, *instances.called(tx, row.key)):
            _verify_case(catalogue, tx, each, heads.instances.get(each.key), verdict)
        return verdict.report()
    for row in instance_rows(tx):
        _verify_case(catalogue, tx, row, heads.instances.pop(row.key, None), verdict)
    for key, head in heads.instances.items():
        message = f"the instance is gone, but anchor {head.anchor} has {head.seq} rows of it"
        verdict.add("chain", key, head.seq, message)
    for key in history_rows.orphans(tx):
        verdict.add("chain", key, 1, "the instance's row is gone, but its history is there")
    check_operations(tx, heads.operations, verdict)
    return verdict.report()


def _verify_case(
    catalogue: Catalogue, tx: Transaction, row: InstanceRow, anchored: Head | None, verdict: Verdict
) -> None:
    case = CaseCheck(catalogue, tx, row, anchored, verdict)
    for each in history_of(tx, row.key):
        case.take(each)
    case.end()
