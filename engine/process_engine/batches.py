"""One verb over many instances or incidents, done by the engine's own jobs, a bounded number at a time.

A batch is stored with its subjects when it is started. Each subject has one transaction of its own, in which
it is settled and the verb done: whoever is killed, whatever runs twice, each is done once. What one subject
refuses is noted at it and stops no other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec

from engine.clock import instant
from engine.errors import Conflict, EngineError, InvalidVariables, NotFound, Unavailable
from engine.failpoint import FailpointError, failpoint
from engine.kernel import codec
from engine.kernel import commands as cmd
from engine.kernel.values import accepted, accepted_text
from engine.keys import bucket_of_root, compose
from engine.logs import event_log
from engine.model.records import Batch, BatchItem, BatchState, ItemState, JobState
from engine.process_engine import corrections, guard
from engine.process_engine.family import Family
from engine.process_engine.parts import Parts
from engine.store import Transaction, audit, batches, data_keys, incidents, instance_lists, jobs
from engine.store.rows import BatchItemRow, BatchRow, JobRow
from engine.store.sealing import DataKey, place

log = event_log("batches")
CHUNK = 20
MAX_REASON = 2_000
LARGEST = 100_000
PRIORITY = 40  # what a single person waits for goes first
Arguments = Mapping[str, Any]
Run = Callable[[Family, int, str, Arguments], object]


class BatchVerb(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch can do: how with one subject, with which arguments, to which subjects unless told."""

    run: Run
    arguments: frozenset[str] = frozenset()
    states: tuple[str, ...] = ("active", "suspended")
    of_incidents: bool = False


def _command(make: Callable[[str, Arguments], cmd.AnyCommand]) -> Run:
    return lambda family, key, reason, given: corrections.command(family, key, make(reason, given))


def _modification(reason: str, given: Arguments) -> cmd.Modify:
    asked: dict[str, Any] = {"activate": (), "after": (), "terminate": (), "variables": None}
    return corrections.modification(**{**asked, "local_variables": None, **given}, reason=reason)


def _migrate(family: Family, key: int, reason: str, given: Arguments) -> None:
    version, mapping = given.get("version"), given.get("mapping") or {}
    corrections.migrate(family, key, version=version, mapping=mapping, reason=reason)


def _resolve(family: Family, key: int, reason: str, given: Arguments) -> None:
    new_effect, retries = given.get("new_effect", False), given.get("retries", 1)
    corrections.resolve_incident(family, key, reason=reason, new_effect=new_effect, retries=retries)


VERBS: Mapping[str, BatchVerb] = {
    "suspend": BatchVerb(
        run=lambda family, key, reason, _: corrections.suspend(family, key, cmd.Suspend(reason=reason)),
        states=("active",),
    ),
    "activate": BatchVerb(
        run=lambda family, key, reason, _: corrections.suspend(family, key, cmd.Activate(reason=reason)),
        states=("suspended",),
    ),
    "cancel": BatchVerb(run=_command(lambda reason, _: cmd.Cancel(reason=reason))),
    "set_variables": BatchVerb(
        run=_command(lambda reason, given: cmd.SetVariables(variables=given["variables"], reason=reason)),
        arguments=frozenset({"variables"}),
    ),
    "modify": BatchVerb(
        run=_command(_modification),
        arguments=frozenset({"activate", "after", "terminate", "variables", "local_variables"}),
    ),
    "migrate": BatchVerb(run=_migrate, arguments=frozenset({"version", "mapping"})),
    "resolve_incidents": BatchVerb(
        run=_resolve, arguments=frozenset({"new_effect", "retries"}), states=("open",), of_incidents=True
    ),
}


class _Settled(Exception):
    """A subject that somebody else has dealt with, or of a batch that was cancelled meanwhile."""


# --- starting, ending ---


def start(
    parts: Parts,
    verb: str,
    *,
    selection: Mapping[str, Any] | None,
    keys: Sequence[int] | None,
    arguments: Mapping[str, Any],
    actor: str,
    reason: str,
    dry_run: bool,
) -> Batch:
    """Store a batch over what a selection finds now, or over these keys, and let the engine's jobs do it."""
    arguments, selection = guard.given(arguments) or {}, guard.given(selection)
    known = _verb(verb, arguments)
    if (selection is None) == (keys is None):
        raise InvalidVariables("expected either a selection or keys: an empty selection is everything open")
    content = accepted(
        {
            "reason": accepted_text(reason, "reason"),
            "selection": dict(selection or {}),
            "arguments": dict(arguments),
        }
    )
    allocator = parts.store.allocator()
    number = allocator.base(reserve=2)
    allocator.used(2)
    key, job_key = (compose(bucket_of_root(number), each) for each in (number, number + 1))

    def work(tx: Transaction) -> Batch:
        subjects = list(keys) if keys is not None else _selected(tx, known, selection or {})
        return start_in(tx, (key, job_key), verb, subjects, content=content, actor=actor, dry_run=dry_run)

    started = parts.store.run(work, acknowledged=lambda tx: _found(tx, key))
    parts.hint([job_key])
    return started


