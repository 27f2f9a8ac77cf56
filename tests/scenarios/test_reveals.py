"""Secrets shown on a task: once, to the person who has it, to nobody who did what the drawing keeps apart."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from engine import (
    Completed,
    Conflict,
    EngineError,
    Forbidden,
    HandlerRegistry,
    JobContext,
    NotFound,
    ProcessEngine,
)
from engine.kernel.codec import decode_values
from engine.store import audit
from tests.builders import process

CANARY = "kanarek-Zażółć-8264"


def drawn() -> Any:
    return (
        process("haslo")
        .start()
        .service_task("wygeneruj", "test.draw")
        .user_task("ustaw", properties={"obieg:reveal": "haslo_ref"})
        .user_task(
            "wydrukuj", properties={"obieg:reveal": "haslo_ref, wydruk_ref", "obieg:reprint": "wydruk_ref"}
        )
        .user_task("wydaj", properties={"obieg:fourEyes": "ustaw, nieznane"})
        .end()
    )


@pytest.fixture
def engine(database_url: str) -> Any:
    registry = HandlerRegistry()

    @registry.handler("test.draw")
    def draw(context: JobContext) -> Completed:
        return Completed(
            {
                "haslo_ref": context.draw("haslo_startowe", lambda: CANARY),
                "wydruk_ref": context.draw("wydruk", lambda: f"{CANARY} na papierze"),
            }
        )

    with ProcessEngine(database_url, handlers=registry) as engine:
        engine.deploy(drawn().files(), by="owner")
        yield engine


def case_at(engine: ProcessEngine, element: str, person: str = "jan") -> tuple[int, int]:
    """Return a case and its open task, claimed; every task before was the person's."""
    case = engine.start("haslo", actor="anna").key
    engine.run_until_idle()
    while True:
        (task,) = engine.user_tasks(instance_key=case)
        if task.element_id == element:
            return case, task.key
        engine.complete(task.key, actor=person)


def shown(engine: ProcessEngine) -> list[tuple[str, str, dict[str, Any]]]:
    with engine.parts.store.reading() as tx:
        return [
            (row.actor, row.action, decode_values(row.payload))
            for row in audit.read(tx)
            if row.action.startswith("secret")
        ]


def test_a_secret_is_shown_once_to_the_person_who_has_the_task(engine: ProcessEngine) -> None:
    case, task = case_at(engine, "ustaw")
    with pytest.raises(Forbidden, match="claim it first"):
        engine.reveal(task, variable="haslo_ref", actor="jan")
    engine.claim(task, actor="jan")
    with pytest.raises(Forbidden, match="ewa's"):
        engine.reveal(task, variable="haslo_ref", actor="ewa")
    (offered,) = engine.shown_by(task)
    assert (offered.variable, offered.purpose, offered.times, offered.gone) == (
        "haslo_ref",
        "haslo_startowe",
        0,
        False,
    )
    assert engine.reveal(task, variable="haslo_ref", actor="jan") == CANARY
    with pytest.raises(Conflict, match="shown already"):
        engine.reveal(task, variable="haslo_ref", actor="jan")
    with pytest.raises(Conflict, match="shown once"):
        engine.reveal(task, variable="haslo_ref", actor="jan", reason="bo nie zdążyłem zapisać")
    assert engine.shown_by(task)[0].times == 1
    ((actor, action, told),) = shown(engine)
    assert (actor, action, told["element"], told["case"]) == ("jan", "secret_shown", "ustaw", str(case))
    assert CANARY not in repr(told) + repr(engine.history(case)) + repr(engine.variables(case))


def test_only_what_the_drawing_names_is_shown(engine: ProcessEngine) -> None:
    _, task = case_at(engine, "ustaw")
    engine.claim(task, actor="jan")
    for variable in ("wydruk_ref", "nie_ma_takiej", "haslo_ref "):
        with pytest.raises(NotFound, match="does not"):
            engine.reveal(task, variable=variable, actor="jan")
    engine.complete(task, actor="jan")
    with pytest.raises(Forbidden):
        engine.reveal(task, variable="haslo_ref", actor="jan")  # the task is over
    assert shown(engine) == []


