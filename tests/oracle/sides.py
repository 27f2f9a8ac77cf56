"""One diagram on both engines: told the same from outside, seen completing elements and writing variables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from engine.bpmn import CheckEnvironment, compile_files
from engine.bpmn.other_engine import Act, Answers, OtherEngine, drawn
from engine.calendar import polish_calendar
from engine.clock import micros
from engine.feel import Environment
from engine.kernel import CommandContext, Context, ElementInstance, InstanceTree, step
from engine.kernel import commands as cmd
from engine.kernel import events as ev
from engine.model.definition import ProcessDefinition

NOW = dt.datetime(2026, 12, 17, 9, tzinfo=dt.UTC)
LATER = dt.timedelta(days=3_650)
CALENDARS = {"pl": polish_calendar()}


class Drawing(Protocol):
    """What the builders make."""

    def files(self) -> list[tuple[str, bytes]]: ...


@dataclass
class Seen:
    """What one engine did: the elements completed at the start and by each act, and what was left."""

    completed: list[list[str]] = field(default_factory=list)
    ended: bool = False
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def order(self) -> list[str]:
        """All completed elements in order."""
        return [element for part in self.completed for element in part]


def definition(drawing: Drawing) -> ProcessDefinition:
    """Return the one process of a drawing."""
    compilation = compile_files(drawing.files(), CheckEnvironment())
    assert compilation.definitions, [str(each) for each in compilation.findings]
    return compilation.definitions[0]


def done(element: str, **variables: Any) -> Act:
    """A task is done."""
    return Act(element_id=element, variables=variables)


def happens(element: str) -> Act:
    """An event occurs."""
    return Act(element_id=element, is_event=True)


def ours(drawing: Drawing, acts: Sequence[Act] = (), **variables: Any) -> Seen:
    """Run on our kernel."""
    case = _Case(definition(drawing))
    case.give(cmd.Start(variables=variables))
    for act in acts:
        case.give(case.command(act))
    return case.seen


def theirs(drawing: Drawing, acts: Sequence[Act] = (), **variables: Any) -> Seen:
    """Run on SpiffWorkflow."""
    compiled = definition(drawing)
    environment = Environment(now=NOW, calendars=CALENDARS)
    other = OtherEngine(drawn(compiled), compiled.id, variables, environment, Answers({}))
    seen = Seen()
    for observation in (other.begin(), *(other.act(act) for act in acts)):
        seen.completed.append(list(observation.completed))
        seen.ended, seen.data = observation.ended, observation.data
    return seen


class _Case:
    """One instance in memory; timers are due when they are told to be."""

    def __init__(self, compiled: ProcessDefinition) -> None:
        self.seen = Seen()
        self._definition = compiled
        self._tree = InstanceTree.empty()
        self._next_key, self._now = 1, NOW

    def give(self, command: cmd.AnyCommand) -> None:
        recorded = CommandContext(
            semantics_version=1,
            now=micros(self._now),
            first_key=self._next_key,
            definition_key=1,
            definition="",
        )
        context = Context(recorded=recorded, definition=self._definition, parameters={}, calendars=CALENDARS)
        outcome = step(self._tree if self._tree.header.key else None, command, context)
        self._tree, self._next_key = outcome.tree, self._next_key + outcome.keys_used
        assert not [each for each in outcome.events if isinstance(each, ev.IncidentRaised)]
        completed = [each.element_id for each in outcome.events if isinstance(each, ev.ElementCompleted)]
        self.seen.completed.append([each for each in completed if each != self._definition.id])
        self.seen.ended = str(self._tree.header.state) != "active"
        self.seen.data = dict(self._tree.root.variables or {})

    def command(self, act: Act) -> cmd.AnyCommand:
        """Return the command that says what an act says; raises ``LookupError`` if nothing waits for it."""
        for instance in self._tree.elements.values():
            command = self._event(instance, act) if act.is_event else _task(instance, act)
            if command is not None:
                return command
        raise LookupError(act.element_id)

    def _event(self, instance: ElementInstance, act: Act) -> cmd.AnyCommand | None:
        for timer in instance.timers or ():
            if timer.element_id == act.element_id:
                self._now += LATER
                return cmd.FireTimer(timer_key=timer.key, element_key=instance.key)
        for each in instance.subscriptions or ():
            if each.element_id == act.element_id:
                return cmd.CorrelateMessage(
                    subscription_key=each.key, element_key=instance.key, name=each.name, variables={}
                )
        return None


def _task(instance: ElementInstance, act: Act) -> cmd.AnyCommand | None:
    if instance.element_id != act.element_id:
        return None
    if instance.user_task is not None:
        return cmd.CompleteUserTask(task_key=instance.key, variables=act.variables)
    if instance.job is not None:
        return cmd.CompleteJob(job_key=instance.job.key, element_key=instance.key, variables=act.variables)
    return None
