"""From DMN XML (1.2 to 1.5) to records; what is no DMN is refused with file and line."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from engine import xml
from engine.dmn.records import (
    Aggregation,
    Box,
    Conditional,
    Context,
    Decision,
    Definitions,
    Element,
    Entry,
    Filter,
    FunctionBox,
    HitPolicy,
    Import,
    Input,
    InputData,
    Invocation,
    ItemDefinition,
    Iterator,
    Knowledge,
    ListBox,
    Literal,
    Output,
    Relation,
    Rule,
    Service,
    Table,
    Variable,
)
from engine.errors import InvalidDefinition
from engine.model.records import Finding, Severity

NAMESPACES = frozenset(
    {
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    }
)
MAX_NESTING = 100

_HIT_POLICIES = {policy.value: policy for policy in HitPolicy}


def read(name: str, content: bytes) -> Definitions:
    """Return what a DMN file says; raises ``InvalidDefinition`` for a file that is no DMN 1.2 to 1.5."""
    root = xml.parse(name, content).root
    if xml.local_name(root) != "definitions" or xml.namespace(root) not in NAMESPACES:
        found = f"{xml.local_name(root)} of “{xml.namespace(root)}”"
        message = f"expected the definitions of a DMN 1.2 to 1.5 model, but the file has {found}"
        raise _refusal(name, "dmn-namespace", message, xml.line(root))
    for node in xml.descendants(root):
        if sum(1 for _ in node.iterancestors()) > MAX_NESTING:
            message = f"expected elements nested at most {MAX_NESTING} deep, but they are deeper"
            raise _refusal(name, "dmn-nesting", message, xml.line(node))
    return Definitions(
        file=name,
        name=xml.attribute(root, "name"),
        namespace=xml.attribute(root, "namespace"),
        imports=tuple(
            Import(name=xml.attribute(node, "name"), namespace=xml.attribute(node, "namespace"))
            for node in _all(root, "import")
            if "DMN" in xml.attribute(node, "importType")
        ),
        items=tuple(_item(node) for node in _all(root, "itemDefinition")),
        elements=tuple(element for node in root if (element := _element(node)) is not None),
    )


def _refusal(name: str, rule: str, message: str, line: int) -> InvalidDefinition:
    finding = Finding(rule=rule, severity=Severity.ERROR, message=message, file=name, line=line)
    return InvalidDefinition([finding])


def _all(node: xml.Node | None, *names: str) -> list[xml.Node]:
    if node is None:
        return []
    space = xml.namespace(node)
    return [part for part in xml.children(node, space) if xml.local_name(part) in names]


def _first(node: xml.Node | None, *names: str) -> xml.Node | None:
    return next(iter(_all(node, *names)), None)


def _text(node: xml.Node | None) -> str:
    return xml.text(_first(node, "text"))


def _written(node: xml.Node | None, name: str) -> str:
    return xml.text(_first(node, name)).strip()


def _hrefs(node: xml.Node, *names: str) -> tuple[str, ...]:
    return tuple(xml.attribute(part, "href") for part in _all(node, *names))


def _variable(node: xml.Node) -> Variable:
    inner = _first(node, "variable")
    name = xml.attribute(node, "name")
    if inner is None:
        return Variable(name=name)
    return Variable(name=xml.attribute(inner, "name") or name, type=xml.attribute(inner, "typeRef"))


def _named(node: xml.Node) -> Variable:
    return Variable(name=xml.attribute(node, "name"), type=xml.attribute(node, "typeRef"))


def _item(node: xml.Node) -> ItemDefinition:
    function = _first(node, "functionItem")
    return ItemDefinition(
        name=xml.attribute(node, "name"),
        type=_written(node, "typeRef"),
        is_collection=xml.boolean(node, "isCollection", False),
        allowed=_text(_first(node, "allowedValues")),
        constraint=_text(_first(node, "typeConstraint")),
        components=tuple(_item(part) for part in _all(node, "itemComponent")),
        is_function=function is not None,
        parameters=tuple(_named(part) for part in _all(function, "parameters")),
        output="" if function is None else xml.attribute(function, "outputTypeRef"),
    )


def _element(node: xml.Node) -> Element | None:
    if not isinstance(node.tag, str):
        return None
    reader = _ELEMENTS.get(xml.local_name(node))
    return None if reader is None else reader(node)


def _id(node: xml.Node) -> str:
    return xml.attribute(node, "id") or xml.attribute(node, "name")


def _input_data(node: xml.Node) -> InputData:
    return InputData(id=_id(node), variable=_variable(node))


def _requirements(node: xml.Node) -> tuple[str, ...]:
    found: list[str] = []
    for part in _all(node, "informationRequirement", "knowledgeRequirement"):
        found.extend(_hrefs(part, "requiredDecision", "requiredInput", "requiredKnowledge"))
    return tuple(found)


def _decision(node: xml.Node) -> Decision:
    return Decision(
        id=_id(node),
        name=xml.attribute(node, "name"),
        variable=_variable(node),
        requires=_requirements(node),
        box=_box_in(node),
        line=xml.line(node),
        version_tag=_version_tag(node),
    )


def _version_tag(node: xml.Node) -> str:
    """Return the value of Zeebe's version tag of a decision, which a business rule task may bind to."""
    tags = (
        tag
        for around in _all(node, "extensionElements")
        for tag in xml.children(around, xml.ZEEBE, "versionTag")
    )
    return next((xml.attribute(tag, "value") for tag in tags), "")


