"""Messages and signals (BPMN 2.0.2 §8.3.4, §10.5): buffered, de-duplicated, correlated once, broadcast to
the open."""

from __future__ import annotations

import datetime as dt

from engine.store import messages
from tests.builders import Process, process, steps
from tests.plain import Plain, event, flows, nodes
from tests.scenarios.run import Run

HOUR = dt.timedelta(hours=1)


def waiting(name: str = "p") -> Process:
    return process(name).start().catch_message("reply", "hear", key="=number").end("done")


def test_a_message_reaches_only_its_correlation_key(run: Run) -> None:
    one = run(waiting(), number="1")
    two = run.start("p", number="2")
    run.publish("reply", "2", text="tak")
    assert (one.ended_at, two.ended_at, two.variables["text"]) == ([], ["done"], "tak")


def test_a_message_waits_in_the_buffer_until_its_time_is_over(run: Run) -> None:
    run.publish("reply", "1", ttl=1, text="in time")
    run.publish("reply", "2", ttl=1, text="too late")
    case = run(waiting(), number="1")
    assert case.variables["text"] == "in time"
    run.advance(hours=2)
    assert run.start("p", number="2").ended_at == []


def test_a_message_without_a_listener_and_without_time_is_not_kept(run: Run) -> None:
    run.publish("reply", "1")
    assert run(waiting(), number="1").ended_at == []


def test_a_message_is_correlated_at_most_once_per_process(run: Run) -> None:
    first = run(waiting(), number="1")
    second = run.start("p", number="1")
    run.deploy(waiting("q"))
    other = run.start("q", number="1")
    run.publish("reply", "1")
    assert [len(case.ended_at) for case in (first, second, other)] == [1, 0, 1]


def test_a_number_and_its_text_are_the_same_key(run: Run) -> None:
    case = run(waiting(), number=7)
    run.publish("reply", "7")
    assert case.ended_at == ["done"]


def test_a_boundary_message_interrupts_or_happens_each_time(run: Run) -> None:
    drawing = process("p").start().user_task("ask")
    drawing.boundary_message("note", "noted", key="=n", interrupting=False).end("told")
    drawing.at("ask").boundary_message("stop", "stopped", key="=n").end("gone")
    case = run(drawing.at("ask").end("done"), n="1")
    run.publish("note", "1")
    run.publish("note", "1")
    assert (case.ended_at, case.tasks) == (["told", "told"], ["ask"])
    run.publish("stop", "1")
    assert (case.ended_at[-1], case.tasks) == ("gone", [])


def test_a_subscription_that_stays_open_takes_every_buffered_message(run: Run) -> None:
    for text in ("first", "second", "third"):
        run.publish("note", "1", ttl=1, text=text)
    drawing = process("p").start().user_task("ask")
    drawing.boundary_message("note", "noted", key="=n", interrupting=False).end("told")
    case = run(drawing.at("ask").end("done"), n="1")
    assert (case.ended_at, case.tasks) == (["told"] * 3, ["ask"])


def test_a_message_starts_an_instance_one_at_a_time_for_each_key(run: Run) -> None:
    run.deploy(process("p").start_message("order", "ordered").user_task("ask").end("done"))
    for number in ("A", "A", "B"):
        run.publish("order", number, ttl=24, number=number)
    first, second = run.cases("p")
    assert sorted(case.variables["number"] for case in (first, second)) == ["A", "B"]
    a = first if first.variables["number"] == "A" else second
    a.complete("ask")
    run.settle()
    assert sorted(case.variables["number"] for case in run.cases("p")) == ["A", "A", "B"]


def test_an_event_sub_process_takes_a_message_and_ends_the_rest(run: Run) -> None:
    drawing = process("p").start().user_task("ask").end("done")
    drawing.event_sub_process(
        "withdrawal",
        steps().start_message("withdrawn", "on_withdrawn", key="=n").user_task("close").end("gone"),
    )
    case = run(drawing, n="1")
    run.publish("withdrawn", "1", why="moved")
    assert (case.tasks, case.variables["why"]) == (["close"], "moved")
    assert case.complete("close").state == "completed"


