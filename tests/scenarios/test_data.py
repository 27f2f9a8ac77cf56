"""Data objects, data associations, properties (BPMN 2.0.2 §10.4): variables and mappings."""

from __future__ import annotations

from itertools import pairwise

from tests.bpmn_xml import element, job
from tests.builders import process
from tests.plain import Plain, event, flows, formal, node, nodes, script, users
from tests.scenarios.run import Run

REPLY = '<bpmn:message id="reply" name="reply"/>'
HEARD = '<bpmn:messageEventDefinition id="{}" messageRef="reply"/>'


def io(inputs: str = "", outputs: str = "") -> str:
    """An ioSpecification; ``inputs`` and ``outputs`` are names, their ids end in ``_in`` and ``_out``."""
    ins, outs = inputs.split(), outputs.split()
    content = "".join(node("dataInput", f"{each}_in", name=each) for each in ins)
    content += "".join(node("dataOutput", f"{each}_out", name=each) for each in outs)
    in_refs = "".join(element("bpmn:dataInputRefs", {}, f"{each}_in") for each in ins)
    out_refs = "".join(element("bpmn:dataOutputRefs", {}, f"{each}_out") for each in outs)
    sets = f"<bpmn:inputSet>{in_refs}</bpmn:inputSet><bpmn:outputSet>{out_refs}</bpmn:outputSet>"
    return f"<bpmn:ioSpecification>{content}{sets}</bpmn:ioSpecification>"


def moves(tag: str, source: str = "", target: str = "", rest: str = "") -> str:
    """A data association."""
    ends = element("bpmn:sourceRef", {}, source) if source else ""
    ends += element("bpmn:targetRef", {}, target) if target else ""
    return element(f"bpmn:{tag}", {}, ends + rest)


def into(source: str, target: str, rest: str = "") -> str:
    return moves("dataInputAssociation", source, target, rest)


def out(source: str, target: str, rest: str = "") -> str:
    return moves("dataOutputAssociation", source, target, rest)


def assignment(value: str, place: str) -> str:
    return element("bpmn:assignment", {}, formal("from", value) + formal("to", place))


def drawn(identity: str, label: str) -> str:
    """A data object as modelers draw it: the name is that of the reference."""
    return node("dataObject", identity) + node(
        "dataObjectReference", f"{identity}_ref", name=label, dataObjectRef=identity
    )


def work(identity: str, inside: str, tag: str = "serviceTask") -> str:
    return node(tag, identity, element("bpmn:extensionElements", {}, "".join(job(identity))) + inside)


def ended(*between: str) -> str:
    """Flows from ``start`` over some elements to ``end``."""
    line = ["start", *between, "end"]
    return flows(*(f"{a} > {b}" for a, b in pairwise(line)))


def chain(*between: str) -> str:
    return nodes("startEvent", "start") + nodes("endEvent", "end") + ended(*between)


def test_a_task_takes_and_gives_only_what_its_associations_move(run: Run) -> None:
    inside = io("goods", "receipt") + into("ordered_ref", "goods_in") + out("receipt_out", "paid_ref")
    body = drawn("ordered", "order") + drawn("paid", "proof") + work("pay", inside) + chain("pay")
    case = run(Plain("p", body), order={"id": 7})
    found = case.job("pay")
    assert found.variables == {"order": {"id": 7}, "goods": {"id": 7}}
    run.engine.complete_job(found.key, variables={"receipt": "r-1", "noise": 1})
    assert (case.state, case.variables) == ("completed", {"order": {"id": 7}, "proof": "r-1"})


