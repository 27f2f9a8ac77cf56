"""What a diagram compiles to: plain BPMN and the ``zeebe:`` dialect."""

from __future__ import annotations

from engine.bpmn import CheckEnvironment, compile_files
from engine.bpmn.reader import read_process
from engine.bpmn.source import open_source
from engine.model.definition import (
    ElementType,
    EventDefinition,
    EventType,
    Expression,
    Lane,
    MultiInstance,
    ProcessDefinition,
    StandardLoop,
    TimerType,
)
from engine.xml import parse
from tests.bpmn_xml import flow, model
from tests.builders import process, steps


def compiled(files: list[tuple[str, bytes]]) -> ProcessDefinition:
    """Compile through the door: no errors, one process."""
    compilation = compile_files(files, CheckEnvironment())
    assert [str(finding) for finding in compilation.findings if str(finding.severity) == "error"] == []
    (definition,) = compilation.definitions
    return definition


def read(body: str, extra: str = "") -> ProcessDefinition:
    """Read without the check: what the kernel does not execute yet is read all the same."""
    ((name, content),) = model(body, extra)
    source = open_source(parse(name, content))
    return read_process(source, source.processes()[0])


def unplaced(expression: Expression | None) -> tuple[str, bool] | None:
    return None if expression is None else (expression.source, expression.literal)


def test_indexes_follow_the_document() -> None:
    inner = steps().start().task("x").end()
    definition = compiled(
        process("p", name="Procedura", version_tag="v7")
        .start()
        .user_task("a")
        .boundary_timer("PT1H", "late")
        .end("too_late")
        .at("a")
        .sub_process("s", inner)
        .end()
        .event_sub_process("h", steps().start_message("stop", key="nr").end())
        .files()
    )
    assert (definition.id, definition.name, definition.version_tag, definition.file) == (
        "p",
        "Procedura",
        "v7",
        "p.bpmn",
    )
    assert definition.elements["p"].type is ElementType.PROCESS
    assert definition.children["p"] == ("start", "a", "late", "too_late", "s", "end", "h")
    assert definition.children["s"] == ("s_start", "x", "s_end")
    assert definition.starts == {"p": ("start",), "s": ("s_start",), "h": ("h_start",)}
    assert definition.boundaries == {"a": ("late",)}
    assert definition.event_sub_processes == {"p": ("h",)}
    assert definition.elements["a"].incoming == ("start_to_a",)
    assert definition.elements["a"].outgoing == ("a_to_s",)
    assert definition.flows["a_to_s"].target == "s"
    assert definition.elements["x"].parent == "s"


def test_jobs() -> None:
    definition = compiled(
        process("p")
        .start()
        .service_task(
            "a",
            "email.send",
            retries="5",
            headers={"template": "wydanie"},
            inputs={"to": "adres", "mail.subject": '"Hasło"'},
            outputs={"wysłano": "= true"},
            properties={"obieg:retryBackoff": "PT5M", "obieg:personal": "to"},
        )
        .end()
        .files()
    )
    element = definition.elements["a"]
    assert element.job is not None
    assert unplaced(element.job.type) == ("email.send", True)
    assert unplaced(element.job.retries) == ("5", True)
    assert unplaced(element.job.back_off) == ("PT5M", True)
    assert element.job.headers == {"template": "wydanie"}
    assert [(unplaced(part.source), part.target) for part in element.inputs] == [
        (("adres", False), "to"),
        (('"Hasło"', False), "mail.subject"),
    ]
    assert [part.target for part in element.outputs] == ["wysłano"]
    assert element.properties == {"obieg:retryBackoff": "PT5M", "obieg:personal": "to"}


def test_user_tasks_and_lanes() -> None:
    inner = steps().start().user_task("nested").end()
    definition = compiled(
        process("p")
        .lane("Wydział", "a", "s", group="EK-04")
        .lane("Dyrektor", "b")
        .start("begin", form="wniosek")
        .user_task(
            "a", assignee="=autor", group="EK-04, EK-05", due="2026-12-24", priority="70", form="formularz"
        )
        .user_task("b")
        .sub_process("s", inner)
        .end()
        .files()
    )
    task = definition.elements["a"].user_task
    assert task is not None
    assert (unplaced(task.assignee), unplaced(task.candidate_groups)) == (
        ("autor", False),
        ("EK-04, EK-05", True),
    )
    assert (unplaced(task.due_date), unplaced(task.priority)) == (("2026-12-24", True), ("70", True))
    assert (task.form_id, task.form_binding) == ("formularz", "deployment")
    assert definition.elements["b"].user_task is not None
    begin = definition.elements["begin"].user_task
    assert begin is not None
    assert begin.form_id == "wniosek"
    assert [definition.elements[name].group for name in ("a", "b", "s", "nested", "begin")] == [
        "EK-04",
        "",
        "EK-04",
        "EK-04",
        "",
    ]
    assert definition.lanes[0] == Lane(id="lane_1", name="Wydział", group="EK-04", elements=("a", "s"))
    assert definition.elements["nested"].lane == "lane_1"


