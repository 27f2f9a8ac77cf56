"""What the check says about things outside a diagram: handlers, forms, parameters, other processes."""

from __future__ import annotations

from engine.bpmn import CheckEnvironment, Compilation, compile_files
from engine.model.records import Severity
from tests.builders import Process, process, steps


def check(files: list[tuple[str, bytes]], environment: CheckEnvironment | None = None) -> Compilation:
    return compile_files(files, environment or CheckEnvironment())


def found(compilation: Compilation, severity: Severity = Severity.ERROR) -> set[tuple[str, str]]:
    """Return (rule, element) of the findings of one severity."""
    return {(part.rule, part.element_id) for part in compilation.findings if part.severity is severity}


def everyday() -> Process:
    """Return a process with every element of the kernel's first set, none of it wrong."""
    inner = steps().start().user_task("inner").throw_escalation("PILNE").end_error("ZLE")
    return (
        process("p")
        .lane("Wydział", "approve", group="EK-04")
        .start(form="wniosek")
        .user_task("approve", group="EK-04")
        .boundary_timer("R3/PT1H", "remind", interrupting=False)
        .send_task("nag", message="przypomnienie", key="nr")
        .end("nagged")
        .at("approve")
        .boundary_message("wycofanie", "withdrawn", key="nr")
        .end_terminate("stopped")
        .at("approve")
        .exclusive("which")
        .flow_if('decision = "yes"')
        .parallel("fork")
        .service_task("send", "email.send", retries="3")
        .boundary_error("ODRZUCONY", "bounced")
        .connect_to("join")
        .at("send")
        .parallel("join")
        .end("done")
        .at("fork")
        .sub_process("sub", inner)
        .boundary_escalation("PILNE", "urgent", interrupting=False)
        .end_signal("alarm", "alarmed")
        .at("sub")
        .boundary_error("ZLE", "wrong")
        .connect_to("join")
        .at("sub")
        .connect_to("join")
        .at("which")
        .default()
        .event_based("wait")
        .catch_message("odpowiedź", "answer", key="nr")
        .call_activity("call", "inny")
        .script_task("count", "n + 1", "n")
        .multi_instance("osoby", "osoba", collect=("ile", "n"))
        .end("answered")
        .at("wait")
        .catch_timer("=parameters.dni", "expired")
        .receive_task("hear", "odpowiedź", key="nr")
        .manual_task("manual")
        .throw_signal("koniec", "tell")
        .end_escalation("PILNE", "escalated")
        .event_sub_process("watch", steps().start_signal("alarm", interrupting=False).task("t").end())
        .event_sub_process("rescue", steps().start_error("").end())
    )


def test_a_process_with_everything_has_no_errors() -> None:
    environment = CheckEnvironment(
        job_types=frozenset({"email.send"}),
        form_ids=frozenset({"wniosek"}),
        process_ids=frozenset({"inny"}),
        parameters=frozenset({"dni"}),
        error_codes={"email.send": frozenset({"ODRZUCONY"})},
    )
    compilation = check(everyday().files(), environment)
    grave = [str(each) for each in compilation.findings if each.severity is not Severity.HINT]
    assert grave == []
    assert len(compilation.definitions) == 1


def test_what_a_process_needs_from_outside_is_looked_for() -> None:
    nothing: frozenset[str] = frozenset()
    environment = CheckEnvironment(
        job_types=frozenset({"email.sent"}),
        form_ids=nothing,
        process_ids=nothing,
        parameters=frozenset({"dni_na_odpowiedź"}),
        error_codes={"email.send": frozenset({"BRAK_ADRESU"})},
    )
    compilation = check(everyday().files(), environment)
    assert found(compilation) == {
        ("form-unknown", "start"),
        ("process-unknown", "call"),
        ("parameter-unknown", "expired"),
    }
    assert found(compilation, Severity.WARNING) == {
        ("handler-unknown", "send"),
        ("error-never-raised", "bounced"),
    }
    (handler,) = [finding for finding in compilation.findings if finding.rule == "handler-unknown"]
    assert handler.remedy == "did you mean 'email.sent'?"


def test_called_processes_may_come_with_the_same_files() -> None:
    files = [
        *process("p").start().call_activity("call", "q").end().files(),
        *process("q").start().end().files(),
    ]
    assert check(files, CheckEnvironment(process_ids=frozenset())).findings == ()


def test_a_process_that_calls_itself_is_warned_about() -> None:
    files = [
        *process("p").start().call_activity("call", "q").end().files(),
        *process("q").start().call_activity("back", "p").end().files(),
    ]
    assert found(check(files), Severity.WARNING) == {("call-recursive", "p"), ("call-recursive", "q")}


def test_an_error_nobody_catches_is_warned_about() -> None:
    environment = CheckEnvironment(error_codes={"email.send": frozenset({"ODRZUCONY"})})
    bare = process("p").start().service_task("a", "email.send").end()
    assert found(check(bare.files(), environment), Severity.WARNING) == {("error-never-caught", "a")}
    caught = (
        process("p")
        .start()
        .sub_process("s", steps().start().service_task("a", "email.send").end())
        .boundary_error("", "any")
        .end()
    )
    assert found(check(caught.files(), environment), Severity.WARNING) == set()
