"""The handlers' contract: how a service task's work is registered, what it is given, what it may answer.

A handler is a function of one ``JobContext``. It returns ``Completed``, raises ``BpmnError`` (the model may
catch it) or raises anything else, ``JobFailure`` included, which is a failure: retried with back-off, then
an incident. It holds no lock and no transaction while it works.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias

import msgspec

from engine.model.element_template import ElementTemplate
from engine.model.records import Entry, Job

Handler: TypeAlias = "Callable[[JobContext], Completed]"


class MessageTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """One deployed version of the words of a mail or letter; ``html`` is empty where there is none."""

    id: str
    version: int
    sha256: str
    text: str
    html: str = ""


class RegisterEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One row for an engine register (incidents, authorisations, reports), written with the completion.

    ``register`` is the register's name, ``subject`` what the entry is about, ``data`` plain values
    without secrets. With ``after``, the entry is written only if this still is the register's last number
    (0: it is empty); else the job fails and is tried again, so that what a handler concluded from
    ``JobContext.register`` holds at the moment of writing.
    """

    register: str
    subject: str
    data: dict[str, Any]
    after: int | None = None


class Completed:
    """The work is done: these variables go to the output mapping, these writes into the same transaction."""

    __slots__ = ("variables", "writes")

    def __init__(
        self,
        variables: Mapping[str, Any] | None = None,
        writes: tuple[RegisterEntry, ...] | list[RegisterEntry] = (),
    ) -> None:
        self.variables = dict(variables or {})
        self.writes = tuple(writes)


class JobContext(Protocol):
    """What a handler is given. Everything drawn or done through it happens once per idempotency key."""

    job: Job
    parameters: Mapping[str, Any]
    registrations: HandlerRegistry

    @property
    def now(self) -> dt.datetime:
        """Return the business time, aware, in UTC."""

    def draw(self, purpose: str, make: Callable[[], str], *, lifetime: dt.timedelta | None = None) -> str:
        """Return the reference of a secret, drawn and sealed once per idempotency key and purpose.

        ``make`` runs only the first time; later attempts get the same reference. Only the reference may
        become a variable.
        """

    def secret(self, reference: str) -> str:
        """Return the plain text behind a reference; raises ``NotFound`` once it is destroyed or expired."""

    def destroy_secret(self, reference: str) -> None:
        """Destroy a secret for good; destroying it twice is no error."""

    def once(self, purpose: str, make: Callable[[], bytes]) -> bytes:
        """Return bytes made once per idempotency key and purpose, stored sealed (a mail's bytes, a PDF)."""

    def store_document(self, name: str, content: bytes, *, media_type: str) -> str:
        """Store a document sealed in the case, once per idempotency key and name; return its reference."""

    def document(self, reference: str) -> bytes:
        """Return a document's bytes; raises ``NotFound``."""

    def message_template(self, template_id: str) -> MessageTemplate | None:
        """Return the words that go with the case's version of its process, and keep which they were.

        The same for every attempt. None where no template of this id was ever deployed.
        """

    def register(self, name: str, *, newest: int | None = None) -> list[Entry]:
        """Return all entries of an office register, or its newest, oldest first."""

    def effect(self, name: str, perform: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Do something outside and keep its reply; if the reply is already kept, return it and do nothing.

        A crash after the effect and before the reply is kept repeats it with the same idempotency key.
        """


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """One handler and what is known about it; ``deadline`` ends the renewal of its lease.

    ``together``: it touches nothing but this database, so that doing it once more is no harm. Where it is
    short as well, one thread runs up to twenty of its jobs in turn and commits their answers together; a
    crash then repeats them all. Every other handler's answer is committed before its thread goes on.
    """

    type: str
    handler: Handler
    errors: tuple[str, ...] = ()  # BPMN error codes it may raise, for the check
    deadline: dt.timedelta = dt.timedelta(minutes=5)
    concurrency: int = 0  # at most this many at once on one node; 0 = no limit
    together: bool = False


class HandlerRegistry:
    """The handlers a node has, by job type, and the element templates that configure their tasks.

    ``templates`` has, by id, each template and the bytes of its file. ``registers`` are the registers the
    office keeps, for the check; none means that they are not known here. ``check_message`` says what is wrong
    with the words of a mail or letter, given their id, text and HTML; "" for nothing.
    """

    def __init__(
        self,
        templates: Mapping[str, tuple[ElementTemplate, bytes]] | None = None,
        *,
        check_message: Callable[[str, str, str], str] | None = None,
    ) -> None:
        self._registrations: dict[str, Registration] = {}
        self.check_message = check_message or (lambda _id, _text, _html: "")
        self.templates = dict(templates or {})
        self.registers: frozenset[str] = frozenset()

    def handler(
        self,
        job_type: str,
        *,
        errors: tuple[str, ...] = (),
        deadline: dt.timedelta = dt.timedelta(minutes=5),
        concurrency: int = 0,
        together: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Register the decorated function for a job type (the settings are those of ``Registration``).

        Raises ValueError for a second one of the same type.
        """

        def register(function: Handler) -> Handler:
            self.add(
                Registration(
                    type=job_type,
                    handler=function,
                    errors=errors,
                    deadline=deadline,
                    concurrency=concurrency,
                    together=together,
                )
            )
            return function

        return register

    def add(self, registration: Registration) -> None:
        """Add one registration; raises ValueError when the type has one already."""
        if registration.type in self._registrations:
            raise ValueError(f"expected one handler for {registration.type}, but a second one was registered")
        self._registrations[registration.type] = registration

    def keep(self, *registers: str) -> None:
        """Say which registers the office keeps, besides those it was told of before."""
        self.registers |= set(registers)

    def get(self, job_type: str) -> Registration | None:
        """Return the registration of a job type, or None."""
        return self._registrations.get(job_type)

    def longest_deadline(self) -> dt.timedelta:
        """Return the longest time any of these handlers may take."""
        return max((each.deadline for each in self._registrations.values()), default=Registration.deadline)

    def types(self) -> tuple[str, ...]:
        """Return the registered job types, sorted."""
        return tuple(sorted(self._registrations))
