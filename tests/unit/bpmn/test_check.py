# ruff: noqa: E501  (the tables hold one model per line)
"""What the check refuses, with the rule, the element and the line; and what it must not refuse."""

from __future__ import annotations

import pytest

from engine.bpmn import CheckEnvironment, Compilation, compile_files, read_stored
from engine.model.records import Severity
from tests.bpmn_xml import flow, model
from tests.builders import process, steps

EVERYTHING = CheckEnvironment()


def check(files: list[tuple[str, bytes]], environment: CheckEnvironment = EVERYTHING) -> Compilation:
    return compile_files(files, environment)


def found(compilation: Compilation, severity: Severity = Severity.ERROR) -> set[tuple[str, str]]:
    """Return (rule, element) of the findings of one severity."""
    return {(part.rule, part.element_id) for part in compilation.findings if part.severity is severity}


def start_to(identity: str, element: str) -> str:
    """Return XML: a start event, the element, an end event, in sequence."""
    return (
        f'<bpmn:startEvent id="start"/>{element}<bpmn:endEvent id="end"/>'
        f"{flow('start', identity)}{flow(identity, 'end')}"
    )


def task(inside: str = "", tag: str = "serviceTask", **attributes: str) -> str:
    written = "".join(f' {name}="{text}"' for name, text in attributes.items())
    return start_to("a", f'<bpmn:{tag} id="a"{written}>{inside}</bpmn:{tag}>')


def extended(*elements: str) -> str:
    return f"<bpmn:extensionElements>{''.join(elements)}</bpmn:extensionElements>"


def event(tag: str, definition: str, inside: str = "") -> str:
    return start_to(
        "a",
        f'<bpmn:{tag} id="a"><bpmn:{definition}EventDefinition>{inside}</bpmn:{definition}EventDefinition></bpmn:{tag}>',
    )


BASIC = '<bpmn:startEvent id="s"/><bpmn:task id="a"/><bpmn:endEvent id="e"/>'
CHAIN = flow("s", "a") + flow("a", "e")
INNER = (
    '<bpmn:subProcess id="sub"><bpmn:startEvent id="is"/><bpmn:task id="it"/>'
    + flow("is", "it")
    + "</bpmn:subProcess>"
)

