"""A definition drawn once more, for SpiffWorkflow: the same elements and flows, all in words it knows.

Whatever waits for the world outside is a manual task or a signal of its own, so that both engines can be told
"this has happened". Conditions and scripts are FEEL and go to our evaluator; throwing to the world outside is
left out. Every id gets a prefix: SpiffWorkflow gives some ids a meaning.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from engine.model.definition import Element, ElementType, EventType, MultiInstance, ProcessDefinition

PREFIX = "n_"
_HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="definitions" '
    'targetNamespace="https://example.test">\n'
)
_OUTSIDE = frozenset(
    {
        ElementType.USER_TASK,
        ElementType.CALL_ACTIVITY,
        ElementType.MANUAL_TASK,
    }
)
_WAITING = (EventType.TIMER, EventType.MESSAGE, EventType.SIGNAL)
_CODED = {EventType.ERROR: "error", EventType.ESCALATION: "escalation"}


def drawn(definition: ProcessDefinition) -> str:
    """Return BPMN 2.0 XML of one process."""
    body = "".join(_inside(definition, definition.id))
    roots = "".join(_roots(definition))
    process = f'<process id={_id(definition.id)} isExecutable="true">\n{body}</process>\n'
    return f"{_HEAD}{roots}{process}</definitions>\n"


def waits_outside(element: Element) -> bool:
    """Return whether an element goes on when the world outside says so."""
    if element.type is ElementType.MANUAL_TASK:
        return element.job is not None
    return element.type in _OUTSIDE or element.job is not None or _receives(element)


def _receives(element: Element) -> bool:
    return element.type is ElementType.RECEIVE_TASK and bool(element.events)


def _roots(definition: ProcessDefinition) -> Iterator[str]:
    for element in definition.elements.values():
        for event in element.events:
            if event.type in _WAITING:
                yield f"<signal id={_id('signal_' + element.id)} name={quoteattr(element.id)}/>\n"
            elif event.type in _CODED and event.code:
                tag = _CODED[event.type]
                code = quoteattr(event.code)
                yield f"<{tag} id={_id(tag + '_' + element.id)} name={code} {tag}Code={code}/>\n"


def _inside(definition: ProcessDefinition, container: str) -> Iterator[str]:
    for child in definition.children.get(container, ()):
        element = definition.elements[child]
        tag, content = _tag(element), _content(definition, element)
        yield f"<{tag} id={_id(element.id)}{_attributes(element, tag)}>{content}</{tag}>\n"
        for key in element.outgoing:
            yield _flow(definition, key)


def _tag(element: Element) -> str:
    if waits_outside(element) and element.type not in (ElementType.SUB_PROCESS,):
        return "manualTask"
    tasks = element.type.endswith("Task") or element.type is ElementType.TASK
    return "scriptTask" if tasks else str(element.type)  # a task without work there waits for a person


def _attributes(element: Element, tag: str) -> str:
    found = ""
    if element.default_flow is not None and tag != "manualTask":
        found += f" default={_id(element.default_flow)}"
    if element.attached_to is not None:
        found += (
            f' attachedToRef={_id(element.attached_to)} cancelActivity="{str(element.interrupting).lower()}"'
        )
    return found


def _content(definition: ProcessDefinition, element: Element) -> str:
    parts = [f"<incoming>{PREFIX}{flow}</incoming>" for flow in element.incoming]
    parts += [f"<outgoing>{PREFIX}{flow}</outgoing>" for flow in element.outgoing]
    if isinstance(element.loop, MultiInstance):
        sequential = str(element.loop.sequential).lower()
        cardinality = element.loop.cardinality.source if element.loop.cardinality is not None else "2"
        parts.append(
            f'<multiInstanceLoopCharacteristics isSequential="{sequential}"><loopCardinality>'
            f"{escape(cardinality)}</loopCardinality></multiInstanceLoopCharacteristics>"
        )
    if element.type in _EVENT_ELEMENTS:
        parts += _events(element)
    if _tag(element) == "scriptTask":
        parts.append(f"<script>{_script(element)}</script>")
    if element.type is ElementType.SUB_PROCESS:
        parts += _inside(definition, element.id)
    return "".join(parts)


def _script(element: Element) -> str:
    """Return a script: the name of the variable, then the expression in the next line."""
    if element.script is None:
        return "null"
    return f"{escape(element.script.result_variable or '')}\n{escape(element.script.expression.source)}"


_EVENT_ELEMENTS = frozenset(
    {ElementType.INTERMEDIATE_CATCH_EVENT, ElementType.BOUNDARY_EVENT, ElementType.END_EVENT}
    | {ElementType.INTERMEDIATE_THROW_EVENT}
)


def _events(element: Element) -> Iterator[str]:
    catching = element.type in (ElementType.INTERMEDIATE_CATCH_EVENT, ElementType.BOUNDARY_EVENT)
    for event in element.events:
        if event.type in _WAITING and catching:
            yield f"<signalEventDefinition signalRef={_id('signal_' + element.id)}/>"
        elif event.type in _CODED:
            tag = _CODED[event.type]
            reference = f" {tag}Ref={_id(tag + '_' + element.id)}" if event.code else ""
            yield f"<{tag}EventDefinition{reference}/>"
        elif event.type is EventType.TERMINATE:
            yield "<terminateEventDefinition/>"


def _flow(definition: ProcessDefinition, key: str) -> str:
    flow = definition.flows[key]
    condition = ""
    if flow.condition is not None:
        text = escape(flow.condition.source)
        condition = f'<conditionExpression xsi:type="tFormalExpression">{text}</conditionExpression>'
    ends = f"sourceRef={_id(flow.source)} targetRef={_id(flow.target)}"
    return f"<sequenceFlow id={_id(key)} {ends}>{condition}</sequenceFlow>\n"


def _id(text: str) -> str:
    return quoteattr(PREFIX + text)
