"""Messages between pools (BPMN 2.0.2 §8.4.2, §9.3): flows that name several, keys that nothing binds."""

from __future__ import annotations

from collections.abc import Iterator

from engine import xml
from engine.bpmn import correlation, extensions
from engine.bpmn.findings import found, place_in
from engine.bpmn.message_flows import message_places, own_message
from engine.bpmn.reader import FLOW_NODES
from engine.bpmn.source import Source, is_executable
from engine.model.records import Finding


def check_messages(source: Source) -> Iterator[Finding]:
    """Yield what is wrong with the messages that the executable processes of a file send or wait for."""
    keys = source.correlation_keys
    if len(keys) > correlation.MOST_KEYS:
        place = place_in(source.name, keys[correlation.MOST_KEYS])
        yield found(place, "correlation/many", most=correlation.MOST_KEYS, count=len(keys))
    for process in source.processes():
        if is_executable(process):
            for node in xml.descendants(process):
                if xml.namespace(node) == xml.BPMN and xml.local_name(node) in FLOW_NODES:
                    yield from _check_node(source, node)


def _check_node(source: Source, node: xml.Node) -> Iterator[Finding]:
    said = source.flow_messages.get(xml.attribute(node, "id"))
    if said is not None and said.contested:
        yield found(
            place_in(source.name, node),
            "message-ambiguous",
            element=xml.attribute(node, "id"),
            messages=", ".join(said.contested),
        )
    for part in message_places(source.ids, node):
        message = own_message(source.ids, part)
        if message is None and said is not None:
            message = said.message
        if message is not None and extensions.extension(message, "subscription") is None:
            yield from _check_keys(source, message, node)


def _check_keys(source: Source, message: xml.Node, node: xml.Node) -> Iterator[Finding]:
    keys = [xml.attribute(each, "id") for each in correlation.keys_of(source, message)]
    if len(keys) > 1:
        place = place_in(source.name, node)
        yield found(place, "correlation/several", message=xml.attribute(message, "id"), keys=", ".join(keys))
    elif correlation.waits_without_key(source, message, node):
        place = place_in(source.name, node)
        yield found(place, "correlation/unbound", name=keys[0], element=xml.attribute(node, "id"))