def start_in(
    tx: Transaction,
    keys: tuple[int, int],
    verb: str,
    subjects: Sequence[int],
    *,
    content: dict[str, Any],
    actor: str,
    dry_run: bool = False,
) -> Batch:
    """Store a batch in an open transaction; ``keys`` are its own and its first job's."""
    if len(subjects) > LARGEST:
        raise Conflict(f"expected at most {LARGEST} subjects, but there are more: narrow the selection")
    key, job_key = keys
    data_key = tx.keyring.new_data_key(key)
    data_keys.insert_key(tx, data_key)
    row = BatchRow(
        key=key,
        verb=verb,
        state=BatchState.RUNNING,
        dry_run=dry_run,
        total=len(set(subjects)),
        created_at=tx.now,
        created_by=accepted_text(actor, "actor"),
        ended_at=None,
        content=data_key.seal(place("batch", key), codec.encode_values(content)),
    )
    batches.insert(tx, row, dict.fromkeys(subjects))
    jobs.insert(tx, [_job(job_key, key, tx.now)])
    summary = codec.encode_values([key, verb, row.total, dry_run])
    audit.append(tx, at=tx.now, actor=actor, action="batch_started", payload=summary)
    return _record(row, content, {})


def cancel(parts: Parts, key: int, *, actor: str, reason: str) -> Batch:
    """End a running batch: what is done stays done, the rest is left alone."""

    def work(tx: Transaction) -> Batch:
        row, data_key, content = _opened(tx, key)
        content |= {"cancelled by": actor, "cancelled because": accepted_text(reason, "reason")}
        if not _end(tx, key, data_key, content, BatchState.CANCELLED):
            raise Conflict(f"batch {key} has ended ({row.state})")
        audit.append(tx, at=tx.now, actor=actor, action="batch_cancelled", payload=codec.encode_values([key]))
        return _read(tx, key)

    return parts.store.run(work)


def _end(tx: Transaction, key: int, data_key: DataKey, content: dict[str, Any], state: BatchState) -> bool:
    """End a batch and forget the values it was to write: they are in the cases now, and erased with them."""
    kept = {name: given for name, given in content["arguments"].items() if "variables" not in name}
    sealed = data_key.seal(place("batch", key), codec.encode_values({**content, "arguments": kept}))
    return batches.end(tx, key, state=state, at=tx.now, content=sealed)


def _verb(name: str, arguments: Mapping[str, Any]) -> BatchVerb:
    known = VERBS.get(name)
    if known is None:
        raise InvalidVariables(f"expected one of {', '.join(sorted(VERBS))}, but got {name!r}")
    unknown = arguments.keys() - known.arguments
    if unknown:
        takes = ", ".join(sorted(known.arguments)) or "no arguments"
        found = min(map(str, unknown))
        raise InvalidVariables(f"expected '{name}' to be given {takes}, but got '{found}'")
    if name == "set_variables" and "variables" not in arguments:
        raise InvalidVariables("expected the variables to set, but got none")
    return known


def _selected(tx: Transaction, verb: BatchVerb, selection: Mapping[str, Any]) -> list[int]:
    filters = dict(selection)
    state = filters.pop("state", None) or verb.states
    filters |= {"states": (state,) if isinstance(state, str) else tuple(state), "limit": LARGEST + 1}
    query: Callable[..., Sequence[Any]] = incidents.query if verb.of_incidents else instance_lists.query
    try:
        found = query(tx, **filters)
    except TypeError as error:
        raise InvalidVariables(f"expected filters of the query, but {error}") from error
    return [row.key for row in found]


def _job(key: int, batch_key: int, now: int) -> JobRow:
    return JobRow(
        key=key,
        kind="batch",
        instance_key=None,
        root_key=None,
        element_key=None,
        element_id="",
        process_id="",
        type="",
        stage=JobState.READY,
        priority=PRIORITY,
        due_at=now,
        created_at=now,
        payload=codec.encode_values({"batch": batch_key}),
    )


# --- working ---


def run(parts: Parts, row: JobRow) -> bool:
    """Deal with the next subjects of a batch; return whether this job's lease was still held at the end."""
    key = codec.decode_values(row.payload)["batch"]
    with parts.store.reading() as tx:
        batch, _, content = _opened(tx, key)
        todo = batches.pending(tx, key, limit=CHUNK)
    if batch.state == BatchState.RUNNING:
        for item in todo:
            failpoint("batch.item")
            _deal_with(parts, batch, item, content)
    return parts.store.run(lambda tx: _go_on(tx, row, key))


def _go_on(tx: Transaction, row: JobRow, key: int) -> bool:
    """Take this job away under its lease and leave the next one, or end the batch."""
    if not jobs.complete(tx, row.key, owner=row.lock_owner or "", attempt=row.attempt):
        return False
    batch, data_key, content = _opened(tx, key)
    if batch.state == BatchState.RUNNING and batches.pending(tx, key, limit=1):
        jobs.insert(tx, [_job(row.key, key, tx.now)])
    else:
        _end(tx, key, data_key, content, BatchState.COMPLETED)
    return True


