"""What may be asked of an engine: nothing here changes anything."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from engine import replay, verification
from engine.calendar import polish_calendar
from engine.dmn import DecisionResult
from engine.forms import FilledForm
from engine.groups import Group
from engine.model.case import Case, CaseList, Course, Deadline, Personal
from engine.model.drafting import ChangedElement
from engine.model.node import Figures, Node
from engine.model.outline import ProcessOutline
from engine.model.records import (
    Batch,
    BatchItem,
    Definition,
    ElementInstance,
    HistoryEvent,
    Incident,
    InstanceView,
    ProcessInstance,
    Report,
    Shown,
    StrandedJob,
    Timer,
    UserTask,
)
from engine.model.worklist import Scope, Worklist, WorklistQuery
from engine.process_engine import (
    batches,
    case_lists,
    cases,
    courses,
    deadlines,
    definitions,
    instances,
    intake,
    known_groups,
    owners,
    queries,
    reveals,
    screens,
    user_tasks,
    worklist,
)
from engine.process_engine.guard import guarded
from engine.process_engine.parts import Parts


@guarded
class Views:
    """The reading half of the public door."""

    parts: Parts

    def definitions(self) -> list[Definition]:
        """Return every deployed version."""
        return definitions.all_of(self.parts)

    def evaluate_decision(
        self, decision_id: str, variables: Mapping[str, Any] | None = None
    ) -> DecisionResult:
        """Evaluate the newest version of a decision; raises ``NotFound``."""
        return definitions.evaluate(self.parts, decision_id, variables)

    def instance(self, key: int) -> ProcessInstance:
        """Return one instance; raises ``NotFound``."""
        return instances.read(self.parts, key)

    def instances(self, **filters: Any) -> list[ProcessInstance]:
        """Return instances, newest first.

        By ``process_id, version, state, business_key, parent_key, root_key, started_by, limit, offset``;
        ``roots=True`` leaves out those that were called by others.
        """
        return queries.process_instances(self.parts, **filters)

    def started(self, process_id: str, *, request_id: str) -> ProcessInstance | None:
        """Return what a request has started, None where it has not; raises ``Conflict`` as starting does."""
        return instances.started(self.parts, process_id, request_id)

    def starter(self, instance_key: int) -> str:
        """Return who started the case an instance belongs to; raises ``NotFound``."""
        return queries.starter(self.parts, instance_key)

    def elements(self, instance_key: int) -> list[ElementInstance]:
        """Return active and ended element instances in the order they were entered."""
        with self.parts.store.reading() as tx:
            return replay.elements(self.parts.catalogue, tx, instance_key)

    def variables(self, instance_key: int) -> dict[str, Any]:
        """Return an instance's own variables."""
        return queries.variables(self.parts, instance_key)

    def shown_by(self, task_key: int) -> list[Shown]:
        """Return the secrets a user task can show to its person; raises ``NotFound``."""
        return reveals.shown_by(self.parts, task_key)

    def timers(self, instance_key: int) -> list[Timer]:
        """Return an instance's waiting timers, the first due first."""
        return queries.timers(self.parts, instance_key)

    def user_tasks(
        self,
        *,
        instance_key: int | None = None,
        assignee: str | None = None,
        group: str | None = None,
        process_id: str | None = None,
        element_id: str | None = None,
        state: str | Collection[str] | None = None,
        limit: int = 100,
    ) -> list[UserTask]:
        """Return user tasks, oldest first; open ones when no state is named."""
        return user_tasks.query(
            self.parts,
            instance_key=instance_key,
            assignee=assignee,
            group=group,
            process_id=process_id,
            element_id=element_id,
            state=state,
            limit=limit,
        )

    def worklist(self, query: WorklistQuery, *, scopes: tuple[Scope, ...] = ()) -> Worklist:
        """Return one page of open tasks, and up to ``MOST_COUNTED`` + 1 how many each of the scopes has."""
        return worklist.read(self.parts, query, scopes)

    def user_task(self, task_key: int) -> UserTask:
        """Return one user task; raises ``NotFound``."""
        return user_tasks.read(self.parts, task_key)

    def incidents(self, **filters: Any) -> list[Incident]:
        """Return incidents by ``instance_key, process_id, type, state, limit``."""
        return queries.incident_records(self.parts, **filters)

    def effect(self, idempotency_key: str, name: str) -> Mapping[str, Any] | None:
        """Return the kept reply of the outside world to one effect of a job, None where there is none."""
        return intake.effect_of(self.parts, idempotency_key, name)

    def stranded_jobs(self, limit: int = 100) -> list[StrandedJob]:
        """Return the engine's own jobs of no open instance that crashed too often, oldest first."""
        return queries.stranded_jobs(self.parts, limit)

    def batch(self, batch_key: int) -> Batch:
        """Return one batch with its progress; raises ``NotFound``."""
        return batches.read(self.parts, batch_key)

    def batches(self, **filters: Any) -> list[Batch]:
        """Return batches by ``state, limit, offset``, newest first."""
        return batches.query(self.parts, **filters)

    def batch_items(self, batch_key: int, **filters: Any) -> list[BatchItem]:
        """Return subjects of a batch by ``state, limit, offset``, with why they failed."""
        return batches.items(self.parts, batch_key, **filters)

    def history(self, instance_key: int) -> list[HistoryEvent]:
        """Return everything that happened in an instance, in order."""
        with self.parts.store.reading() as tx:
            return replay.history(tx, instance_key)

    def replay(self, instance_key: int, *, until: int) -> InstanceView:
        """Return an instance as it stood after the command ``until``."""
        with self.parts.store.reading() as tx:
            return replay.replay(self.parts.catalogue, tx, instance_key, until=until)

    def verify(self, instance_key: int | None = None) -> Report:
        """Check chain, fold and re-execution of one instance, or of all with the anchors."""
        with self.parts.store.reading() as tx:
            return verification.verify(self.parts.catalogue, tx, instance_key)

    def case(self, instance_key: int) -> Case:
        """Return an instance with those it has called, what they wait for, and what has happened in it.

        Raises ``NotFound``, ``Conflict`` where it was erased.
        """
        return cases.case(self.parts, instance_key)

    def find_cases(
        self,
        *,
        business_key: str = "",
        filed_by: Collection[str] | None = None,
        process_id: str = "",
        state: Collection[str] = (),
        due_before: dt.datetime | None = None,
        order: str = "newest",
        limit: int = 50,
        offset: int = 0,
    ) -> CaseList:
        """Return one page of the cases (root instances) that meet all that is asked for.

        ``business_key`` with ``*`` at its end is the beginning of one; ``order`` is newest, oldest, number or
        deadline (the last two: only cases that have one). However many cases there are, some thousands are
        looked at: ``complete`` says whether that was enough. Raises ``InvalidVariables`` for an ``offset``
        over 2 500.
        """
        return case_lists.find(
            self.parts,
            number=business_key,
            filed_by=filed_by,
            process_id=process_id,
            state=state,
            due_before=due_before,
            order=order,
            limit=limit,
            offset=offset,
        )

    def personal(self, instance_key: int) -> Personal:
        """Return what is personal in the whole case an instance belongs to; raises ``NotFound``."""
        return cases.personal(self.parts, instance_key)

    def course(self, instance_key: int, *, first: int = 1, limit: int = courses.MOST_STEPS) -> Course:
        """Return what each command of an instance did, from ``first`` on; raises as ``replay``."""
        return courses.course(self.parts, instance_key, first=first, limit=limit)

    def steps(self, instance_key: int) -> int:
        """Return how many commands an instance has had: the number of its last step; raises ``NotFound``."""
        return courses.steps(self.parts, instance_key)

    def deadlines(self, instance_key: int) -> list[Deadline]:
        """Return an instance's deadlines and how each was computed, the newest 100, earliest first."""
        return deadlines.deadlines(self.parts, instance_key)

    def figures(self) -> Figures:
        """Return what operators watch; cheap enough to ask every few seconds."""
        return queries.watched(self.parts)

    def nodes(self) -> list[Node]:
        """Return the nodes the database knows."""
        return queries.all_nodes(self.parts)

    def job_types(self) -> dict[str, tuple[str, ...]]:
        """Return the literal job types that the newest versions of the processes ask for."""
        return queries.job_types(self.parts)

    def task_form(self, task_key: int) -> FilledForm | None:
        """Return a user task's form with the variables the task sees; raises ``NotFound``."""
        return screens.task_form(self.parts, task_key)

    def start_form(self, process_id: str, version: int | None = None) -> FilledForm | None:
        """Return the form a process (the newest version unless told) is started with, None where it shows
        none; raises ``NotFound``."""
        return screens.start_form(self.parts, process_id, version)

    def outline(self, process_id: str, version: int | None = None) -> ProcessOutline:
        """Return a process in words, step by step, the newest version unless told; raises ``NotFound``."""
        return screens.outline(self.parts, process_id, version)

    def diagram(self, process_id: str, version: int | None = None) -> bytes:
        """Return a process' file byte for byte; raises ``NotFound``."""
        return screens.diagram(self.parts, process_id, version)

    def definition_file(self, kind: str, id: str, version: int | None = None) -> bytes:
        """Return the file of a process, form or decision byte for byte, the newest version unless told; of a
        template its text, and its HTML behind a NUL; raises ``NotFound``."""
        return owners.definition_file(self.parts, kind, id, version)

    def changes(self, process_id: str, content: bytes) -> list[ChangedElement]:
        """Return what a file changes in a process' newest version, and how many open instances wait there.

        Raises ``InvalidDefinition`` for a file that cannot be read.
        """
        return owners.changes(self.parts, process_id, content)

    def open_instances(self) -> dict[tuple[str, int], int]:
        """Return how many open instances each version of each process has, by id and version."""
        return owners.open_instances(self.parts)

    def used(self, process_id: str, version: int | None = None) -> dict[str, list[str]]:
        """Return the ids of forms, decisions and processes a version (the newest unless told) names, by kind;
        raises ``NotFound``."""
        return owners.used(self.parts, process_id, version)

    def handled_types(self) -> tuple[str, ...]:
        """Return the job types this engine has handlers for."""
        return owners.job_types(self.parts)

    def job_names(self) -> dict[str, str]:
        """Return what the jobs that have an element template are called, by type."""
        return {each.job_type: each.name for each, _ in self.parts.handlers.templates.values()}

    def element_template_files(self) -> tuple[bytes, ...]:
        """Return the element templates by which tasks are configured, each as the JSON of its file."""
        return tuple(content for _, content in self.parts.handlers.templates.values())

    def known_groups(self) -> list[Group]:
        """Return every group that drawings, open tasks, people or names given in advance know, by id."""
        return known_groups.all_of(self.parts)

    def now(self) -> dt.datetime:
        """Return the business time, aware, in UTC."""
        return queries.now(self.parts)

    def working_days_between(self, start: dt.date, end: dt.date) -> int:
        """Return how many working days come after a day, up to and with another."""
        return polish_calendar().working_days_between(start, end)

    def is_working_day(self, day: dt.date) -> bool:
        """Say whether offices work on a day."""
        return polish_calendar().is_working_day(day)

    def next_due(self) -> dt.datetime | None:
        """Return when the next timer or retry becomes due, None where none waits."""
        return queries.next_due(self.parts)

    def clock_offset(self) -> dt.timedelta:
        """Return by how much the business clock is ahead: nothing, outside demonstrations."""
        return dt.timedelta(microseconds=self.parts.store.clock_offset())
