"""The other engine at work: SpiffWorkflow, told step by step what happens outside, asking our FEEL."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.script_engine.python_environment import BasePythonScriptEngineEnvironment
from SpiffWorkflow.bpmn.specs.event_definitions import SignalEventDefinition
from SpiffWorkflow.bpmn.util import BpmnEvent
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from engine import xml
from engine.bpmn.other_engine.drawing import PREFIX
from engine.feel import Environment, compile_expression


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happens outside: a task is done (with these variables), or an event occurs."""

    element_id: str
    is_event: bool = False
    variables: dict[str, Any] = msgspec.field(default_factory=dict)


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """What was to be seen after an act: the elements completed by it, in order, and whether all is over."""

    completed: tuple[str, ...]
    ended: bool
    data: dict[str, Any] = msgspec.field(default_factory=dict)


class Answers:
    """What conditions come to where the data are left open: by seed, flow and how often it was asked."""

    def __init__(self, given: Mapping[str, list[bool]]) -> None:
        self._given = {flow: list(answers) for flow, answers in given.items()}

    def next(self, flow: str) -> bool | None:
        """Return the next answer for a flow; None when there is none."""
        answers = self._given.get(flow)
        return answers.pop(0) if answers else None


class Feel(BasePythonScriptEngineEnvironment):  # type: ignore[misc]
    """Our expression language in place of Python; a condition that has answers is not evaluated."""

    def __init__(self, environment: Environment, answers: Answers) -> None:
        super().__init__()
        self._environment = environment
        self._answers = answers

    def evaluate(self, expression: str, context: Any, external_context: Any = None) -> Any:
        """Return an expression's value over a task's data."""
        answer = self._answers.next(expression)
        if answer is not None:
            return answer
        return compile_expression(expression).evaluate(dict(context), self._environment)

    def execute(self, script: str, context: Any, external_context: Any = None) -> bool:
        """Give an expression's value to the variable named in the first line, or its entries to theirs."""
        name, written, expression = script.partition("\n")
        value = self.evaluate(expression, context) if written else None
        if name and written:
            context[name] = value
        elif isinstance(value, dict):
            context.update(value)
        return True


class OtherEngine:
    """One instance on SpiffWorkflow's runtime."""

    def __init__(
        self,
        drawing: str,
        process_id: str,
        variables: Mapping[str, Any],
        environment: Environment,
        answers: Answers,
    ) -> None:
        parser = BpmnParser()
        parser.add_bpmn_xml(xml.parse("drawing.bpmn", drawing.encode()).root)
        specification = parser.get_spec(PREFIX + process_id)
        others = parser.get_subprocess_specs(specification.name)
        script_engine = PythonScriptEngine(environment=Feel(environment, answers))
        self._workflow = BpmnWorkflow(specification, others, script_engine=script_engine)
        self._workflow.task_tree.data.update(copy.deepcopy(dict(variables)))
        self._completed: list[str] = []

    def begin(self) -> Observation:
        """Run from the start event until nothing moves."""
        return self._observe()

    def act(self, act: Act) -> Observation:
        """Let something happen and run until nothing moves; raises ``LookupError`` if it is not awaited."""
        if act.is_event:
            event = BpmnEvent(SignalEventDefinition(act.element_id))
            if self._workflow.event_manager.catch(event, internal=False) == 0:
                raise LookupError(act.element_id)
        else:
            task = next(self._ready(act.element_id), None)
            if task is None:
                raise LookupError(act.element_id)
            task.data.update(copy.deepcopy(act.variables))
            task.run()
            self._note(task)
        return self._observe()

    def _ready(self, element_id: str) -> Iterator[Any]:
        for task in self._workflow.get_tasks(state=TaskState.READY):
            if task.task_spec.manual and _id_of(task) == element_id:
                yield task

    def _note(self, task: Any) -> None:
        found = _id_of(task)
        if found and task.state == TaskState.COMPLETED:
            self._completed.append(found)

    def _observe(self) -> Observation:
        self._workflow.do_engine_steps(did_complete_task=self._note)
        completed, self._completed = tuple(self._completed), []
        return Observation(
            completed=completed, ended=bool(self._workflow.completed), data=dict(self._workflow.data)
        )


def _id_of(task: Any) -> str:
    name = task.task_spec.bpmn_id or ""
    return name[len(PREFIX) :] if name.startswith(PREFIX) else ""