# (rule, element, XML inside the process, XML before it)
REFUSED = [
    ("id-missing", "p", "<bpmn:task/>", ""),
    ("id-missing", "p", BASIC + '<bpmn:sequenceFlow sourceRef="s" targetRef="a"/>', ""),
    ("id-unusable", "żółć", '<bpmn:startEvent id="żółć"/>', ""),
    ("reference-dangling", "f1", BASIC + CHAIN + flow("a", "nowhere", "f1"), ""),
    ("reference-dangling", "f1", BASIC + CHAIN + flow("nowhere", "e", "f1"), ""),
    ("reference-dangling", "a", task(tag="receiveTask", messageRef="nie_ma"), ""),
    ("reference-wrong", "a", task(tag="receiveTask", messageRef="sig"), '<bpmn:signal id="sig" name="s"/>'),
    ("reference-dangling", "b", BASIC + CHAIN + '<bpmn:boundaryEvent id="b" attachedToRef="nie_ma"/>', ""),
    ("reference-wrong", "f1", BASIC + CHAIN + flow("a", "p", "f1"), ""),
    ("flow-forbidden", "f1", BASIC + CHAIN + flow("a", "s", "f1"), ""),
    ("flow-forbidden", "f1", BASIC + CHAIN + flow("e", "a", "f1"), ""),
    ("flow-forbidden", "f1", BASIC + CHAIN + INNER + flow("a", "sub") + flow("a", "it", "f1"), ""),
    ("flow-forbidden", "f1", BASIC + CHAIN + INNER + flow("a", "sub") + flow("it", "e", "f1"), ""),
    ("unreachable", "lost", BASIC + CHAIN + '<bpmn:task id="lost"/>', ""),
    ("unreachable", "x", BASIC + CHAIN + '<bpmn:task id="x"/><bpmn:task id="y"/>' + flow("x", "y") + flow("y", "x"), ""),
    ("condition-forbidden", "f1", BASIC + flow("s", "a", "f1", "x = 1") + flow("a", "e"), ""),
    ("condition-missing", "f2", start_to("g", '<bpmn:exclusiveGateway id="g"/>') + '<bpmn:task id="b"/>' + flow("g", "b", "f2"), ""),
    ("default-foreign", "a", BASIC.replace('task id="a"', 'task id="a" default="s_to_a"') + CHAIN, ""),
    ("gateway-without-outgoing", "g", '<bpmn:startEvent id="s"/><bpmn:parallelGateway id="g"/>' + flow("s", "g"), ""),
    ("boundary-host", "b", BASIC + CHAIN + '<bpmn:boundaryEvent id="b" attachedToRef="s"><bpmn:errorEventDefinition/></bpmn:boundaryEvent>' + flow("b", "e"), ""),
    ("boundary-without-flow", "b", BASIC + CHAIN + '<bpmn:boundaryEvent id="b" attachedToRef="a"><bpmn:errorEventDefinition/></bpmn:boundaryEvent>', ""),
    ("event-missing", "b", BASIC + CHAIN + '<bpmn:boundaryEvent id="b" attachedToRef="a"/>' + flow("b", "e"), ""),
    ("event-not-interrupting", "b", BASIC + CHAIN + '<bpmn:boundaryEvent id="b" attachedToRef="a" cancelActivity="false"><bpmn:errorEventDefinition/></bpmn:boundaryEvent>' + flow("b", "e"), ""),
    ("event-forbidden", "a", event("intermediateCatchEvent", "error"), ""),
    ("event-forbidden", "a", event("intermediateThrowEvent", "timer", "<bpmn:timeDuration>PT1H</bpmn:timeDuration>"), ""),
    ("event-missing", "a", start_to("a", '<bpmn:intermediateCatchEvent id="a"/>'), ""),
    ("event-incomplete", "a", event("intermediateCatchEvent", "message"), ""),
    ("event-incomplete", "a", event("intermediateThrowEvent", "escalation"), ""),
    ("event-incomplete", "a", event("intermediateCatchEvent", "signal"), ""),
    ("event-missing", "a", task(tag="receiveTask"), ""),
    ("start-missing", "h", BASIC + CHAIN + '<bpmn:subProcess id="h" triggeredByEvent="true"/>', ""),
    ("unreachable", "a", '<bpmn:task id="a"/><bpmn:task id="b"/>' + flow("a", "b") + flow("b", "a"), ""),
    ("start-several", "a", task('<bpmn:startEvent id="x"/><bpmn:startEvent id="y"/>', tag="subProcess"), ""),
    ("event-forbidden", "x", task('<bpmn:startEvent id="x"><bpmn:timerEventDefinition><bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:startEvent>', tag="subProcess"), ""),
    ("event-missing", "x", BASIC + CHAIN + '<bpmn:subProcess id="h" triggeredByEvent="true"><bpmn:startEvent id="x"/></bpmn:subProcess>', ""),
    ("flow-forbidden", "f1", BASIC + CHAIN + '<bpmn:subProcess id="h" triggeredByEvent="true"><bpmn:startEvent id="x"><bpmn:errorEventDefinition/></bpmn:startEvent></bpmn:subProcess>' + flow("a", "h", "f1"), ""),
    ("event-gateway-target", "g", start_to("g", '<bpmn:eventBasedGateway id="g"/>'), ""),
    ("timer-missing", "a", event("intermediateCatchEvent", "timer"), ""),
    ("timer-unreadable", "a", event("intermediateCatchEvent", "timer", "<bpmn:timeDuration>P99999999Y</bpmn:timeDuration>"), ""),
    ("timer-unreadable", "a", event("intermediateCatchEvent", "timer", "<bpmn:timeCycle>R/PT0S</bpmn:timeCycle>"), ""),
    ("timer-unreadable", "a", event("intermediateCatchEvent", "timer", "<bpmn:timeDate>jutro</bpmn:timeDate>"), ""),
    ("timer-unreadable", "a", task(extended('<zeebe:taskSchedule dueDate="za tydzień"/>'), tag="userTask"), ""),
    ("expression-unreadable", "f1", BASIC + flow("s", "a") + flow("a", "e", "f1", "x = = 1"), ""),
    ("expression-unreadable", "f1", BASIC + flow("s", "a") + flow("a", "e", "f1", "${x}"), ""),
    ("expression-unreadable", "a", task(extended('<zeebe:script expression="=1 +" resultVariable="x"/>'), tag="scriptTask"), ""),
    ("expression-unreadable", "a", task(extended('<zeebe:assignmentDefinition assignee="="/>'), tag="userTask"), ""),
    ("variable-name", "a", task(extended('<zeebe:ioMapping><zeebe:output source="=1" target="a..b"/></zeebe:ioMapping>')), ""),
    ("extension-incomplete", "a", task(extended('<zeebe:taskDefinition type=""/>')), ""),
    ("extension-incomplete", "a", task(extended('<zeebe:ioMapping><zeebe:input target="x"/></zeebe:ioMapping>')), ""),
    ("retries-unreadable", "a", task(extended('<zeebe:taskDefinition type="x" retries="-1"/>')), ""),
    ("priority-unreadable", "a", task(extended('<zeebe:priorityDefinition priority="wysoki"/>'), tag="userTask"), ""),
    ("input-forbidden", "start", task().replace('<bpmn:startEvent id="start"/>', '<bpmn:startEvent id="start">' + extended('<zeebe:ioMapping><zeebe:input source="=1" target="x"/></zeebe:ioMapping>') + "</bpmn:startEvent>"), ""),
    ("job-misplaced", "end", task().replace('<bpmn:endEvent id="end"/>', '<bpmn:endEvent id="end">' + extended('<zeebe:taskDefinition type="x"/>') + "<bpmn:terminateEventDefinition/></bpmn:endEvent>"), ""),
    ("call-missing", "a", task(tag="callActivity"), ""),
    ("binding-unknown", "a", task(extended('<zeebe:calledElement processId="x" bindingType="newest"/>'), tag="callActivity"), ""),
    ("multi-instance-count", "a", task("<bpmn:multiInstanceLoopCharacteristics/>", tag="task"), ""),
    ("multi-instance-many", "a", task("<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>10001</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>", tag="task"), ""),
    ("multi-instance-output", "a", task("<bpmn:multiInstanceLoopCharacteristics>" + extended('<zeebe:loopCharacteristics inputCollection="=xs" outputCollection="ys"/>') + "</bpmn:multiInstanceLoopCharacteristics>", tag="task"), ""),
    ("condition-asks-time", "a", event("intermediateCatchEvent", "conditional", "<bpmn:condition>today() > @\"2026-12-24\"</bpmn:condition>"), ""),
    ("ad-hoc-empty", "a", task(tag="adHocSubProcess"), ""),
    ("ad-hoc-start-end", "x", task('<bpmn:startEvent id="x"/><bpmn:task id="t"/>' + flow("x", "t"), tag="adHocSubProcess"), ""),
    ("unreachable", "x", task('<bpmn:intermediateThrowEvent id="x"/><bpmn:task id="t"/>', tag="adHocSubProcess"), ""),
    ("expression-unreadable", "a", task('<bpmn:task id="t"/><bpmn:completionCondition>1 +</bpmn:completionCondition>', tag="adHocSubProcess"), ""),
    ("loop-endless", "a", task("<bpmn:standardLoopCharacteristics/>"), ""),
    ("loop-maximum", "a", task('<bpmn:standardLoopCharacteristics loopMaximum="0"/>'), ""),
    ("quantity-range", "a", task(startQuantity="0"), ""),
    ("quantity-range", "a", task(completionQuantity="1000000000"), ""),
    ("behavior-event-missing", "a", task('<bpmn:multiInstanceLoopCharacteristics behavior="None"><bpmn:loopCardinality>2</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>'), ""),
    ("behavior-event", "a", task('<bpmn:multiInstanceLoopCharacteristics behavior="One" oneBehaviorEventRef="t"><bpmn:loopCardinality>2</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>'), '<bpmn:timerEventDefinition id="t"/>'),
    ("behavior-event", "a", task('<bpmn:multiInstanceLoopCharacteristics behavior="One" oneBehaviorEventRef="t"><bpmn:loopCardinality>2</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>'), '<bpmn:signalEventDefinition id="t"/>'),
    ("activation-condition-missing", "g", BASIC + '<bpmn:complexGateway id="g"/>' + flow("s", "a") + flow("a", "g") + flow("s", "g") + flow("g", "e"), ""),
    ("xsd", "a", task("<bpmn:startEvent/>", tag="task"), ""),
    ("xsd", "a", task("<bpmn:frob/>", tag="task"), ""),
    ("xsd", "a", task(startQuantity="dwa"), ""),
    ("id-duplicate", "p", BASIC + CHAIN, '<bpmn:process id="p"/>'),
    ("id-duplicate", "a", BASIC + CHAIN + '<bpmn:task id="a"/>', ""),
    ("id-unusable", "1a", '<bpmn:startEvent id="1a"/>', ""),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "element", "body", "extra"), REFUSED)