def test_a_non_interrupting_event_sub_process_runs_beside_and_again(run: Run) -> None:
    drawing = process("p").start().user_task("ask").end("done")
    drawing.event_sub_process(
        "note",
        steps().start_message("noted", "on_note", key="=n", interrupting=False).task("write").end("written"),
    )
    case = run(drawing, n="1")
    run.publish("noted", "1")
    run.publish("noted", "1")
    assert (case.count("note"), case.tasks) == (2, ["ask"])
    assert case.complete("ask").state == "completed"


def test_the_model_sends_to_another_process(run: Run) -> None:
    sender = process("sender").start().throw_message("reply", "tell", key="=number").end("told")
    case = run(waiting(), number="9")
    run.deploy(sender)
    run.start("sender", number="9", text="from the model")
    run.settle()
    assert (case.ended_at, case.variables["text"]) == (["done"], "from the model")


def test_a_receive_task_and_a_send_task_meet(run: Run) -> None:
    drawing = process("p").start().parallel("fork").send_task("tell", message="ping", key="=n").end("sent")
    case = run(drawing.at("fork").receive_task("hear", "ping", key="=n").end("heard"), n="1")
    run.settle()
    assert sorted(case.ended_at) == ["heard", "sent"]


def test_a_signal_reaches_everybody_who_listens_now_and_nobody_later(run: Run) -> None:
    run.broadcast("closed")
    drawing = process("p").start().catch_signal("closed", "hear").end("done")
    cases = [run(drawing), run.start("p")]
    assert [case.ended_at for case in cases] == [[], []]
    run.broadcast("closed", school="SP 900")
    assert [case.ended_at for case in cases] == [["done"], ["done"]]
    assert cases[0].variables["school"] == "SP 900"


def test_a_signal_starts_instances_and_interrupts_tasks(run: Run) -> None:
    run.deploy(process("p").start_signal("closed", "on_closed").task("note").end("noted"))
    drawing = process("q").start().user_task("ask").boundary_signal("closed", "closing").end("stopped")
    other = run(drawing.at("ask").end("done"))
    run.deploy(process("thrower").start().throw_signal("closed", "tell").end())
    run.start("thrower", school="SP 900")
    run.settle()
    (started,) = run.cases("p")
    assert (started.ended_at, started.variables["school"], other.ended_at) == (
        ["noted"],
        "SP 900",
        ["stopped"],
    )


def test_an_event_sub_process_that_cannot_listen_is_an_incident_of_the_instance(run: Run) -> None:
    drawing = process("p").start().user_task("ask").end("done")
    drawing.event_sub_process("stop", steps().start_message("stop", "on_stop", key="=number").end("gone"))
    case = run(drawing, number=None)
    (incident,) = case.incidents
    assert (incident.element_id, case.tasks) == ("p", [])
    assert case.resolve(number="1").tasks == ["ask"]
    run.publish("stop", "1")
    assert case.ended_at == ["gone"]


def test_a_signal_does_not_reach_who_begins_to_listen_after_it_was_thrown(run: Run) -> None:
    listening = run(process("q").start().catch_signal("closed", "hear").end("heard"))
    drawing = process("p").start().throw_signal("closed", "tell").catch_signal("closed", "hear").end("done")
    case = run(drawing)
    run.settle()
    assert (case.active, listening.ended_at) == (["hear"], ["heard"])


def test_a_message_thrown_before_its_instance_was_suspended_and_ended_is_still_sent(run: Run) -> None:
    run.deploy(process("p").start().throw_message("reply", "tell", key="=number").user_task("ask").end())
    started = run.engine.start("p", variables={"number": "1"}, actor="anna")
    run.engine.suspend(started.key, actor="op", reason="x")
    run.engine.cancel(started.key, actor="op", reason="x")
    assert run(waiting("q"), number="1").ended_at == ["done"]


