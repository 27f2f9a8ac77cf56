"""Entries of registers that a start event or a user task declares: made with the instance, or with what a
person has completed, or that does not happen.

They are worked out before anything is emitted, so that a refusal leaves nothing behind. The number of an
entry is drawn where it is written (``engine.registers``); the kernel knows only what it says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.errors import InvalidVariables, RefusedEntry
from engine.kernel import events as ev
from engine.kernel.failure import Failure
from engine.kernel.values import accepted
from engine.kernel.variables import Scope, scope_of
from engine.model.definition import DeclaredEntry, Element, Expression

if TYPE_CHECKING:
    from engine.kernel.state import ElementInstance
    from engine.kernel.step import Step


def begun(step: Step, start: Element, variables: dict[str, Any]) -> list[ev.RegisterEntryMade]:
    """Return what a start event writes, given the variables the instance begins with.

    Raises ``RefusedEntry`` where a part cannot be worked out or gives null, or what it is about is no text.
    """
    return _declared(step, start, "start event", Scope([variables, step.surroundings]))


def done(
    step: Step, task: Element, instance: ElementInstance, variables: dict[str, Any]
) -> list[ev.RegisterEntryMade]:
    """Return what a user task writes, given what was entered in it; raises as ``begun``."""
    return _declared(step, task, "user task", scope_of(step, instance, variables)) if task.entries else []


def _declared(step: Step, element: Element, what: str, scope: Scope) -> list[ev.RegisterEntryMade]:
    found = []
    for each in element.entries:
        where = f"the entry of {what} '{element.id}' in register '{each.register}'"
        if each.condition is None or _holds(step, each.condition, scope, where):
            found.append(_made(step, element, each, scope, where))
    return found


def _holds(step: Step, condition: Expression, scope: Scope, where: str) -> bool:
    try:
        return step.holds(condition, scope, f"the condition of {where},")
    except Failure as failure:
        raise RefusedEntry(failure.reason) from failure


def _made(
    step: Step, element: Element, entry: DeclaredEntry, scope: Scope, where: str
) -> ev.RegisterEntryMade:
    subject = _value(step, entry.subject, scope, f"{where} to say what it is about")
    if not isinstance(subject, str) or not subject.strip():
        raise RefusedEntry(
            f"expected {where} to be about a text that is not empty, but it is {subject!r:.60}"
        )
    data = {
        name: _value(step, source, scope, f"{where} to have a value in '{name}'")
        for name, source in entry.fields.items()
    }
    try:
        return ev.RegisterEntryMade(element.id, entry.register, subject, accepted(data), entry.resolution)
    except InvalidVariables as error:
        raise RefusedEntry(f"expected {where} to be of values that can be stored, but {error}") from error


def _value(step: Step, source: Expression | None, scope: Scope, what: str) -> Any:
    if source is None:
        raise RefusedEntry(f"expected {what}, but the diagram gives none: fill the property in")
    try:
        value = step.evaluate(source, scope)
    except Failure as failure:
        raise RefusedEntry(f"expected {what}, but {failure.reason}") from failure
    if value is None:
        why = "; ".join(step.environment.warnings) or "give the case what it reads"
        raise RefusedEntry(f"expected {what}, but '{source.source}' gives null: {why}")
    return value
