"""Tasks that machines do: none, manual, service, send, script, business rule (BPMN 2.0.2 §10.3.3,
§13.3.3)."""

from __future__ import annotations

from typing import Any

from engine.errors import EvaluationError, NotFound
from engine.kernel import events as ev
from engine.kernel.failure import Failure
from engine.kernel.state import ElementInstance
from engine.kernel.step import Step
from engine.kernel.variables import scope_of
from engine.kernel.waits import text_of
from engine.model.definition import Element, EventType, JobDefinition

DEFAULT_RETRIES = 3
MAX_RETRIES = 100


def pass_through(step: Step, instance: ElementInstance, element: Element) -> None:
    """Nothing to do for the engine: go on."""
    step.complete(instance)


def work(step: Step, instance: ElementInstance, element: Element) -> None:
    """Ask a handler to do the work; without a task definition there is nothing to do."""
    if element.job is None:
        step.complete(instance)
    else:
        create_job(step, instance, element, element.job)


def send(step: Step, instance: ElementInstance, element: Element) -> None:
    """Ask a handler to send; without one, throw the task's message."""
    from engine.kernel.behaviours.events import send_message

    if element.job is not None:
        create_job(step, instance, element, element.job)
        return
    for definition in element.events:
        if definition.type is EventType.MESSAGE:
            send_message(step, instance, definition)
    step.complete(instance)


def script(step: Step, instance: ElementInstance, element: Element) -> None:
    """Evaluate a FEEL expression; its value goes to the result variable, a context's entries without one."""
    if element.script is None:
        if element.job is not None:
            create_job(step, instance, element, element.job)
        else:
            step.complete(instance)
        return
    value = step.evaluate(element.script.expression, scope_of(step, instance))
    if element.script.result_variable:
        step.complete(instance, {element.script.result_variable: value})
    else:
        step.complete(instance, value if isinstance(value, dict) else None)


def decide(step: Step, instance: ElementInstance, element: Element) -> None:
    """Evaluate the decision a business rule task calls; its value goes to the result variable.

    A value that is missing because something went wrong (a table that breaks its hit policy, a wrong
    type) is an
    incident with the reasons, never silently null.
    """
    called = element.called_decision
    if called is None:
        work(step, instance, element)
        return
    scope = scope_of(step, instance)
    decision_id = text_of(step, called.decision_id, scope, f"the decision id of '{element.id}'")
    try:
        bound = step.context.decisions.find(decision_id, called.binding, called.version_tag or "")
        result = bound.model.evaluate(decision_id, scope, step.fresh_environment(), undeclared=True)
    except (NotFound, EvaluationError) as error:
        raise Failure("called_decision", str(error)) from error
    if result.value is None and result.warnings:
        raise Failure("decision", f"the decision '{decision_id}' has no value: {'; '.join(result.warnings)}")
    tables: list[Any] = [
        {"inputs": list(match.inputs), "rules": list(match.rules), "rule ids": list(match.rule_ids)}
        for match in result.tables
    ]
    step.emit(ev.DecisionEvaluated(instance.key, decision_id, bound.key, result.value, tables))
    step.complete(instance, {called.result_variable: result.value})


def create_job(step: Step, instance: ElementInstance, element: Element, definition: JobDefinition) -> None:
    """Create the job an element waits for."""
    scope = scope_of(step, instance)
    job_type = text_of(step, definition.type, scope, f"the job type of '{element.id}'")
    step.emit(
        ev.JobCreated(
            step.key(), instance.key, job_type, _retries(step, instance, definition), definition.headers
        )
    )


def _retries(step: Step, instance: ElementInstance, definition: JobDefinition) -> int:
    if definition.retries is None:
        return DEFAULT_RETRIES
    value = step.evaluate(definition.retries, scope_of(step, instance))
    try:
        retries = int(value)
    except (TypeError, ValueError):
        retries = 0
    if not 1 <= retries <= MAX_RETRIES:
        source = definition.retries.source
        raise Failure("expression", f"expected 1 to {MAX_RETRIES} retries, but '{source}' is {value!r}")
    return retries
