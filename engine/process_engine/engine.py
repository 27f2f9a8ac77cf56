"""The engine as other programs see it (``engine.md`` §8): one method per verb, forwarded to the module of
its noun."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from engine import verification
from engine.accounts import Accounts
from engine.catalogue import Catalogue
from engine.clock import Clock, micros
from engine.definition_drafts import DefinitionDrafts
from engine.desks import Desks
from engine.documents import Documents
from engine.groups import Groups
from engine.handling import HandlerRegistry, RegisterEntry
from engine.kernel import Limits
from engine.keys import token_text
from engine.model.arrivals import Arrival, File
from engine.model.records import (
    Deployment,
    Finding,
    Job,
    Opinion,
    ProcessInstance,
    Soundness,
    UserTask,
)
from engine.parameters import Parameters
from engine.people import People
from engine.process_engine import (
    definitions,
    disclosures,
    idle,
    instances,
    intake,
    jobs,
    messages,
    reveals,
    user_tasks,
)
from engine.process_engine.correcting import Corrections
from engine.process_engine.guard import guarded
from engine.process_engine.keeping import Keeping
from engine.process_engine.overseeing import Overseeing
from engine.process_engine.parts import Parts
from engine.process_engine.views import Views
from engine.registers import Registers
from engine.secrets import Secrets
from engine.soundness import BOUND, MOST_STATES
from engine.store import Store
from engine.store.sealing import Keyring
from engine.transport import LocalTransport, Transport
from engine.uploads import Uploads

NOTHING = dt.timedelta(0)


@guarded
class ProcessEngine(Views, Overseeing, Corrections, Keeping):
    """A BPMN engine over one database; safe to use from several threads, and beside others on the same
    database."""

    def __init__(
        self,
        database_url: str,
        *,
        clock: Clock | None = None,
        handlers: HandlerRegistry | None = None,
        keyring: Keyring | None = None,
        limits: Limits | None = None,
        transport: Transport | None = None,
    ) -> None:
        """Open (and, when new, create) the database.

        ``sqlite:///:memory:`` works; without a ``keyring`` an embedded database gets a generated one beside
        it. Raises ``Incompatible`` for a newer database, ``Unavailable`` when it cannot be reached.
        """
        store = Store(database_url, keyring=keyring, clock=clock)
        limits = limits or Limits()
        self.people = People(store)
        self.groups = Groups(store)
        self.accounts = Accounts(store)
        self.parameters = Parameters(store)
        self.secrets = Secrets(store)
        self.documents = Documents(store)
        self.desks = Desks(store)
        self.uploads = Uploads(store)
        self.registers = Registers(store)
        self.definition_drafts = DefinitionDrafts(store)
        self.parts = Parts(
            store=store,
            catalogue=Catalogue(store, limits=limits),
            handlers=handlers if handlers is not None else HandlerRegistry(),
            people=self.people,
            parameters=self.parameters,
            secrets=self.secrets,
            documents=self.documents,
            registers=self.registers,
            node=f"node-{token_text(6)}",
            limits=limits,
            transport=transport or LocalTransport(),
        )

    def __enter__(self) -> ProcessEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the database connections back."""
        self.parts.store.close()

    @property
    def statements(self) -> int:
        """Return how many SQL statements this engine has run, BEGIN and COMMIT not counted."""
        return self.parts.store.statements

    # --- definitions ---

    def check(self, files: Sequence[tuple[str, bytes]]) -> list[Finding]:
        """Return everything there is to say about these files (name, bytes); deploys nothing."""
        return definitions.check(self.parts, files)

    def soundness(
        self,
        files: Sequence[tuple[str, bytes]],
        *,
        bound: int = BOUND,
        most_states: int = MOST_STATES,
    ) -> list[Soundness]:
        """Explore all runs of each executable process, whatever its data; deploys nothing.

        ``bound`` limits repeated events, loops and instances, ``most_states`` the work. Raises
        ``InvalidDefinition`` for files the check refuses.
        """
        return definitions.soundness(self.parts, files, bound=bound, most_states=most_states)

    def second_opinion(self, files: Sequence[tuple[str, bytes]]) -> list[Opinion]:
        """Run sampled paths of each executable process on another engine as well; deploys nothing.

        Raises ``InvalidDefinition`` for files the check refuses, ``Unavailable`` when the other engine does
        not answer.
        """
        return definitions.opinions(self.parts, files)

    def deploy(
        self,
        files: Sequence[tuple[str, bytes]],
        *,
        by: str,
        comment: str = "",
        based_on: Mapping[str, int] | None = None,
    ) -> Deployment:
        """Deploy files together; raises ``InvalidDefinition`` and leaves nothing behind.

        ``comment`` says why. ``based_on`` names, by id, the version that must be the newest still (0: none);
        raises ``Conflict`` where somebody has deployed another meanwhile.
        """
        return definitions.deploy(self.parts, files, by=by, comment=comment, based_on=based_on)

    # --- instances ---

    def start(
        self,
        process_id: str,
        *,
        variables: Mapping[str, Any] | None = None,
        business_key: str | None = None,
        version: int | None = None,
        element_id: str | None = None,
        actor: str,
        request_id: str | None = None,
    ) -> ProcessInstance:
        """Start an instance; the same ``request_id`` again returns the first one.

        Without ``element_id`` at its only none start event; any other start event can be named.

        Variables that are fields of the start event's form are checked first (``InvalidSubmission``).
        """
        return instances.start(
            self.parts,
            process_id,
            variables=variables,
            business_key=business_key,
            version=version,
            element_id=element_id,
            actor=actor,
            request_id=request_id,
        )

    def note_disclosure(self, instance_key: int, what: str, *, actor: str) -> None:
        """Keep in the chain of operations that somebody is shown personal data of a case (``what`` of it).

        Call it before showing; raises ``NotFound``.
        """
        disclosures.note(self.parts, instance_key, what, actor=actor)

    def note_office_disclosure(self, what: str, *, actor: str) -> None:
        """Keep that somebody is shown personal data of no case: a register, a letter no case took."""
        disclosures.note(self.parts, None, what, actor=actor)

    # --- user tasks ---

    def claim(self, task_key: int, *, actor: str) -> UserTask:
        """Take a task; raises ``Conflict`` when somebody else has it."""
        return user_tasks.update(self.parts, task_key, "claim", actor=actor, assignee=actor)

    def unclaim(self, task_key: int, *, actor: str) -> UserTask:
        """Give a task back; raises ``Conflict`` when somebody else has it."""
        return user_tasks.update(self.parts, task_key, "unclaim", actor=actor, assignee=None)

    def assign(self, task_key: int, assignee: str | None, *, actor: str, reason: str = "") -> UserTask:
        """Give a task to somebody, whoever has it."""
        return user_tasks.update(
            self.parts, task_key, "assign", actor=actor, assignee=assignee, reason=reason
        )

    def update_task(self, task_key: int, *, actor: str, reason: str, **changes: Any) -> UserTask:
        """Change a task's ``groups, users, priority``, or its ``due_at, follow_up_at`` (aware instants,
        None: none)."""
        for name in ("due_at", "follow_up_at"):
            if isinstance(changes.get(name), dt.datetime):
                changes[name] = micros(changes[name])
        return user_tasks.update(self.parts, task_key, "update", actor=actor, reason=reason, **changes)

    def complete(
        self,
        task_key: int,
        *,
        variables: Mapping[str, Any] | None = None,
        actor: str,
        request_id: str | None = None,
    ) -> None:
        """Complete a task; what was entered is checked against its form first (``InvalidSubmission``)."""
        user_tasks.complete(self.parts, task_key, variables=variables, actor=actor, request_id=request_id)

    def reveal(self, task_key: int, *, variable: str, actor: str, reason: str = "") -> str:
        """Show a secret to the person who has a task, once (a print-out again with a ``reason``); audited.

        Raises ``NotFound`` where the task shows no such thing or it is gone, ``Forbidden`` for somebody who
        may not, ``Conflict`` the second time.
        """
        return reveals.reveal(self.parts, task_key, variable=variable, actor=actor, reason=reason)

    # --- jobs ---

    def activate_jobs(
        self,
        type: str,
        *,
        worker: str,
        limit: int,
        lease: dt.timedelta,
    ) -> list[Job]:
        """Lock ready jobs of a type for a worker until the lease ends."""
        return jobs.activate(self.parts, (type,), worker=worker, limit=limit, lease=lease)

    def complete_job(
        self,
        key: int,
        *,
        variables: Mapping[str, Any] | None = None,
        writes: Sequence[RegisterEntry] = (),
        worker: str | None = None,
        attempt: int | None = None,
    ) -> None:
        """Complete a locked job; with ``worker`` and ``attempt`` only under that very lease."""
        jobs.complete(self.parts, key, variables=variables, writes=writes, worker=worker, attempt=attempt)

    def fail_job(
        self,
        key: int,
        *,
        reason: str,
        retries: int | None = None,
        back_off: dt.timedelta | None = None,
        worker: str | None = None,
        attempt: int | None = None,
    ) -> None:
        """Count a failed attempt; without retries left it becomes an incident."""
        jobs.fail(
            self.parts, key, reason=reason, retries=retries, back_off=back_off, worker=worker, attempt=attempt
        )

    def throw_error(
        self,
        key: int,
        *,
        code: str,
        message: str = "",
        variables: Mapping[str, Any] | None = None,
        worker: str | None = None,
        attempt: int | None = None,
    ) -> None:
        """Let a job, or a user task, end with a BPMN error."""
        jobs.throw_error(
            self.parts,
            key,
            code=code,
            message=message,
            variables=variables,
            worker=worker,
            attempt=attempt,
        )

    # --- messages, signals ---

    def publish_message(
        self,
        name: str,
        *,
        correlation_key: str = "",
        variables: Mapping[str, Any] | None = None,
        ttl: dt.timedelta = NOTHING,
        message_id: str | None = None,
    ) -> None:
        """Publish a message; one nobody waits for is kept until its ``ttl`` ends."""
        messages.publish(
            self.parts,
            name,
            correlation_key=correlation_key,
            variables=variables,
            ttl=ttl,
            message_id=message_id,
        )

    def broadcast_signal(self, name: str, *, variables: Mapping[str, Any] | None = None) -> None:
        """Broadcast a signal to every subscription open now."""
        messages.broadcast(self.parts, name, variables=variables)

    def take_in(
        self,
        *,
        request_id: str,
        register: str,
        subject: str,
        data: Mapping[str, Any],
        message: str = "",
        correlation_key: str = "",
        variables: Mapping[str, Any] | None = None,
        files: Sequence[File] = (),
        root_key: int | None = None,
        resolution: str = "",
        required: bool = False,
        holds: str = "",
        until_closed: bool = False,
    ) -> Arrival:
        """Take in what came from outside, once per ``request_id``: entry, files, message in one transaction.

        Where a case waits for the ``message`` the entry is resolved; else it stays open, or is resolved with
        ``resolution``. Files are sealed with the key of the case ``root_key``, else with one of their own.
        With ``required`` nothing is taken in where nobody waits: ``NotFound``. ``holds`` names what one entry
        of the register may have (a card, a slot), for ever or ``until_closed``; ``Conflict`` where it is
        held.
        """
        return intake.take_in(
            self.parts,
            intake.Incoming(
                request_id=request_id, register=register, subject=subject, data=dict(data), message=message,
                correlation_key=correlation_key, variables=dict(variables or {}), files=tuple(files),
                root_key=root_key, resolution=resolution, required=required, holds=holds,
                until_closed=until_closed,
            ),
        )  # fmt: skip

    def run_until_idle(self) -> int:
        """Fire due timers, run registered handlers and deliveries until nothing is due; return the units
        done."""
        return idle.run_until_idle(self.parts)

    # --- the installation ---

    def set_clock_offset(self, ahead: dt.timedelta) -> None:
        """Set the business clock ahead for all nodes: for demonstrations and sandboxes only."""
        self.parts.store.set_clock_offset(ahead // dt.timedelta(microseconds=1))

    def anchor(self) -> None:
        """Sign a statement of all cases' heads, so that a rebuilt or cut history can be told later."""
        self.parts.store.run(verification.anchor)
