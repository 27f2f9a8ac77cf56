"""How long ended cases can be read, and what is done when that is over (``security.md`` §9).

A process says it in its drawing: ``obieg:retention`` = ``P5Y`` (of whole calendar years, counted from the
1 January after the case ended, as offices count) or ``P90D`` (from the instant it ended). A case is erased by
destroying its data key: its history stays, unreadable, and its chain still verifies. What the last
verification before that said is kept in the audit. Held cases are left alone.
"""

from __future__ import annotations

import datetime as dt

from engine import verification
from engine.clock import WARSAW, instant, micros
from engine.errors import Conflict, EngineError, NotFound
from engine.kernel import codec
from engine.kernel.values import accepted_text
from engine.model.records import Record
from engine.process_engine.parts import Parts
from engine.recurrence import iso8601
from engine.store import Transaction, audit, data_keys, definitions, erasure, instances
from engine.store.rows import HoldRow, InstanceRow

PROPERTY = "obieg:retention"
PAGE = 200


class Retained(Record, frozen=True, kw_only=True):
    """A case whose time is over."""

    instance_key: int
    process_id: str
    ended_at: dt.datetime
    over_at: dt.datetime
    retention: str


class Hold(Record, frozen=True, kw_only=True):
    """A case that must not be erased."""

    instance_key: int
    at: dt.datetime
    by: str
    reason: str


def over_at(ended: dt.datetime, retention: str) -> dt.datetime:
    """Return when a case may be erased; raises ``EngineError`` for a retention that is no period."""
    period = _period(retention)
    local = ended.astimezone(WARSAW)
    if "Y" in retention:
        local = dt.datetime(local.year + 1, 1, 1, tzinfo=WARSAW)
    return iso8601.add(local, period, WARSAW).astimezone(dt.UTC)


def least(retention: str) -> dt.timedelta:
    """Return the shortest time a retention can take; raises ``EngineError`` for one that is no period."""
    return _period(retention).least()


def _period(retention: str) -> iso8601.Duration:
    try:
        return iso8601.parse_duration(retention)
    except ValueError as error:
        raise EngineError(f"expected {PROPERTY} to be a period like P5Y or P90D, but {error}") from None


def due(parts: Parts, *, limit: int) -> list[Retained]:
    """Return the cases whose time is over, of the processes that say how long; at most ``limit``."""
    found: list[Retained] = []
    with parts.store.reading() as tx:
        for row in definitions.query(tx, kind="process", latest_only=True):
            retention = parts.catalogue.process(tx, row.key).definition.properties.get(PROPERTY, "").strip()
            if retention:
                found += _due_of(tx, row.id, retention, limit - len(found))
    return found


def _due_of(tx: Transaction, process_id: str, retention: str, limit: int) -> list[Retained]:
    found: list[Retained] = []
    after, now = 0, instant(tx.now)
    before = micros(now - _period(retention).least())
    while len(found) < limit:
        rows = erasure.over(tx, process_id, before=before, after=after, limit=PAGE)
        for row in rows:
            ended = instant(row.ended_at or 0)
            over = over_at(ended, retention)
            if over <= now:
                found.append(
                    Retained(
                        instance_key=row.key,
                        process_id=process_id,
                        ended_at=ended,
                        over_at=over,
                        retention=retention,
                    )
                )
        if len(rows) < PAGE:
            break
        after = rows[-1].key
    return found[:limit]


def erase(parts: Parts, instance_key: int, *, actor: str, reason: str) -> None:
    """Erase an ended case, with those it called.

    Raises ``NotFound``; ``Conflict`` where it has not ended, is held, has something to send, was called by
    another, or was erased; ``EngineError`` where its history does not verify: that has to be looked into
    while it can be read.
    """
    said = accepted_text(reason, "reason")
    with parts.store.reading() as tx:
        _erasable(tx, instance_key)
        report = verification.verify(parts.catalogue, tx, instance_key)
    if not report.ok:
        raise EngineError(
            f"expected the history of case {instance_key} to verify before it is erased, but chain is "
            f"{report.chain}, fold {report.fold}, re-execution {report.reexecution}; see `obieg verify`"
        )
    verdict = [report.chain, report.fold, report.reexecution]

    def work(tx: Transaction) -> None:
        row = _erasable(tx, instance_key)
        erasure.clear(tx, instance_key)
        what = codec.encode_values([instance_key, row.process_id, verdict, said])
        audit.append(tx, at=tx.now, actor=accepted_text(actor, "actor"), action="case_erased", payload=what)

    parts.store.run(work)


def _erasable(tx: Transaction, instance_key: int) -> InstanceRow:
    row = instances.read(tx, instance_key)
    if row is None:
        raise NotFound(f"expected a process instance {instance_key}, but there is none")
    if row.parent_key is not None:
        raise Conflict(f"expected a whole case, but {instance_key} was called by another: name its root")
    if row.ended_at is None:
        raise Conflict(f"expected case {instance_key} to have ended, but it is {row.state}")
    if erasure.is_held(tx, instance_key):
        raise Conflict(f"expected case {instance_key} to be free, but somebody holds it")
    if erasure.has_unsent(tx, instance_key):
        raise Conflict(
            f"expected case {instance_key} to have sent everything, but a message of it waits: let the "
            "worker send it, or retry it where it is stranded (`obieg incidents`)"
        )
    if not data_keys.read(tx, [instance_key]):
        raise Conflict(f"expected case {instance_key} to be readable, but it was erased")
    return row


def hold(parts: Parts, instance_key: int, *, actor: str, reason: str) -> None:
    """Keep a case from being erased; raises ``NotFound``, ``Conflict`` where somebody does already."""
    said = accepted_text(reason, "reason")
    by = accepted_text(actor, "actor")

    def work(tx: Transaction) -> None:
        row = instances.read(tx, instance_key)
        if row is None or row.parent_key is not None:
            raise NotFound(f"expected the key of a whole case, but {instance_key} is none")
        if not erasure.put_hold(tx, HoldRow(root_key=instance_key, at=tx.now, by=by, reason=said)):
            raise Conflict(f"expected case {instance_key} to be free, but it is held already")
        what = codec.encode_values([instance_key, said])
        audit.append(tx, at=tx.now, actor=by, action="case_held", payload=what)

    parts.store.run(work)


def release(parts: Parts, instance_key: int, *, actor: str, reason: str) -> None:
    """Let a case be erased when its time comes; raises ``NotFound`` where nobody holds it."""
    said = accepted_text(reason, "reason")

    def work(tx: Transaction) -> None:
        if not erasure.release_hold(tx, instance_key):
            raise NotFound(f"expected case {instance_key} to be held, but it is not")
        what = codec.encode_values([instance_key, said])
        audit.append(tx, at=tx.now, actor=accepted_text(actor, "actor"), action="case_released", payload=what)

    parts.store.run(work)


def holds(parts: Parts) -> list[Hold]:
    """Return what is held, the oldest first."""
    with parts.store.reading() as tx:
        return [
            Hold(instance_key=row.root_key, at=instant(row.at), by=row.by, reason=row.reason)
            for row in erasure.holds(tx)
        ]
