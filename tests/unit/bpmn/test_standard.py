# ruff: noqa: E501  (the tables hold one model per line)
"""The static constraints of BPMN 2.0.2: each with a model that breaks it, and its neighbour that does not."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import pytest

from engine.bpmn import CheckEnvironment, compile_files
from engine.bpmn.rules import RULES
from engine.model.records import Severity
from tests.bpmn_xml import HEAD, flow, model


class Pair(NamedTuple):
    """What a rule refuses at which element, and what it lets pass: XML in process ``p``, XML beside it."""

    rule: str
    element: str
    broken: str
    sound: str
    beside: str = ""
    beside_sound: str | None = None


def found(body: str, beside: str, rule: str) -> dict[str, Severity]:
    """Return the elements a rule speaks about, with its severity, and hold every finding to the contract."""
    findings = compile_files(model(body, beside), CheckEnvironment()).findings
    assert all(each.message and each.remedy and each.message_pl and each.remedy_pl for each in findings)
    return {each.element_id: each.severity for each in findings if each.rule == rule}


def path(*middle: str, inside: str = "", after: str = "") -> str:
    """Return XML: a start event, the named elements drawn in ``inside``, an end event, in sequence; artifacts."""
    names = ["s", *middle, "e"]
    flows = "".join(flow(one, other) for one, other in pairwise(names))
    return f'<bpmn:startEvent id="s"/>{inside}<bpmn:endEvent id="e"/>{flows}{after}'


def task(identity: str, inside: str = "", tag: str = "task", **attributes: str) -> str:
    written = "".join(f' {name}="{text}"' for name, text in attributes.items())
    return f'<bpmn:{tag} id="{identity}"{written}>{inside}</bpmn:{tag}>'


def event(tag: str, identity: str, kind: str, inside: str = "", more: str = "", on_event: str = "") -> str:
    definition = f"<bpmn:{kind}EventDefinition{more}>{inside}</bpmn:{kind}EventDefinition>" if kind else ""
    return f'<bpmn:{tag} id="{identity}"{on_event}>{definition}</bpmn:{tag}>'


def boundary(
    identity: str, host: str, kind: str, *, more: str = "", cancel: str = "true", inside: str = ""
) -> str:
    return event(
        "boundaryEvent", identity, kind, inside, more, f' attachedToRef="{host}" cancelActivity="{cancel}"'
    )


def association(source: str, target: str) -> str:
    return f'<bpmn:association id="{source}_with_{target}" sourceRef="{source}" targetRef="{target}"/>'


def data_in(source: str, target: str) -> str:
    return f"<bpmn:dataInputAssociation><bpmn:sourceRef>{source}</bpmn:sourceRef><bpmn:targetRef>{target}</bpmn:targetRef></bpmn:dataInputAssociation>"


def specification(name: str, member: str = "") -> str:
    return f'<bpmn:ioSpecification><bpmn:dataInput id="{name}"/><bpmn:inputSet><bpmn:dataInputRefs>{member or name}</bpmn:dataInputRefs></bpmn:inputSet><bpmn:outputSet/></bpmn:ioSpecification>'


def lanes(*contents: str) -> str:
    drawn = "".join(
        f'<bpmn:lane id="lane{number}">'
        + "".join(f"<bpmn:flowNodeRef>{name}</bpmn:flowNodeRef>" for name in names.split())
        + "</bpmn:lane>"
        for number, names in enumerate(contents)
    )
    return f"<bpmn:laneSet>{drawn}</bpmn:laneSet>"


def loop(inside: str = "", tag: str = "multiInstanceLoopCharacteristics", **attributes: str) -> str:
    written = "".join(f' {name}="{text}"' for name, text in attributes.items())
    return f"<bpmn:{tag}{written}>{inside}</bpmn:{tag}>"


def many(count: str = "3", **attributes: str) -> str:
    return loop(f"<bpmn:loopCardinality>{count}</bpmn:loopCardinality>", **attributes)


def compensated(tie: str, handler: str = "", extra: str = "") -> str:
    marked = handler or task("undo", isForCompensation="true")
    return path("a", inside=task("a") + boundary("b", "a", "compensate") + marked + extra, after=tie)


def compensating(activity: str) -> str:
    """Return XML: compensation of that activity is thrown; ``a`` has a handler, ``sub`` none."""
    throw = event("intermediateThrowEvent", "t", "compensate", more=f' activityRef="{activity}"')
    undo = boundary("b", "a", "compensate") + task("undo", isForCompensation="true")
    return path("a", "sub", "t", inside=task("a") + SUB + throw + undo, after=association("b", "undo"))


def forked(gateway: str, inside: str, targets: str = "xy", **attributes: str) -> str:
    """Return XML: a start event, a gateway, and the elements its flows lead to."""
    written = "".join(f' {name}="{text}"' for name, text in attributes.items())
    start = '<bpmn:startEvent id="s"/>' + flow("s", "g")
    return f'{start}<bpmn:{gateway} id="g"{written}/>{inside}' + "".join(flow("g", name) for name in targets)


def catch(identity: str, kind: str = "signal", then: str = "") -> str:
    end = then or f"{identity}_end"
    drawn = "" if then else f'<bpmn:endEvent id="{end}"/>'
    return (
        event("intermediateCatchEvent", identity, kind, more=f' {kind}Ref="{kind}1"')
        + drawn
        + flow(identity, end)
    )


def linked(*names: str, catches: str = "A") -> str:
    """Return XML: a fork to throwing links of these names, and catching ones."""
    throws = "".join(
        event("intermediateThrowEvent", f"t{n}", "link", more=f' name="{name}"')
        for n, name in enumerate(names)
    )
    caught = "".join(
        event("intermediateCatchEvent", f"c{n}", "link", more=f' name="{name}"')
        + flow(f"c{n}", f"e{n}")
        + f'<bpmn:endEvent id="e{n}"/>'
        for n, name in enumerate(catches)
    )
    return (
        '<bpmn:startEvent id="s"/><bpmn:task id="a"/>'
        + flow("s", "a")
        + throws
        + caught
        + "".join(flow("a", f"t{n}") for n in range(len(names)))
    )


POOLS = (
    '<bpmn:collaboration id="c"><bpmn:participant id="P" processRef="p"/><bpmn:participant id="Q" processRef="q"/>{}'
    '</bpmn:collaboration><bpmn:process id="q"><bpmn:task id="qt"/><bpmn:receiveTask id="qr"/><bpmn:sendTask id="qs"/><bpmn:exclusiveGateway id="qg"/>'
    '<bpmn:intermediateCatchEvent id="qm"><bpmn:messageEventDefinition/></bpmn:intermediateCatchEvent>'
    '<bpmn:intermediateCatchEvent id="qtimer"><bpmn:timerEventDefinition/></bpmn:intermediateCatchEvent></bpmn:process>'
)
ROOTS = '<bpmn:message id="message1" name="m"/><bpmn:signal id="signal1" name="s"/><bpmn:error id="error1" name="e" errorCode="E"/><bpmn:escalation id="escalation1" name="x" escalationCode="X"/>'
TIMER = "<bpmn:timeDuration>PT1H</bpmn:timeDuration>"
CONDITION = "<bpmn:condition>{}</bpmn:condition>"
TRANSACTION = (
    '<bpmn:transaction id="tx"><bpmn:startEvent id="xs"/>{}<bpmn:endEvent id="xe"><bpmn:cancelEventDefinition/></bpmn:endEvent>'
    + flow("xs", "xe")
    + "</bpmn:transaction>"
)
SUB = '<bpmn:subProcess id="sub"><bpmn:task id="inner"/></bpmn:subProcess>'
ONE = path("a", inside=task("a"))


def message_flow(source: str, target: str) -> str:
    return POOLS.format(f'<bpmn:messageFlow id="mf" sourceRef="{source}" targetRef="{target}"/>')


def ref(tag: str, attribute: str, value: str, **more: str) -> str:
    return path("a", inside=task("a", tag=tag, **{attribute: value}, **more))


def timed(inside: str) -> str:
    return path("w", inside=event("intermediateCatchEvent", "w", "timer", inside))


PAIRS = [
    # flows and their lists
    Pair("flow-list", "a", path("a", inside=task("a", "<bpmn:incoming>a_to_e</bpmn:incoming>")), path("a", inside=task("a", "<bpmn:incoming>s_to_a</bpmn:incoming>"))),
    Pair("flow-list", "a", path("a", inside=task("a", "<bpmn:outgoing>s_to_a</bpmn:outgoing>")), path("a", inside=task("a", "<bpmn:outgoing>a_to_e</bpmn:outgoing>"))),
    Pair("reference-dangling", "a", path("a", inside=task("a", "<bpmn:outgoing>nowhere</bpmn:outgoing>")), ONE),
    Pair("reference-wrong", "a", path("a", inside=task("a", "<bpmn:outgoing>e</bpmn:outgoing>")), ONE),
    Pair("flow-list-partial", "a", path("a", inside=task("a", "<bpmn:outgoing>a_to_e</bpmn:outgoing>")) + task("b") + flow("a", "b"), path("a", inside=task("a", "<bpmn:outgoing>a_to_e</bpmn:outgoing>"))),
    Pair("flow-misplaced", "f", path("a", "sub", inside=task("a") + SUB.replace("</bpmn:subProcess>", flow("a", "e", "f") + "</bpmn:subProcess>")), path("a", "sub", inside=task("a") + SUB) + flow("a", "e", "f")),
    Pair("expression-empty", "f", path("a", inside=task("a")) + task("b") + '<bpmn:sequenceFlow id="f" sourceRef="a" targetRef="b"><bpmn:conditionExpression/></bpmn:sequenceFlow>', path("a", inside=task("a")) + task("b") + flow("a", "b", "f", "x = 1")),
    Pair("expression-empty", "a", path("a", inside=task("a", loop("<bpmn:loopCardinality/>"))), path("a", inside=task("a", many()))),
    Pair("default-conditional", "f", path("a", inside=task("a", default="f")) + task("b") + flow("a", "b", "f", "x = 1"), path("a", inside=task("a", default="f")) + task("b") + flow("a", "b", "f")),
    Pair("condition-alone", "f", '<bpmn:startEvent id="s"/><bpmn:task id="a"/><bpmn:task id="b"/>' + flow("s", "a") + flow("a", "b", "f", "x = 1"), ONE),
    Pair("condition-forbidden", "f", '<bpmn:startEvent id="s"/><bpmn:task id="a"/>' + flow("s", "a", "f", "x = 1"), ONE),
    Pair("condition-forbidden", "f", forked("parallelGateway", task("x") + task("y"), "x") + flow("g", "y", "f", "x = 1"), forked("parallelGateway", task("x") + task("y"))),
    Pair("end-missing", "p", '<bpmn:startEvent id="s"/><bpmn:task id="a"/>' + flow("s", "a"), ONE),
    Pair("start-implicit", "p", '<bpmn:task id="a"/><bpmn:endEvent id="e"/>' + flow("a", "e"), ONE),
    Pair("endless-loop", "a", path("a", inside=task("a") + task("b")) + flow("a", "b") + flow("b", "a"), path("a", inside=task("a") + task("b")) + flow("a", "b", "f", "x < 3") + flow("b", "a")),
    Pair("process-empty", "p", "", ONE),
    Pair("process-empty", "p", '<bpmn:dataObject id="d"/><bpmn:textAnnotation id="n"/>', ONE),
    # gateways
    Pair("gateway-idle", "g", path("g", inside='<bpmn:exclusiveGateway id="g"/>'), forked("parallelGateway", task("x") + task("y"))),
    Pair("gateway-idle", "g", path("g", inside='<bpmn:parallelGateway id="g"/>'), forked("parallelGateway", task("x") + task("y"))),
    Pair("gateway-direction", "g", forked("parallelGateway", task("x") + task("y"), gatewayDirection="Converging"), forked("parallelGateway", task("x") + task("y"), gatewayDirection="Diverging")),
    Pair("gateway-direction", "g", forked("parallelGateway", task("x") + task("y"), gatewayDirection="Mixed"), forked("parallelGateway", task("x") + task("y"), gatewayDirection="Unspecified")),
    Pair("gateway-self-join", "g", forked("parallelGateway", task("x") + task("y"), "xyg"), forked("parallelGateway", task("x") + task("y"))),
    Pair("condition-absent", "g_to_x", forked("inclusiveGateway", task("x") + task("y"), "x") + flow("g", "y", "f", "x = 1"), forked("inclusiveGateway", task("x") + task("y"), "", default="d") + flow("g", "x", "d") + flow("g", "y", "f", "x = 1")),
    Pair("event-gateway-single", "g", forked("eventBasedGateway", catch("x"), "x"), forked("eventBasedGateway", catch("x") + catch("y", "message")), ROOTS),
    Pair("event-gateway-target", "g", forked("eventBasedGateway", catch("x") + task("y")), forked("eventBasedGateway", catch("x") + catch("y", "message")), ROOTS),
    Pair("event-gateway-target", "g", forked("eventBasedGateway", catch("x") + catch("y", "message")) + flow("s", "x"), forked("eventBasedGateway", catch("x") + catch("y", "message")), ROOTS),
    Pair("event-gateway-target", "g", forked("eventBasedGateway", catch("x") + task("y", tag="receiveTask", messageRef="message1") + boundary("b", "y", "timer", inside=TIMER) + flow("b", "x_end")), forked("eventBasedGateway", catch("x") + task("y", tag="receiveTask", messageRef="message1")), ROOTS),
    Pair("event-gateway-mixture", "g", forked("eventBasedGateway", catch("x", "message") + task("y", tag="receiveTask", messageRef="message1")), forked("eventBasedGateway", catch("x") + task("y", tag="receiveTask", messageRef="message1")), ROOTS),
    Pair("instantiation", "g", forked("eventBasedGateway", catch("x") + catch("y", "message"), eventGatewayType="Parallel"), '<bpmn:eventBasedGateway id="g" instantiate="true" eventGatewayType="Parallel"/>' + flow("g", "x") + flow("g", "y") + catch("x", "message") + catch("y", "message"), ROOTS),
    Pair("instantiation", "g", forked("eventBasedGateway", catch("x") + catch("y", "message"), instantiate="true"), '<bpmn:eventBasedGateway id="g" instantiate="true"/>' + flow("g", "x") + flow("g", "y") + catch("x", "message") + catch("y", "message"), ROOTS),
    Pair("instantiation", "a", ref("receiveTask", "messageRef", "message1", instantiate="true"), task("a", tag="receiveTask", messageRef="message1", instantiate="true"), ROOTS),
    # events
    Pair("event-flow", "w", path("a", inside=task("a")) + event("intermediateThrowEvent", "w", "") + flow("w", "e"), path("a", "w", inside=task("a") + event("intermediateThrowEvent", "w", ""))),
    Pair("event-flow", "w", path("a", inside=task("a")) + event("intermediateThrowEvent", "w", "") + flow("a", "w"), path("a", "w", inside=task("a") + event("intermediateThrowEvent", "w", ""))),
    Pair("event-condition-constant", "w", path("w", inside=event("intermediateCatchEvent", "w", "conditional", CONDITION.format("1 = 2"))), path("w", inside=event("intermediateCatchEvent", "w", "conditional", CONDITION.format("x = 2")))),
    Pair("condition-asks-time", "w", path("w", inside=event("intermediateCatchEvent", "w", "conditional", CONDITION.format("now() > x"))), path("w", inside=event("intermediateCatchEvent", "w", "conditional", CONDITION.format('x = "now()"')))),
    Pair("event-never", "b", path("sub", inside=SUB + boundary("b", "sub", "error") + flow("b", "e")), path("sub", inside=SUB.replace("task", "userTask") + boundary("b", "sub", "error") + flow("b", "e"))),
    Pair("event-never", "b", path("a", inside=task("a") + boundary("b", "a", "escalation") + flow("b", "e")), path("a", inside=task("a", tag="callActivity", calledElement="q") + boundary("b", "a", "escalation") + flow("b", "e"))),
    Pair("event-not-interrupting", "b", path("tx", inside=TRANSACTION.format("") + boundary("b", "tx", "cancel", cancel="false") + flow("b", "e")), path("tx", inside=TRANSACTION.format("") + boundary("b", "tx", "cancel") + flow("b", "e"))),
    Pair("cancel-outside", "e", '<bpmn:startEvent id="s"/>' + event("endEvent", "e", "cancel") + flow("s", "e"), path("tx", inside=TRANSACTION.format("") + boundary("b", "tx", "cancel") + flow("b", "e"))),
    Pair("cancel-outside", "b", path("sub", inside=SUB + boundary("b", "sub", "cancel") + flow("b", "e")), path("tx", inside=TRANSACTION.format("") + boundary("b", "tx", "cancel") + flow("b", "e"))),
    Pair("cancel-uncaught", "xe", path("tx", inside=TRANSACTION.format("")), path("tx", inside=TRANSACTION.format("") + boundary("b", "tx", "cancel") + flow("b", "e"))),
    Pair("link-target", "t0", linked("B", catches=""), linked("A")),
    Pair("link-target", "c1", linked("A", catches="AA"), linked("A", "B", catches="AB")),
    Pair("link-target", "it", path("sub", inside='<bpmn:subProcess id="sub"><bpmn:startEvent id="is"/>' + event("intermediateThrowEvent", "it", "link", more=' name="A"') + flow("is", "it") + "</bpmn:subProcess>" + event("intermediateCatchEvent", "c", "link", more=' name="A"') + flow("c", "e")), linked("A")),
    Pair("link-source", "c1", linked("A", catches="AB"), linked("A", "A")),
    Pair("link-flow", "t0", linked("A") + flow("t0", "e0"), linked("A")),
    Pair("link-flow", "c0", linked("A") + flow("a", "c0"), linked("A")),
    Pair("link-unnamed", "t0", linked(""), linked("A")),
    Pair("link-multiple", "t0", linked("A").replace("</bpmn:linkEventDefinition>", '</bpmn:linkEventDefinition><bpmn:signalEventDefinition signalRef="signal1"/>', 1), linked("A"), ROOTS),
    Pair("xsd", "w", timed(TIMER + TIMER), timed(TIMER)),
    Pair("timer-missing", "w", timed("<bpmn:timeDuration/>"), timed(TIMER)),
    # compensation
    Pair("compensation-handler", "b", compensated(""), compensated(association("b", "undo"))),
    Pair("compensation-handler", "undo", path("a", inside=task("a") + task("undo", isForCompensation="true")), compensated(association("undo", "b"))),
    Pair("compensation-handler", "b", compensated(association("b", "undo"), task("undo")), compensated(association("b", "undo"))),
    Pair("compensation-handler", "b", compensated(association("b", "undo") + association("b", "more"), extra=task("more", isForCompensation="true")), compensated(association("b", "undo"))),
    Pair("compensation-handler", "b", compensated(association("b", "undo"), '<bpmn:subProcess id="x"><bpmn:task id="undo" isForCompensation="true"/></bpmn:subProcess>'), compensated(association("b", "undo"))),
    Pair("boundary-with-flow", "b", compensated(flow("b", "e") + association("b", "undo")), compensated(association("b", "undo"))),
    Pair("flow-forbidden", "f", compensated(flow("undo", "e", "f") + association("b", "undo")), compensated(association("b", "undo"))),
    Pair("compensation-scope", "t", compensating("inner"), compensating("a")),
    Pair("compensation-nothing", "t", compensating("sub"), compensating("a")),
    Pair("reference-wrong", "t", compensating("s"), compensating("a")),
    Pair("reference-dangling", "t", compensating("nowhere"), compensating("a")),
    # activities
    Pair("quantity-range", "a", path("a", inside=task("a", startQuantity="0")), path("a", inside=task("a", startQuantity="2"))),
    Pair("quantity-range", "a", path("a", inside=task("a", completionQuantity="-1")), path("a", inside=task("a", completionQuantity="2"))),
    Pair("sub-process-empty", "a", path("a", inside=task("a", tag="subProcess")), path("sub", inside=SUB)),
    Pair("ad-hoc-start-end", "x", path("a", inside=task("a", '<bpmn:task id="t"/><bpmn:startEvent id="x"/>', tag="adHocSubProcess")), path("a", inside=task("a", '<bpmn:task id="t"/>', tag="adHocSubProcess"))),
    Pair("ad-hoc-start-end", "x", path("a", inside=task("a", '<bpmn:task id="t"/><bpmn:endEvent id="x"/>' + flow("t", "x"), tag="adHocSubProcess")), path("a", inside=task("a", '<bpmn:task id="t"/>', tag="adHocSubProcess"))),
    Pair("ad-hoc-empty", "a", path("a", inside=task("a", tag="adHocSubProcess")), path("a", inside=task("a", '<bpmn:task id="t"/>', tag="adHocSubProcess"))),
    Pair("loop-maximum", "a", path("a", inside=task("a", loop(tag="standardLoopCharacteristics", loopMaximum="-1"))), path("a", inside=task("a", loop(tag="standardLoopCharacteristics", loopMaximum="2")))),
    Pair("loop-endless", "a", path("a", inside=task("a", loop(tag="standardLoopCharacteristics"))), path("a", inside=task("a", loop("<bpmn:loopCondition>x</bpmn:loopCondition>", "standardLoopCharacteristics")))),
    Pair("xsd", "a", path("a", inside=task("a", loop(tag="standardLoopCharacteristics") + many())), path("a", inside=task("a", many()))),
    Pair("multi-instance-cardinality", "a", path("a", inside=task("a", many("-1"))), path("a", inside=task("a", many("0")))),
    Pair("multi-instance-cardinality", "a", path("a", inside=task("a", many("2.5")))    , path("a", inside=task("a", many("= n + 1")))),
    Pair("multi-instance-cardinality", "a", path("a", inside=task("a", many('"two"'))), path("a", inside=task("a", many("two")))),
    Pair("behavior-event-missing", "a", path("a", inside=task("a", many(behavior="None"))), path("a", inside=task("a", many(behavior="None", noneBehaviorEventRef="sd"))), '<bpmn:signalEventDefinition id="sd"/>'),
    Pair("behavior-contradiction", "a", path("a", inside=task("a", many(noneBehaviorEventRef="sd"))), path("a", inside=task("a", many(behavior="All"))), '<bpmn:signalEventDefinition id="sd"/>'),
    Pair("behavior-event-missing", "a", path("a", inside=task("a", many(behavior="Complex"))), path("a", inside=task("a", many(behavior="One", oneBehaviorEventRef="sd"))), '<bpmn:signalEventDefinition id="sd"/>'),
    Pair("xsd", "a", path("a", inside=task("a", many(behavior="Sometimes"))), path("a", inside=task("a", many(behavior="All")))),
    Pair("extension-value", "a", path("a", inside=task("a", '<bpmn:extensionElements><zeebe:calledElement processId="q" propagateAllChildVariables="maybe"/></bpmn:extensionElements>', tag="callActivity")), path("a", inside=task("a", '<bpmn:extensionElements><zeebe:calledElement processId="q" propagateAllChildVariables="false"/></bpmn:extensionElements>', tag="callActivity"))),
    # data
    Pair("data-end", "a", path("a", inside=task("a", specification("in1") + data_in("s", "in1"))), path("a", inside=task("a", specification("in1") + data_in("d", "in1")) + '<bpmn:dataObject id="d"/>')),
    Pair("data-association", "a", path("a", inside=task("a", specification("in1") + data_in("d", "in2")) + '<bpmn:dataObject id="d"/>' + task("z", specification("in2"))), path("a", inside=task("a", specification("in1") + data_in("d", "in1")) + '<bpmn:dataObject id="d"/>')),
    Pair("data-association", "a", path("a", inside=task("a", specification("in1") + data_in("qd", "in1"))), path("a", inside=task("a", specification("in1") + data_in("d", "in1")) + '<bpmn:dataObject id="d"/>'), '<bpmn:process id="q"><bpmn:dataObject id="qd"/></bpmn:process>'),
    Pair("data-scope", "r", path("a", inside=task("a") + '<bpmn:dataObjectReference id="r" dataObjectRef="qd"/>'), path("a", inside=task("a") + '<bpmn:dataObject id="d"/><bpmn:dataObjectReference id="r" dataObjectRef="d"/>'), '<bpmn:process id="q"><bpmn:dataObject id="qd"/></bpmn:process>'),
    Pair("data-set", "a", path("a", inside=task("a", specification("in1", "in2")) + task("z", specification("in2"))), path("a", inside=task("a", specification("in1")))),
    Pair("reference-dangling", "a", path("a", inside=task("a", specification("in1") + data_in("nowhere", "in1"))), path("a", inside=task("a", specification("in1") + data_in("d", "in1")) + '<bpmn:dataObject id="d"/>')),
    Pair("data-end", "a", path("a", inside=task("a", loop("<bpmn:loopDataInputRef>s</bpmn:loopDataInputRef>"))), path("a", inside=task("a", loop("<bpmn:loopDataInputRef>d</bpmn:loopDataInputRef>")) + '<bpmn:dataObject id="d" name="xs"/>')),
    # references
    *(
        Pair("reference-dangling", "a", path("a", inside=broken), path("a", inside=sound), ROOTS + beside)
        for broken, sound, beside in [
            (task("a", tag="sendTask", operationRef="nowhere"), task("a", tag="sendTask", operationRef="op"), '<bpmn:interface name="i"><bpmn:operation id="op" name="o"><bpmn:inMessageRef>message1</bpmn:inMessageRef></bpmn:operation></bpmn:interface>'),
            (task("a", many(behavior="None", noneBehaviorEventRef="nowhere")), task("a", many(behavior="None", noneBehaviorEventRef="sd")), '<bpmn:signalEventDefinition id="sd"/>'),
            (event("intermediateThrowEvent", "a", "signal", more=' signalRef="nowhere"'), event("intermediateThrowEvent", "a", "signal", more=' signalRef="signal1"'), ""),
            (event("intermediateThrowEvent", "a", "escalation", more=' escalationRef="nowhere"'), event("intermediateThrowEvent", "a", "escalation", more=' escalationRef="escalation1"'), ""),
            ('<bpmn:intermediateCatchEvent id="a"><bpmn:eventDefinitionRef>nowhere</bpmn:eventDefinitionRef></bpmn:intermediateCatchEvent>', '<bpmn:intermediateCatchEvent id="a"><bpmn:eventDefinitionRef>sd</bpmn:eventDefinitionRef></bpmn:intermediateCatchEvent>', '<bpmn:signalEventDefinition id="sd" signalRef="signal1"/>'),
        ]
    ),
    Pair("reference-dangling", "r", ONE + '<bpmn:dataStoreReference id="r" dataStoreRef="nowhere"/>', ONE + '<bpmn:dataStoreReference id="r" dataStoreRef="ds"/>', '<bpmn:dataStore id="ds"/>'),
    Pair("reference-dangling", "d", ONE + '<bpmn:dataObject id="d" itemSubjectRef="nowhere"/>', ONE + '<bpmn:dataObject id="d" itemSubjectRef="item"/>', '<bpmn:itemDefinition id="item"/>'),
    Pair("reference-dangling", "x", ONE, ONE, '<bpmn:signal id="x" name="s" structureRef="nowhere"/>', '<bpmn:signal id="x" name="s" structureRef="item"/><bpmn:itemDefinition id="item"/>'),
    Pair("reference-dangling", "gr", ONE + '<bpmn:group id="gr" categoryValueRef="nowhere"/>', ONE + '<bpmn:group id="gr" categoryValueRef="cv"/>', '<bpmn:category><bpmn:categoryValue id="cv"/></bpmn:category>'),
    Pair("reference-dangling", "x", ONE, ONE, '<bpmn:collaboration id="c"><bpmn:participant id="x" processRef="nowhere"/></bpmn:collaboration>', '<bpmn:collaboration id="c"><bpmn:participant id="x" processRef="p"/></bpmn:collaboration>'),
    Pair("reference-dangling", "as", ONE + '<bpmn:association id="as" sourceRef="a" targetRef="nowhere"/>', ONE + '<bpmn:textAnnotation id="n"/><bpmn:association id="as" sourceRef="a" targetRef="n"/>'),
    Pair("reference-wrong", "lane0", lanes("a s_to_a") + ONE, lanes("a s") + ONE),
    # pools, message flows and lanes
    Pair("message-flow-inside", "mf", ONE, ONE, message_flow("a", "e"), message_flow("a", "qr")),
    Pair("message-flow-inside", "mf", ONE, ONE, message_flow("P", "a"), message_flow("P", "Q")),
    Pair("message-flow-target", "mf", ONE, ONE, message_flow("a", "qg"), message_flow("a", "qt")),
    Pair("message-flow-target", "mf", ONE, ONE, message_flow("a", "qtimer"), message_flow("a", "qm")),
    Pair("message-flow-target", "mf", ONE, ONE, message_flow("a", "qs"), message_flow("qs", "a")),
    Pair("message-flow-source", "mf", ONE, ONE, message_flow("s", "qr"), message_flow("e", "qr")),
    Pair("message-flow-source", "mf", ONE, ONE, message_flow("qr", "a"), message_flow("a", "qr")),
    Pair("pool-shared", "Q", ONE, ONE, POOLS.format("").replace('processRef="q"', 'processRef="p"'), POOLS.format("")),
    Pair("pool-multiplicity", "P", ONE, ONE, '<bpmn:collaboration id="c"><bpmn:participant id="P" processRef="p"><bpmn:participantMultiplicity minimum="3" maximum="2"/></bpmn:participant></bpmn:collaboration>', '<bpmn:collaboration id="c"><bpmn:participant id="P" processRef="p"><bpmn:participantMultiplicity minimum="2" maximum="3"/></bpmn:participant></bpmn:collaboration>'),
    Pair("lane-foreign", "lane0", lanes("a qt") + ONE, lanes("a s", "e") + ONE, POOLS.format("")),
    Pair("lane-twice", "lane1", lanes("a s", "a e") + ONE, lanes("a s") + lanes("a e") + ONE),
]  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS, ids=[f"{number}-{pair.rule}" for number, pair in enumerate(PAIRS)])
def test_a_rule_tells_its_pair_apart(pair: Pair) -> None:
    said = found(pair.broken, pair.beside, pair.rule)
    assert pair.element in said
    assert pair.rule == "xsd" or found(pair.broken, pair.beside, "xsd") == {}
    beside = pair.beside if pair.beside_sound is None else pair.beside_sound
    assert found(pair.sound, beside, pair.rule) == {}
    assert found(pair.sound, beside, "xsd") == {}
    assert said[pair.element] in {
        rule.severity for key, rule in RULES.items() if key.partition("/")[0] == pair.rule
    }


POSITIONS = {
    "start": '<bpmn:startEvent id="x">{}</bpmn:startEvent><bpmn:task id="a"/>' + flow("x", "a"),
    "event sub-process": '<bpmn:task id="a"/><bpmn:subProcess id="h" triggeredByEvent="true"><bpmn:startEvent id="x">{}</bpmn:startEvent></bpmn:subProcess>',
    "sub-process": '<bpmn:subProcess id="h"><bpmn:startEvent id="x">{}</bpmn:startEvent></bpmn:subProcess>',
    "catch": path("x", inside='<bpmn:intermediateCatchEvent id="x">{}</bpmn:intermediateCatchEvent>'),
    "throw": path("x", inside='<bpmn:intermediateThrowEvent id="x">{}</bpmn:intermediateThrowEvent>'),
    "boundary": path("a", inside='<bpmn:transaction id="a"/><bpmn:boundaryEvent id="x" attachedToRef="a">{}</bpmn:boundaryEvent>') + flow("x", "e"),
    "end": '<bpmn:startEvent id="s"/><bpmn:endEvent id="x">{}</bpmn:endEvent>' + flow("s", "x"),
}  # fmt: skip
DEFINITIONS = {
    "message": '<bpmn:messageEventDefinition messageRef="message1"/>',
    "timer": f"<bpmn:timerEventDefinition>{TIMER}</bpmn:timerEventDefinition>",
    "error": '<bpmn:errorEventDefinition errorRef="error1"/>',
    "escalation": '<bpmn:escalationEventDefinition escalationRef="escalation1"/>',
    "cancel": "<bpmn:cancelEventDefinition/>",
    "compensate": "<bpmn:compensateEventDefinition/>",
    "conditional": f"<bpmn:conditionalEventDefinition>{CONDITION.format('x')}</bpmn:conditionalEventDefinition>",
    "link": '<bpmn:linkEventDefinition name="A"/>',
    "signal": '<bpmn:signalEventDefinition signalRef="signal1"/>',
    "terminate": "<bpmn:terminateEventDefinition/>",
}
TABLE_10_93 = {
    "start": "message timer conditional signal",
    "event sub-process": "message timer error escalation compensate conditional signal",
    "sub-process": "",
    "catch": "message timer conditional link signal",
    "throw": "message escalation compensate link signal",
    "boundary": "message timer error escalation cancel compensate conditional signal",
    "end": "message error escalation cancel compensate signal terminate",
}


@pytest.mark.parametrize("definition", DEFINITIONS)
@pytest.mark.parametrize("position", POSITIONS)
def test_events_stand_where_table_10_93_has_them(position: str, definition: str) -> None:
    said = found(POSITIONS[position].format(DEFINITIONS[definition]), ROOTS, "event-forbidden")
    assert said == ({} if definition in TABLE_10_93[position].split() else {"x": Severity.ERROR})


def test_by_reference_an_event_definition_is_held_to_the_same_table() -> None:
    body = POSITIONS["catch"].format("<bpmn:eventDefinitionRef>d</bpmn:eventDefinitionRef>")
    assert found(body, '<bpmn:terminateEventDefinition id="d"/>', "event-forbidden") == {"x": Severity.ERROR}


def test_what_cannot_be_seen_in_a_diagram_is_hinted_at() -> None:
    def shape(identity: str, left: int) -> str:
        bounds = f'<dc:Bounds x="{left}" y="0" width="100" height="80"/>'
        return f'<bpmndi:BPMNShape id="{identity}_di" bpmnElement="{identity}">{bounds}</bpmndi:BPMNShape>'

    spaces = 'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"'
    plane = f'<bpmndi:BPMNPlane id="pl" bpmnElement="p">{shape("s", 0)}{shape("a", 50)}</bpmndi:BPMNPlane>'
    picture = f'<bpmndi:BPMNDiagram id="di" {spaces}>{plane}</bpmndi:BPMNDiagram>'
    process = f'<bpmn:process id="p" isExecutable="true">{path("a", inside=task("a", tag="userTask"))}</bpmn:process>'
    content = f"{HEAD}{process}{picture}</bpmn:definitions>".encode()
    findings = compile_files([("p.bpmn", content)], CheckEnvironment()).findings
    assert {(each.rule, each.element_id, each.severity) for each in findings} == {
        ("not-drawn", "e", Severity.HINT),
        ("overlap", "a", Severity.HINT),
        ("unnamed", "a", Severity.HINT),
    }
