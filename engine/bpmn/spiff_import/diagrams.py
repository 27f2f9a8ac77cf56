"""A SpiffArena diagram in our dialect: its extensions say the same with ``zeebe:`` elements, or are told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from engine import xml
from engine.bpmn.findings import error, hint, place_in, warning
from engine.bpmn.spiff_import import python_text
from engine.bpmn.spiff_import.forms import form_id
from engine.bpmn.spiff_import.python_text import Untranslatable
from engine.model.records import Finding

SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"
_CONDITIONS = ("conditionExpression", "completionCondition", "loopCondition", "condition")
_TIMERS = ("timeDate", "timeDuration", "timeCycle")
_SCRIPTS = {"preScript": "before", "postScript": "after"}
_DROPPED = {
    "unitTests": "write them as a scenario file",
    "instructionsForEndUser": "say it in a text of the form",
    "messagePayload": "name what a message carries as an input mapping of the event that throws it",
    "messageVariable": "name what a message brings as an output mapping of the event that catches it",
    "processVariableCorrelation": "give the message a zeebe:subscription with its correlation key",
}
_UNQUIET = re.compile(r"[^A-Za-z0-9_.]")


def imported(document: xml.Document) -> tuple[bytes, list[Finding]]:
    """Return the diagram in our dialect, and everything a person should know about the translation."""
    findings: list[Finding] = []
    for node in list(xml.descendants(document.root)):
        if xml.namespace(node) == xml.BPMN:
            findings += _translated(document.name, node)
    for node in list(xml.descendants(document.root)):
        if xml.namespace(node) == SPIFF and node.getparent() is not None:
            xml.detach(node)
    return xml.written(document.root), findings


def _translated(file: str, node: xml.Node) -> Iterator[Finding]:
    tag = xml.local_name(node)
    extensions = _extensions(node)
    if tag in _CONDITIONS:
        yield from _condition(file, node)
    elif tag in _TIMERS:
        yield from _timer(file, node)
    elif tag in _TASKS:
        yield from _TASKS[tag](file, node, extensions)
    elif tag == "lane" and xml.attribute(node, "name"):
        xml.extend(
            node, "properties", [("property", {"name": "obieg:group", "value": node.get("name") or ""})]
        )
        yield hint(
            place_in(file, node),
            "import-lane",
            "the lane names its group",
            "check that people have that group",
        )
    for name, part in extensions.items():
        yield from _left_out(file, node, name, part)


def _extensions(node: xml.Node) -> dict[str, xml.Node]:
    around = xml.child(node, "extensionElements")
    return {} if around is None else {xml.local_name(each): each for each in xml.children(around, SPIFF)}


def _condition(file: str, node: xml.Node) -> Iterator[Finding]:
    source = xml.text(node).strip()
    try:
        node.text = f"={python_text.condition(source)}"
    except Untranslatable as reason:
        node.set("language", "python")  # so that the check refuses it with its place
        yield _by_hand(file, node, f"the condition {source[:60]!r}", reason)


def _timer(file: str, node: xml.Node) -> Iterator[Finding]:
    source = xml.text(node).strip()
    plain = python_text.literal(source)
    try:
        node.text = plain if plain is not None else f"={python_text.expression(source)}"
    except Untranslatable as reason:
        yield _by_hand(file, node, f"the timer {source[:60]!r}", reason)


def _script(file: str, node: xml.Node, extensions: Mapping[str, xml.Node]) -> Iterator[Finding]:
    body = xml.child(node, "script")
    source = xml.text(body)
    try:
        made = python_text.assignments(source)
    except Untranslatable as reason:
        node.set("scriptFormat", "python")
        yield _by_hand(file, node, f"the script {' '.join(source.split())[:60]!r}", reason)
        return
    if body is not None:
        xml.detach(body)
    node.attrib.pop("scriptFormat", "")
    if len(made) == 1:
        xml.extend(node, "script", [], {"expression": f"={made[0][1]}", "resultVariable": made[0][0]})
    elif made:
        entries = ", ".join(f"{name}: {value}" for name, value in made)
        xml.extend(node, "script", [], {"expression": f"={{{entries}}}"})


def _user(file: str, node: xml.Node, extensions: Mapping[str, xml.Node]) -> Iterator[Finding]:
    xml.extend(node, "userTask", [])
    properties = extensions.get("properties")
    for each in xml.children(properties, SPIFF, "property") if properties is not None else ():
        if xml.attribute(each, "name") == "formJsonSchemaFilename":
            xml.extend(node, "formDefinition", [], {"formId": form_id(xml.attribute(each, "value"))})
    if xml.local_name(node) == "manualTask":
        node.tag = xml.qname(xml.BPMN, "userTask")
        message = "a manual task that somebody confirms is a user task here"
        yield hint(place_in(file, node), "import-task", message, "give it a form, or leave it without")


def _service(file: str, node: xml.Node, extensions: Mapping[str, xml.Node]) -> Iterator[Finding]:
    operator = extensions.get("serviceTaskOperator")
    if operator is None:
        return
    name = _UNQUIET.sub(".", xml.attribute(operator, "id")).lower()
    xml.extend(node, "taskDefinition", [], {"type": name})
    inputs: list[tuple[str, dict[str, str]]] = []
    for each in (part for part in xml.descendants(operator) if xml.local_name(part) == "parameter"):
        value = xml.attribute(each, "value")
        try:
            source = f"={python_text.expression(value)}"
        except Untranslatable as reason:
            yield _by_hand(file, node, f"the parameter {xml.attribute(each, 'id')!r}", reason)
            continue
        inputs.append(("input", {"source": source, "target": xml.attribute(each, "id")}))
    if inputs:
        xml.extend(node, "ioMapping", inputs)
    result = xml.attribute(operator, "resultVariable")
    yield warning(
        place_in(file, node),
        "import-service",
        f"expected a handler of ours, but '{xml.attribute(operator, 'id')}' is a connector of SpiffArena",
        f"write a handler for '{name}'" + (f" that answers with the variable '{result}'" if result else ""),
    )


def _rule(file: str, node: xml.Node, extensions: Mapping[str, xml.Node]) -> Iterator[Finding]:
    decision = xml.text(extensions.get("calledDecisionId")).strip()
    if decision:
        called = {"decisionId": decision, "resultVariable": decision}
        xml.extend(node, "calledDecision", [], called)
        message = f"the decision's answer is the variable '{decision}', not variables of its outputs' names"
        yield warning(place_in(file, node), "import-decision", message, "mend the expressions that read them")


def _call(file: str, node: xml.Node, extensions: Mapping[str, xml.Node]) -> Iterator[Finding]:
    called = xml.attribute(node, "calledElement")
    if called:
        xml.extend(node, "calledElement", [], {"processId": called})
    yield from ()


_TASKS = {
    "scriptTask": _script,
    "userTask": _user,
    "manualTask": _user,
    "serviceTask": _service,
    "businessRuleTask": _rule,
    "callActivity": _call,
}


def _left_out(file: str, node: xml.Node, name: str, part: xml.Node) -> Iterator[Finding]:
    if name in _SCRIPTS and xml.text(part).strip():
        message = f"expected a drawn step, but a script runs {_SCRIPTS[name]} this element"
        remedy = f"draw a script task {_SCRIPTS[name]} it: {' '.join(xml.text(part).split())[:80]}"
        yield error(place_in(file, node), "import-script", message, remedy)
    elif name in _DROPPED:
        yield warning(
            place_in(file, node),
            "import-extension",
            f"spiffworkflow:{name} is not taken over",
            _DROPPED[name],
        )


def _by_hand(file: str, node: xml.Node, what: str, reason: Untranslatable) -> Finding:
    message = f"expected Python that has an equal in FEEL, but of {what} {reason}"
    return error(place_in(file, node), "import-python", message, "write it in FEEL")
