"""Process instances: locking one to advance it, writing what became of it, finding them.

The root's row is the gate of its whole case (``engine.md`` §6): it is locked first, then the instance, then
the row the work came from. All three are locked because PostgreSQL re-reads, after waiting, only the rows it
locks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from operator import attrgetter
from typing import Any, TypeVar

import msgspec
from sqlalchemy import FromClause, Select, Table, Update, and_, bindparam, select
from sqlalchemy import insert as insert_into
from sqlalchemy import update as update_table

from engine.errors import Conflict
from engine.keys import bucket_of
from engine.store import data_keys, pages, user_tasks
from engine.store.pages import StoredPages
from engine.store.prepared import Prepared, lists, with_lists
from engine.store.rows import (
    IncidentRow,
    InstanceRow,
    JobRow,
    StoredRow,
    UserTaskRow,
    record,
    records,
)
from engine.store.sealing import DataKey
from engine.store.statements import at_key, columns, key_of, must_change_one, values_of
from engine.store.tables import data_key, incident, instance, job, user_task
from engine.store.transaction import Transaction

Pages = Mapping[int, bytes]  # page number → opened content
Work = TypeVar("Work", bound=StoredRow)


class LockedInstance(msgspec.Struct, frozen=True, kw_only=True):
    """An instance with page 0 of its state opened; ``pages`` are the further ones, read when asked for."""

    row: InstanceRow
    root_state: str
    data_key: DataKey
    state: bytes
    pages: StoredPages


_root = instance.alias("r")
_instance = instance.alias("i")
_LASTING = 1_000  # bytes from which a state is compressed: it is soon replaced, and compressing takes 0.1 ms
_WIDTH = len(InstanceRow.__struct_fields__)
_KID = _WIDTH + 2
_KEY = InstanceRow.__struct_fields__.index("key")


def _joined(source: Any) -> Any:
    """Return ``source`` joined with the instance's root and data key."""
    return source.join(
        _root, and_(_root.c.bucket == _instance.c.bucket, _root.c.key == _instance.c.root_key)
    ).outerjoin(
        data_key, and_(data_key.c.bucket == _instance.c.bucket, data_key.c.root_key == _instance.c.root_key)
    )


_STATE = [
    *columns(_instance, InstanceRow),
    _instance.c.state_bytes,
    _root.c.state.label("root_state"),
    data_key.c.kid,
    data_key.c.wrapped,
]
_OF_KEY = select(*_STATE).select_from(_joined(_instance)).where(*at_key(_instance))
_LOAD = Prepared(_OF_KEY)
_LOAD_MANY = with_lists(
    lambda among: (
        select(*_STATE)
        .select_from(_joined(_instance))
        .where(among(_instance.c.bucket, "buckets"), among(_instance.c.key, "keys"))
    )
)
_LOCK = Prepared(_OF_KEY.with_for_update(of=[_root, _instance]))


def _with(work: Table, kind: type[StoredRow]) -> Select[Any]:
    from_work = work.join(
        _instance, and_(_instance.c.bucket == work.c.bucket, _instance.c.key == work.c.instance_key)
    )
    return select(*_STATE, *_work_columns(work, kind)).select_from(_joined(from_work))


def _by(work: Table, kind: type[StoredRow], *, skip_locked: bool = False) -> Select[Any]:
    return _with(work, kind).with_for_update(of=[_root, _instance, work], skip_locked=skip_locked)


def _lock_by(work: Table, kind: type[StoredRow]) -> Prepared:
    return Prepared(_by(work, kind).where(*at_key(work)))


def _work_columns(work: FromClause, kind: type[StoredRow]) -> list[Any]:
    return [column.label(f"work_{column.name}") for column in columns(work, kind)]


_LOCK_BY_TASK = _lock_by(user_task, UserTaskRow)
_LOCK_BY_JOB = _lock_by(job, JobRow)
_LOCK_BY_JOBS = with_lists(  # without waiting: one case that somebody holds must not stop all others
    lambda among: (
        _by(job, JobRow, skip_locked=True)
        .where(among(job.c.bucket, "buckets"), among(job.c.key, "keys"))
        .order_by(_root.c.key, _instance.c.key, job.c.key)
    )
)
_LOAD_BY_JOB = Prepared(_with(job, JobRow).where(*at_key(job)))
_LOCK_BY_INCIDENT = _lock_by(incident, IncidentRow)
_INSERT = Prepared(insert_into(instance))
_ALWAYS = ("seq", "head_hash", "pages")  # what a command changes, and no index has
_SELDOM = ("state", "ended_at", "definition_key", "process_id", "version", "business_key")
_seldom_of = attrgetter(*_SELDOM)


