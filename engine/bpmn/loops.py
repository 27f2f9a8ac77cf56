"""Reading loop characteristics (BPMN 2.0.2 §10.3.8), the standard's own and the ``zeebe:`` collections."""

from __future__ import annotations

from engine import xml
from engine.bpmn import extensions, values
from engine.bpmn.source import Source
from engine.model.definition import Expression, MultiInstance, StandardLoop


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
        input_element=_either(definition, "inputElement", node, "inputDataItem"),
        output_collection=_extension_attribute(definition, "outputCollection") or _output(source, node),
        output_element=values.attribute_feel(definition, "outputElement") or _output_item(node),
        completion_condition=values.body_feel(xml.child(node, "completionCondition")),
    )


def _extension_attribute(definition: xml.Node | None, name: str) -> str | None:
    return None if definition is None else xml.attribute(definition, name) or None


def _either(definition: xml.Node | None, attribute: str, node: xml.Node, item: str) -> str | None:
    return _extension_attribute(definition, attribute) or _item_name(node, item)


def _item_name(node: xml.Node, item: str) -> str | None:
    data = xml.child(node, item)
    return None if data is None else xml.attribute(data, "name") or xml.attribute(data, "id") or None


def _collection(source: Source, node: xml.Node) -> Expression | None:
    name = _data_name(source, xml.child(node, "loopDataInputRef"))
    return None if name is None else Expression(source=name, line=xml.line(node))


def _output(source: Source, node: xml.Node) -> str | None:
    return _data_name(source, xml.child(node, "loopDataOutputRef"))


def _output_item(node: xml.Node) -> Expression | None:
    name = _item_name(node, "outputDataItem")
    return None if name is None else Expression(source=name, line=xml.line(node))


def _data_name(source: Source, reference: xml.Node | None) -> str | None:
    """Return the variable a data reference means: the name of the data element, else the text itself."""
    text = xml.text(reference).strip()
    if not text:
        return None
    data = source.ids.get(text.rpartition(":")[2])
    return text if data is None else xml.attribute(data, "name") or text
