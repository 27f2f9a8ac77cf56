"""Message flows between pools of one file, correlation by properties (BPMN 2.0.2 §8.4.2, §9.3)."""

from __future__ import annotations

from tests.bpmn_xml import HEAD
from tests.plain import event, flows, formal, node, nodes, users
from tests.scenarios.run import Run

MESSAGE = '<bpmn:messageEventDefinition id="{}"/>'
NAMED = '<bpmn:messageEventDefinition id="{}" messageRef="{}"/>'


class Pools:
    """Executable processes in one file, and what is drawn between them."""

    def __init__(self, between: str, roots: str = "", **processes: str) -> None:
        self.id = next(iter(processes))
        pools = "".join(node("participant", f"pool_{each}", processRef=each) for each in processes)
        pools += node("participant", "outside", name="A citizen")
        bodies = "".join(node("process", each, body, isExecutable="true") for each, body in processes.items())
        self._xml = f"{HEAD}{roots}{node('collaboration', 'c', pools + between)}{bodies}</bpmn:definitions>"

    def files(self) -> list[tuple[str, bytes]]:
        return [("pools.bpmn", self._xml.encode())]


def carries(source: str, target: str, **attributes: str) -> str:
    return node("messageFlow", f"{source}_{target}", sourceRef=source, targetRef=target, **attributes)


def office(start: str = MESSAGE, answer: str = MESSAGE) -> str:
    """A process that a message starts and that answers when a person has decided."""
    body = event("startEvent", "asked", [start.format("m1", "ask")]) + users("decide")
    body += event("endEvent", "answer", [answer.format("m2", "reply")])
    return body + flows("asked > decide", "decide > answer")


def citizen(wait: str = MESSAGE, mark: str = "") -> str:
    """A process that asks and waits for the answer; ``mark`` is put after its ids."""
    begin, send, hear, glad = (f"{each}{mark}" for each in ("begin", "send", "hear", "glad"))
    body = nodes("startEvent", begin) + node("sendTask", send) + nodes("endEvent", glad)
    body += event("intermediateCatchEvent", hear, [wait.format(f"m3{mark}", "reply")])
    return body + flows(f"{begin} > {send}", f"{send} > {hear}", f"{hear} > {glad}")


def test_a_message_flow_is_a_message_even_when_nobody_has_named_it(run: Run) -> None:
    between = carries("send", "asked", name="Question") + carries("answer", "hear")
    case = run(Pools(between, citizen=citizen(), office=office()), what="passport")
    (other,) = run.cases("office")
    assert (case.active, other.tasks, other.variables) == (["hear"], ["decide"], {"what": "passport"})
    other.complete("decide", verdict="yes")
    run.settle()
    assert (case.ended_at, case.variables["verdict"]) == (["glad"], "yes")


def test_the_message_is_that_of_the_flow_or_of_the_other_end(run: Run) -> None:
    roots = '<bpmn:message id="ask" name="question"/><bpmn:message id="reply" name="answer"/>'
    between = carries("send", "asked", messageRef="ask") + carries("answer", "hear")
    run.deploy(Pools(between, roots, citizen=citizen(), office=office(answer=NAMED)))
    run.publish("question", what="by post")
    (paper,) = run.cases("office")
    case = run.start("citizen")
    run.publish("answer", verdict="maybe")
    assert (paper.tasks, case.ended_at, len(run.cases("office"))) == (["decide"], ["glad"], 2)


def test_a_flow_to_the_border_of_a_pool_is_documentation(run: Run) -> None:
    between = carries("send", "asked") + carries("answer", "hear") + carries("outside", "decide")
    between += carries("pool_office", "outside") + carries("outside", "asked")
    case = run(Pools(between, citizen=citizen(), office=office()))
    run.cases("office")[0].complete("decide")
    run.settle()
    assert case.ended_at == ["glad"]


def test_an_operation_says_which_message_it_is(run: Run) -> None:
    roots = '<bpmn:message id="ask" name="question"/>' + node(
        "interface",
        "i",
        node("operation", "op", "<bpmn:inMessageRef>ask</bpmn:inMessageRef>", name="ask"),
        name="desk",
    )
    waits = nodes("startEvent", "s") + node("receiveTask", "hear", operationRef="op") + flows("s > hear")
    case = run(Pools("", roots, p=waits))
    run.publish("question")
    assert case.state == "completed"


def retrieval(message: str, path: str) -> str:
    return node(
        "correlationPropertyRetrievalExpression",
        f"r_{message}_{path}",
        formal("messagePath", path),
        messageRef=message,
    )


def keyed(*properties: str) -> tuple[str, str, str]:
    """Roots, the key in the collaboration, and a subscription binding each property to the same name."""
    roots = '<bpmn:message id="ask" name="ask"/><bpmn:message id="reply" name="reply"/>'
    for each in properties:
        both = retrieval("ask", each) + retrieval("reply", f"case.{each}")
        roots += node("correlationProperty", f"p_{each}", both)
    refs = "".join(
        f"<bpmn:correlationPropertyRef>p_{each}</bpmn:correlationPropertyRef>" for each in properties
    )
    bindings = "".join(
        node(
            "correlationPropertyBinding",
            f"b_{each}",
            formal("dataPath", each),
            correlationPropertyRef=f"p_{each}",
        )
        for each in properties
    )
    return (
        roots,
        node("correlationKey", "key", refs),
        node("correlationSubscription", "sub", bindings, correlationKeyRef="key"),
    )


def conversation(*properties: str) -> Pools:
    roots, key, subscription = keyed(*properties)
    asks = citizen(NAMED).replace('id="send"', 'id="send" messageRef="ask"')
    between = carries("send", "asked") + carries("answer", "hear") + key
    return Pools(between, roots, citizen=asks + subscription, office=office(NAMED, NAMED))


def test_correlation_properties_bring_each_answer_to_its_question(run: Run) -> None:
    one = run(conversation("number"), number=1)
    two = run.start("citizen", number=2)
    first, second = run.cases("office")
    assert [case.variables["number"] for case in (first, second)] == [1, 2]
    second.complete("decide", case={"number": 2}, verdict="second")
    run.settle()
    assert (one.ended_at, two.ended_at, two.variables["verdict"]) == ([], ["glad"], "second")
    run.publish("reply", "1", case={"number": 1})
    assert one.ended_at == ["glad"]


def test_several_properties_are_one_key_and_a_missing_one_is_an_incident(run: Run) -> None:
    case = run(conversation("number", "year"), number=1, year=2026)
    other = run.start("citizen", number=1, year=2027)
    first, second = run.cases("office")
    first.complete("decide", case={"number": 1})
    assert [each.element_id for each in first.incidents] == ["answer"]
    first.resolve(case={"number": 1, "year": 2026})
    run.settle()
    assert (case.ended_at, other.ended_at) == (["glad"], [])
    second.complete("decide", case={"number": 1, "year": 2027})
    run.settle()
    assert other.ended_at == ["glad"]
