"""Reading event definitions (BPMN 2.0.2 §10.5.5), inline or by reference, what they refer to resolved."""

from __future__ import annotations

from engine import xml
from engine.bpmn import correlation, extensions, values
from engine.bpmn.message_flows import own_message
from engine.bpmn.source import Source
from engine.model.definition import EventDefinition, EventType, Expression, TimerType

EVENT_TYPES = {
    "messageEventDefinition": EventType.MESSAGE,
    "timerEventDefinition": EventType.TIMER,
    "signalEventDefinition": EventType.SIGNAL,
    "errorEventDefinition": EventType.ERROR,
    "escalationEventDefinition": EventType.ESCALATION,
    "conditionalEventDefinition": EventType.CONDITIONAL,
    "compensateEventDefinition": EventType.COMPENSATION,
    "cancelEventDefinition": EventType.CANCEL,
    "linkEventDefinition": EventType.LINK,
    "terminateEventDefinition": EventType.TERMINATE,
}
TIMER_BODIES = {
    "timeDate": TimerType.DATE,
    "timeDuration": TimerType.DURATION,
    "timeCycle": TimerType.CYCLE,
}
_MESSAGE_TASKS = {"receiveTask", "sendTask"}


def definition_nodes(source: Source, node: xml.Node) -> list[xml.Node]:
    """Return the event definition elements of an event, references followed; dangling ones are left out."""
    found = [part for part in xml.children(node) if xml.local_name(part) in EVENT_TYPES]
    for reference in xml.children(node, xml.BPMN, "eventDefinitionRef"):
        target = source.ids.get(xml.text(reference).strip().rpartition(":")[2])
        if target is not None and xml.local_name(target) in EVENT_TYPES:
            found.append(target)
    return found


def read_events(source: Source, node: xml.Node) -> tuple[EventDefinition, ...]:
    """Return the event definitions of an event, or the message of a send or receive task."""
    if xml.local_name(node) in _MESSAGE_TASKS:
        known = own_message(source.ids, node) is not None or xml.attribute(node, "id") in source.flow_messages
        return (_message(source, node, node),) if known else ()
    return tuple(_event(source, part, node) for part in definition_nodes(source, node))


def read_definition(source: Source, node: xml.Node) -> tuple[EventDefinition, ...]:
    """Return one event definition; none where the element is something else."""
    return (_event(source, node, node),) if xml.local_name(node) in EVENT_TYPES else ()


def _event(source: Source, node: xml.Node, host: xml.Node) -> EventDefinition:
    """Dispatch on the tag; the types without fields of their own share the last line."""
    kind = EVENT_TYPES[xml.local_name(node)]
    if kind is EventType.MESSAGE:
        return _message(source, node, host)
    readers = {
        EventType.TIMER: _timer,
        EventType.SIGNAL: _signal,
        EventType.ERROR: _error,
        EventType.ESCALATION: _escalation,
        EventType.CONDITIONAL: _conditional,
        EventType.COMPENSATION: _compensation,
        EventType.LINK: _link,
    }
    reader = readers.get(kind)
    return reader(source, node) if reader else EventDefinition(type=kind, id=_id(node), line=xml.line(node))


def _id(node: xml.Node) -> str:
    return xml.attribute(node, "id")


def _message(source: Source, node: xml.Node, host: xml.Node) -> EventDefinition:
    """Read a task or event definition; ``host`` is the task or event it belongs to."""
    said = source.flow_messages.get(xml.attribute(host, "id"))
    message = own_message(source.ids, node)
    if message is None and said is not None:
        message = said.message
    name = values.attribute_value(message, "name")
    if message is None and said is not None:
        name = values.literal(said.name, xml.line(node))
    return EventDefinition(
        type=EventType.MESSAGE,
        id=_id(node),
        name=name,
        correlation_key=None if message is None else _correlation_key(source, message, host),
        line=xml.line(node),
    )


def _correlation_key(source: Source, message: xml.Node, host: xml.Node) -> Expression | None:
    subscription = extensions.extension(message, "subscription")
    if subscription is not None:
        return values.attribute_value(subscription, "correlationKey")
    return correlation.correlation_key(source, message, host)


def _timer(_source: Source, node: xml.Node) -> EventDefinition:
    body = next((part for part in xml.children(node) if xml.local_name(part) in TIMER_BODIES), None)
    return EventDefinition(
        type=EventType.TIMER,
        id=_id(node),
        timer_type=None if body is None else TIMER_BODIES[xml.local_name(body)],
        timer=values.body_value(body),
        line=xml.line(node),
    )


def _signal(source: Source, node: xml.Node) -> EventDefinition:
    signal = source.find(xml.attribute(node, "signalRef"), "signal")
    return EventDefinition(
        type=EventType.SIGNAL,
        id=_id(node),
        name=values.attribute_value(signal, "name"),
        line=xml.line(node),
    )


def _error(source: Source, node: xml.Node) -> EventDefinition:
    return EventDefinition(
        type=EventType.ERROR,
        id=_id(node),
        code=_code(source, node, "error"),
        error_code_variable=node.get(xml.qname(xml.CAMUNDA, "errorCodeVariable")),
        error_message_variable=node.get(xml.qname(xml.CAMUNDA, "errorMessageVariable")),
        line=xml.line(node),
    )


def _escalation(source: Source, node: xml.Node) -> EventDefinition:
    return EventDefinition(
        type=EventType.ESCALATION,
        id=_id(node),
        code=_code(source, node, "escalation"),
        error_code_variable=node.get(xml.qname(xml.CAMUNDA, "escalationCodeVariable")),
        line=xml.line(node),
    )


def _code(source: Source, node: xml.Node, kind: str) -> str | None:
    """Return the code of the error or escalation referred to; None (catches all) where there is none."""
    target = source.find(xml.attribute(node, f"{kind}Ref"), kind)
    return None if target is None else xml.attribute(target, f"{kind}Code") or None


def _conditional(_source: Source, node: xml.Node) -> EventDefinition:
    return EventDefinition(
        type=EventType.CONDITIONAL,
        id=_id(node),
        condition=values.body_feel(xml.child(node, "condition")),
        line=xml.line(node),
    )


def _compensation(_source: Source, node: xml.Node) -> EventDefinition:
    return EventDefinition(
        type=EventType.COMPENSATION,
        id=_id(node),
        activity=xml.attribute(node, "activityRef").rpartition(":")[2] or None,
        wait_for_completion=xml.boolean(node, "waitForCompletion", True),
        line=xml.line(node),
    )


def _link(_source: Source, node: xml.Node) -> EventDefinition:
    name = Expression(source=xml.attribute(node, "name"), literal=True, line=xml.line(node))
    return EventDefinition(type=EventType.LINK, id=_id(node), name=name, line=xml.line(node))
