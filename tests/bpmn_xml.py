"""How the builder's process becomes BPMN XML that other engines accept too; see ``tests.builders``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="definitions" '
    'targetNamespace="https://example.test">\n'
)
Pairs = Mapping[str, str] | None
FORMAL = {"xsi:type": "bpmn:tFormalExpression"}


@dataclass
class Event:
    """One event definition: its BPMN kind, what it names, and for messages the correlation key."""

    kind: str  # message | timer | signal | error | escalation | terminate
    name: str = ""
    key: str = ""

    def reference(self) -> str:
        """Return the id of the root element this event refers to, "" where it refers to none."""
        if self.kind in {"timer", "terminate"} or not self.name:
            return ""
        return f"{self.kind}_{identifier(self.name)}" + (f"_{identifier(self.key)}" if self.key else "")


@dataclass
class Node:
    """One flow node before it has its final id."""

    tag: str
    id: str
    generated: bool = False  # the id was made up, and may be prefixed when the node lands in a sub-process
    attributes: dict[str, str] = field(default_factory=dict)
    extensions: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    loop: str = ""
    inside: str = ""  # XML after the loop: a script
    body: Body | None = None
    host: Node | None = None


@dataclass
class Flow:
    """One sequence flow; the target may be named before it is drawn."""

    source: Node
    target: Node | str
    condition: str = ""
    name: str = ""

    @property
    def target_id(self) -> str:
        """Return the id the flow leads to."""
        return self.target if isinstance(self.target, str) else self.target.id

    @property
    def id(self) -> str:
        """Return ``source_to_target``."""
        return f"{self.source.id}_to_{self.target_id}"


@dataclass
class Body:
    """What is inside a process or a sub-process."""

    nodes: list[Node] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    defaults: dict[int, Flow] = field(default_factory=dict)  # by id() of the source node

    def everything(self) -> Iterator[Node]:
        """Yield all nodes, those of sub-processes included."""
        for node in self.nodes:
            yield node
            if node.body is not None:
                yield from node.body.everything()


def identifier(text: str) -> str:
    """Return a text as part of an XML id."""
    return "".join(character if character.isalnum() else "_" for character in text)


def element(tag: str, attributes: Mapping[str, str] | None = None, content: str = "") -> str:
    """Return one element; ``content`` is XML already."""
    written = "".join(f" {name}={quoteattr(text)}" for name, text in (attributes or {}).items() if text != "")
    return f"<{tag}{written}>{content}</{tag}>" if content else f"<{tag}{written}/>"


def feel(expression: str) -> str:
    """Return an expression with its leading ``=``."""
    return expression if expression.startswith("=") else f"={expression}"


def document(
    process: dict[str, str], extensions: list[str], body: Body, lanes: Iterable[str], extra: str
) -> str:
    """Return a whole file with one process."""
    lane_set = "".join(lanes)
    content = (
        _extension_elements(extensions)
        + (element("bpmn:laneSet", {"id": "lanes"}, lane_set) if lane_set else "")
        + _content(body)
    )
    return (
        HEAD
        + "\n".join(_roots(body))
        + extra
        + element("bpmn:process", process, content)
        + "</bpmn:definitions>\n"
    )


def _roots(body: Body) -> list[str]:
    """Return the messages, signals, errors and escalations that the events refer to, each once."""
    roots = {
        event.reference(): _root(event)
        for node in body.everything()
        for event in node.events
        if event.reference()
    }
    return list(roots.values())


def _root(event: Event) -> str:
    attributes = {"id": event.reference(), "name": event.name}
    if event.kind in {"error", "escalation"}:
        attributes[f"{event.kind}Code"] = event.name
    subscription = element("zeebe:subscription", {"correlationKey": feel(event.key)}) if event.key else ""
    return element(
        f"bpmn:{event.kind}", attributes, _extension_elements([subscription] if subscription else [])
    )


def _extension_elements(extensions: list[str]) -> str:
    return element("bpmn:extensionElements", {}, "".join(extensions)) if extensions else ""


def _content(body: Body) -> str:
    flows = _unique(body.flows)
    incoming: dict[str, list[str]] = {}
    outgoing: dict[int, list[str]] = {}
    for identity, flow in flows.items():
        incoming.setdefault(flow.target_id, []).append(identity)
        outgoing.setdefault(id(flow.source), []).append(identity)
    defaults = {id(flow): identity for identity, flow in flows.items()}
    nodes = [
        _node(
            node,
            incoming.get(node.id, []),
            outgoing.get(id(node), []),
            defaults.get(id(body.defaults.get(id(node))), ""),
        )
        for node in body.nodes
    ]
    return "\n".join([*nodes, *(_flow(identity, flow) for identity, flow in flows.items())])


def _unique(flows: list[Flow]) -> dict[str, Flow]:
    """Number the second and later flows between the same two nodes."""
    named: dict[str, Flow] = {}
    for flow in flows:
        number = 2
        identity = flow.id
        while identity in named:
            identity = f"{flow.id}_{number}"
            number += 1
        named[identity] = flow
    return named


def _flow(identity: str, flow: Flow) -> str:
    condition = (
        element("bpmn:conditionExpression", FORMAL, escape(feel(flow.condition))) if flow.condition else ""
    )
    ends = {"id": identity, "name": flow.name, "sourceRef": flow.source.id, "targetRef": flow.target_id}
    return element("bpmn:sequenceFlow", ends, condition)


def _node(node: Node, incoming: list[str], outgoing: list[str], default: str) -> str:
    attributes = {"id": node.id, **node.attributes}
    if node.host is not None:
        attributes["attachedToRef"] = node.host.id
    attributes["default"] = default
    content = [
        _extension_elements(node.extensions),
        *(element("bpmn:incoming", {}, identity) for identity in incoming),
        *(element("bpmn:outgoing", {}, identity) for identity in outgoing),
        node.loop,
        "" if node.tag in {"receiveTask", "sendTask"} else "".join(map(_definition, node.events)),
        node.inside,
        "" if node.body is None else _content(node.body),
    ]
    if node.tag in {"receiveTask", "sendTask"} and node.events:
        attributes["messageRef"] = node.events[0].reference()
    return element(f"bpmn:{node.tag}", attributes, "".join(content))


def _definition(event: Event) -> str:
    if event.kind == "timer":
        tag, body = _timer(event.name)
        return element("bpmn:timerEventDefinition", {}, element(tag, FORMAL, escape(body)))
    reference = event.reference()
    return element(f"bpmn:{event.kind}EventDefinition", {f"{event.kind}Ref": reference} if reference else {})


def _timer(text: str) -> tuple[str, str]:
    """Tell the timer's body from its form; ``date:``, ``duration:`` and ``cycle:`` before it say it."""
    bodies = {"date": "bpmn:timeDate", "duration": "bpmn:timeDuration", "cycle": "bpmn:timeCycle"}
    kind, colon, body = text.partition(":")
    if colon and kind in bodies:
        return bodies[kind], body
    if text.startswith(("P", "=")):
        return bodies["duration"], text
    return bodies["cycle" if text.startswith(("R", "@")) or " " in text else "date"], text


