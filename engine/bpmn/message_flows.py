"""Which message an event or task means: its own, else that of its message flow (§8.3.5, §9.3).

Both ends of a flow between two pools mean the same message. One that nobody names has a name of its own, made
from the receiving process and the flow. A flow to the border of a pool is documentation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from engine import xml

_TASKS = frozenset(["sendTask", "receiveTask"])


class FlowMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What message flows say about an element without a message of its own: a message, or only a name."""

    message: xml.Node | None
    name: str
    contested: tuple[str, ...] = ()  # ids of messages, where the flows name several


def own_message(ids: Mapping[str, xml.Node], node: xml.Node) -> xml.Node | None:
    """Return the message a task or message event definition refers to, directly or by its operation."""
    reference = xml.attribute(node, "messageRef")
    if not reference:
        operation = xml.attribute(node, "operationRef") or xml.text(xml.child(node, "operationRef"))
        found = ids.get(_local(operation))
        if found is None or xml.local_name(found) != "operation":
            return None
        reference = xml.text(xml.child(found, "inMessageRef"))
    message = ids.get(_local(reference))
    return message if message is not None and xml.local_name(message) == "message" else None


def flow_messages(root: xml.Node, ids: Mapping[str, xml.Node]) -> dict[str, FlowMessage]:
    """Return, by element id, what message flows say about those without a message of their own."""
    found: dict[str, FlowMessage] = {}
    for grouped in _grouped(root, ids):
        said = _said(ids, grouped)
        if said is None:
            continue
        for end in (end for flow in grouped for end in _ends(ids, flow)):
            if _message_of_end(ids, end) is None:
                found[xml.attribute(end, "id")] = said
    return found


def _grouped(root: xml.Node, ids: Mapping[str, xml.Node]) -> list[list[xml.Node]]:
    """Return the message flows that carry the same message, since an end they share has none of its own."""
    flows = [flow for flow in root.iter(xml.qname(xml.BPMN, "messageFlow")) if xml.attribute(flow, "id")]
    groups = _Groups()
    for flow in flows:
        for end in _ends(ids, flow):
            if _message_of_end(ids, end) is None:
                groups.join(f"#{xml.attribute(flow, 'id')}", xml.attribute(end, "id"))
    members: dict[str, list[xml.Node]] = {}
    for flow in flows:
        members.setdefault(groups.of(f"#{xml.attribute(flow, 'id')}"), []).append(flow)
    return list(members.values())


class _Groups:
    """Things that belong together, joined two by two."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}

    def of(self, one: str) -> str:
        while (parent := self._parents.get(one, one)) != one:
            self._parents[one] = self._parents.get(parent, parent)
            one = parent
        return one

    def join(self, one: str, other: str) -> None:
        self._parents[self.of(other)] = self.of(one)


def _said(ids: Mapping[str, xml.Node], flows: list[xml.Node]) -> FlowMessage | None:
    """Return the message a group of flows names, else the name of its own; None where a pool is one end."""
    messages = {xml.attribute(each, "id"): each for flow in flows for each in _messages(ids, flow)}
    if messages:
        contested = tuple(messages) if len(messages) > 1 else ()
        return FlowMessage(message=next(iter(messages.values())), name="", contested=contested)
    for flow in flows:
        ends = list(_ends(ids, flow))
        if len(ends) == 2:
            return FlowMessage(message=None, name=f"{_process_of(ends[1])}.{xml.attribute(flow, 'id')}")
    return None


def _messages(ids: Mapping[str, xml.Node], flow: xml.Node) -> Iterator[xml.Node]:
    named = [own_message(ids, flow), *(_message_of_end(ids, end) for end in _ends(ids, flow))]
    yield from (each for each in named if each is not None)


def _ends(ids: Mapping[str, xml.Node], flow: xml.Node) -> Iterator[xml.Node]:
    """Yield the ends of a flow that send or receive messages, the sender first."""
    for end in ("sourceRef", "targetRef"):
        node = ids.get(_local(xml.attribute(flow, end)))
        if node is not None and (xml.local_name(node) in _TASKS or _definitions(ids, node)):
            yield node


def message_places(ids: Mapping[str, xml.Node], node: xml.Node) -> list[xml.Node]:
    """Return where an element may name messages: itself for a task, else its message event definitions."""
    return [node] if xml.local_name(node) in _TASKS else _definitions(ids, node)


def _message_of_end(ids: Mapping[str, xml.Node], node: xml.Node) -> xml.Node | None:
    named = (own_message(ids, place) for place in message_places(ids, node))
    return next((found for found in named if found is not None), None)


def _definitions(ids: Mapping[str, xml.Node], node: xml.Node) -> list[xml.Node]:
    found = xml.children(node, xml.BPMN, "messageEventDefinition")
    referred = (
        ids.get(_local(xml.text(part))) for part in xml.children(node, xml.BPMN, "eventDefinitionRef")
    )
    return [*found, *(each for each in referred if each is not None and _is_message(each))]


def _is_message(node: xml.Node) -> bool:
    return xml.local_name(node) == "messageEventDefinition"


def _process_of(node: xml.Node) -> str:
    around: xml.Node | None = node
    while around is not None and xml.local_name(around) != "process":
        around = around.getparent()
    return "" if around is None else xml.attribute(around, "id")


def _local(reference: str) -> str:
    return reference.strip().rpartition(":")[2]
