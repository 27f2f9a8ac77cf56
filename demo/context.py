"""A job context in memory: what a handler's author needs to try the handler against the demo servers, without
an engine.

It keeps the promises of ``JobContext``: what is drawn, made or done is drawn, made or done once per
idempotency key, whatever the attempt. ``again()`` is the next attempt; ``lose_replies`` plays the crash
between effect and reply.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from engine import Entry, HandlerRegistry, Job, MessageTemplate, NotFound

START = dt.datetime(2026, 12, 17, 9, 0, tzinfo=dt.UTC)


class Crash(BaseException):
    """The process died after the effect and before its reply was kept."""


class CaseMemory:
    """What one case remembers between attempts and between its jobs."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}
        self.documents: dict[str, bytes] = {}
        self.made: dict[tuple[str, str], Any] = {}
        self.registers: dict[str, list[Entry]] = {}
        self.templates: dict[str, MessageTemplate] = {}


class MemoryJobContext:
    """One attempt at one job; ``case`` is shared by the jobs of a case."""

    def __init__(
        self,
        job_type: str,
        variables: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        parameters: Mapping[str, Any] | None = None,
        case: CaseMemory | None = None,
        key: str = "",
        attempt: int = 1,
        at: dt.datetime = START,
    ) -> None:
        self.case = case or CaseMemory()
        self.parameters: Mapping[str, Any] = dict(parameters or {})
        self.registrations = HandlerRegistry()
        self.now = at
        self.lose_replies = False
        self.job = Job(
            key=1,
            instance_key=1,
            element_id=job_type.replace(".", "_"),
            type=job_type,
            headers=dict(headers or {}),
            variables=dict(variables or {}),
            retries=3,
            attempt=attempt,
            lock_until=None,
            idempotency_key=key or f"1:{job_type}",
        )

    def again(self) -> MemoryJobContext:
        """Return the next attempt at the same job, an hour later."""
        return MemoryJobContext(
            self.job.type,
            self.job.variables,
            headers=self.job.headers,
            parameters=self.parameters,
            case=self.case,
            key=self.job.idempotency_key,
            attempt=self.job.attempt + 1,
            at=self.now + dt.timedelta(hours=1),
        )

    def draw(self, purpose: str, make: Callable[[], str], *, lifetime: dt.timedelta | None = None) -> str:
        """Return the reference of a secret drawn once."""

        def keep() -> str:
            reference = f"secret:{self.job.idempotency_key}:{purpose}"
            self.case.secrets[reference] = make()
            return reference

        return str(self._once("draw", purpose, keep))

    def secret(self, reference: str) -> str:
        """Return a secret's plain text; raises ``NotFound``."""
        if reference not in self.case.secrets:
            raise NotFound("expected a living secret, but it is destroyed or was never drawn")
        return self.case.secrets[reference]

    def destroy_secret(self, reference: str) -> None:
        """Destroy a secret; twice is no error."""
        self.case.secrets.pop(reference, None)

    def once(self, purpose: str, make: Callable[[], bytes]) -> bytes:
        """Return bytes made once."""
        return bytes(self._once("once", purpose, make))

    def store_document(self, name: str, content: bytes, *, media_type: str) -> str:
        """Store a document once; return its reference."""

        def keep() -> str:
            reference = f"document:{self.job.idempotency_key}:{name}"
            self.case.documents[reference] = content
            return reference

        return str(self._once("document", name, keep))

    def document(self, reference: str) -> bytes:
        """Return a document's bytes; raises ``NotFound``."""
        if reference not in self.case.documents:
            raise NotFound("expected a stored document, but there is none of this reference")
        return self.case.documents[reference]

    def message_template(self, template_id: str) -> MessageTemplate | None:
        """Return the words the case was given under this id."""
        return self.case.templates.get(template_id)

    def register(self, name: str, *, newest: int | None = None) -> list[Entry]:
        """Return the entries of a register, or its newest, oldest first."""
        return list(self.case.registers.get(name, ()))[-(newest or 10**9) :]

    def effect(self, name: str, perform: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Do it and keep the reply, or return the kept one."""

        def do() -> Mapping[str, Any]:
            reply = dict(perform())
            if self.lose_replies:
                raise Crash
            return reply

        return dict(self._once("effect", name, do))

    def _once(self, kind: str, purpose: str, make: Callable[[], Any]) -> Any:
        place = (self.job.idempotency_key, f"{kind}:{purpose}")
        if place not in self.case.made:
            self.case.made[place] = make()
        return self.case.made[place]
