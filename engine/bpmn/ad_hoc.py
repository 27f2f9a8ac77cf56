"""Reading what makes a sub-process ad-hoc (BPMN 2.0.2 §10.3.5): order, end, and what begins by itself."""

from __future__ import annotations

from engine import xml
from engine.bpmn import extensions, values
from engine.model.definition import AdHoc


def read_ad_hoc(process: xml.Node) -> dict[str, AdHoc]:
    """Return the ad-hoc sub-processes of a process, by id."""
    nodes = process.iter(xml.qname(xml.BPMN, "adHocSubProcess"))
    return {xml.attribute(node, "id"): _ad_hoc(node) for node in nodes}


def _ad_hoc(node: xml.Node) -> AdHoc:
    definition = extensions.extension(node, "adHoc")
    return AdHoc(
        sequential=xml.attribute(node, "ordering") == "Sequential",
        completion_condition=values.body_feel(xml.child(node, "completionCondition")),
        cancel_remaining=xml.boolean(node, "cancelRemainingInstances", True),
        active_elements=values.attribute_feel(definition, "activeElementsCollection"),
    )
