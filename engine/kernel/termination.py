"""Ending element instances before their time, from the inside out, without recursion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.kernel import complex_gateways, waits
from engine.kernel import events as ev
from engine.model.records import UserTaskState

if TYPE_CHECKING:
    from engine.kernel.state import ElementInstance
    from engine.kernel.step import Step


def terminate(step: Step, instance: ElementInstance) -> None:
    """End an element instance and all that is inside it."""
    for element in reversed(_with_descendants(step, instance)):
        release(step, element)
        if element.scope:
            complex_gateways.give_up(step, element)
        step.emit(ev.ElementTerminated(element.key, element.element_id))


def clear(step: Step, scope: ElementInstance) -> None:
    """End everything inside a container and the tokens on their way in it; the container itself stays."""
    for child in list(step.tree.children.get(scope.key, {}).values()):
        terminate(step, child)
    drop_tokens(step, scope)
    step.discard(scope)
    if scope.ad_hoc is not None and not scope.ad_hoc.ending:
        step.emit(ev.AdHocEnding(scope.key))
    if scope.compensation is not None:
        step.emit(ev.CompensationEnded(scope.key))
    if scope.incident is not None:
        step.emit(ev.IncidentResolved(scope.incident.key, scope.key, "ended"))


def drop_tokens(step: Step, scope: ElementInstance) -> None:
    """Take away the tokens that wait at the joins of a container, and its complex gateways that wait."""
    for gateway_instance in list(complex_gateways.waiting(step, scope)):
        terminate(step, gateway_instance)
    for gateway, waiting in list((scope.joins or {}).items()):
        flows = [flow for flow, count in waiting.items() for _ in range(count)]
        step.emit(ev.TokensConsumed(scope.key, gateway, flows))


def release(step: Step, element: ElementInstance) -> None:
    """Give up everything an element instance waits for."""
    if element.job is not None:
        step.emit(ev.JobEnded(element.job.key, element.key, False))
    if element.user_task is not None:
        step.emit(ev.UserTaskEnded(element.key, UserTaskState.CANCELLED))
    if element.called:
        step.emit(ev.CallEnded(element.key, element.called, True))
    if element.listens:
        waits.close_all(step, element)
    if element.compensation is not None:
        step.emit(ev.CompensationAbandoned(element.key))
    if element.incident is not None:
        step.emit(ev.IncidentResolved(element.incident.key, element.key, "ended"))


def _with_descendants(step: Step, instance: ElementInstance) -> list[ElementInstance]:
    """Return an element instance and all below it, parents before their children."""
    found = [instance]
    for element in found:
        found.extend(step.tree.children.get(element.key, {}).values())
    return found
