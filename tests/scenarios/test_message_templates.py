"""Words of mails and letters: deployed with a procedure, bound to a case's version, kept in its history."""

from __future__ import annotations

import pytest

from engine import Completed, JobContext, JobFailure
from tests.builders import Process, process
from tests.scenarios.run import Case, Run

WORDS = "urzad/list"


@pytest.fixture
def run(run: Run) -> Run:
    """A run whose handler ``say`` writes the words it is given into a variable, failing the first time."""

    @run.handlers.handler("say")
    def say(context: JobContext) -> Completed:
        found = context.message_template(str(context.job.variables.get("szablon", WORDS)))
        if context.job.attempt == 1:
            raise JobFailure("not yet")
        said = None if found is None else [found.text, found.html, found.version]
        return Completed({"said": said, "kept": None if found is None else found.sha256})

    return run


def letter(*, version: int = 1, called: bool = False) -> Process:
    drawn = process("letter", name=f"List {version}").start().user_task("wait")
    step = drawn.call_activity("spoken", "voice") if called else drawn.service_task("spoken", "say")
    return step.end("done")


def words(text: str, html: str = "") -> list[tuple[str, bytes]]:
    found = [("any/urzad/messages/list.txt.j2", text.encode())]
    return [*found, ("any/urzad/messages/list.html.j2", html.encode())] if html else found


def deploy(run: Run, drawing: Process | None, *files: tuple[str, bytes]) -> None:
    run.engine.deploy([*(drawing.files() if drawing else []), *files], by="owner")


def said(run: Run, case: Case) -> list[object]:
    case.complete("wait")
    run.advance(hours=1)
    assert case.ended_at == ["done"]
    return list(case.variables["said"])


def test_a_case_speaks_with_the_words_of_its_own_version(run: Run) -> None:
    deploy(run, letter(), *words("one", "<b>one</b>"))
    first = run.start("letter")
    deploy(run, None, *words("one, corrected", "<b>one</b>"))  # the words alone: for all cases of today
    second = run.start("letter")
    third = run.start("letter")
    assert said(run, second) == ["one, corrected", "<b>one</b>", 2]
    deploy(run, letter(version=2), *words("two"))
    fourth = run.start("letter")
    deploy(run, None, *words("two, corrected"))
    assert said(run, first) == ["one, corrected", "<b>one</b>", 2]
    assert said(run, fourth) == ["two, corrected", "", 4]
    effects = run.engine.case(first.key).effects
    assert [(each.name, each.reply) for each in effects] == [
        (f"template:{WORDS}", {"template": WORDS, "version": 2, "sha256": first.variables["kept"]})
    ]
    run.engine.migrate(third.key, version=2, actor="olga", reason="nowa wersja")
    assert said(run, third) == ["two, corrected", "", 4]


def test_a_process_called_speaks_with_the_words_of_the_case(run: Run) -> None:
    voice = process("voice").start().service_task("spoken", "say").end()
    deploy(run, letter(called=True), *voice.files(), *words("one"))
    first = run.start("letter")
    deploy(run, letter(version=2, called=True), *voice.files(), *words("two"))  # its file is as it was
    second = run.start("letter")
    assert said(run, first) == ["one", "", 1]
    assert said(run, second) == ["two", "", 2]


def test_all_attempts_at_a_step_use_the_words_of_the_first(run: Run) -> None:
    deploy(run, letter(), *words("one"))
    case = run.start("letter").complete("wait")
    deploy(run, None, *words("one, corrected"))
    run.advance(hours=1)
    assert case.variables["said"] == ["one", "", 1]


def test_what_came_with_a_called_process_only_is_found_there(run: Run) -> None:
    """A case of an old version calls the newest version of another process, which names new words."""
    deploy(run, letter(called=True), *process("voice").start().user_task("t").end().files())
    case = run.start("letter")
    voice = process("voice").start().service_task("spoken", "say").end()
    deploy(run, letter(version=2, called=True), *voice.files(), *words("new"))
    assert said(run, case) == ["new", "", 1]


def test_words_without_their_procedure_are_those_of_the_case_whatever_others_deploy(run: Run) -> None:
    deploy(run, letter(), *words("one"))
    (_, drawing), *_ = process("filed").start().user_task("wait").service_task("s", "say").end("done").files()
    deploy(run, None, ("processes/wydzial/filed.bpmn", drawing))
    deploy(run, None, ("wydzial/messages/list.txt.j2", b"of the folder"))
    loose = process("loose").start().user_task("wait").service_task("s", "say").end("done")
    deploy(run, loose)
    case, filed = run.start("letter", szablon="list"), run.start("filed", szablon="list")
    unsure, none = run.start("loose", szablon="list"), run.start("letter", szablon="lost")
    assert said(run, case)[0] == "one"  # though "wydzial" has a list too
    assert said(run, filed)[0] == "of the folder"
    for each in (unsure, none):
        each.complete("wait")
        run.advance(hours=1)
        assert each.variables["said"] is None


def test_words_without_their_procedure_are_the_only_ones_where_the_case_does_not_tell(run: Run) -> None:
    deploy(run, letter())
    deploy(run, None, *words("one"))
    assert said(run, run.start("letter", szablon="list"))[0] == "one"
