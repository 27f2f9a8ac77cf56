"""Expressions: every one compiles, every name assigned is one, and likely slips of the pen are shown."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import NamedTuple

from engine.bpmn.check.shapes import unknown
from engine.bpmn.compilation import CheckEnvironment
from engine.bpmn.findings import Place, found, place_of
from engine.errors import InvalidExpression
from engine.feel import Expression as Compiled
from engine.feel import built_in_functions, compile_unkept, is_name, nearest
from engine.model.definition import (
    Element,
    Expression,
    MultiInstance,
    ProcessDefinition,
    StandardLoop,
    UserTaskDefinition,
)
from engine.model.records import Finding

_SIMILAR = 0.82
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_PARAMETER = re.compile(r"\bparameters\s*\.\s*([^\W\d]\w*)")


class _Use(NamedTuple):
    place: Place
    compiled: Compiled


def check_expressions(definition: ProcessDefinition, environment: CheckEnvironment) -> Iterator[Finding]:
    """Yield a finding per expression that does not compile, and per name that is unusable or misspelt."""
    uses: list[_Use] = []
    for place, expression in _expressions(definition):
        try:
            # not compile_expression: its cache would keep texts of a file that may yet be refused
            uses.append(_Use(place, compile_unkept(expression.source)))
        except InvalidExpression as failure:
            yield _unreadable(place, expression, failure)
    assigned: set[str] = set()
    for place, path in _assignments(definition):
        name = path.partition(".")[0]
        assigned.add(name)
        if not all(is_name(part) for part in path.split(".")):
            yield found(place, "variable-name", name=path[:60])
    yield from _check_spelling(uses, assigned)
    yield from _check_functions(uses)
    if environment.parameters is not None:
        yield from _check_parameters(uses, environment.parameters)


def _unreadable(place: Place, expression: Expression, failure: InvalidExpression) -> Finding:
    key = "expression-unreadable/foreign" if "${" in expression.source else "expression-unreadable"
    return found(place, key, reason=str(failure).rstrip("."), expression=expression.source[:80])


def _check_spelling(uses: list[_Use], assigned: set[str]) -> Iterator[Finding]:
    """A name read but never assigned, and nearly equal to one that is assigned, is probably that one."""
    said: set[tuple[str, str]] = set()
    for place, compiled in uses:
        for name in sorted(compiled.variables - assigned):
            close = difflib.get_close_matches(name, sorted(assigned), n=1, cutoff=_SIMILAR)
            if close and not _is_inflected(name, close[0]) and (place.element_id, name) not in said:
                said.add((place.element_id, name))
                yield found(place, "variable-misspelt", name=name, similar=close[0])


def _check_functions(uses: list[_Use]) -> Iterator[Finding]:
    """A function that is called must be FEEL's: no variable of a process can be one."""
    for place, compiled in uses:
        for name in sorted(compiled.called):
            near = nearest(name, built_in_functions())
            key = "function-unknown/similar" if near else "function-unknown"
            yield found(place, key, name=name, expression=compiled.source[:80], similar=near)


def _is_inflected(one: str, other: str) -> bool:
    """Tell whether two names differ only in their ending, as ``item`` and ``items`` do."""
    return one.startswith(other) or other.startswith(one)


def _check_parameters(uses: list[_Use], known: frozenset[str]) -> Iterator[Finding]:
    for place, compiled in uses:
        if "parameters" not in compiled.variables:
            continue
        for name in _PARAMETER.findall(_TEXT.sub('""', compiled.source)):
            if name not in known:
                yield unknown(place, "parameter-unknown", name, known)


def _expressions(definition: ProcessDefinition) -> Iterator[tuple[Place, Expression]]:
    """Yield every FEEL expression of a process with its place."""
    for element in definition.elements.values():
        for expression in _expressions_of(element):
            if expression is not None and not expression.literal:
                yield Place(definition.file, expression.line or element.line, element.id), expression
    yield from _ad_hoc_expressions(definition)
    for flow in definition.flows.values():
        if flow.condition is not None:
            yield place_of(definition.file, flow), flow.condition


def _ad_hoc_expressions(definition: ProcessDefinition) -> Iterator[tuple[Place, Expression]]:
    for identity, each in definition.ad_hoc.items():
        for expression in (each.completion_condition, each.active_elements):
            if expression is not None:
                yield Place(definition.file, expression.line, identity), expression


def _expressions_of(element: Element) -> Iterator[Expression | None]:
    yield element.activation_condition
    for event in element.events:
        yield from (event.name, event.correlation_key, event.timer, event.condition)
    if element.job is not None:
        yield from (element.job.type, element.job.retries, element.job.back_off)
    if element.user_task is not None:
        yield from _expressions_of_user_task(element.user_task)
    yield element.script.expression if element.script else None
    yield element.called_element.process_id if element.called_element else None
    yield element.called_decision.decision_id if element.called_decision else None
    for mapping in (*element.inputs, *element.outputs):
        yield mapping.source
    yield from _expressions_of_loop(element.loop)
    for entry in element.entries:
        yield from (entry.subject, entry.condition, *entry.fields.values())


def _expressions_of_user_task(task: UserTaskDefinition) -> Iterator[Expression | None]:
    yield from (task.assignee, task.candidate_groups, task.candidate_users)
    yield from (task.due_date, task.follow_up_date, task.priority)


def _expressions_of_loop(loop: MultiInstance | StandardLoop | None) -> Iterator[Expression | None]:
    if isinstance(loop, MultiInstance):
        yield from (loop.collection, loop.cardinality, loop.output_element, loop.completion_condition)
        yield from (each.condition for each in loop.complex)
        for event in (*loop.events, *(event for each in loop.complex for event in each.events)):
            yield from (event.name, event.correlation_key)
    elif loop is not None:
        yield loop.condition


def _assignments(definition: ProcessDefinition) -> Iterator[tuple[Place, str]]:
    """Yield every variable a diagram assigns, as a dotted path, with its place."""
    for element in definition.elements.values():
        place = place_of(definition.file, element)
        for mapping in (*element.inputs, *element.outputs):
            yield place, mapping.target
        for name in _named_results(element):
            if name:
                yield place, name


def _named_results(element: Element) -> Iterator[str | None]:
    yield element.properties.get("obieg:completedBy")
    yield element.script.result_variable if element.script else None
    yield element.called_decision.result_variable if element.called_decision else None
    if isinstance(element.loop, MultiInstance):
        yield from (element.loop.input_element, element.loop.output_collection)
    for event in element.events:
        yield from (event.error_code_variable, event.error_message_variable)
