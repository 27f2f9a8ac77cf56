"""The engine's own jobs: due timers, deliveries, publications, called instances, starts by event.

Each is one fenced transaction. What is no longer waited for is dropped (a message goes back to the buffer);
a lost lease leaves everything to the one who has it now.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from engine.errors import Conflict, NotFound
from engine.kernel import codec
from engine.kernel import commands as cmd
from engine.kernel import events as ev
from engine.model.records import InstanceState, JobState
from engine.process_engine import batches, conversations, groups, messages, starts
from engine.process_engine.family import Family, Member
from engine.process_engine.jobs import payload_of
from engine.process_engine.parts import ENGINE, Parts
from engine.process_engine.verb import run_verb
from engine.store import correlation, data_keys, jobs, subscriptions
from engine.store import messages as buffer
from engine.store.rows import JobRow

_MICROSECONDS_PER_DAY = 86_400_000_000
_TIMED = ("timer", "timer_start")
KINDS = (
    "timer",
    "message",
    "signal",
    "publish",
    "broadcast",
    "continue",
    "call",
    "message_start",
    "signal_start",
    "timer_start",
    "open_starts",
    "batch",
)
TOGETHER = ("timer", "message", "signal")  # one command on one instance: several may share a transaction
ALONE = tuple(kind for kind in KINDS if kind not in TOGETHER)


def run(parts: Parts, row: JobRow) -> bool:
    """Run one claimed internal job; return whether it was still there to be run under this lease."""
    if row.kind == "batch":
        return batches.run(parts, row)  # one transaction for each of its subjects
    return run_verb(parts, lambda family: _run(family, row), actor=ENGINE)


def run_together(parts: Parts, rows: Sequence[JobRow]) -> list[JobRow]:
    """Run claimed jobs that are one command on one instance in one transaction; return those left to ``run``.

    Raises ``Unavailable`` where the database is gone.
    """
    units = [(row, partial(_run, row=row)) for row in rows if row.kind in TOGETHER]
    return [row for row in rows if row.kind not in TOGETHER] + groups.together(parts, units, actor=ENGINE)


def _run(family: Family, row: JobRow) -> bool:
    # Nodes follow the database's clock each by its own: who made it ready may have been ahead of us, and a
    # timer fired early would find its element not waiting for it yet, or start a process twice.
    if row.kind in _TIMED and row.due_at > family.tx.now:
        return _put_back(family, row, JobState.SCHEDULED)
    return _RUNNERS[row.kind](family, row)


def _waiting(asked: Callable[[JobRow, dict[str, Any]], cmd.Command]) -> Callable[[Family, JobRow], bool]:
    """Return the runner of a job that is one command on the instance it belongs to."""

    def runner(family: Family, claimed: JobRow) -> bool:
        found = family.member_of_job(claimed.key)
        if found is None:
            return False
        member, row = found
        if not _take(family, member, claimed):
            return False
        payload = payload_of(row, member.data_key)
        try:
            family.apply(member, asked(row, payload))  # type: ignore[arg-type]  # every Command is in the union
        except (Conflict, NotFound):
            if any(each.history for each in family.members()):
                raise  # not this job's own instance refused, but one it has caused something in
            _give_back(family, row, payload)
        else:
            _look_again(family, row, payload)
        return True

    return runner


def _put_back(family: Family, row: JobRow, stage: JobState) -> bool:
    """Put a job back to wait for its time (scheduled) or for an activation (suspended)."""
    jobs.fail(
        family.tx,
        row.key,
        owner=row.lock_owner or "",
        attempt=row.attempt,
        stage=stage,
        retries=row.retries,
        due_at=row.due_at,
    )
    return False


def _take(family: Family, member: Member, row: JobRow) -> bool:
    """Take a job away under its lease; one of a suspended instance waits for the activation."""
    owner, attempt = row.lock_owner or "", row.attempt
    if member.row.state == InstanceState.SUSPENDED:
        return _put_back(family, row, JobState.SUSPENDED)
    if not jobs.complete(family.tx, row.key, owner=owner, attempt=attempt):
        return False
    family.changes.done(row.key)
    return True


def _look_again(family: Family, row: JobRow, payload: dict[str, Any]) -> None:
    """Let a message subscription that stays open (a non-interrupting event) have the next buffered
    message."""
    if row.kind != "message":
        return
    subscription = subscriptions.read(family.tx, payload["subscription"])
    if subscription is None or family.changes.closes(subscription.key):
        return
    found = correlation.next_buffered(family.tx, subscription)
    if found is not None:
        content = {**codec.decode_values(found.payload), "message_key": found.message.key}
        numbers = messages.Numbers(family.take_numbers(10))
        messages.deliver_in(family.tx, numbers, [subscription], content, "message", None)


def _give_back(family: Family, row: JobRow, payload: dict[str, Any]) -> None:
    """Give a message back that found its subscription closed; anything else has lost its purpose.

    Another subscription of the process gets it, else the buffer keeps it, else the operators see it as
    unmatched.
    """
    if row.kind != "message":
        return
    numbers = messages.Numbers(family.take_numbers(1_000))
    tx, message_key = family.tx, payload.get("message_key", 0)
    if buffer.read(tx, message_key) is not None:
        again = correlation.give_back(tx, message_key=message_key, process_id=row.process_id)
        messages.deliver_in(tx, numbers, again, payload, "message", None)
    else:
        messages.publish_in(
            tx,
            numbers,
            payload["name"],
            payload["correlation_key"],
            payload["variables"],
            expires_at=tx.now,
            message_id=None,
            only=row.process_id,
        )


def _fire(row: JobRow, payload: dict[str, Any]) -> cmd.Command:
    return cmd.FireTimer(timer_key=row.key, element_key=row.element_key or 0)


def _correlate(row: JobRow, payload: dict[str, Any]) -> cmd.Command:
    return cmd.CorrelateMessage(
        subscription_key=payload["subscription"],
        element_key=row.element_key or 0,
        name=payload["name"],
        variables=payload["variables"],
        message_key=payload.get("message_key", 0),
    )


def _signal(row: JobRow, payload: dict[str, Any]) -> cmd.Command:
    return cmd.BroadcastSignal(
        subscription_key=payload["subscription"],
        element_key=row.element_key or 0,
        name=payload["name"],
        variables=payload["variables"],
    )


def _proceed(row: JobRow, payload: dict[str, Any]) -> cmd.Command:
    return cmd.Proceed()


def _opened(family: Family, row: JobRow) -> dict[str, Any] | None:
    """Take a job that needs no instance lock under its lease and open it; None when the lease is lost."""
    if not jobs.complete(family.tx, row.key, owner=row.lock_owner or "", attempt=row.attempt):
        return None
    root = row.root_key or 0
    return payload_of(row, data_keys.read(family.tx, [root])[root])


def _publish(family: Family, row: JobRow) -> bool:
    payload = _opened(family, row)
    if payload is None:
        return False
    messages.publish_in(
        family.tx,
        messages.Numbers(family.take_numbers(1_000)),
        payload["name"],
        payload["correlation_key"],
        payload["variables"],
        expires_at=family.tx.now + messages.DEFAULT_TTL // messages.MICROSECOND,
        message_id=str(row.key),
    )
    return True


def _broadcast(family: Family, row: JobRow) -> bool:
    payload = _opened(family, row)
    if payload is None:
        return False
    after = payload.get("after", 0)
    numbers = messages.Numbers(family.take_numbers(1_000))
    _, after = messages.broadcast_in(
        family.tx, numbers, payload["name"], payload["variables"], after=after, thrown=row
    )
    if after:
        root = row.root_key or 0
        data_key = data_keys.read(family.tx, [root])[root]
        jobs.insert(family.tx, [messages.again(row, data_key, {**payload, "after": after}, family.tx.now)])
    return True


def _call(family: Family, claimed: JobRow) -> bool:
    found = family.member_of_job(claimed.key)
    if found is None:
        return False
    caller, row = found
    if not _take(family, caller, claimed):
        return False
    payload = payload_of(row, caller.data_key)
    element = caller.state.elements.get(row.element_key or 0)
    if element is not None and element.called == payload["child"]:
        family.call(caller, ev.InstanceCalled(element_key=element.key, **payload))
    return True


def _start_by_event(family: Family, row: JobRow) -> bool:
    """Start an instance; for one correlation key, one at a time: the next message waits in the buffer."""
    tx = family.tx
    bound = family.parts.catalogue.latest(tx, row.process_id)
    if not bound.row.active:
        return _put_back(family, row, JobState.SUSPENDED)
    if not jobs.complete(tx, row.key, owner=row.lock_owner or "", attempt=row.attempt):
        return False
    payload = _start_payload(family, row)
    start = starts.same_start(bound.definition, row.element_id, payload.get("name", ""))
    if start is None:  # the newest version no longer starts by this
        if payload.get("message_key"):
            conversations.give_back(tx, payload["message_key"], row.process_id)
        return True
    if row.kind == "message_start" and not conversations.admits(
        family, row, payload, bound.definition, start
    ):
        return True
    part = conversations.part_of(tx, bound.definition, start, payload.get("name", ""))
    family.start(bound, cmd.Start(variables=payload.get("variables", {}), element_id=start, part=part))
    if row.kind == "timer_start":
        again = starts.next_timer(row, family.key(), tx.now)
        jobs.insert(tx, [again] if again is not None else [])
    return True


def _open_starts(family: Family, row: JobRow) -> bool:
    """Let messages that were buffered before a deployment start instances of it."""
    tx = family.tx
    if not jobs.complete(tx, row.key, owner=row.lock_owner or "", attempt=row.attempt):
        return False
    keys = codec.decode_values(row.payload)
    opened = [found for key in keys if (found := subscriptions.read(tx, key)) is not None]
    messages.start_buffered(tx, messages.Numbers(family.take_numbers(2_000)), opened)
    return True


def _start_payload(family: Family, row: JobRow) -> dict[str, Any]:
    if row.kind == "timer_start":
        return {}
    sealed_with = int(row.idempotency_key)
    payload = payload_of(row, data_keys.read(family.tx, [sealed_with])[sealed_with])
    if row.kind == "signal_start":
        data_keys.destroy(family.tx, sealed_with)
    return payload


_RUNNERS: dict[str, Callable[[Family, JobRow], bool]] = {
    "timer": _waiting(_fire),
    "message": _waiting(_correlate),
    "signal": _waiting(_signal),
    "continue": _waiting(_proceed),
    "publish": _publish,
    "broadcast": _broadcast,
    "call": _call,
    "message_start": _start_by_event,
    "signal_start": _start_by_event,
    "timer_start": _start_by_event,
    "open_starts": _open_starts,
}
