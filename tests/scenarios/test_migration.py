"""A running instance goes on in another version of its process, under the names its elements have there."""

from __future__ import annotations

import pytest

from tests.builders import Process, process, steps
from tests.plain import Plain, event, flows, formal, node, nodes, script, users
from tests.scenarios.migrating import migrate, obstacles
from tests.scenarios.run import Case, Run


def test_an_instance_goes_on_in_a_new_version_with_its_deadlines(run: Run) -> None:
    drawing = process("p").start().user_task("a").boundary_timer("PT5H", "late").end("expired")
    case = run(drawing.at("a").end("done"), n="1")
    (before,) = run.engine.timers(case.key)
    run.engine.claim(case.task("a").key, actor="jan")
    run.advance(hours=1)
    newer = process("p").start().user_task("a").boundary_timer("PT9H", "late").end("expired")
    newer.at("a").boundary_timer("PT2H", "soon", interrupting=False).end("reminded")
    newer.event_sub_process("stop", steps().start_message("stop", "on_stop", key="=n").end("stopped"))
    run.deploy(newer.at("a").user_task("more").end("done"))
    tried = run.engine.migrate(case.key, actor="op", reason="new version", dry_run=True)
    assert (tried.version, run.engine.instance(case.key).version) == (2, 1)
    migrate(run, case)
    run.settle()
    timers = {timer.element_id: timer.due_at for timer in run.engine.timers(case.key)}
    assert timers["late"] == before.due_at
    assert case.task("a").assignee == "jan"
    run.advance(hours=2)
    assert case.ended_at == ["reminded"]
    assert case.complete("a").tasks == ["more"]
    run.publish("stop", "1")
    assert (case.ended_at[-1], case.state) == ("stopped", "completed")


def test_migration_does_not_repeat_what_has_already_happened(run: Run) -> None:
    def drawing() -> Process:
        asked = process("p").start().user_task("a").boundary_timer("PT1H", "soon", interrupting=False)
        asked.end("reminded").at("a").boundary_message("stop", "stopped", key="=n").end("gone")
        return asked.at("a")

    case = run(drawing().end("done"), n="1")
    run.advance(hours=1)
    run.deploy(drawing().user_task("more").end("done"))
    migrate(run, case)
    run.advance(hours=5)
    assert case.ended_at == ["reminded"]
    run.publish("stop", "1")
    assert case.ended_at == ["reminded", "gone"]


def busy(fork: str, ask: str, late: str, send: str, wait: str, join: str) -> Process:
    """Return a process that waits for a person, a deadline, a handler and a message at once."""
    drawing = process("p").start().parallel(fork).user_task(ask, due='=now() + duration("P1D")')
    drawing.boundary_timer("PT5H" if ask == "ask" else "PT9H", late, interrupting=False).end("reminded")
    drawing.at(ask).parallel(join).end("done")
    drawing.at(fork).service_task(send, "mail" if ask == "ask" else "letter", retries="5").connect_to(join)
    return drawing.at(fork).catch_message(f"{wait}_name", wait, key='="k"').connect_to(join)


OLD, NEW = (
    ("fork", "ask", "late", "send", "wait", "join"),
    ("split", "question", "due", "write", "hear", "sync"),
)
RENAMED = dict(zip(OLD[1:], NEW[1:], strict=True))


def test_what_was_asked_is_carried_over_under_new_names(run: Run) -> None:
    case = run(busy(*OLD))
    run.engine.claim(case.task("ask").key, actor="jan")
    task, (timer,) = case.task("ask"), run.engine.timers(case.key)
    first = case.job("mail")
    run.engine.fail_job(first.key, reason="busy")
    run.deploy(busy(*NEW))
    migrate(run, case, mapping=RENAMED)

    moved, (due,) = case.task("question"), run.engine.timers(case.key)
    assert (moved.key, moved.assignee, moved.due_at) == (task.key, "jan", task.due_at)
    assert (due.element_id, due.due_at) == ("due", timer.due_at)
    run.advance(minutes=30)
    again = case.job("mail")  # asked for as mail, so it stays that
    assert (again.key, again.element_id, again.retries) == (first.key, "write", 4)
    assert again.idempotency_key == first.idempotency_key
    run.engine.complete_job(again.key)
    run.publish("wait_name", "k")
    assert case.complete("question").ended_at == ["done"]


