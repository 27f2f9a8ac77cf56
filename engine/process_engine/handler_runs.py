"""Running a handler: claimed job in, outcome out; no lock and no transaction is held while it works."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from engine import message_templates
from engine.clock import instant, monotonic
from engine.errors import (
    BpmnError,
    Conflict,
    InvalidVariables,
    JobFailure,
    NotFound,
)
from engine.failpoint import failpoint
from engine.handling import Completed, Handler, HandlerRegistry, MessageTemplate
from engine.kernel import codec
from engine.logs import event_log, places
from engine.model.records import Entry, Job
from engine.process_engine import jobs as verbs
from engine.process_engine.parts import Parts
from engine.store import Transaction, data_keys, effects, jobs
from engine.store.rows import EffectRow, InstanceRow, JobRow
from engine.store.sealing import DataKey, place

log = event_log("handlers")
LEASE_US = 30_000_000
MAX_REASON = 2_000
Outcome: TypeAlias = Completed | BpmnError | JobFailure


def run_next(parts: Parts) -> bool:
    """Claim one ready job this node has a handler for and run it; return whether there was one."""
    types = parts.handlers.types()
    if not types:
        return False
    rows = parts.store.run(
        lambda tx: jobs.claim(tx, types=types, owner=parts.node, limit=1, lease_us=LEASE_US)
    )
    for row in rows:
        run_claimed(parts, row)
    return bool(rows)


def run_claimed(parts: Parts, row: JobRow) -> None:
    """Run a claimed job's handler and report what it came to; a lost lease is somebody else's business."""
    outcome = outcome_of(parts, row)
    if outcome is not None:
        settle(parts, row, outcome)


def outcome_of(parts: Parts, row: JobRow, *, stood_in_line: bool = False) -> Outcome | None:
    """Run a claimed job's handler and return what it came to; None where it has no handler or case here.

    Of a job that stood in line the lease is looked at again; None where it is lost.
    """
    registration = parts.handlers.get(row.type)
    context = _context(parts, row, leased=stood_in_line)
    if registration is None or context is None:
        return None
    began = monotonic()
    outcome = _outcome(registration.handler, context)
    parts.paces.note(row.type, monotonic() - began)
    return outcome


def settle(parts: Parts, row: JobRow, outcome: Outcome) -> None:
    """Report what a handler came to, in a transaction of its own."""
    try:
        try:
            _report(parts, row, outcome)
        except InvalidVariables as error:
            _report(parts, row, JobFailure(f"the handler's answer cannot be stored: {error}", permanent=True))
        except JobFailure as moved:  # a register has moved on since the handler read it
            _report(parts, row, moved)
    except (Conflict, NotFound) as error:
        log.warning("job_lost", key=row.key, type=row.type, error=type(error).__name__)


def _outcome(handler: Handler, context: RunningJob) -> Outcome:
    """Return what a handler came to; the one place where anything it raises is caught."""
    try:
        failpoint("handler.before", context.job.type)
        completed = handler(context)
        failpoint("handler.after", context.job.type)
    except (BpmnError, JobFailure) as answer:
        return answer
    except Exception as error:
        told = {"key": context.job.key, "type": context.job.type, "attempt": context.job.attempt}
        log.warning("handler_failed", **told, error=type(error).__name__, at=places(error))
        return JobFailure(f"{type(error).__name__}: {error}")
    if isinstance(completed, Completed):
        return completed
    return JobFailure(
        f"expected the handler of '{context.job.type}' to return Completed, but it returned {completed!r}",
        permanent=True,
    )


def _report(parts: Parts, row: JobRow, outcome: Outcome) -> None:
    lease: dict[str, Any] = {"worker": row.lock_owner, "attempt": row.attempt}
    if isinstance(outcome, Completed):
        verbs.complete(parts, row.key, variables=outcome.variables, writes=outcome.writes, **lease)
    elif isinstance(outcome, BpmnError):
        verbs.throw_error(
            parts, row.key, code=outcome.code, message=outcome.message, variables=outcome.variables, **lease
        )
    else:
        verbs.fail(
            parts,
            row.key,
            reason=_printable(outcome.reason),
            retries=0 if outcome.permanent else None,
            back_off=None if outcome.back_off is None else dt.timedelta(seconds=outcome.back_off),
            **lease,
        )


def _printable(reason: str) -> str:
    """Return a reason that can be stored: bounded, without control characters and lone surrogates."""
    clean = "".join(each if each.isprintable() or each == "\n" else "?" for each in reason[:MAX_REASON])
    return clean.encode("utf-8", "replace").decode()


class RunningJob:
    """The context of one run (``engine.handling.JobContext``): what is drawn or done is so once per
    idempotency key."""

    def __init__(
        self, parts: Parts, row: JobRow, job: Job, instance: InstanceRow, values: Mapping[str, Any]
    ) -> None:
        self.job = job
        self.parameters: Mapping[str, Any] = values
        self.registrations: HandlerRegistry = parts.handlers
        self._parts = parts
        self._key = row.idempotency_key
        self._instance = instance
        self._root = instance.root_key

    @property
    def now(self) -> dt.datetime:
        """Return the business time, aware, in UTC."""
        with self._parts.store.reading() as tx:
            return instant(tx.now)

    def draw(self, purpose: str, make: Callable[[], str], *, lifetime: dt.timedelta | None = None) -> str:
        """Return the reference of a secret, drawn once per idempotency key and purpose."""
        return self._parts.secrets.draw(
            root_key=self._root, idempotency_key=self._key, purpose=purpose, make=make, lifetime=lifetime
        )

    def secret(self, reference: str) -> str:
        """Return the plain text behind a reference; raises ``NotFound`` when it is gone or of another
        case."""
        return self._parts.secrets.read(reference, root_key=self._root)

    def destroy_secret(self, reference: str) -> None:
        """Destroy a secret for good."""
        self._parts.secrets.destroy(reference, root_key=self._root)

    def once(self, purpose: str, make: Callable[[], bytes]) -> bytes:
        """Return bytes made once per idempotency key and purpose; ``make`` runs with no transaction open."""
        with self._parts.store.reading() as tx:
            known = effects.read_once(
                tx, data_key=self._data_key(tx), idempotency_key=self._key, purpose=purpose
            )
        if known is not None:
            return known
        content = make()
        return self._parts.store.run(
            lambda tx: effects.once(
                tx,
                data_key=self._data_key(tx),
                idempotency_key=self._key,
                purpose=purpose,
                make=lambda: content,
            )
        )

    def store_document(self, name: str, content: bytes, *, media_type: str) -> str:
        """Store a document sealed in the case, once per idempotency key and name."""
        return self._parts.documents.store(
            root_key=self._root, idempotency_key=self._key, name=name, content=content, media_type=media_type
        )

    def document(self, reference: str) -> bytes:
        """Return a document's bytes."""
        return self._parts.documents.read(reference, root_key=self._root)

    def message_template(self, template_id: str) -> MessageTemplate | None:
        """Return the words that go with the case's version of its process, and keep which they were."""
        with self._parts.store.reading() as tx:
            row = message_templates.bound(tx, template_id, self._instance)
        if row is None:
            return None
        used = {"template": row.id, "version": row.version, "sha256": row.sha256}
        kept = self.effect(f"{message_templates.KIND}:{template_id}", lambda: used)
        with self._parts.store.reading() as tx:
            return message_templates.read(tx, kept["template"], kept["version"])

    def register(self, name: str, *, newest: int | None = None) -> list[Entry]:
        """Return all entries of an office register, or its newest, oldest first."""
        registers = self._parts.registers
        return registers.all_in(name) if newest is None else registers.entries(name, limit=newest)[::-1]

    def effect(self, name: str, perform: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Do something outside and keep its reply; a reply already kept is returned and nothing is done."""
        with self._parts.store.reading() as tx:
            known = self._kept(tx, name)
        if known is not None:
            return known
        failpoint("effect.before", name)
        reply = dict(perform())
        failpoint("effect.after", name)
        self._parts.store.run(lambda tx: self._keep(tx, name, reply))
        return reply

    def _kept(self, tx: Transaction, name: str) -> Mapping[str, Any] | None:
        row = effects.read(tx, self._effect_key(name), root_key=self._root)
        if row is None:
            return None
        reply: Mapping[str, Any] = codec.decode_values(
            self._data_key(tx).open(self._effect_place(name), row.reply)
        )
        return reply

    def _keep(self, tx: Transaction, name: str, reply: Mapping[str, Any]) -> None:
        sealed = self._data_key(tx).seal(self._effect_place(name), codec.encode_values(dict(reply)))
        row = EffectRow(idempotency_key=self._effect_key(name), name=name, reply=sealed, created_at=tx.now)
        effects.insert(tx, row, root_key=self._root)

    def _effect_key(self, name: str) -> str:
        return f"{self._key}/{name}"

    def _effect_place(self, name: str) -> bytes:
        return place("effect", self._key, name)

    def _data_key(self, tx: Transaction) -> DataKey:
        found = data_keys.read(tx, [self._root]).get(self._root)
        if found is None:
            raise NotFound(f"the case {self._root} has been erased")
        return found


def _context(parts: Parts, row: JobRow, *, leased: bool) -> RunningJob | None:
    """Read what the handler is given; None when the case is gone, or the job not ``leased`` as it should."""
    with parts.store.reading() as tx:
        found = verbs.opened_leased(tx, row) if leased else next(iter(verbs.opened_with(tx, [row])), None)
        if found is not None:
            job, instance = found
            values = parts.parameters.values_in(tx, instance.process_id, instance.parameters_version)
            return RunningJob(parts, row, job, instance, values)
    return None