def test_transformations_and_assignments_are_expressions(run: Run) -> None:
    add = into("ordered", "sum_in", formal("transformation", "order.net + order.tax"))
    extra = into("", "sum_in", assignment('"zl"', "price.currency") + assignment("= order.net", "price.net"))
    back = out("sum_out", "ordered", assignment("sum * 2", "order.twice"))
    data = node("dataObject", "ordered", name="order")
    inside = io("sum", "sum") + add + extra + back
    case = run(Plain("p", data + work("count", inside) + chain("count")), order={"net": 100, "tax": 23})
    found = case.job("count")
    assert (found.variables["sum"], found.variables["price"]) == (123, {"currency": "zl", "net": 100})
    run.engine.complete_job(found.key, variables={"sum": 5})
    assert case.variables == {"order": {"net": 100, "tax": 23, "twice": 10}}


def test_a_transformation_that_fails_is_an_incident_and_tried_again(run: Run) -> None:
    inside = io("sum") + into("ordered", "sum_in", formal("transformation", "number(from: order) + 1"))
    data = node("dataObject", "ordered", name="order")
    task = node("userTask", "ask", io("goods") + into("ordered", "goods_in"))
    case = run(Plain("p", data + task + work("count", inside) + chain("ask", "count")), order="1")
    run.engine.suspend(case.key, actor="op", reason="wait")
    run.engine.activate(case.key, actor="op", reason="go on")
    assert case.complete("ask").job("count").variables["sum"] == 2


def test_data_objects_of_a_sub_process_are_its_own(run: Run) -> None:
    data = node("dataObject", "note", name="note")
    inside = (
        node("property", "count", name="count")
        + nodes("startEvent", "i_start")
        + users("write")
        + script("keep", "1", "count")
    )
    inside += nodes("endEvent", "i_end") + flows("i_start > keep", "keep > write", "write > i_end")
    body = node("subProcess", "s", inside + data) + users("after") + chain("s", "after")
    case = run(Plain("p", body), note="outer", count=1)
    key = next(each.key for each in run.engine.elements(case.key) if each.element_id == "s")
    run.engine.set_variables(case.key, {"count": 4}, element_key=key, actor="op", reason="x")
    run.deploy(Plain("p", body + nodes("textAnnotation", "hint")))
    run.engine.migrate(case.key, actor="op", reason="new version")
    case.complete("write", note="inner", other=2)
    assert case.variables == {"note": "outer", "count": 1, "other": 2}


def test_each_instance_of_a_multi_instance_has_its_own_data_objects(run: Run) -> None:
    loop = "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>3</bpmn:loopCardinality>"
    loop += "</bpmn:multiInstanceLoopCharacteristics>"
    inside = nodes("startEvent", "i_start") + script("keep", "loopCounter", "note") + users("look")
    inside += nodes("endEvent", "i_end") + flows("i_start > keep", "keep > look", "look > i_end")
    sub = node("subProcess", "s", loop + inside + node("dataObject", "note"))
    case = run(Plain("p", sub + chain("s")))
    for _ in range(3):
        case.complete("look")
    assert (case.state, case.variables) == ("completed", {})


def test_the_data_of_an_event_sub_process_is_its_own_too(run: Run) -> None:
    starts = event("startEvent", "on_reply", [HEARD.format("m")], isInterrupting="false")
    inside = starts + script("keep", '"x"', "note") + nodes("endEvent", "i_end")
    inside += flows("on_reply > keep", "keep > i_end") + node("dataObject", "note")
    sub = node("subProcess", "s", inside, triggeredByEvent="true")
    case = run(Plain("p", users("ask") + sub + chain("ask"), REPLY))
    run.publish("reply", text="hi")
    assert (case.count("s"), case.complete("ask").variables) == (1, {"text": "hi"})


def test_what_is_drawn_for_documentation_moves_nothing(run: Run) -> None:
    placeholder = node("property", "P", name="__targetRef_placeholder")
    drawing = placeholder + into("paper_ref", "P") + into("archive", "P") + out("", "paper_ref")
    inside = nodes("startEvent", "i_start") + node("userTask", "ask", drawing + out("", "archive"))
    inside += nodes("endEvent", "i_end") + flows("i_start > ask", "ask > i_end") + drawn("paper", "form")
    store = node("dataStoreReference", "archive", name="archive", dataStoreRef="registry")
    body = node("subProcess", "s", inside) + store + chain("s")
    case = run(Plain("p", body, node("dataStore", "registry", name="registry")))
    assert case.complete("ask", form="filled").variables == {"form": "filled"}


