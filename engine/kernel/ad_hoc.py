"""Ad-hoc sub-processes (BPMN 2.0.2 §10.3.5, §13.3.5): activities in no order, chosen by people.

What no flow leads to begins by itself, all at once or one after the other; any activity can be chosen again
and again. After each that completes the completion condition is asked: once it holds nothing further begins,
and what still runs is cancelled, or waited for. Without a condition the sub-process ends when nothing is left
to do; with one that does not hold it waits for somebody's choice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.errors import Conflict, NotFound
from engine.kernel import commands as cmd
from engine.kernel import events as ev
from engine.kernel import termination, waits
from engine.kernel.failure import Failure
from engine.kernel.flows import chosen_flows
from engine.kernel.instantiation import begins
from engine.kernel.variables import scope_of
from engine.model.definition import AdHoc, Element, ElementType

if TYPE_CHECKING:
    from engine.kernel.state import AdHocData, ElementInstance
    from engine.kernel.step import Step

_NO_ACTIVITIES = frozenset(
    {
        ElementType.START_EVENT,
        ElementType.END_EVENT,
        ElementType.INTERMEDIATE_CATCH_EVENT,
        ElementType.INTERMEDIATE_THROW_EVENT,
        ElementType.BOUNDARY_EVENT,
        ElementType.EXCLUSIVE_GATEWAY,
        ElementType.PARALLEL_GATEWAY,
        ElementType.INCLUSIVE_GATEWAY,
        ElementType.COMPLEX_GATEWAY,
        ElementType.EVENT_BASED_GATEWAY,
    }
)


def enter(step: Step, instance: ElementInstance, element: Element) -> None:
    """Listen for its event sub-processes and begin what begins by itself; with nothing, wait for a choice."""
    waits.open_event_sub_processes(step, instance)
    _begin(step, instance, list(_first(step, instance, element)))


def _first(step: Step, instance: ElementInstance, element: Element) -> Iterator[str]:
    """Yield the activities that begin by themselves: those a collection names, else all no flow leads to."""
    collection = step.definition.ad_hoc[element.id].active_elements
    known = list(choices(step, element.id))
    if collection is None:
        yield from (each for each in known if begins(step.definition.elements[each]))
        return
    named = step.evaluate(collection, scope_of(step, instance))
    if not isinstance(named, list) or not all(each in known for each in named):
        raise Failure(
            "ad_hoc",
            f"expected '{collection.source}' to be a list of activities in '{element.id}' "
            f"({', '.join(known)}), but it is {named!r}",
        )
    yield from named


def choices(step: Step, element_id: str) -> Iterator[str]:
    """Yield what can be chosen in an ad-hoc sub-process, in the order of the drawing."""
    elements = step.definition.elements
    for child in step.definition.children.get(element_id, ()):
        element = elements[child]
        if element.type not in _NO_ACTIVITIES and not (
            element.triggered_by_event or element.is_for_compensation
        ):
            yield child


def choose(step: Step, command: cmd.ActivateActivities) -> None:
    """Let a person choose activities; raises ``Conflict`` or ``NotFound``, and nothing changes."""
    instance = _chosen_in(step, command)
    data, known = instance.ad_hoc, list(choices(step, instance.element_id))
    if data is None or data.ending:
        raise Conflict(f"expected '{instance.element_id}' to go on, but it is ending")
    unknown = [each for each in command.activities if each not in known]
    if unknown or not command.activities:
        raise Conflict(
            f"expected activities of '{instance.element_id}' ({', '.join(known)}), "
            f"but got {', '.join(unknown) or 'none'}"
        )
    _begin(step, instance, command.activities, command.reason)


def _chosen_in(step: Step, command: cmd.ActivateActivities) -> ElementInstance:
    """Return the ad-hoc sub-process meant: by its key, else the only active one that has the activity."""
    first = step.definition.elements.get(command.activities[0]) if command.activities else None
    found = [
        each
        for each in step.tree.elements.values()
        if each.ad_hoc is not None
        and command.element_key in (0, each.key)
        and (command.element_key or (first is not None and first.parent == each.element_id))
    ]
    if not found:
        raise NotFound("expected an active ad-hoc sub-process with that activity, but there is none")
    if len(found) > 1:
        keys = ", ".join(str(each.key) for each in found)
        raise Conflict(f"expected one active ad-hoc sub-process, but there are {keys}: name its key")
    return found[0]


def _begin(step: Step, instance: ElementInstance, activities: list[str], reason: str = "") -> None:
    in_turn = _plan(step, instance).sequential
    step.emit(ev.ActivitiesChosen(instance.key, activities, in_turn, reason))
    if not in_turn:
        step.queue.extend(("element", instance.key, each) for each in activities)
    elif activities and not step.is_busy(instance):
        _next(step, instance)


def _next(step: Step, instance: ElementInstance) -> None:
    data = _data(instance)
    activity = data.todo[0]
    step.emit(ev.ActivityTurn(instance.key, activity))
    step.queue.append(("element", instance.key, activity))


def ways_out(step: Step, instance: ElementInstance, element: Element) -> tuple[str, ...]:
    """Return the flows to take from what completes in an ad-hoc sub-process; none once it is ending."""
    scope = step.tree.elements[instance.scope]
    if scope.ad_hoc is None:  # entered again to undo what was done in it
        return chosen_flows(step, instance, element) if element.outgoing else ()
    if scope.ad_hoc.ending:
        return ()
    condition = _plan(step, scope).completion_condition
    completes = element.type not in _NO_ACTIVITIES and not element.triggered_by_event
    if completes and not instance.runner and condition is not None:
        what = f"the completion condition of '{scope.element_id}'"
        if step.holds(condition, scope_of(step, scope), what):
            _finish(step, scope, instance)
            return ()
    return chosen_flows(step, instance, element) if element.outgoing else ()


def _finish(step: Step, scope: ElementInstance, last: ElementInstance) -> None:
    """Begin nothing further, and cancel what runs where the drawing says so."""
    step.emit(ev.AdHocEnding(scope.key))
    if _plan(step, scope).cancel_remaining:
        for child in list(step.tree.children.get(scope.key, {}).values()):
            if child is not last:
                step.terminate(child)
        step.discard(scope)
    termination.drop_tokens(step, scope)


def is_done(step: Step, scope: ElementInstance) -> bool:
    """Return whether an ad-hoc sub-process in which nothing is active may end; else the next one's turn
    comes, or it waits."""
    data = _data(scope)
    if data.ending:
        termination.drop_tokens(step, scope)
        return True
    if data.todo:
        _next(step, scope)
        return False
    return not waits_for_choice(step, scope)


def waits_for_choice(step: Step, scope: ElementInstance) -> bool:
    """Tell whether somebody may yet begin something in a container."""
    data = scope.ad_hoc
    return data is not None and not data.ending and _plan(step, scope).completion_condition is not None


def _plan(step: Step, instance: ElementInstance) -> AdHoc:
    return step.definition.ad_hoc[instance.element_id]


def _data(instance: ElementInstance) -> AdHocData:
    assert instance.ad_hoc is not None  # noqa: S101 - set when the sub-process was entered
    return instance.ad_hoc