def _deal_with(parts: Parts, batch: BatchRow, item: BatchItemRow, content: dict[str, Any]) -> None:
    """Do the verb with one subject, all or nothing, and note what came of it.

    A bug is noted too: its transaction is rolled back, and one subject must not keep the others waiting.
    What is no answer about this subject (no database, no memory, the end of the process) is raised.
    """

    def work(family: Family) -> None:
        if not batches.settle(family.tx, item, state=ItemState.DONE, at=family.tx.now):
            raise _Settled
        verb = VERBS[batch.verb]
        verb.run(family, item.subject_key, content["reason"], content["arguments"])

    try:
        corrections.run(parts, work, actor=batch.created_by, dry_run=batch.dry_run)
    except _Settled:
        return
    except (Unavailable, MemoryError, FailpointError):
        raise
    except Exception as error:
        _note(parts, item, ItemState.FAILED, _why(item, error))
    else:
        if batch.dry_run:
            _note(parts, item, ItemState.DONE, "")


def _why(item: BatchItemRow, error: Exception) -> str:
    if isinstance(error, EngineError):
        return str(error)
    kind = type(error).__name__
    log.warning("batch_item_crashed", batch=item.batch_key, number=item.number, error=kind)
    return f"{kind}: {error}"[:MAX_REASON]


def _note(parts: Parts, item: BatchItemRow, state: ItemState, message: str) -> None:
    def work(tx: Transaction) -> None:
        data_key = data_keys.read(tx, [item.batch_key])[item.batch_key]
        sealed = data_key.seal(_place(item), message.encode()) if message else b""
        batches.settle(tx, item, state=state, at=tx.now, message=sealed)

    parts.store.run(work)


def _place(item: BatchItemRow) -> bytes:
    return place("batch", item.batch_key, item.number)


# --- reading ---


def read(parts: Parts, key: int) -> Batch:
    """Return one batch; raises ``NotFound``."""
    with parts.store.reading() as tx:
        return _read(tx, key)


def query(
    parts: Parts, *, state: str | Collection[str] | None = None, limit: int = 100, offset: int = 0
) -> list[Batch]:
    """Return batches, the newest first."""
    with parts.store.reading() as tx:
        rows = batches.query(tx, states=_states(state), limit=limit, offset=offset)
        keys = [row.key for row in rows]
        counted, opening = batches.counts(tx, keys), data_keys.read(tx, keys)
    return [_record(row, _content(row, opening[row.key]), counted[row.key]) for row in rows]


def items(
    parts: Parts,
    key: int,
    *,
    state: str | Collection[str] | None = None,
    limit: int = 100,
    offset: int = 0,
) -> list[BatchItem]:
    """Return subjects of a batch in their order, with why they failed; raises ``NotFound``."""
    with parts.store.reading() as tx:
        _, data_key, _ = _opened(tx, key)
        rows = batches.items(tx, key, states=_states(state), limit=limit, offset=offset)
    return [
        BatchItem(
            number=row.number,
            subject_key=row.subject_key,
            state=ItemState(row.state),
            message=data_key.open(_place(row), row.message).decode() if row.message else "",
            done_at=None if row.done_at is None else instant(row.done_at),
        )
        for row in rows
    ]


def _states(state: str | Collection[str] | None) -> tuple[str, ...] | None:
    return None if state is None else (state,) if isinstance(state, str) else tuple(state)


def _opened(tx: Transaction, key: int) -> tuple[BatchRow, DataKey, dict[str, Any]]:
    row, data_key = batches.read(tx, key), data_keys.read(tx, [key]).get(key)
    if row is None or data_key is None:
        raise NotFound(f"no batch {key}")
    return row, data_key, _content(row, data_key)


def _content(row: BatchRow, data_key: DataKey) -> dict[str, Any]:
    content: dict[str, Any] = codec.decode_values(data_key.open(place("batch", row.key), row.content))
    return content


def _found(tx: Transaction, key: int) -> Batch | None:
    return None if batches.read(tx, key) is None else _read(tx, key)


def _read(tx: Transaction, key: int) -> Batch:
    row, _, content = _opened(tx, key)
    return _record(row, content, batches.counts(tx, [key])[key])


def _record(row: BatchRow, content: dict[str, Any], counted: Mapping[str, int]) -> Batch:
    return Batch(
        key=row.key,
        verb=row.verb,
        state=BatchState(row.state),
        dry_run=row.dry_run,
        reason=content["reason"],
        selection=content["selection"],
        arguments=content["arguments"],
        total=row.total,
        done=counted.get(ItemState.DONE, 0),
        failed=counted.get(ItemState.FAILED, 0),
        created_at=instant(row.created_at),
        created_by=row.created_by,
        ended_at=None if row.ended_at is None else instant(row.ended_at),
    )