def _knowledge(node: xml.Node) -> Knowledge:
    logic = _first(node, "encapsulatedLogic")
    return Knowledge(
        id=_id(node),
        name=xml.attribute(node, "name"),
        variable=_variable(node),
        requires=_requirements(node),
        function=None if logic is None else _function(logic),
    )


def _service(node: xml.Node) -> Service:
    return Service(
        id=_id(node),
        name=xml.attribute(node, "name"),
        variable=_variable(node),
        outputs=_hrefs(node, "outputDecision"),
        encapsulated=_hrefs(node, "encapsulatedDecision"),
        input_decisions=_hrefs(node, "inputDecision"),
        input_data=_hrefs(node, "inputData"),
        version_tag=_version_tag(node),
    )


_ELEMENTS: dict[str, Callable[[xml.Node], Element]] = {
    "inputData": _input_data,
    "decision": _decision,
    "businessKnowledgeModel": _knowledge,
    "decisionService": _service,
}


def _box_in(node: xml.Node | None) -> Box | None:
    """Return the boxed expression inside an element, if there is one."""
    return next(iter(_boxes_in(node)), None)


def _boxes_in(node: xml.Node | None) -> Iterable[Box]:
    for part in _all(node, *_BOXES):
        yield _BOXES[xml.local_name(part)](part)


def _type(node: xml.Node) -> str:
    return xml.attribute(node, "typeRef")


def _literal(node: xml.Node) -> Literal:
    return Literal(text=_text(node), type=_type(node), line=xml.line(node), language=_language(node))


def _language(node: xml.Node) -> str:
    """Return the language an expression says it is in, empty for FEEL."""
    return "" if "feel" in (said := xml.attribute(node, "expressionLanguage")).lower() else said


def _context(node: xml.Node) -> Context:
    entries = []
    for part in _all(node, "contextEntry"):
        variable = _first(part, "variable")
        entries.append(Entry(variable=None if variable is None else _named(variable), box=_box_in(part)))
    return Context(entries=tuple(entries), type=_type(node))


def _invocation(node: xml.Node) -> Invocation:
    bindings = []
    for part in _all(node, "binding"):
        parameter = _first(part, "parameter")
        name = "" if parameter is None else xml.attribute(parameter, "name")
        bindings.append((name, _box_in(part)))
    return Invocation(function=_box_in(node), bindings=tuple(bindings), type=_type(node))


def _function(node: xml.Node) -> FunctionBox:
    return FunctionBox(
        parameters=tuple(_named(part) for part in _all(node, "formalParameter")),
        body=_box_in(node),
        kind=xml.attribute(node, "kind").upper() or "FEEL",
        type=_type(node),
    )


def _list(node: xml.Node) -> ListBox:
    return ListBox(items=tuple(_boxes_in(node)), type=_type(node))


def _relation(node: xml.Node) -> Relation:
    return Relation(
        columns=tuple(_named(part) for part in _all(node, "column")),
        rows=tuple(tuple(_boxes_in(row)) for row in _all(node, "row")),
        type=_type(node),
    )


def _conditional(node: xml.Node) -> Conditional:
    condition, then, otherwise = (_box_in(_first(node, name)) for name in ("if", "then", "else"))
    return Conditional(condition=condition, then=then, otherwise=otherwise, type=_type(node))


def _iterator(node: xml.Node) -> Iterator:
    return Iterator(
        kind=xml.local_name(node),
        variable=xml.attribute(node, "iteratorVariable"),
        domain=_box_in(_first(node, "in")),
        body=_box_in(_first(node, "return", "satisfies")),
        type=_type(node),
    )


def _filter(node: xml.Node) -> Filter:
    return Filter(
        source=_box_in(_first(node, "in")), condition=_box_in(_first(node, "match")), type=_type(node)
    )


def _table(node: xml.Node) -> Table:
    policy = xml.attribute(node, "hitPolicy") or HitPolicy.UNIQUE.value
    aggregation = xml.attribute(node, "aggregation")
    return Table(
        hit_policy=_HIT_POLICIES.get(policy, HitPolicy.UNIQUE),
        aggregation=Aggregation(aggregation) if aggregation in set(Aggregation) else Aggregation.NONE,
        inputs=tuple(_input(part) for part in _all(node, "input")),
        outputs=tuple(_output(part) for part in _all(node, "output")),
        rules=tuple(_rule(part) for part in _all(node, "rule")),
        type=_type(node),
    )


def _input(node: xml.Node) -> Input:
    expression = _first(node, "inputExpression")
    literal = Literal(text="") if expression is None else _literal(expression)
    return Input(expression=literal, values=_text(_first(node, "inputValues")))


def _output(node: xml.Node) -> Output:
    default = _first(node, "defaultOutputEntry")
    return Output(
        name=xml.attribute(node, "name"),
        type=_type(node),
        values=_text(_first(node, "outputValues")),
        default=None if default is None else _text(default),
    )


def _rule(node: xml.Node) -> Rule:
    return Rule(
        id=xml.attribute(node, "id"),
        inputs=tuple(_text(part) for part in _all(node, "inputEntry")),
        outputs=tuple(_text(part) for part in _all(node, "outputEntry")),
        line=xml.line(node),
    )


_BOXES: dict[str, Callable[[xml.Node], Box]] = {
    "literalExpression": _literal,
    "context": _context,
    "invocation": _invocation,
    "functionDefinition": _function,
    "list": _list,
    "relation": _relation,
    "conditional": _conditional,
    "for": _iterator,
    "some": _iterator,
    "every": _iterator,
    "filter": _filter,
    "decisionTable": _table,
}