def when(wanted: bool, tag: str, attributes: Mapping[str, str]) -> list[str]:
    """Return one extension element, or none."""
    return [element(tag, attributes)] if wanted else []


def job(job_type: str, retries: str = "", headers: Pairs = None) -> list[str]:
    """Return the extension elements of a job."""
    if not job_type:
        return []
    parts = [element("zeebe:taskDefinition", {"type": job_type, "retries": retries})]
    if headers:
        entries = (element("zeebe:header", {"key": key, "value": text}) for key, text in headers.items())
        parts.append(element("zeebe:taskHeaders", {}, "".join(entries)))
    return parts


def mappings(inputs: Pairs = None, outputs: Pairs = None) -> list[str]:
    """Return the input and output mappings, target → FEEL source."""
    content = "".join(
        element(f"zeebe:{kind}", {"source": feel(source), "target": target})
        for kind, pairs in (("input", inputs), ("output", outputs))
        for target, source in (pairs or {}).items()
    )
    return [element("zeebe:ioMapping", {}, content)] if content else []


def properties(pairs: Pairs) -> list[str]:
    """Return ``zeebe:properties``."""
    if not pairs:
        return []
    entries = (element("zeebe:property", {"name": name, "value": text}) for name, text in pairs.items())
    return [element("zeebe:properties", {}, "".join(entries))]


def multi_instance(extension: Mapping[str, str], times: str, until: str, *, sequential: bool) -> str:
    """Return the loop characteristics of an activity."""
    content = [
        _extension_elements(when(any(extension.values()), "zeebe:loopCharacteristics", extension)),
        element("bpmn:loopCardinality", FORMAL, escape(feel(times))) if times else "",
        element("bpmn:completionCondition", FORMAL, escape(feel(until))) if until else "",
    ]
    attributes = {"isSequential": str(sequential).lower()}
    return element("bpmn:multiInstanceLoopCharacteristics", attributes, "".join(content))


def model(body: str, extra: str = "", *, executable: str = "true") -> list[tuple[str, bytes]]:
    """Return one file whose process ``p`` has this XML inside, for what the builder would never draw."""
    process = element("bpmn:process", {"id": "p", "isExecutable": executable}, body or " ")
    return [("p.bpmn", f"{HEAD}{extra}\n{process}</bpmn:definitions>".encode())]


def flow(source: str, target: str, identity: str = "", condition: str = "") -> str:
    """Return one sequence flow as XML."""
    inside = element("bpmn:conditionExpression", FORMAL, escape(condition)) if condition else ""
    ends = {"id": identity or f"{source}_to_{target}", "sourceRef": source, "targetRef": target}
    return element("bpmn:sequenceFlow", ends, inside)
