"""What an operator may do to running instances: each verb with an actor and a reason, kept in the history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from engine.kernel import commands as cmd
from engine.kernel.values import accepted
from engine.model.records import Batch, ProcessInstance
from engine.process_engine import batches, corrections, process_suspension
from engine.process_engine.family import Family
from engine.process_engine.guard import guarded
from engine.process_engine.parts import Parts


@guarded
class Corrections:
    """The correcting part of the public door."""

    parts: Parts

    def set_variables(
        self,
        instance_key: int,
        variables: Mapping[str, Any],
        *,
        actor: str,
        reason: str,
        element_key: int = 0,
    ) -> ProcessInstance:
        """Correct variables of an instance, or of one element instance's scope."""
        asked = cmd.SetVariables(variables=accepted(variables), element_key=element_key, reason=reason)
        return self._command(instance_key, asked, actor)

    def cancel(self, instance_key: int, *, actor: str, reason: str) -> ProcessInstance:
        """End an instance and all that is in it."""
        return self._command(instance_key, cmd.Cancel(reason=reason), actor)

    def suspend(self, instance_key: int, *, actor: str, reason: str) -> ProcessInstance:
        """Stop an instance's jobs and timers; the clock of the law goes on."""
        asked = cmd.Suspend(reason=reason)
        return corrections.run(
            self.parts, lambda family: corrections.suspend(family, instance_key, asked), actor=actor
        )

    def activate(self, instance_key: int, *, actor: str, reason: str) -> ProcessInstance:
        """Let a suspended instance go on."""
        asked = cmd.Activate(reason=reason)
        return corrections.run(
            self.parts, lambda family: corrections.suspend(family, instance_key, asked), actor=actor
        )

    def modify(
        self,
        instance_key: int,
        *,
        activate: Sequence[str | tuple[str, int]] = (),
        after: Sequence[str | tuple[str, int]] = (),
        terminate: Sequence[int | str] = (),
        variables: Mapping[str, Any] | None = None,
        local_variables: Mapping[str, Mapping[str, Any]] | None = None,
        actor: str,
        reason: str,
    ) -> ProcessInstance:
        """Enter elements, take the flows ``after`` others, and end element instances.

        An element is named by its id, or by id and key of the container it is in; one to be ended by its key,
        or by its id, which ends all its instances. ``variables`` are the instance's; ``local_variables``, by
        element id, belong to what is entered. Raises ``Conflict`` or ``NotFound``, and nothing changes.
        """
        asked = corrections.modification(
            activate=activate,
            after=after,
            terminate=terminate,
            variables=variables,
            local_variables=local_variables,
            reason=reason,
        )
        return self._command(instance_key, asked, actor)

    def activate_activities(
        self,
        instance_key: int,
        activities: Sequence[str],
        *,
        inside: int = 0,
        actor: str,
        reason: str = "",
        request_id: str | None = None,
    ) -> ProcessInstance:
        """Choose activities (ids) of an ad-hoc sub-process: at once, or in turn where it is sequential.

        ``inside`` is the key of the sub-process' element instance; 0: the only active one that has them. The
        same ``request_id`` again changes nothing. Raises ``Conflict`` or ``NotFound``.
        """
        asked = cmd.ActivateActivities(activities=list(activities), element_key=inside, reason=reason)
        return corrections.choose(self.parts, instance_key, asked, actor=actor, request_id=request_id)

    def migrate(
        self,
        instance_key: int,
        *,
        version: int | None = None,
        mapping: Mapping[str, str] | None = None,
        actor: str,
        reason: str,
        dry_run: bool = False,
    ) -> ProcessInstance:
        """Let an instance go on in another version (None: the newest).

        Elements and flows are matched by ``mapping`` (id of the version it runs in: id of the other), and by
        equal ids; deadlines, assignments and retries stay. ``dry_run`` only tries. Raises ``DoesNotFit`` with
        all that is in the way.
        """

        def work(family: Family) -> ProcessInstance:
            return corrections.migrate(
                family, instance_key, version=version, mapping=mapping or {}, reason=reason
            )

        return corrections.run(self.parts, work, actor=actor, dry_run=dry_run)

    def _command(self, key: int, asked: cmd.AnyCommand, actor: str) -> ProcessInstance:
        return corrections.run(
            self.parts, lambda family: corrections.command(family, key, asked), actor=actor
        )

    def reschedule_timer(self, timer_key: int, *, due_at: dt.datetime, actor: str, reason: str) -> None:
        """Move a waiting timer to another aware instant."""
        corrections.run(
            self.parts,
            lambda family: corrections.reschedule_timer(family, timer_key, due_at=due_at, reason=reason),
            actor=actor,
        )

    def resolve_incident(
        self, incident_key: int, *, actor: str, reason: str, new_effect: bool = False, retries: int = 1
    ) -> None:
        """Close an incident and let its element try again; ``new_effect`` asks for a deliberate new
        outside effect."""

        def work(family: Family) -> None:
            corrections.resolve_incident(
                family, incident_key, reason=reason, new_effect=new_effect, retries=retries
            )

        corrections.run(self.parts, work, actor=actor)

    def retry_job(self, job_key: int, *, actor: str, reason: str) -> None:
        """Let a stranded job (``stranded_jobs``) try again; raises ``NotFound``."""
        corrections.retry_job(self.parts, job_key, actor=actor, reason=reason)

    # --- many at once ---

    def suspend_process(self, process_id: str, *, actor: str, reason: str) -> Batch:
        """Let nothing start a process, whatever its version, and suspend its cases, by the batch returned.

        Start timers keep their due instants, messages wait out their time to live, calls are incidents.
        """
        return process_suspension.suspend(self.parts, process_id, actor=actor, reason=reason)

    def activate_process(self, process_id: str, *, actor: str, reason: str) -> Batch:
        """Let a suspended process start again, and all its suspended cases go on, by the batch returned."""
        return process_suspension.activate(self.parts, process_id, actor=actor, reason=reason)

    def start_batch(
        self,
        verb: str,
        *,
        selection: Mapping[str, Any] | None = None,
        keys: Sequence[int] | None = None,
        arguments: Mapping[str, Any] | None = None,
        actor: str,
        reason: str,
        dry_run: bool = False,
    ) -> Batch:
        """Do a verb with many: suspend, activate, cancel, set_variables, modify, migrate, resolve_incidents.

        Subjects are what ``selection`` (filters of ``instances``, or of ``incidents``; {}: everything open)
        finds now, or these ``keys``; ``arguments`` are the verb's own. The engine's jobs do it, each subject
        once and by itself; ``dry_run`` only tries. Raises ``InvalidVariables`` for what no verb knows.
        """
        return batches.start(
            self.parts,
            verb,
            selection=selection,
            keys=keys,
            arguments=arguments or {},
            actor=actor,
            reason=reason,
            dry_run=dry_run,
        )

    def cancel_batch(self, batch_key: int, *, actor: str, reason: str) -> Batch:
        """End a running batch; what is done stays done. Raises ``NotFound``, ``Conflict``."""
        return batches.cancel(self.parts, batch_key, actor=actor, reason=reason)