def test_refused(rule: str, element: str, body: str, extra: str) -> None:
    compilation = check(model(body, extra))
    assert compilation.definitions == ()
    findings = [part for part in compilation.findings if part.severity is Severity.ERROR]
    assert (rule, element) in {(part.rule, part.element_id) for part in findings}, [
        str(part) for part in findings
    ]
    assert all(part.file == "p.bpmn" and part.line > 0 and part.message and part.remedy for part in findings)


UNSUPPORTED = [
    ("a", task(extended('<zeebe:adHoc outputCollection="xs"/>') + '<bpmn:task id="t"/>', tag="adHocSubProcess")),
    ("a", task(extended("<zeebe:executionListeners/>"))),
    ("p", '<bpmn:ioBinding operationRef="o" inputDataRef="i" outputDataRef="u"/>' + task()),
    ("a", task(extended("<zeebe:taskListeners/>"), tag="userTask")),
    ("a", task(extended('<zeebe:formDefinition formKey="x"/>'), tag="userTask")),
    ("a", task(extended('<zeebe:taskDefinition type="x"/>'), tag="callActivity")),
    ("a", task(extended('<zeebe:taskDefinition type="x"/>'), tag="userTask")),
    ("start", task().replace('<bpmn:startEvent id="start"/>', '<bpmn:startEvent id="start"><bpmn:conditionalEventDefinition><bpmn:condition>x</bpmn:condition></bpmn:conditionalEventDefinition></bpmn:startEvent>')),
]  # fmt: skip