def test_history_keeps_the_names_things_had(run: Run) -> None:
    case = run(busy(*OLD))
    task = case.task("ask")
    run.deploy(busy(*NEW))
    migrate(run, case, mapping=RENAMED)
    names = {each.key: each.element_id for each in run.engine.elements(case.key)}
    assert names[task.key] == "question"
    assert {"fork", "hear"} < set(names.values())  # the fork had ended before
    (recorded,) = [each for each in run.engine.history(case.key) if each.type == "instance_migrated"]
    assert recorded.payload["mapping"].items() >= RENAMED.items()
    before = run.engine.replay(case.key, until=recorded.seq - 1)
    after = run.engine.replay(case.key, until=recorded.seq)
    assert [[task.element_id for task in view.user_tasks] for view in (before, after)] == [
        ["ask"],
        ["question"],
    ]
    case.complete("question")
    ended = [each for each in run.engine.history(case.key) if each.type == "user_task_ended"]
    assert [each.element_id for each in ended] == ["question"]


def test_tokens_that_wait_at_a_join_follow_their_flows(run: Run) -> None:
    def drawn(fork: str, join: str) -> Process:
        drawing = process("p").start().parallel(fork).user_task("a").parallel(join).end("done")
        return drawing.at(fork).user_task("b").connect_to(join)

    case = run(drawn("fork", "join"))
    case.complete("a")
    run.deploy(drawn("fork", "sync"))
    migrate(run, case, mapping={"join": "sync"})
    assert case.complete("b").ended_at == ["done"]


def test_names_that_change_places_are_not_confused(run: Run) -> None:
    def drawn(first: str, second: str) -> Process:
        drawing = process("p").start().parallel("fork").user_task(first).parallel("join").end("done")
        return drawing.at("fork").user_task(second).connect_to("join")

    case = run(drawn("a", "b"))
    one, other = case.task("a").key, case.task("b").key
    run.deploy(drawn("b", "a"))
    migrate(run, case, mapping={"a": "b", "b": "a"})
    assert (case.task("b").key, case.task("a").key) == (one, other)
    assert case.complete("a").complete("b").ended_at == ["done"]


def test_a_place_in_a_sub_process_and_its_listeners_move_together(run: Run) -> None:
    def drawn(work: str, inner: str, stop: str, name: str) -> Process:
        inside = steps().start().user_task(inner).end("inner_done")
        inside.event_sub_process(
            stop, steps().start_message(name, f"{stop}_start", key='="k"').end(f"{stop}_end")
        )
        return process("p").start().sub_process(work, inside).end("done")

    case = run(drawn("work", "inner", "stop", "halt"))
    run.deploy(drawn("job", "deep", "cease", "quit"))
    names = {"work": "job", "inner": "deep"}
    migrate(run, case, mapping={**names, "stop": "cease", "stop_start": "cease_start"})
    run.publish("quit", "k")
    assert case.tasks == ["deep"]  # it listens for what it listened for before
    run.publish("halt", "k")
    assert case.ended_at == ["cease_end", "done"]


def test_an_event_sub_process_under_way_and_a_called_process_go_on(run: Run) -> None:
    called = process("child").start().user_task("work").end()

    def drawn(call: str, aside: str) -> Process:
        drawing = process("p").start().call_activity(call, "child").end("done")
        inside = steps().start_message("aside", f"{aside}_start", key='="k"', interrupting=False)
        return drawing.event_sub_process(aside, inside.user_task(f"{aside}_task").end(f"{aside}_end"))

    case = run(drawn("call", "side"), called)
    run.publish("aside", "k")
    (child,) = run.engine.instances(parent_key=case.key)
    run.deploy(drawn("calls", "extra"))
    ids = ("", "_start", "_task")
    migrate(run, case, mapping={"call": "calls", **{f"side{each}": f"extra{each}" for each in ids}})
    assert case.complete("extra_task").ended_at == ["extra_end"]
    run.publish("aside", "k")
    assert case.complete("extra_task").ended_at == ["extra_end", "extra_end"]
    Case(run, child.key).complete("work")
    assert case.ended_at[-1] == "done"


