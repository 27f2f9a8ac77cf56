"""One step: an explicit queue of activations worked off in order until nothing moves.

``Step`` holds what a step needs and the few moves every element shares: enter, complete, take flows, end a
scope. What is particular to a family of elements is a behaviour (``engine.kernel.behaviours``). The order
is first in, first out over taken flows; boundary and event sub-processes follow document order; so equal
inputs give equal events.

Three kinds of going wrong: a BPMN error climbs to who catches it (``propagation``), a ``Failure`` becomes
an incident at one place (``Step.stop``), anything else is a bug and raises.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Protocol

from engine.errors import EvaluationError
from engine.feel import Environment, compile_expression
from engine.kernel import ad_hoc, compensation, conditions, joins, loops, results, termination, waits
from engine.kernel import events as ev
from engine.kernel.appliers import APPLIERS
from engine.kernel.context import Context
from engine.kernel.failure import Failure
from engine.kernel.flows import chosen_flows
from engine.kernel.state import ElementInstance
from engine.kernel.tree import InstanceTree
from engine.kernel.variables import Scope
from engine.model.definition import Element, ElementType, Expression, SequenceFlow
from engine.model.records import ElementState, InstanceState

EVALUATION_FUEL = 100_000
LEAVING = frozenset({"condition", "no_flow"})  # what goes wrong after the results are written

_WAITING_BOUNDARIES = frozenset(
    {
        ElementType.SUB_PROCESS,
        ElementType.TRANSACTION,
        ElementType.AD_HOC_SUB_PROCESS,
        ElementType.CALL_ACTIVITY,
        ElementType.TASK,
        ElementType.USER_TASK,
        ElementType.MANUAL_TASK,
        ElementType.SERVICE_TASK,
        ElementType.SEND_TASK,
        ElementType.RECEIVE_TASK,
        ElementType.SCRIPT_TASK,
        ElementType.BUSINESS_RULE_TASK,
    }
)


class Behaviour(Protocol):
    """What a family of elements does when one of them has been entered."""

    def __call__(self, step: Step, instance: ElementInstance, element: Element) -> None:
        """Do the element's own work; either complete it or leave it waiting."""


