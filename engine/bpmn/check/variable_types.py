"""What kinds of values the variables of a process certainly have: those that only forms and mappings write.

One writer that does not say what it writes (a start without a form, work without output mappings, a message)
may write any variable, so then nothing is certain. Operators, who may correct any variable, do not count.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.compilation import CheckEnvironment
from engine.errors import InvalidExpression
from engine.feel import ANY, FeelType, type_of
from engine.model.definition import (
    Element,
    ElementType,
    EventType,
    Expression,
    MultiInstance,
    ProcessDefinition,
)

Types = dict[str, FeelType]

_BRING_NOTHING = (EventType.TIMER, EventType.CONDITIONAL, EventType.COMPENSATION, EventType.CANCEL)
_CATCHING = (
    ElementType.START_EVENT,
    ElementType.INTERMEDIATE_CATCH_EVENT,
    ElementType.BOUNDARY_EVENT,
    ElementType.RECEIVE_TASK,
)
_THROWING = (ElementType.INTERMEDIATE_THROW_EVENT, ElementType.END_EVENT)


def variable_types(definition: ProcessDefinition, environment: CheckEnvironment) -> Types:
    """Return the types of the variables that are certain; none where any writer may write anything."""
    written: dict[str, list[FeelType]] = {}
    for element in definition.elements.values():
        if _writes_anything(definition, element, environment):
            return {}
        for name, type_ in _written_by(element, environment):
            written.setdefault(name, []).append(type_)
    return {name: types[0] for name, types in written.items() if _agree(types)}


def _agree(types: list[FeelType]) -> bool:
    return types[0].kind not in ("Any", "null") and all(each == types[0] for each in types)


def _fields(element: Element, environment: CheckEnvironment) -> Types | None:
    """Return what the element's form gives; None without a form whose fields are known for good."""
    task = element.user_task
    if task is None or task.form_id is None or task.form_binding != "deployment":
        return None
    fields = environment.form_fields.get(task.form_id)
    return None if fields is None else {key: FeelType(kind) for key, kind in fields.items()}


def _writes_anything(definition: ProcessDefinition, element: Element, environment: CheckEnvironment) -> bool:
    """Say whether an element may write variables that nothing in the diagram names."""
    if element.type is ElementType.START_EVENT and element.parent == definition.id and not element.events:
        return _fields(element, environment) is None
    if element.outputs:
        return False
    if element.called_element is not None:
        return element.called_element.propagate_all_child_variables
    if element.job is not None:
        return element.type is not ElementType.USER_TASK or _fields(element, environment) is None
    if element.type is ElementType.USER_TASK:
        return _fields(element, environment) is None
    catches = element.type in _CATCHING and element.type not in _THROWING
    return catches and any(event.type not in _BRING_NOTHING for event in element.events)


def _written_by(element: Element, environment: CheckEnvironment) -> Iterator[tuple[str, FeelType]]:
    fields = _fields(element, environment) or {}
    if not element.outputs:
        yield from fields.items()
    for mapping in element.inputs:
        yield _target(mapping.target, ANY)
    for mapping in element.outputs:
        yield _target(mapping.target, _type(mapping.source, fields))
    if element.script is not None and element.script.result_variable:
        yield element.script.result_variable, _type(element.script.expression, {})
    if element.called_decision is not None:
        yield element.called_decision.result_variable, ANY
    if isinstance(element.loop, MultiInstance):
        yield from (
            (name, ANY) for name in (element.loop.input_element, element.loop.output_collection) if name
        )
    for event in element.events:
        names = event.error_code_variable, event.error_message_variable
        yield from ((name, ANY) for name in names if name)


def _target(path: str, type_: FeelType) -> tuple[str, FeelType]:
    """Return the variable a mapping writes; of ``a.b`` only that ``a`` is written is known."""
    name, dot, _ = path.partition(".")
    return name, ANY if dot else type_


def _type(source: Expression, known: Types) -> FeelType:
    if source.literal:
        return FeelType("string")
    try:
        return type_of(source.source, known)
    except InvalidExpression:
        return ANY
