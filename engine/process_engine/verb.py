"""Running one verb: one short transaction that loads, decides and saves, or leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from engine.errors import Conflict
from engine.kernel import codec
from engine.kernel.values import accepted_text
from engine.process_engine.family import RESERVED_NUMBERS, Family
from engine.process_engine.parts import Parts
from engine.store import Transaction, history_rows, requests
from engine.store.rows import RequestRow

T = TypeVar("T")


class Repeated(Exception):
    """A request that was answered before; carries that answer."""

    def __init__(self, answer: int) -> None:
        self.answer = answer
        super().__init__("answered before")


def run_verb(
    parts: Parts,
    work: Callable[[Family], T],
    *,
    actor: str,
    on_behalf_of: str = "",
    request_id: str | None = None,
    what: str = "",
    answer: Callable[[T], int] = lambda _: 0,
) -> T:
    """Let ``work`` lock, decide and return its result, then save all of it in the same transaction.

    A ``request_id`` seen before raises ``Repeated`` with the first answer, and nothing is done; ``what``
    it asked for
    must be the same (``Conflict``). Where the
    outcome of COMMIT is unknown, the last history rows say which of the attempts was written, if any.
    """
    actor, on_behalf_of = accepted_text(actor, "actor"), accepted_text(on_behalf_of, "person")
    allocator = parts.store.allocator()
    first = allocator.base(reserve=RESERVED_NUMBERS)
    attempted: list[tuple[Family, T]] = []

    def verb(tx: Transaction) -> tuple[Family, T]:
        parts.dispatch.forget(*(family.tx for family, _ in attempted))
        if request_id is not None:
            earlier = requests.read(tx, request_id)
            if earlier is not None:
                raise Repeated(_answered(earlier, what))
        family = Family(parts, tx, first, actor=actor, on_behalf_of=on_behalf_of)
        result = work(family)
        attempted.append((family, result))
        with tx.last_writes():
            family.save()
            if request_id is not None:
                _remember(family, request_id, what, answer(result))
        return attempted[-1]

    def acknowledged(tx: Transaction) -> tuple[Family, T] | None:
        return next((each for each in attempted if written(tx, each[0])), None)

    try:
        family, result = parts.store.run(verb, acknowledged=acknowledged)
        parts.offer(family.tx)
    finally:
        allocator.used(max((family.numbers_used for family, _ in attempted), default=0))
        parts.dispatch.forget(*(family.tx for family, _ in attempted))
    return result


def written(tx: Transaction, family: Family) -> bool:
    """Return whether every history row of a transaction with an unknown outcome is there."""
    for key, (seq, digest) in family.heads().items():
        rows = history_rows.read(tx, key, from_seq=seq, limit=1)
        if not rows or rows[0].hash != digest:
            return False
    return True


def answered(parts: Parts, request_id: str, what: str) -> int | None:
    """Return the first answer of a request, None where there is none; raises ``Conflict`` as a verb."""
    with parts.store.reading() as tx:
        earlier = requests.read(tx, request_id)
    return None if earlier is None else _answered(earlier, what)


def _answered(earlier: RequestRow, what: str) -> int:
    """Return the first answer of a request; raises ``Conflict`` where it asked for something else then."""
    asked, answer = codec.decode_values(earlier.result)
    if asked != what:
        raise Conflict(
            f"request {earlier.id} asked to {asked} before, and now to {what}: use a new request id"
        )
    return int(answer)


def _remember(family: Family, request_id: str, what: str, answer: int) -> None:
    heads = family.heads()
    root, (seq, _) = next(iter(heads.items())) if heads else (0, (0, b""))
    requests.insert(
        family.tx,
        RequestRow(
            id=request_id,
            root_key=root or None,
            seq=seq,
            result=codec.encode_values([what, answer]),
            created_at=family.tx.now,
        ),
    )