def _changing(*names: str) -> Update:
    new: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    found = update_table(instance).where(*at_key(instance), instance.c.revision == bindparam("expected"))
    return found.values(new | {"revision": instance.c.revision + 1})


def _one(change: Update) -> Prepared:
    return Prepared(must_change_one(change), strict=True)


CHANGE = _changing(*_ALWAYS, *_SELDOM, "state_bytes")  # the parameters: ``changes``
_UPDATE = _one(_changing(*_ALWAYS, *_SELDOM))
_UPDATE_STATE = _one(CHANGE)
# SQLite writes every index a named column is in, whether or not the column changes.
_GO_ON = _one(_changing(*_ALWAYS))
_GO_ON_STATE = _one(_changing(*_ALWAYS, "state_bytes"))
_SELECT = select(*columns(instance, InstanceRow))
_READ = Prepared(_SELECT.where(*at_key(instance)))
_HEADS = (
    _SELECT.where(instance.c.key > bindparam("after")).order_by(instance.c.key).limit(bindparam("at_most"))
)
_CALLED = _SELECT.where(*at_key(instance, "root_key"), instance.c.parent_key.is_not(None))


def lock(tx: Transaction, *, instance_key: int) -> LockedInstance | None:
    """Lock an instance and return it, None where there is none; raises Conflict for an erased one."""
    row = tx.run(_LOCK, key_of(instance_key)).first()
    return None if row is None else _opened(tx, row)


def load(tx: Transaction, instance_key: int) -> LockedInstance | None:
    """Return an instance with its state as ``lock`` does, without locking anything."""
    row = tx.run(_LOAD, key_of(instance_key)).first()
    return None if row is None else _opened(tx, row)


def load_many(tx: Transaction, instance_keys: Iterable[int]) -> dict[int, LockedInstance]:
    """Return instances with their states by key, in one statement.

    Erased ones are missing.
    """
    keys = set(instance_keys)
    if not keys:
        return {}
    rows = tx.run(_LOAD_MANY, lists(keys=keys, buckets=map(bucket_of, keys))).all()
    opened = [_opened(tx, row) for row in rows if row[_KID] is not None]
    return {locked.row.key: locked for locked in opened}


def load_by_job(tx: Transaction, job_key: int) -> tuple[LockedInstance, JobRow] | None:
    """Return the instance a job belongs to with its state, and the job, without locking anything.

    None where either is gone, or the instance was erased.
    """
    row = tx.run(_LOAD_BY_JOB, key_of(job_key)).first()
    if row is None or row[_KID] is None:
        return None
    return _opened(tx, row), record(JobRow, row[len(_STATE) :])


def lock_by_task(tx: Transaction, task_key: int) -> tuple[LockedInstance, UserTaskRow] | None:
    """Lock the instance a user task belongs to."""
    row = tx.run(_LOCK_BY_TASK, key_of(task_key)).first()
    return None if row is None else (_opened(tx, row), user_tasks.task_of(row[len(_STATE) :]))


def lock_by_job(tx: Transaction, job_key: int) -> tuple[LockedInstance, JobRow] | None:
    """Lock the instance a job belongs to; None for a job that starts an instance."""
    return _lock_with(tx, _LOCK_BY_JOB, job_key, JobRow)


def lock_by_jobs(tx: Transaction, job_keys: Collection[int]) -> dict[int, tuple[LockedInstance, JobRow]]:
    """Lock the instances these jobs belong to, in the order of their keys.

    Returns, by job, those that are there and that nobody else holds.
    """
    rows = tx.run(_LOCK_BY_JOBS, lists(keys=job_keys, buckets=map(bucket_of, job_keys))).all()
    opened: dict[int, LockedInstance] = {}  # several jobs of one instance: it is opened once
    found: dict[int, tuple[LockedInstance, JobRow]] = {}
    for row in rows:
        locked = opened.get(row[_KEY])
        if locked is None:
            locked = opened[row[_KEY]] = _opened(tx, row)
        work = record(JobRow, row[len(_STATE) :])
        found[work.key] = (locked, work)
    for key, locked in opened.items():
        locked.pages.read_ahead(
            {row.page for _, row in found.values() if row.instance_key == key and row.page}
        )
    return found