def test_events_and_tasks_take_what_they_want_of_a_message(run: Run) -> None:
    heard = node("dataOutput", "text_out", name="text") + out("text_out", "note")
    catch = event("intermediateCatchEvent", "hear", [heard, HEARD.format("m1")])
    receive = node("receiveTask", "again", io("", "more") + out("more_out", "note"), messageRef="reply")
    data = node("dataObject", "note", name="note")
    case = run(Plain("p", data + catch + receive + users("ask") + chain("hear", "again", "ask"), REPLY))
    run.publish("reply", text="yes", noise=1)
    assert case.variables == {"note": "yes"}
    run.publish("reply", more="and more", noise=1)
    assert (case.tasks, case.variables) == (["ask"], {"note": "and more"})


def test_a_boundary_event_keeps_what_its_message_brings(run: Run) -> None:
    heard = node("dataOutput", "text_out", name="text") + out("text_out", "note")
    boundary = event("boundaryEvent", "stop", [heard, HEARD.format("m1")], attachedToRef="ask")
    body = node("dataObject", "note", name="note") + users("ask") + boundary + nodes("endEvent", "stopped")
    case = run(Plain("p", body + chain("ask") + flows("stop > stopped"), REPLY))
    run.publish("reply", text="stop it", noise=1)
    assert (case.ended_at, case.variables) == (["stopped"], {"note": "stop it"})


def test_a_thrown_message_carries_its_data_inputs(run: Run) -> None:
    told = node("dataInput", "text_in", name="text") + into("note", "text_in")
    throw = event("intermediateThrowEvent", "tell", [told, HEARD.format("m1")])
    data = node("dataObject", "note", name="note")
    send = node("sendTask", "send", io("more") + into("note", "more_in"), messageRef="reply")
    body = data + throw + send + chain("tell", "send")
    run.deploy(process("q").start_message("reply", "heard").end())
    run(Plain("sender", body, REPLY), note="hello", secret=1)
    run.settle()
    assert [case.variables for case in run.cases("q")] == [{"text": "hello"}, {"more": "hello"}]


def test_a_plain_call_brings_only_its_data_there_and_back(run: Run) -> None:
    called = Plain("check", io("number", "verdict") + users("look") + chain("look"))
    inside = io("number", "verdict") + into("n", "number_in") + out("verdict_out", "result")
    data = node("dataObject", "n") + node("dataObject", "result")
    call = node("callActivity", "call", inside, calledElement="check")
    case = run(Plain("p", data + call + chain("call")), called, n=7, secret="s")
    (child,) = run.cases("check")
    assert child.variables == {"number": 7}
    child.complete("look", verdict="ok", noise=1)
    assert case.variables == {"n": 7, "secret": "s", "result": "ok"}


def test_a_multi_instance_takes_and_collects_its_data(run: Run) -> None:
    loop = element(
        "bpmn:multiInstanceLoopCharacteristics",
        {"isSequential": "true"},
        element("bpmn:loopDataInputRef", {}, "all_in")
        + element("bpmn:loopDataOutputRef", {}, "found_out")
        + node("inputDataItem", "one", name="school")
        + node("outputDataItem", "each", name="verdict"),
    )
    inside = io("all", "found") + into("schools", "all_in") + out("found_out", "verdicts") + loop
    data = node("dataObject", "schools") + node("dataObject", "verdicts")
    case = run(
        Plain("p", data + work("look", inside) + users("after") + chain("look", "after")), schools=["a", "b"]
    )
    for school in ("a", "b"):
        found = case.job("look")
        assert found.variables["school"] == school
        run.engine.complete_job(found.key, variables={"verdict": school.upper()})
    run.settle()
    assert case.variables["verdicts"] == ["A", "B"]