@pytest.mark.parametrize(("element", "body"), UNSUPPORTED)
def test_what_is_not_executed_exactly_is_refused(element: str, body: str) -> None:
    assert ("unsupported", element) in found(check(model(body)))


OPERATION = (
    '<bpmn:message id="m"/><bpmn:interface name="i"><bpmn:operation id="o" name="o">'
    "<bpmn:inMessageRef>m</bpmn:inMessageRef></bpmn:operation></bpmn:interface>"
)


def test_the_same_is_accepted_in_a_process_that_is_not_executed() -> None:
    for _, body in UNSUPPORTED:
        compilation = check(model(body, OPERATION, executable="false"))
        assert found(compilation) == set(), body
        assert found(compilation, Severity.WARNING) == {("not-executable", "p")}


def test_foreign_scripts_are_refused() -> None:
    body = task("<bpmn:script>print(1)</bpmn:script>", tag="scriptTask", scriptFormat="python")
    assert ("unsupported-language", "a") in found(check(model(body)))


def test_a_dangling_flow_is_told_in_one_sentence_with_its_line() -> None:
    files = model("\n\n" + BASIC + CHAIN + "\n" + flow("a", "nowhere", "f1"))
    finding = next(part for part in check(files).findings if part.rule == "reference-dangling")
    assert finding.message == "flow 'f1' leads to 'nowhere', which does not exist"
    assert (finding.element_id, finding.line) == (
        "f1",
        files[0][1].decode()[: files[0][1].decode().index("nowhere")].count("\n") + 1,
    )


def test_all_errors_of_all_files_are_reported_at_once() -> None:
    broken = model(BASIC + flow("s", "a") + flow("a", "nowhere", "f1") + flow("a", "e", "f2", "x = = 1"))
    hostile = ("hostile.bpmn", b"<!DOCTYPE x><x/>")
    other = ("other.bpmn", process("q").start().catch_timer("PT0S", "t").end().files()[0][1])
    compilation = check([*broken, hostile, other])
    assert found(compilation) >= {
        ("reference-dangling", "f1"),
        ("expression-unreadable", "f2"),
        ("xml-doctype", ""),
        ("timer-unreadable", "t"),
    }
    assert {part.file for part in compilation.findings} >= {"p.bpmn", "hostile.bpmn", "other.bpmn"}


def test_a_flow_between_pools_is_refused() -> None:
    other = (
        '<bpmn:process id="q" isExecutable="true"><bpmn:startEvent id="qs"/><bpmn:task id="qt"/>'
        + flow("qs", "qt")
        + "</bpmn:process>"
    )
    assert ("flow-crosses-border", "f1") in found(check(model(BASIC + CHAIN + flow("a", "qt", "f1"), other)))


def test_a_process_may_be_defined_once_among_all_files() -> None:
    one = process("p").start().end().files()
    assert ("process-duplicate", "p") in found(check([*one, ("copy.bpmn", one[0][1])]))
    assert ("file-duplicate", "") in found(check([*one, *process("q").start().end().files(), *one]))


def test_other_xml_is_no_model() -> None:
    assert found(check([("a.bpmn", b"<html><body/></html>")])) == {("not-bpmn", "")}


def test_plain_bpmn_runs_with_a_warning_about_idle_tasks() -> None:
    compilation = check(model(task()))
    assert found(compilation) == set()
    assert found(compilation, Severity.WARNING) == {("nothing-to-do", "a")}
    assert len(compilation.definitions) == 1


