"""What a scenario says: start this drawing, let somebody complete that task, let time pass, see where it
ended."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any, Protocol, Self

from engine import HandlerRegistry, Incident, Job, ProcessEngine, UserTask, VirtualClock

LEASE = dt.timedelta(minutes=1)


class Drawn(Protocol):
    """A process a scenario can run: the builder's, or one written as XML (``tests.plain``)."""

    @property
    def id(self) -> str:
        """The process id."""

    def files(self) -> list[tuple[str, bytes]]:
        """What ``engine.deploy`` takes."""


class Run:
    """One scenario: an engine (reopened after every action when asked to), a clock to move, what was
    drawn."""

    def __init__(self, url: str, clock: VirtualClock, handlers: HandlerRegistry, *, reopen: bool) -> None:
        self.clock = clock
        self.handlers = handlers
        self._url = url
        self._reopen = reopen
        self._engine = self._open()

    def _open(self) -> ProcessEngine:
        return ProcessEngine(self._url, clock=self.clock, handlers=self.handlers)

    @property
    def engine(self) -> ProcessEngine:
        """The engine as it is now."""
        return self._engine

    def settle(self) -> None:
        """Let everything due happen, then reopen the engine when the scenario is run that way."""
        self._engine.run_until_idle()
        if self._reopen:
            self._engine.close()
            self._engine = self._open()

    def close(self) -> None:
        """Give the database back."""
        self._engine.close()

    def __call__(self, *drawings: Drawn, key: str | None = None, **variables: Any) -> Case:
        """Deploy drawings and start the first of them."""
        self.deploy(*drawings)
        return self.start(drawings[0].id, key=key, **variables)

    def deploy(self, *drawings: Drawn) -> None:
        """Deploy drawings together."""
        self._engine.deploy([file for drawing in drawings for file in drawing.files()], by="owner")

    def start(self, process_id: str, *, key: str | None = None, **variables: Any) -> Case:
        """Start another instance."""
        started = self._engine.start(process_id, variables=variables, business_key=key, actor="anna")
        self.settle()
        return Case(self, started.key)

    def advance(self, **duration: float) -> Self:
        """Let time pass."""
        self.clock.advance(dt.timedelta(**duration))
        self.settle()
        return self

    def publish(self, name: str, key: str = "", *, ttl: float = 0, **variables: Any) -> None:
        """Publish a message; ``ttl`` in hours."""
        self._engine.publish_message(
            name, correlation_key=key, variables=variables, ttl=dt.timedelta(hours=ttl)
        )
        self.settle()

    def broadcast(self, name: str, **variables: Any) -> None:
        """Broadcast a signal."""
        self._engine.broadcast_signal(name, variables=variables)
        self.settle()

    def cases(self, process_id: str) -> list[Case]:
        """All instances of a process, the oldest first."""
        return [Case(self, each.key) for each in reversed(self._engine.instances(process_id=process_id))]


class Case:
    """One process instance of a scenario."""

    def __init__(self, run: Run, key: int) -> None:
        self._run = run
        self.key = key

    @property
    def _engine(self) -> ProcessEngine:
        return self._run.engine

    @property
    def state(self) -> str:
        """The instance's state."""
        return str(self._engine.instance(self.key).state)

    @property
    def variables(self) -> dict[str, Any]:
        """The instance's variables."""
        return self._engine.variables(self.key)

    @property
    def ended_at(self) -> list[str]:
        """The end events reached, in order."""
        return [
            each.element_id
            for each in self._engine.elements(self.key)
            if each.element_type == "endEvent" and each.state == "completed"
        ]

    @property
    def active(self) -> list[str]:
        """The elements that are active, sorted."""
        return sorted(e.element_id for e in self._engine.elements(self.key) if e.state == "active")

    def count(self, element_id: str, state: str = "completed") -> int:
        """How often an element reached a final state."""
        return Counter((e.element_id, str(e.state)) for e in self._engine.elements(self.key))[
            element_id, state
        ]

    @property
    def tasks(self) -> list[str]:
        """The open user tasks' elements, oldest first."""
        return [task.element_id for task in self._engine.user_tasks(instance_key=self.key)]

    def task(self, element_id: str) -> UserTask:
        """The oldest open user task of an element."""
        return self._engine.user_tasks(instance_key=self.key, element_id=element_id)[0]

    def complete(self, element_id: str, by: str = "jan", **variables: Any) -> Case:
        """Let somebody complete the oldest open task of an element."""
        self._engine.complete(self.task(element_id).key, variables=variables, actor=by)
        self._run.settle()
        return self

    def job(self, job_type: str) -> Job:
        """Lock the next job of a type."""
        (job,) = self._engine.activate_jobs(job_type, worker="w", limit=1, lease=LEASE)
        return job

    def work(self, job_type: str, **variables: Any) -> Case:
        """Do the next job of a type."""
        self._engine.complete_job(self.job(job_type).key, variables=variables)
        self._run.settle()
        return self

    def throw(self, job_type: str, code: str, **variables: Any) -> Case:
        """End the next job of a type with a BPMN error."""
        self._engine.throw_error(self.job(job_type).key, code=code, message="why", variables=variables)
        self._run.settle()
        return self

    @property
    def incidents(self) -> list[Incident]:
        """The open incidents."""
        return self._engine.incidents(instance_key=self.key, state="open")

    def resolve(self, **variables: Any) -> Case:
        """Correct variables and resolve the only open incident."""
        if variables:
            self._engine.set_variables(self.key, variables, actor="op", reason="corrected")
        (incident,) = self.incidents
        self._engine.resolve_incident(incident.key, actor="op", reason="cause removed")
        self._run.settle()
        return self
