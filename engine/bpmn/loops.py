"""Reading loop characteristics (BPMN 2.0.2 §10.3.8), the standard's own and the ``zeebe:`` collections."""

from __future__ import annotations

from engine import xml
from engine.bpmn import data, extensions, values
from engine.bpmn.events import read_definition, read_events
from engine.bpmn.source import Source, unprefixed
from engine.model.definition import ComplexBehavior, EventDefinition, Expression, MultiInstance, StandardLoop


def read_loop(source: Source, node: xml.Node) -> MultiInstance | StandardLoop | None:
    """Return how an activity repeats, or None where it does not."""
    repeated = xml.child(node, "multiInstanceLoopCharacteristics")
    if repeated is not None:
        return _multi_instance(source, repeated)
    looped = xml.child(node, "standardLoopCharacteristics")
    if looped is None:
        return None
    return StandardLoop(
        condition=values.body_feel(xml.child(looped, "loopCondition")),
        test_before=xml.boolean(looped, "testBefore", False),
        maximum=xml.integer(looped, "loopMaximum", 0) if xml.attribute(looped, "loopMaximum") else None,
    )


def _multi_instance(source: Source, node: xml.Node) -> MultiInstance:
    definition = extensions.extension(node, "loopCharacteristics")
    return MultiInstance(
        sequential=xml.boolean(node, "isSequential", False),
        collection=values.attribute_feel(definition, "inputCollection") or _collection(source, node),
        cardinality=values.body_feel(xml.child(node, "loopCardinality")),
        input_element=_extension_attribute(definition, "inputElement")
        or _item_name(source, node, "inputDataItem"),
        output_collection=_extension_attribute(definition, "outputCollection") or _output(source, node),
        output_element=values.attribute_feel(definition, "outputElement") or _output_item(source, node),
        completion_condition=values.body_feel(xml.child(node, "completionCondition")),
        behavior=xml.attribute(node, "behavior") or "All",
        events=_behavior_events(source, node),
        complex=tuple(
            _complex_behavior(source, part)
            for part in xml.children(node, xml.BPMN, "complexBehaviorDefinition")
        ),
    )


def _behavior_events(source: Source, node: xml.Node) -> tuple[EventDefinition, ...]:
    """Return the event a multi-instance activity throws when one, or each, of its instances has ended."""
    names = {"One": "oneBehaviorEventRef", "None": "noneBehaviorEventRef"}
    name = names.get(xml.attribute(node, "behavior"))
    target = None if name is None else source.ids.get(unprefixed(xml.attribute(node, name)))
    return () if target is None else read_definition(source, target)


def _complex_behavior(source: Source, node: xml.Node) -> ComplexBehavior:
    thrown = xml.child(node, "event")
    return ComplexBehavior(
        condition=values.body_feel(xml.child(node, "condition")),
        events=() if thrown is None else read_events(source, thrown),
    )


def _extension_attribute(definition: xml.Node | None, name: str) -> str | None:
    return None if definition is None else xml.attribute(definition, name) or None


def _item_name(source: Source, node: xml.Node, item: str) -> str | None:
    drawn = xml.child(node, item)
    return None if drawn is None else data.variable_of(source, drawn) or None


def _collection(source: Source, node: xml.Node) -> Expression | None:
    """Return the items: what the data reference means, else the variable it names."""
    name = _reference(node, "loopDataInputRef")
    plain = Expression(source=name, line=xml.line(node)) if name else None
    return data.collection_of(source, _activity(node)) or plain


def _output(source: Source, node: xml.Node) -> str | None:
    return data.collected_in(source, _activity(node)) or _reference(node, "loopDataOutputRef") or None


def _reference(node: xml.Node, tag: str) -> str:
    return xml.text(xml.child(node, tag)).strip()


def _activity(node: xml.Node) -> xml.Node:
    around = node.getparent()
    return node if around is None else around


def _output_item(source: Source, node: xml.Node) -> Expression | None:
    name = _item_name(source, node, "outputDataItem")
    return None if name is None else Expression(source=name, line=xml.line(node))
