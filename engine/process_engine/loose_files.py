"""How long files of no case are kept: letters that belonged to none, sealed with a key of their own.

The entry in the register stays, as registers do; its files go once somebody has closed it and their time is
over. What waits for a clerk is never erased, however old it is.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from operator import itemgetter

from engine.clock import instant, micros
from engine.errors import Conflict, NotFound
from engine.kernel import codec
from engine.kernel.values import accepted_text
from engine.model.records import Record
from engine.process_engine.intake import FILES
from engine.process_engine.parts import Parts
from engine.process_engine.retention import least, over_at
from engine.registers import opened
from engine.store import Transaction, audit, data_keys, document_rows, erasure, instances, registers

PAGE = 500


class LooseFiles(Record, frozen=True, kw_only=True):
    """Files that came together and belong to no case; ``key`` is what ``erase_files`` takes."""

    key: int
    references: tuple[str, ...]
    received_at: dt.datetime
    over_at: dt.datetime


def due(parts: Parts, retention: str, *, limit: int) -> list[LooseFiles]:
    """Return files of no case whose time (such as ``P2Y``, ``P90D``) is over, at most ``limit`` of them.

    Raises ``EngineError`` for a retention that is no period.
    """
    with parts.store.reading() as tx:
        waiting = _waiting(tx)
        before = micros(instant(tx.now) - least(retention))
        over = (_found(key, rows, retention) for key, rows in _grouped(tx, before))
        ready = (each for each in over if each.over_at <= instant(tx.now))
        return list(itertools.islice((each for each in ready if not waiting & {*each.references}), limit))


def erase(parts: Parts, key: int, *, actor: str, reason: str) -> None:
    """Destroy the key of such files, and the files; the audit keeps who did it and why.

    Raises ``NotFound`` where there are none, ``Conflict`` where they are a case's or wait for a clerk.
    """
    said, by = accepted_text(reason, "reason"), accepted_text(actor, "actor")

    def work(tx: Transaction) -> None:
        documents = document_rows.of_case(tx, key)
        references = sorted(row.ref for row in documents)
        if not references or instances.read(tx, key) is not None:
            raise NotFound(f"expected files of no case under {key}, but there are none")
        # Files and their entry were written in one transaction, so at the same instant.
        stored = [row.created_at for row in documents]
        if _waiting(tx, written=(min(stored), max(stored))) & {*references}:
            raise Conflict(f"expected the letter of {references[0]} to be closed, but it waits for a clerk")
        document_rows.delete_case(tx, key)
        data_keys.destroy(tx, key)
        what = codec.encode_values([references, said])
        audit.append(tx, at=tx.now, actor=by, action="files_erased", payload=what)

    parts.store.run(work)


def _waiting(tx: Transaction, *, written: tuple[int, int] | None = None) -> set[str]:
    """Return the references of files whose entry is still open, of all or of those written then."""
    key = data_keys.office_key(tx)
    entries = (opened(key, row) for row in registers.open_of_no_case(tx, written=written))
    return {str(file["ref"]) for entry in entries for file in entry.data.get(FILES) or []}


def _grouped(tx: Transaction, before: int) -> Iterator[tuple[int, list[tuple[int, str, int]]]]:
    """Return documents by the key they are sealed with; a letter is never cut by a page."""
    after = 0
    while True:
        rows = erasure.loose_documents(tx, before=before, after=after, limit=PAGE)
        groups = [(key, list(of_key)) for key, of_key in itertools.groupby(rows, itemgetter(0))]
        whole = groups if len(rows) < PAGE or len(groups) == 1 else groups[:-1]
        yield from whole
        if len(rows) < PAGE:
            return
        after = whole[-1][0]


def _found(key: int, rows: list[tuple[int, str, int]], retention: str) -> LooseFiles:
    received = instant(max(at for _, _, at in rows))
    references = tuple(reference for _, reference, _ in rows)
    return LooseFiles(
        key=key, references=references, received_at=received, over_at=over_at(received, retention)
    )
