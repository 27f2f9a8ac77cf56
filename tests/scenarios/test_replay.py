"""History as events, elements past and present, and a case as it stood after any of its commands."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from engine import Conflict, InstanceView, NotFound, ProcessEngine, VirtualClock
from engine.store import data_keys
from tests.builders import Process, process, steps


def _drawing() -> Process:
    inside = steps().start("wejscie").user_task("opinia").end("wyjscie")
    return (
        process("narada")
        .start()
        .user_task("zgloszenie", group="EK-04")
        .boundary_timer("P3D", "termin")
        .end("po_terminie")
        .at("zgloszenie")
        .sub_process("opinie", inside)
        .multi_instance("osoby", "osoba", collect=("oceny", "ocena"))
        .service_task("wyslij", "system.wyslij")
        .end("koniec")
    )


@pytest.fixture
def key(engine: ProcessEngine) -> int:
    """An instance whose people have given their opinions, stopped at the service task."""
    engine.deploy(_drawing().files(), by="owner")
    values: dict[str, Any] = {"osoby": ["ala", "ola"], "kwota": Decimal("12.30"), "od": dt.date(2026, 9, 1)}
    return engine.start("narada", variables=values, actor="anna").key


def finish(engine: ProcessEngine, key: int) -> None:
    (task,) = engine.user_tasks(instance_key=key)
    engine.complete(task.key, variables={"temat": "budżet"}, actor="jan")
    for note, opinion in enumerate(sorted(engine.user_tasks(instance_key=key), key=lambda each: each.key), 5):
        engine.complete(opinion.key, variables={"ocena": Decimal(note) / 4}, actor="ola")


def test_a_view_at_every_command_is_what_was_there_then(
    engine: ProcessEngine, key: int, clock: VirtualClock
) -> None:
    views: dict[int, InstanceView] = {}

    def look() -> None:
        seq = engine.history(key)[-1].seq
        views[seq] = InstanceView(
            seq=seq,
            elements=tuple(engine.elements(key)),
            variables=engine.variables(key),
            user_tasks=tuple(engine.user_tasks(instance_key=key, state=("created", "assigned"))),
            timers=tuple(engine.timers(key)),
        )

    look()
    engine.set_variables(key, variables={"uwaga": "x"}, actor="ola", reason="dopisek")
    look()
    (task,) = engine.user_tasks(instance_key=key)
    clock.advance(dt.timedelta(hours=1))
    engine.claim(task.key, actor="jan")
    look()
    engine.complete(task.key, actor="jan")
    look()
    assert list(views) == [1, 2, 3, 4]
    for seq, view in views.items():
        assert engine.replay(key, until=seq) == view
    assert [len(view.timers) for view in views.values()] == [1, 1, 1, 0]
    assert views[3].user_tasks[0].assignee == "jan"


def test_elements_are_listed_in_order_with_bodies_and_without_the_process(
    engine: ProcessEngine, key: int
) -> None:
    finish(engine, key)
    found = engine.elements(key)
    assert [(each.element_id, each.element_type) for each in found][:4] == [
        ("start", "startEvent"),
        ("zgloszenie", "userTask"),
        ("opinie", "multiInstanceBody"),
        ("opinie", "subProcess"),
    ]
    body = found[2]
    inner = [each for each in found if each.parent_key == body.key]
    assert [each.element_type for each in inner] == ["subProcess", "subProcess"]
    assert {each.element_id for each in found if each.parent_key == inner[0].key} == {
        "wejscie",
        "opinia",
        "wyjscie",
    }
    assert [each.element_id for each in found if str(each.state) == "active"] == ["wyslij"]
    assert key not in {each.key for each in found}
    assert all((each.ended_at is None) == (each.element_id == "wyslij") for each in found)


def test_a_terminated_element_is_told_from_a_completed_one(
    engine: ProcessEngine, key: int, clock: VirtualClock
) -> None:
    clock.advance(dt.timedelta(days=4))
    engine.run_until_idle()
    states = {each.element_id: str(each.state) for each in engine.elements(key)}
    assert states == {
        "start": "completed",
        "zgloszenie": "terminated",
        "termin": "completed",
        "po_terminie": "completed",
    }


def test_events_are_numbered_named_and_keep_their_values(engine: ProcessEngine, key: int) -> None:
    finish(engine, key)
    events = engine.history(key)
    assert [(each.seq, each.index) for each in events] == sorted((each.seq, each.index) for each in events)
    started = events[0]
    assert (started.type, started.element_id, started.element_key) == ("instance_started", "narada", key)
    assert started.payload["variables"]["kwota"] == Decimal("12.30")
    assert started.payload["variables"]["od"] == dt.date(2026, 9, 1)
    (job,) = (each for each in events if each.type == "job_created")
    (sent,) = (each for each in engine.elements(key) if each.element_id == "wyslij")
    assert (job.element_id, job.element_key, job.actor) == ("wyslij", sent.key, "ola")
    assert job.payload["type"] == "system.wyslij"
    (timer,) = (each for each in events if each.type == "timer_scheduled")
    assert timer.payload["value"] == "P3D"
    assert {each.actor for each in events} == {"anna", "jan", "ola"}


def test_there_is_no_view_before_the_start_or_after_the_last_command(engine: ProcessEngine, key: int) -> None:
    for until in (0, 2, -1):
        with pytest.raises(NotFound, match="expected a command from 1 to 1"):
            engine.replay(key, until=until)
    for question in (engine.history, engine.elements):
        with pytest.raises(NotFound):
            question(key + 1)


def test_an_erased_case_has_no_history_to_read(engine: ProcessEngine, key: int) -> None:
    with engine.parts.store.transaction() as tx:
        data_keys.destroy(tx, key)
    with pytest.raises(Conflict, match="was erased"):
        engine.history(key)