def test_nested_lanes_name_the_innermost_group() -> None:
    definition = read(
        '<bpmn:laneSet id="ls"><bpmn:lane id="outer" name="Urząd"><bpmn:extensionElements><zeebe:properties>'
        '<zeebe:property name="obieg:group" value="urząd"/></zeebe:properties></bpmn:extensionElements>'
        "<bpmn:flowNodeRef>a</bpmn:flowNodeRef><bpmn:flowNodeRef>b</bpmn:flowNodeRef>"
        '<bpmn:childLaneSet id="cs"><bpmn:lane id="inner"><bpmn:flowNodeRef>b</bpmn:flowNodeRef></bpmn:lane>'
        '</bpmn:childLaneSet></bpmn:lane></bpmn:laneSet><bpmn:task id="a"/><bpmn:task id="b"/>'
    )
    assert (definition.elements["a"].lane, definition.elements["a"].group) == ("outer", "urząd")
    assert (definition.elements["b"].lane, definition.elements["b"].group) == ("inner", "urząd")


def test_events_of_every_kind() -> None:
    definition = compiled(
        process("p")
        .start_message("wniosek")
        .catch_message("odpowiedź", "hear", key="numer")
        .catch_timer("2026-12-24T12:00", "date")
        .catch_timer("0 8 * * *", "cron")
        .catch_signal("alarm", "alarm")
        .throw_escalation("PILNE", "escalate")
        .task("a")
        .boundary_error("", "any_error")
        .end_error("ZLE", "failed")
        .at("a")
        .boundary_signal("alarm", "heard", interrupting=False)
        .end_terminate("stop")
        .at("a")
        .end_message("koniec", "done", key="numer")
        .files()
    )

    def event(identity: str) -> EventDefinition:
        (found,) = definition.elements[identity].events
        return found

    assert (event("hear").type, unplaced(event("hear").name)) == (EventType.MESSAGE, ("odpowiedź", True))
    assert unplaced(event("hear").correlation_key) == ("numer", False)
    assert event("start").correlation_key is None
    assert (event("date").timer_type, event("cron").timer_type) == (TimerType.DATE, TimerType.CYCLE)
    assert unplaced(event("cron").timer) == ("0 8 * * *", True)
    assert (event("escalate").code, event("failed").code, event("any_error").code) == ("PILNE", "ZLE", None)
    assert definition.elements["heard"].interrupting is False
    assert definition.elements["any_error"].interrupting is True
    assert event("stop").type is EventType.TERMINATE


def test_event_definitions_by_reference() -> None:
    definition = read(
        '<bpmn:intermediateCatchEvent id="a"><bpmn:eventDefinitionRef>t</bpmn:eventDefinitionRef>'
        "</bpmn:intermediateCatchEvent>",
        '<bpmn:timerEventDefinition id="t"><bpmn:timeDuration>PT5M</bpmn:timeDuration>'
        "</bpmn:timerEventDefinition>",
    )
    (event,) = definition.elements["a"].events
    assert (event.id, event.timer_type, unplaced(event.timer)) == ("t", TimerType.DURATION, ("PT5M", True))


def test_activities() -> None:
    definition = compiled(
        process("p")
        .start()
        .script_task("s", "1 + 1", "suma")
        .script_task("plain", '{"a": 1}')
        .service_task("rule", "reguła.oceń", tag="businessRuleTask")
        .call_activity("call", "inny", all_in=False)
        .receive_task("hear", "odpowiedź", key="nr")
        .send_task("tell", message="pytanie", key="nr")
        .end()
        .files()
    )
    scripts = [definition.elements[name].script for name in ("s", "plain")]
    assert [(script.expression.source, script.result_variable) for script in scripts if script] == [
        ("1 + 1", "suma"),
        ('{"a": 1}', None),
    ]
    called = definition.elements["call"].called_element
    assert called is not None
    assert (unplaced(called.process_id), called.propagate_all_parent_variables) == (("inny", True), False)
    assert called.propagate_all_child_variables is True
    assert definition.elements["rule"].job is not None
    names = [definition.elements[identity].events[0].name for identity in ("hear", "tell")]
    assert [unplaced(name) for name in names] == [("odpowiedź", True), ("pytanie", True)]


def test_a_plain_call_activity_names_its_process_in_an_attribute() -> None:
    definition = read('<bpmn:callActivity id="a" calledElement="bpmn:inny"/>')
    called = definition.elements["a"].called_element
    assert called is not None
    assert unplaced(called.process_id) == ("inny", True)


