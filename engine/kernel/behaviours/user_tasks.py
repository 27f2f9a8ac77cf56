"""User tasks (BPMN 2.0.2 §10.3.4.1): who may do them, until when, with which form."""

from __future__ import annotations

import datetime as dt
from typing import Any

from engine.clock import micros
from engine.feel import compile_expression
from engine.kernel import events as ev
from engine.kernel.failure import Failure
from engine.kernel.state import ElementInstance
from engine.kernel.step import Step
from engine.kernel.variables import Scope, scope_of
from engine.model.definition import Element, Expression, UserTaskDefinition

DEFAULT_PRIORITY = 50
NOTHING = UserTaskDefinition()


def ask(step: Step, instance: ElementInstance, element: Element) -> None:
    """Create the user task; without candidates it belongs to the group of its lane."""
    definition = element.user_task or NOTHING
    scope = scope_of(step, instance)
    groups = _names(step, definition.candidate_groups, scope, "candidate groups")
    users = _names(step, definition.candidate_users, scope, "candidate users")
    if not groups and not users and definition.assignee is None and element.group:
        groups = [element.group]
    step.emit(
        ev.UserTaskCreated(
            instance.key,
            element.id,
            element.name,
            _assignee(step, definition.assignee, scope),
            groups,
            users,
            _instant(step, definition.due_date, scope, "the due date"),
            _instant(step, definition.follow_up_date, scope, "the follow-up date"),
            _priority(step, definition.priority, scope),
            definition.form_id,
        )
    )


def _assignee(step: Step, expression: Expression | None, scope: Scope) -> str | None:
    value = step.evaluate(expression, scope) if expression is not None else None
    if value is None or (isinstance(value, str) and value):
        return value
    raise Failure("expression", f"expected the assignee to be a text, but it is {value!r}")


def _names(step: Step, expression: Expression | None, scope: Scope, what: str) -> list[str]:
    value = step.evaluate(expression, scope) if expression is not None else None
    if isinstance(value, str):
        value = [name.strip() for name in value.split(",") if name.strip()]
    if value is None:
        return []
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return value
    raise Failure("expression", f"expected {what} to be a list of texts, but it is {value!r}")


def _instant(step: Step, expression: Expression | None, scope: Scope, what: str) -> int | None:
    value = step.evaluate(expression, scope) if expression is not None else None
    if isinstance(value, str):
        parsed = compile_expression(f"date and time({_quoted(value)})").evaluate({}, step.environment)
        value = parsed if parsed is not None else value
    if value is None:
        return None
    if isinstance(value, dt.datetime):
        return micros(value if value.tzinfo else value.replace(tzinfo=step.context.zone))
    if isinstance(value, dt.date):
        end_of_day = dt.datetime.combine(value + dt.timedelta(days=1), dt.time(), step.context.zone)
        return micros(end_of_day)
    raise Failure("expression", f"expected {what} to be a date and time, but it is {value!r}")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _priority(step: Step, expression: Expression | None, scope: Scope) -> int:
    value: Any = step.evaluate(expression, scope) if expression is not None else DEFAULT_PRIORITY
    if isinstance(value, str) and value.isdigit():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100:
        return value
    raise Failure("expression", f"expected a priority from 0 to 100, but it is {value!r}")