class Step:
    """The work of one command on one instance."""

    def __init__(
        self, tree: InstanceTree, context: Context, behaviours: Mapping[ElementType, Behaviour]
    ) -> None:
        self.tree = tree
        self.context = context
        self.definition = context.definition
        self.at = context.recorded.now
        self.events: list[ev.Event] = []
        self.queue: deque[tuple[str, int, str]] = deque()
        self.unasked: list[tuple[int, frozenset[str]]] = []  # whose conditions may have changed, by what
        self.behaviours = behaviours
        self.entered = 0
        self.unsettled: set[int] = set()  # containers whose joins must be asked before the step ends
        self._next_key = context.recorded.first_key
        self.surroundings: dict[str, Any] = {"parameters": context.parameters}

    @cached_property
    def environment(self) -> Environment:
        """Return what expressions are evaluated in, made at the first one: most commands have none."""
        context = self.context
        return Environment(now=context.now, zone=context.zone, calendars=context.calendars)

    @property
    def keys_used(self) -> int:
        """Return how many keys this step has taken."""
        return self._next_key - self.context.recorded.first_key

    def key(self) -> int:
        """Take the next free key."""
        key = self._next_key
        self._next_key = key + 1
        return key

    def emit(self, event: ev.Event) -> None:
        """Record what has happened and apply it to the state."""
        self.events.append(event)
        APPLIERS[type(event)](self.tree, event, self.at)
        if self.tree.watching and type(event) is ev.VariablesSet:
            conditions.written(self, event.scope, frozenset(event.variables))

    def element_of(self, instance: ElementInstance) -> Element:
        """Return the element an instance is of."""
        return self.definition.elements[instance.element_id]

    # --- expressions ---

    def evaluate(self, expression: Expression, scope: Scope) -> Any:
        """Return an expression's value (a literal's text); raises ``Failure`` when it cannot be evaluated."""
        if expression.literal:
            return expression.source
        try:
            return compile_expression(expression.source).evaluate(scope, self.fresh_environment())
        except EvaluationError as error:
            raise Failure("expression", f"{error} (in '{expression.source}')") from error

    def fresh_environment(self) -> Environment:
        """Return the environment with a full budget and no warnings."""
        self.environment.renew(EVALUATION_FUEL)
        return self.environment

    def holds(self, condition: Expression, scope: Scope, what: str) -> bool:
        """Return whether a condition is true; anything but a boolean is a ``Failure``, never silently
        false."""
        value = self.evaluate(condition, scope)
        if value is True or value is False:
            return bool(value)
        why = "; ".join(self.environment.warnings) or f"it gave {value!r}"
        raise Failure("condition", f"expected {what} '{condition.source}' to be true or false, but {why}")

    # --- the queue ---

    @property
    def is_at_limit(self) -> bool:
        """Return whether this step has done as much as one may."""
        limits = self.context.limits
        return self.entered >= limits.elements or self.keys_used >= limits.keys

    def run(self) -> None:
        """Work until nothing moves or the step reaches its limit; joins that wait for what may come fire
        when nothing else moves."""
        while self._work_off():
            if not self.definition.paths or not joins.fire(self):
                break
        if self.tree.header.queue is None:
            self.tree.header.run_length = 0

    def _work_off(self) -> bool:
        """Work off the queue; return False where the limit has left something in it."""
        queue, limits = self.queue, self.context.limits
        last_key = self.context.recorded.first_key + limits.keys
        while queue or self.unasked:
            if self.entered >= limits.elements or self._next_key >= last_key:
                self._interrupt()
                return False
            if self.unasked:
                conditions.ask(self)
            else:
                self._take(*queue.popleft())
        return True

    def _take(self, kind: str, scope_key: int, target: str) -> None:
        scope = self.tree.elements.get(scope_key)
        if scope is None:
            return
        if kind == "flow":
            self._follow(scope, self.definition.flows[target])
        elif kind == "element":
            self.enter(self.definition.elements[target], scope)
        elif kind == "compensation":
            compensation.proceed(self, scope)
        else:
            loops.iterate(self, scope, int(target))

    def _interrupt(self) -> None:
        total = self.tree.header.run_length + self.entered
        queue = [*(self.tree.header.queue or ()), *self.queue]
        self.queue.clear()
        self.unasked.clear()  # every condition is asked again when the step goes on
        self.emit(ev.StepInterrupted(queue, total))
        if total >= self.context.limits.elements_without_wait:
            self.raise_incident(
                self.tree.root,
                "endless_loop",
                f"expected a wait state, but {total} elements were entered without one: "
                "look for a loop without an exit",
                ElementState.ACTIVE,
            )

    def _follow(self, scope: ElementInstance, flow: SequenceFlow) -> None:
        element = self.definition.elements[flow.target]
        if element.id in self.definition.joins:
            joins.arrive(self, scope, element, flow.id)
        else:
            self.enter(element, scope, flow.id)

    # --- entering and leaving ---

    def enter(
        self,
        element: Element,
        scope: ElementInstance,
        flow: str = "",
        *,
        variables: dict[str, Any] | None = None,
        trigger: str = "",
    ) -> ElementInstance:
        """Create an instance of an element in a container and do what the element does."""
        self.entered += 1
        key = self._next_key
        self._next_key = key + 1
        self.emit(ev.ElementActivated(key, element.id, scope.key, flow, 0, variables, trigger))
        instance = self.tree.elements[key]
        self.activate(instance, element)
        return instance

    def activate(self, instance: ElementInstance, element: Element) -> None:
        """Do what an entered element does; what fails becomes an incident and waits in ``activating``."""
        try:
            if element.loop is not None and not instance.loop_index:
                waits.open_boundaries(self, instance, element)
                loops.start(self, instance, element)
                return
            if element.inputs:
                results.map_inputs(self, instance, element)
            if element.type in _WAITING_BOUNDARIES and not instance.loop_index:
                waits.open_boundaries(self, instance, element)
            self.behaviours[element.type](self, instance, element)
        except Failure as failure:
            self.stop(instance, failure, ElementState.ACTIVATING)

    def behave(self, instance: ElementInstance, element: Element) -> None:
        """Do once more what an active element does, after its incident was resolved."""
        try:
            self.behaviours[element.type](self, instance, element)
        except Failure as failure:
            self.stop(instance, failure, ElementState.ACTIVE)

    def complete(self, instance: ElementInstance, variables: Mapping[str, Any] | None = None) -> None:
        """Finish an element: its results go to the variables, its outgoing flows are taken.

        ``variables`` are what a job, a person, a message or a script brought. With output mappings they are
        local and only the mappings reach the scope; without, each goes to the nearest scope having the
        name, else to the root.
        """
        element = self.element_of(instance)
        if instance.loop is not None:
            loops.finish_body(self, instance, element)
            return
        try:
            if variables:
                results.keep(self, instance, element, variables)
            if element.outputs:
                results.map_outputs(self, instance, element)
        except Failure as failure:
            self.stop(instance, failure, ElementState.COMPLETING)
            return
        self.depart(instance, element)

    def depart(self, instance: ElementInstance, element: Element) -> None:
        """Leave an element whose results are written: choose its flows and take them."""
        try:
            if instance.loop_index:
                loops.finish(self, instance, element)
                return
            flows = self.ways_out(instance, element)
        except Failure as failure:
            kind = failure.kind if failure.kind in LEAVING else "condition"
            self.stop(instance, Failure(kind, failure.reason), ElementState.COMPLETING)
            return
        self.leave(instance, element, flows)

    def ways_out(self, instance: ElementInstance, element: Element) -> tuple[str, ...]:
        """Return the flows to take from what completes; raises ``Failure``."""
        if element.parent in self.definition.ad_hoc:
            return ad_hoc.ways_out(self, instance, element)
        return chosen_flows(self, instance, element) if element.outgoing else ()

    def leave(self, instance: ElementInstance, element: Element, flows: tuple[str, ...]) -> None:
        """End an element instance that has done its part and take these flows."""
        self.end(instance)
        scope = self.tree.elements[instance.scope]
        if instance.runner and instance.runner in self.tree.elements:
            self.queue.append(("compensation", instance.runner, ""))
        elif flows:
            for flow in flows * element.completion_quantity:
                self.queue.append(("flow", scope.key, flow))
        else:
            self.settle(scope)

    def end(self, instance: ElementInstance) -> None:
        """Note that an element instance has done its part: nothing of it waits any more, no incident is
        open."""
        if instance.listens:
            waits.close_all(self, instance)
        if instance.incident is not None:
            self.emit(ev.IncidentResolved(instance.incident.key, instance.key, "ended"))
        if self.definition.compensation is not None:
            compensation.record(self, instance, self.definition.compensation)
        self.emit(ev.ElementCompleted(instance.key, instance.element_id))

    def settle(self, scope: ElementInstance) -> None:
        """Complete a container in which nothing is left to do; tokens stuck at a join are an incident."""
        if self.is_busy(scope) or scope.compensation is not None:
            return
        if scope.ad_hoc is not None and not ad_hoc.is_done(self, scope):
            return
        if scope.joins:
            joins.stuck(self, scope)
        elif scope.scope == 0:
            self.finish_instance(InstanceState.COMPLETED)
        elif scope.runner and not self.element_of(scope).is_for_compensation:
            compensation.close(self, scope)
        elif scope.incident is None:
            self.complete(scope)

    def is_busy(self, scope: ElementInstance) -> bool:
        """Return whether something is active in a container, or waits for its turn: now, or left by an
        interrupted step."""
        if self.tree.children.get(scope.key):
            return True
        left = self.tree.header.queue or ()
        return any(item[1] == scope.key for item in (*self.queue, *left))

    def discard(self, scope: ElementInstance) -> None:
        """Take back all activations that wait for their turn in a container."""
        kept = [item for item in self.queue if item[1] != scope.key]
        self.queue.clear()
        self.queue.extend(kept)
        left = self.tree.header.queue
        if left and any(item[1] == scope.key for item in left):
            others = [item for item in left if item[1] != scope.key]
            total = self.tree.header.run_length
            self.emit(ev.StepInterrupted(others, total) if others else ev.StepResumed())

    def finish_instance(self, state: InstanceState, reason: str = "") -> None:
        """End the whole instance; nothing is left in its root container."""
        root = self.tree.root
        if root.listens:
            waits.close_all(self, root)
        if root.incident is not None:
            self.emit(ev.IncidentResolved(root.incident.key, root.key, "ended"))
        if self.tree.header.queue is not None:
            self.emit(ev.StepResumed())
        ended = ev.ElementCompleted if state is InstanceState.COMPLETED else ev.ElementTerminated
        self.emit(ended(root.key, root.element_id))
        self.emit(ev.InstanceEnded(state, reason))
        self.queue.clear()

    def terminate(self, instance: ElementInstance) -> None:
        """End an element instance before its time, with all that is inside it."""
        termination.terminate(self, instance)
        if instance.runner:
            compensation.interrupted(self, instance)

    # --- failures ---

    def stop(self, instance: ElementInstance, failure: Failure, phase: ElementState) -> None:
        """Turn a failure into an incident: the only place where that happens."""
        self.raise_incident(instance, failure.kind, failure.reason, phase)

    def raise_incident(self, instance: ElementInstance, kind: str, reason: str, phase: ElementState) -> None:
        """Let an element instance wait for a person; one that waits already keeps its first incident."""
        if instance.incident is None:
            self.emit(ev.IncidentRaised(self.key(), instance.key, instance.element_id, kind, reason, phase))
