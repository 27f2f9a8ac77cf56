"""The builder's cursor: drawing an element, connecting it, going back. See ``tests.builders``."""

from __future__ import annotations

from typing import Self

from tests.bpmn_xml import Body, Event, Flow, Node


class Drawing:
    """Nodes and flows of one container, and the element drawn last."""

    def __init__(self) -> None:
        self.body = Body()
        self._cursor: Node | None = None
        self._condition = ""
        self._default = False

    def at(self, identity: str) -> Self:
        """Move the cursor back to an element of this process or sub-process."""
        self._cursor = next(node for node in self.body.nodes if node.id == identity)
        return self

    def containing(self, xml: str) -> Self:
        """Put XML into the element drawn last: what the builder has no word for."""
        self._here().inside = xml
        return self

    def flow_if(self, condition: str) -> Self:
        """Put a condition on the next connection."""
        self._condition = condition
        return self

    def default(self) -> Self:
        """Make the next connection the default flow."""
        self._default = True
        return self

    def connect_to(self, identity: str) -> Self:
        """Connect the cursor to an element drawn before or later; the cursor stays."""
        known = next((node for node in self.body.nodes if node.id == identity), None)
        self._connect(known or identity)
        return self

    def within(self, identity: str) -> Body:
        """Return what was drawn, made-up ids prefixed with the sub-process'."""
        for node in self.body.nodes:
            if node.generated:
                node.id = f"{identity}_{node.id}"
        return self.body

    def _here(self) -> Node:
        assert self._cursor is not None, "expected an element to go on from, but nothing is drawn yet"
        return self._cursor

    def _draw(
        self,
        tag: str,
        identity: str,
        default: str,
        attributes: dict[str, str] | None = None,
        extensions: list[str] | None = None,
        *,
        events: list[Event] | None = None,
    ) -> Self:
        name = identity or self._free(default)
        node = Node(tag, name, not identity, attributes or {}, extensions or [], events or [])
        self.body.nodes.append(node)
        if self._cursor is not None:
            self._connect(node)
        self._cursor = node
        return self

    def _free(self, wanted: str) -> str:
        taken = {node.id for node in self.body.nodes}
        number = 1
        while (name := wanted if number == 1 else f"{wanted}_{number}") in taken:
            number += 1
        return name

    def _connect(self, target: Node | str) -> None:
        flow = Flow(self._here(), target, self._condition)
        self.body.flows.append(flow)
        if self._default:
            self.body.defaults[id(flow.source)] = flow
        self._condition, self._default = "", False