def lock_by_incident(tx: Transaction, incident_key: int) -> tuple[LockedInstance, IncidentRow] | None:
    """Lock the instance an incident belongs to."""
    return _lock_with(tx, _LOCK_BY_INCIDENT, incident_key, IncidentRow)


def _lock_with(
    tx: Transaction, statement: Prepared, key: int, kind: type[Work]
) -> tuple[LockedInstance, Work] | None:
    row = tx.run(statement, key_of(key)).first()
    return None if row is None else (_opened(tx, row), record(kind, row[len(_STATE) :]))


def _opened(tx: Transaction, selected: Any) -> LockedInstance:
    row = record(InstanceRow, selected[:_WIDTH])
    state_bytes, root_state, kid, wrapped = selected[_WIDTH : len(_STATE)]
    if kid is None:
        raise Conflict(f"expected a case that can be read, but instance {row.key} was erased")
    key = tx.keyring.data_key(row.root_key, kid, wrapped)
    state = key.open(pages.place_of(row.key), state_bytes)
    stored = StoredPages(tx, row.key, key, row.pages)
    return LockedInstance(row=row, root_state=root_state, data_key=key, state=state, pages=stored)


def insert(
    tx: Transaction,
    row: InstanceRow,
    *,
    data_key: DataKey,
    state: bytes,
    inserted: Pages | None = None,
    new_data_key: bool = True,
) -> None:
    """Insert a new instance; ``new_data_key=False`` for a called one, whose case has its key already."""
    if new_data_key:
        data_keys.insert_key(tx, data_key)
    values = values_of(row, row.key) | {
        "pages": len(inserted or {}),
        "state_bytes": sealed(row.key, data_key, state),
    }
    tx.run(_INSERT, values)
    pages.insert(tx, row.key, data_key, inserted or {})


def update(
    tx: Transaction,
    row: InstanceRow,
    *,
    data_key: DataKey,
    state: bytes | None,
    upserted: Pages | None = None,
    deleted: Iterable[int] = (),
    loaded: InstanceRow | None = None,
) -> None:
    """Write an instance back; ``row.revision`` is the one loaded, ``row.pages`` the new number of page rows.

    ``state=None`` leaves page 0 as it is; ``loaded``, the row as it was, saves writing what is
    the same. Raises Conflict where somebody else wrote meanwhile:
    with the lock held that is impossible, so it means a bug and must not pass silently (invariant I8).
    """
    values = changes(row)
    if state is not None:
        values["new_state_bytes"] = sealed(row.key, data_key, state)
    if _goes_on(row, loaded):
        statement = _GO_ON if state is None else _GO_ON_STATE
    else:
        statement = _UPDATE if state is None else _UPDATE_STATE
    check_written(row, written=tx.write_one(statement, values))
    pages.upsert(tx, row.key, data_key, upserted or {})
    pages.delete(tx, row.key, deleted)


def _goes_on(row: InstanceRow, loaded: InstanceRow | None) -> bool:
    """Return whether nothing of an instance has changed but what every command changes."""
    return loaded is not None and _seldom_of(row) == _seldom_of(loaded)


def changes(row: InstanceRow) -> dict[str, Any]:
    """Return the parameters of ``CHANGE`` but for the state."""
    values = key_of(row.key) | {f"new_{name}": getattr(row, name) for name in (*_ALWAYS, *_SELDOM)}
    values["expected"] = row.revision
    return values


def sealed(instance_key: int, key: DataKey, state: bytes) -> bytes:
    """Return page 0 of an instance as it is stored."""
    return key.seal(pages.place_of(instance_key), state, worth=_LASTING)


def check_written(row: InstanceRow, *, written: bool) -> None:
    """Raise Conflict unless the one row of an instance was written."""
    if not written:
        raise Conflict(
            f"expected instance {row.key} at revision {row.revision}, but it was changed meanwhile"
        )


def read(tx: Transaction, instance_key: int) -> InstanceRow | None:
    """Return an instance without its state."""
    row = tx.run(_READ, key_of(instance_key)).first()
    return None if row is None else record(InstanceRow, row)


def heads(tx: Transaction, *, after: int = 0, limit: int = 1000) -> list[InstanceRow]:
    """Return instances in the order of their keys, those after ``after``: for verification and anchors."""
    return records(InstanceRow, tx.execute(_HEADS, {"after": after, "at_most": limit}))


def called(tx: Transaction, root_key: int) -> list[InstanceRow]:
    """Return all instances of a case but its root."""
    return records(InstanceRow, tx.execute(_CALLED, key_of(root_key)))