def test_a_reference_of_another_case_is_not_shown(engine: ProcessEngine) -> None:
    other, _ = case_at(engine, "ustaw")
    case, task = case_at(engine, "ustaw")
    engine.claim(task, actor="jan")
    engine.set_variables(
        case, {"haslo_ref": engine.variables(other)["haslo_ref"]}, actor="op", reason="pomyłka"
    )
    with pytest.raises(NotFound):
        engine.reveal(task, variable="haslo_ref", actor="jan")


def test_a_print_out_is_shown_again_with_a_reason_and_counted(engine: ProcessEngine) -> None:
    _, task = case_at(engine, "wydrukuj")
    engine.claim(task, actor="jan")
    with pytest.raises(Conflict, match="nobody has seen"):
        engine.reveal(task, variable="wydruk_ref", actor="jan", reason="papier się zaciął w drukarce")
    first = engine.reveal(task, variable="wydruk_ref", actor="jan")
    with pytest.raises(EngineError, match="reason of 10"):
        engine.reveal(task, variable="wydruk_ref", actor="jan", reason=" bo tak ")
    assert (
        engine.reveal(task, variable="wydruk_ref", actor="jan", reason="papier się zaciął w drukarce")
        == first
    )
    assert [each.times for each in engine.shown_by(task)] == [0, 2]
    assert [told.get("reason") for _, _, told in shown(engine)] == [None, "papier się zaciął w drukarce"]


def test_a_destroyed_secret_is_told_to_be_gone(engine: ProcessEngine) -> None:
    case, task = case_at(engine, "ustaw")
    engine.claim(task, actor="jan")
    engine.secrets.destroy(engine.variables(case)["haslo_ref"])
    assert engine.shown_by(task)[0].gone
    with pytest.raises(NotFound):
        engine.reveal(task, variable="haslo_ref", actor="jan")


def test_of_eight_readers_exactly_one_sees_it(engine: ProcessEngine) -> None:
    for _ in range(5):
        _, task = case_at(engine, "ustaw")
        engine.claim(task, actor="jan")
        outcomes: list[str] = []
        ready = threading.Barrier(8)

        def read(task: int = task, outcomes: list[str] = outcomes, ready: threading.Barrier = ready) -> None:
            ready.wait()
            try:
                outcomes.append(engine.reveal(task, variable="haslo_ref", actor="jan"))
            except Conflict:
                outcomes.append("")

        readers = [threading.Thread(target=read) for _ in range(8)]
        for each in readers:
            each.start()
        for each in readers:
            each.join()
        assert sorted(outcomes) == [""] * 7 + [CANARY]


def test_who_did_one_task_cannot_take_the_one_kept_apart(engine: ProcessEngine) -> None:
    _, task = case_at(engine, "wydaj", person="jan")
    for attempt in (
        lambda: engine.claim(task, actor="jan"),
        lambda: engine.assign(task, "jan", actor="kierownik"),
        lambda: engine.complete(task, actor="jan"),
    ):
        with pytest.raises(Forbidden, match="another person than jan"):
            attempt()
    engine.claim(task, actor="ewa")
    engine.unclaim(task, actor="ewa")
    engine.complete(task, actor="ewa")


def test_a_task_that_keeps_nothing_apart_costs_no_statement_more(engine: ProcessEngine) -> None:
    _, task = case_at(engine, "ustaw")
    before = engine.statements
    engine.claim(task, actor="jan")
    assert engine.statements - before <= 4


def test_who_completed_a_task_is_a_variable_nobody_can_enter(engine: ProcessEngine) -> None:
    drawing = (
        process("zlecenie")
        .start()
        .user_task("zatwierdz", properties={"obieg:completedBy": "zlecajacy"})
        .user_task("dalej")
        .end()
    )
    engine.deploy(drawing.files(), by="owner")
    case = engine.start("zlecenie", actor="anna")
    (task,) = engine.user_tasks(instance_key=case.key)
    engine.complete(task.key, variables={"zlecajacy": "ktos.inny"}, actor="jan")
    assert engine.variables(case.key)["zlecajacy"] == "jan"
    assert engine.verify(instance_key=case.key).ok