def test_without_a_start_event_a_process_begins_where_no_flow_leads() -> None:
    body = '<bpmn:task id="a"/><bpmn:task id="b"/><bpmn:task id="c"/>' + flow("a", "c") + flow("b", "c")
    assert check(model(body)).findings == ()


def test_a_business_rule_task_evaluates_a_decision() -> None:
    files = process("p").start().business_rule_task("rule", "decyzja", "wynik").end().files()
    (definition,) = check(files).definitions
    called = definition.elements["rule"].called_decision
    assert called is not None
    assert (called.decision_id.source, called.result_variable) == ("decyzja", "wynik")


def test_two_events_that_catch_the_same_are_warned_about() -> None:
    files = (
        process("p")
        .start()
        .task("a")
        .boundary_error("X", "one")
        .end()
        .at("a")
        .boundary_error("X", "two")
        .end()
        .files()
    )
    assert ("event-ambiguous", "two") in found(check(files), Severity.WARNING)


def test_extensions_of_other_engines_are_warned_about() -> None:
    body = task(**{"xmlns:camunda": "http://camunda.org/schema/1.0/bpmn", "camunda:class": "pl.urzad.Wyslij"})
    assert ("foreign-extension", "a") in found(check(model(body)), Severity.WARNING)


def test_what_was_deployed_is_read_again_without_the_check() -> None:
    ((name, content),) = model(task(startQuantity="0"))
    assert check([(name, content)]).definitions == ()
    (definition,) = read_stored(name, content)
    assert definition.id == "p"


def test_misspelt_variables_are_hinted_at() -> None:
    files = (
        process("p")
        .start()
        .script_task("count", "1", "liczba_uczniow")
        .script_task("use", "liczba_ucznow + liczba_uczniow + kwota", "suma")
        .end()
        .files()
    )
    compilation = check(files)
    assert found(compilation, Severity.HINT) == {("variable-misspelt", "use")}
    (hint,) = compilation.findings
    assert "'liczba_ucznow'" in hint.message
    assert "'liczba_uczniow'" in hint.message


def test_a_function_there_is_not_is_refused_with_the_nearest_there_is() -> None:
    drawn = (
        process("p").start().script_task("use", "uper case(kwota) + {f: function() 1, g: f()}.g", "x").end()
    )
    compilation = check(drawn.files())
    assert found(compilation) == {("function-unknown", "use")}
    (refused,) = compilation.findings
    assert "'uper case'" in refused.message
    assert refused.remedy == "did you mean 'upper case'?"


@pytest.mark.parametrize(
    "condition", ["1 + 2", '"abc"', "null", "upper case(x)", "if a then 1 else 2", "[a = b]"]
)
def test_a_condition_that_can_never_be_one_is_refused(condition: str) -> None:
    drawn = process("p").start().task("a")
    (refused,) = (
        each
        for each in check(drawn.looping(condition).end().files()).findings
        if each.severity is Severity.ERROR
    )
    assert (refused.rule, refused.element_id) == ("expression-kind", "a")
    assert "to be true or false, but it is always " in refused.message


@pytest.mark.parametrize(
    "condition", ["decyzja", "decyzja.wynik", "a = b", "if a then true else null", "cases[1]", "max(a)"]
)
def test_a_condition_that_may_be_one_is_left_alone(condition: str) -> None:
    assert found(check(process("p").start().task("a").looping(condition).end().files())) == set()


def test_a_loop_without_a_way_out_is_warned_about() -> None:
    waiting = process("p").start().task("a").user_task("b").connect_to("a").files()
    assert found(check(waiting), Severity.WARNING) == {
        ("no-way-out", "start"),
        ("no-way-out", "a"),
        ("no-way-out", "b"),
    }
    endless = process("p").start().task("a").task("b").connect_to("a").files()
    assert found(check(endless)) == {("endless-loop", "start"), ("endless-loop", "a"), ("endless-loop", "b")}


def test_sub_processes_nested_too_deep_are_refused() -> None:
    inside = steps().start().end()
    for number in range(51):
        inside = steps().start(f"s{number}").sub_process(f"sub{number}", inside).end(f"e{number}")
    assert "too-deep" in {
        rule for rule, _ in found(check(process("p").start().sub_process("top", inside).end().files()))
    }


def test_a_large_model_is_checked_in_time() -> None:
    import time

    builder = process("p").start()
    for number in range(3300):
        builder.script_task(f"s{number}", f"x + {number}", "x")
    files = builder.end().files()
    begun = time.process_time()
    assert len(check(files).definitions) == 1
    assert time.process_time() - begun < 4
