"""One uploaded file while it is being read: its tree and an index of its ids; dies with the call."""

from __future__ import annotations

import msgspec

from engine import xml
from engine.bpmn.message_flows import FlowMessage, flow_messages

# Tasks a call activity may call (BPMN 2.0.2 §10.3.6) → the task each of them is
GLOBAL_TASKS = {
    "globalTask": "task",
    "globalUserTask": "userTask",
    "globalManualTask": "manualTask",
    "globalScriptTask": "scriptTask",
    "globalBusinessRuleTask": "businessRuleTask",
}


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed file, its BPMN elements by id (the first one wins) and by tag in document order.

    ``labels`` are, by data object, the names its first reference shows, ``flow_messages`` what message flows
    say about their ends.
    """

    name: str
    root: xml.Node
    ids: dict[str, xml.Node]
    tags: dict[str, list[xml.Node]]
    labels: dict[str, str]
    flow_messages: dict[str, FlowMessage]
    correlation_keys: tuple[xml.Node, ...]
    retrievals: dict[tuple[str, str], xml.Node]  # by correlation property and message

    def find(self, reference: str, local: str) -> xml.Node | None:
        """Return the BPMN element of that tag a QName reference means, or None."""
        node = self.ids.get(unprefixed(reference))
        return node if node is not None and node.tag == xml.qname(xml.BPMN, local) else None

    def processes(self) -> list[xml.Node]:
        """Return the file's processes in document order."""
        return xml.children(self.root, xml.BPMN, "process")

    def global_tasks(self) -> list[xml.Node]:
        """Return the file's global tasks in document order."""
        return [node for node in xml.children(self.root) if xml.local_name(node) in GLOBAL_TASKS]


def open_source(document: xml.Document) -> Source:
    """Index a parsed document."""
    ids: dict[str, xml.Node] = {}
    tags: dict[str, list[xml.Node]] = {}
    for node in document.root.iter(xml.qname(xml.BPMN, "*")):
        tags.setdefault(xml.local_name(node), []).append(node)
        identity = xml.attribute(node, "id")
        if identity:
            ids.setdefault(identity, node)
    labels: dict[str, str] = {}
    for node in tags.get("dataObjectReference", ()):
        labels.setdefault(unprefixed(xml.attribute(node, "dataObjectRef")), xml.attribute(node, "name"))
    return Source(
        name=document.name,
        root=document.root,
        ids=ids,
        tags=tags,
        labels=labels,
        flow_messages=flow_messages(document.root, ids),
        retrievals=_retrievals(document.root),
        correlation_keys=tuple(document.root.iter(xml.qname(xml.BPMN, "correlationKey"))),
    )


def _retrievals(root: xml.Node) -> dict[tuple[str, str], xml.Node]:
    found: dict[tuple[str, str], xml.Node] = {}
    for property_ in xml.children(root, xml.BPMN, "correlationProperty"):
        for retrieval in xml.children(property_, xml.BPMN, "correlationPropertyRetrievalExpression"):
            place = (xml.attribute(property_, "id"), unprefixed(xml.attribute(retrieval, "messageRef")))
            found.setdefault(place, retrieval)
    return found


def is_executable(process: xml.Node) -> bool:
    """Tell whether a process is meant to be executed (BPMN 2.0.2 §10.2: absent means no)."""
    return xml.boolean(process, "isExecutable", False)


CONTAINER_TAGS = frozenset({"process", "subProcess", "transaction", "adHocSubProcess"})


def container_around(node: xml.Node) -> xml.Node | None:
    """Return the innermost process or sub-process an element is drawn in, or None."""
    around = node.getparent()
    while around is not None and xml.local_name(around) not in CONTAINER_TAGS:
        around = around.getparent()
    return around


def process_around(node: xml.Node) -> xml.Node | None:
    """Return the process an element is part of, the element itself where it is one, or None."""
    around: xml.Node | None = node
    while around is not None and xml.local_name(around) != "process":
        around = around.getparent()
    return around


def in_executable(node: xml.Node) -> bool:
    """Tell whether an element is part of a process that is meant to be executed."""
    process = process_around(node)
    return process is not None and is_executable(process)


def unprefixed(reference: str) -> str:
    """Return the local part of a QName reference: references point into their own file."""
    return reference.rpartition(":")[2]