@pytest.mark.parametrize("sequential", [False, True])
def test_repeated_work_goes_on_where_it_was(run: Run, sequential: bool) -> None:
    def drawn(name: str) -> Process:
        drawing = (
            process("p")
            .start()
            .user_task(name)
            .multi_instance("=people", "person", sequential=sequential, collect=("answers", "answer"))
        )
        return drawing.boundary_timer("PT1H", f"{name}_late", interrupting=False).end(f"{name}_told").at(name)

    case = run(drawn("ask").end("done"), people=["a", "b", "c"])
    case.complete("ask", answer=1)
    run.deploy(drawn("poll").user_task("after").end("done"))
    migrate(run, case, mapping={"ask": "poll", "ask_late": "poll_late"})
    run.advance(hours=2)
    case.complete("poll", answer=2).complete("poll", answer=3)
    assert (case.tasks, case.variables["answers"], case.ended_at) == (["after"], [1, 2, 3], ["poll_told"])


def test_an_incident_moves_with_its_element_and_is_resolved_there(run: Run) -> None:
    drawing = process("p").start().exclusive("old").flow_if("missing > 1").end("a")
    case = run(drawing.at("old").flow_if("missing < 0").end("b"))
    (incident,) = case.incidents
    newer = process("p").start().exclusive("new").flow_if("missing > 1").end("a")
    run.deploy(newer.at("new").default().end("b"))
    migrate(run, case, version=2, mapping={"old": "new"})
    (moved,) = case.incidents
    assert (moved.key, moved.element_id) == (incident.key, "new")
    assert case.resolve(missing=0).ended_at == ["b"]


def test_a_boundary_event_drawn_onto_another_activity(run: Run) -> None:
    """Its old host cannot keep it; an instance of the new host begins to wait for it."""
    drawing = process("p").start().user_task("a").boundary_timer("PT1H", "late").end("expired")
    first = run(drawing.at("a").user_task("b").end("done"))
    second = run.start("p")
    second.complete("a")
    newer = process("p").start().user_task("a").user_task("b").boundary_timer("PT1H", "late").end("expired")
    run.deploy(newer.at("b").end("done"))
    assert obstacles(run, first) == ("'late' is attached to 'b' in it",)
    migrate(run, second)
    run.advance(hours=1)
    assert (second.ended_at, first.ended_at) == (["expired"], ["expired"])


def test_what_can_be_undone_and_what_is_watched_move_along(run: Run) -> None:
    """A completed activity is undone by the handler the new version draws; a condition is watched on."""

    def drawn(book: str, pay: str, watch: str, undo: str) -> Plain:
        condition = formal("condition", "=late")
        when = f"<bpmn:conditionalEventDefinition>{condition}</bpmn:conditionalEventDefinition>"
        inside = node("startEvent", "s") + script(book, f'append(log, "{book}")', "log")
        inside += event(
            "boundaryEvent", f"on_{book}", ["<bpmn:compensateEventDefinition/>"], attachedToRef=book
        )
        inside += script(undo, f'append(log, "{undo}")', "log", isForCompensation="true")
        inside += (
            f'<bpmn:association id="a" associationDirection="One" sourceRef="on_{book}" targetRef="{undo}"/>'
        )
        inside += users(pay) + event("boundaryEvent", watch, [when], attachedToRef=pay)
        inside += event("intermediateThrowEvent", "back", ["<bpmn:compensateEventDefinition/>"])
        inside += nodes("endEvent", "paid", "undone")
        arrows = (f"s > {book}", f"{book} > {pay}", f"{pay} > paid", f"{watch} > back", "back > undone")
        return Plain("p", inside + flows(*arrows))

    case = run(drawn("book", "pay", "watch", "cancel"), log=[], late=False)
    run.deploy(drawn("reserve", "settle", "observe", "release"))
    renamed = {"pay": "settle", "watch": "observe"}
    assert obstacles(run, case, **renamed) == ("'book' has completed and can be undone, but is not in it",)
    migrate(run, case, mapping={**renamed, "book": "reserve"})
    run.engine.set_variables(case.key, {"late": True}, actor="op", reason="x")
    run.settle()
    assert (case.variables["log"], case.ended_at) == (["book", "release"], ["undone"])


def test_an_interrupted_container_does_not_begin_to_listen(run: Run) -> None:
    def drawn(*names: str) -> Process:
        drawing = process("p").start().user_task("a").end("done")
        for name in names:
            inside = steps().start_message(name, f"on_{name}", key='="k"').user_task(f"{name}_task").end()
            drawing.event_sub_process(name, inside)
        return drawing

    case = run(drawn("stop"))
    run.publish("stop", "k")
    run.deploy(drawn("stop", "other"))
    migrate(run, case)
    run.publish("other", "k")
    assert case.tasks == ["stop_task"]