def test_multi_instance_in_both_dialects() -> None:
    definition = compiled(
        process("p")
        .start()
        .task("a")
        .multi_instance("osoby", "osoba", sequential=True, collect=("wyniki", "osoba.x"), until="count > 2")
        .task("b")
        .multi_instance(times="3")
        .end()
        .files()
    )
    each, times = definition.elements["a"].loop, definition.elements["b"].loop
    assert isinstance(each, MultiInstance)
    assert isinstance(times, MultiInstance)
    assert (each.sequential, each.input_element, each.output_collection) == (True, "osoba", "wyniki")
    assert [unplaced(part) for part in (each.collection, each.output_element, each.completion_condition)] == [
        ("osoby", False),
        ("osoba.x", False),
        ("count > 2", False),
    ]
    assert (unplaced(times.cardinality), times.collection) == (("3", False), None)
    plain_definition = read(
        '<bpmn:dataObject id="do" name="osoby"/><bpmn:task id="a"><bpmn:multiInstanceLoopCharacteristics>'
        "<bpmn:loopDataInputRef>do</bpmn:loopDataInputRef>"
        '<bpmn:inputDataItem id="item_1" name="osoba"/></bpmn:multiInstanceLoopCharacteristics></bpmn:task>'
    )
    plain = plain_definition.elements["a"].loop
    assert isinstance(plain, MultiInstance)
    assert (unplaced(plain.collection), plain.input_element) == (("osoby", False), "osoba")


def test_what_is_not_executed_yet_is_read_already() -> None:
    definition = read(
        '<bpmn:task id="a" startQuantity="2" completionQuantity="3" isForCompensation="true">'
        '<bpmn:standardLoopCharacteristics testBefore="true" loopMaximum="7">'
        "<bpmn:loopCondition>=x</bpmn:loopCondition></bpmn:standardLoopCharacteristics></bpmn:task>"
        '<bpmn:eventBasedGateway id="g" instantiate="true" eventGatewayType="Parallel"/>'
        '<bpmn:complexGateway id="c"><bpmn:activationCondition>n &gt; 1</bpmn:activationCondition>'
        "</bpmn:complexGateway>"
        '<bpmn:intermediateThrowEvent id="u"><bpmn:compensateEventDefinition activityRef="a" '
        'waitForCompletion="false"/></bpmn:intermediateThrowEvent>'
        '<bpmn:intermediateCatchEvent id="l"><bpmn:linkEventDefinition name="dalej"/>'
        "</bpmn:intermediateCatchEvent>"
        '<bpmn:transaction id="t"><bpmn:task id="inside"/></bpmn:transaction>'
    )
    task = definition.elements["a"]
    assert (task.start_quantity, task.completion_quantity, task.is_for_compensation) == (2, 3, True)
    assert isinstance(task.loop, StandardLoop)
    assert (task.loop.test_before, task.loop.maximum, unplaced(task.loop.condition)) == (
        True,
        7,
        ("x", False),
    )
    gateway = definition.elements["g"]
    assert (gateway.instantiate, gateway.event_gateway_parallel) == (True, True)
    assert unplaced(definition.elements["c"].activation_condition) == ("n > 1", False)
    compensation = definition.elements["u"].events[0]
    assert (compensation.activity, compensation.wait_for_completion) == ("a", False)
    assert unplaced(definition.elements["l"].events[0].name) == ("dalej", True)
    assert definition.elements["inside"].parent == "t"


def test_the_condition_of_a_default_flow_is_ignored() -> None:
    definition = read(
        '<bpmn:exclusiveGateway id="g" default="f"/><bpmn:task id="a"/><bpmn:task id="b"/>'
        + flow("g", "a", "f", "= x")
        + flow("g", "b", "h", "y > 1")
    )
    assert definition.flows["f"].condition is None
    assert unplaced(definition.flows["h"].condition) == ("y > 1", False)


def test_comments_cdata_and_documentation() -> None:
    definition = read(
        '<bpmn:task id="a"><bpmn:documentation>Pierwszy <!-- nie to --> akapit</bpmn:documentation>'
        "<bpmn:documentation><![CDATA[Drugi & ostatni]]></bpmn:documentation></bpmn:task>"
    )
    assert definition.elements["a"].documentation == "Pierwszy  akapit\n\nDrugi & ostatni"


def test_two_pools_of_one_file_are_two_processes() -> None:
    second = (
        '<bpmn:process id="q" isExecutable="true"><bpmn:startEvent id="qs"/><bpmn:endEvent id="qe"/>'
        + flow("qs", "qe")
        + "</bpmn:process>"
    )
    pools = (
        '<bpmn:collaboration id="c"><bpmn:participant id="pp" name="Urząd" processRef="p"/>'
        '<bpmn:participant id="pq" processRef="q"/></bpmn:collaboration>'
    )
    files = model('<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/>' + flow("s", "e"), pools + second)
    compilation = compile_files(files, CheckEnvironment())
    assert sorted((definition.id, definition.name) for definition in compilation.definitions) == [
        ("p", "Urząd"),
        ("q", "q"),
    ]