def test_a_message_for_a_running_key_that_is_not_to_be_kept_is_seen_as_expired(run: Run) -> None:
    run.deploy(process("p").start_message("order", "ordered").user_task("ask").end("done"))
    run.publish("order", "A")
    run.publish("order", "A")
    assert len(run.cases("p")) == 1
    with run.engine.parts.store.reading() as tx:
        assert messages.count(tx, "expired") == 1


def test_a_message_that_met_a_cancelled_instance_goes_to_another_of_its_process_only(run: Run) -> None:
    first = run(waiting(), number="1")
    second = run.start("p", number="1")
    other = run(waiting("q"), number="1")
    third = run.start("q", number="1")
    run.engine.publish_message("reply", correlation_key="1")
    run.engine.cancel(first.key, actor="op", reason="entered twice")
    run.settle()
    assert [len(case.ended_at) for case in (second, other, third)] == [1, 1, 0]


def test_a_message_published_before_the_deployment_starts_an_instance_of_it(run: Run) -> None:
    run.publish("order", "A", ttl=24, number="A")
    run.deploy(process("p").start_message("order", "ordered").user_task("ask").end("done"))
    run.settle()
    assert [case.variables for case in run.cases("p")] == [{"number": "A"}]
    run.deploy(process("p").start_message("order", "ordered").user_task("ask").task("more").end("done"))
    run.settle()
    assert len(run.cases("p")) == 1


def test_the_same_message_is_taken_once_while_it_is_in_the_buffer(run: Run) -> None:
    for text in ("first", "again"):
        run.engine.publish_message(
            "reply", correlation_key="1", variables={"text": text}, ttl=HOUR, message_id="letter 7"
        )
    first, second = run(waiting(), number="1"), run.start("p", number="1")
    assert (first.variables["text"], second.ended_at) == ("first", [])
    run.advance(hours=2)
    run.engine.publish_message("reply", correlation_key="1", variables={"text": "new"}, message_id="letter 7")
    run.settle()
    assert second.variables["text"] == "new"


def test_a_message_for_a_running_key_waits_for_the_next_instance_until_its_time_is_over(run: Run) -> None:
    run.deploy(process("p").start_message("order", "ordered").user_task("ask").end("done"))
    run.publish("order", "A", number=1)
    run.publish("order", "A", ttl=1, number=2)
    run.publish("order", "A", ttl=48, number=3)
    run.advance(hours=2)
    run.cases("p")[0].complete("ask")
    run.settle()
    assert [case.variables["number"] for case in run.cases("p")] == [1, 3]


def test_a_signal_reaches_instances_of_other_processes_and_their_event_sub_processes(run: Run) -> None:
    listening = process("q").start().user_task("ask").end()
    listening.event_sub_process(
        "alarm", steps().start_signal("fire", "on_fire", interrupting=False).end("out")
    )
    run.deploy(process("p").start().throw_signal("fire", "shout").end(), listening)
    one, two = run.start("q"), run.start("q")
    run.start("p", where="cellar")
    run.settle()
    assert [case.ended_at for case in (one, two)] == [["out"], ["out"]]
    assert [case.variables["where"] for case in (one, two)] == ["cellar", "cellar"]


def test_an_event_definition_by_reference_is_that_definition(run: Run) -> None:
    roots = '<bpmn:message id="m" name="reply"/><bpmn:messageEventDefinition id="d" messageRef="m"/>'
    by_reference = "<bpmn:eventDefinitionRef>d</bpmn:eventDefinitionRef>"
    body = nodes("startEvent", "s") + event("intermediateCatchEvent", "hear", [by_reference])
    body += event("intermediateCatchEvent", "again", [by_reference])
    body += nodes("endEvent", "e") + flows("s > hear", "hear > again", "again > e")
    case = run(Plain("p", body, roots))
    run.publish("reply", text="one")
    assert (case.active, case.variables["text"]) == (["again"], "one")
    run.publish("reply", text="two")
    assert (case.state, case.variables["text"]) == ("completed", "two")
