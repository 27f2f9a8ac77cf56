"""What the office keeps beside its cases: people, parameters, secrets, documents, registers."""

from __future__ import annotations

import datetime as dt
import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from engine import Conflict, EngineError, InvalidVariables, NotFound, ProcessEngine, VirtualClock
from engine.scheduler import clean
from engine.store import audit, data_keys
from tests.builders import process

CANARY = "kanarek-Zażółć-7391"
HOUR = dt.timedelta(hours=1)


def actions(engine: ProcessEngine) -> list[tuple[str, str]]:
    """The operations outside instances: who did what."""
    with engine.parts.store.reading() as tx:
        return [(row.actor, row.action) for row in audit.read(tx)]


@pytest.fixture
def case(engine: ProcessEngine) -> int:
    """The key of a case that waits for a person."""
    engine.deploy(process("sprawa").start().user_task("czekaj").end().files(), by="owner")
    return engine.start("sprawa", actor="anna").key


# --- people ----------------------------------------------------------------------------------------------


def test_people_are_added_once_changed_and_found(engine: ProcessEngine) -> None:
    people = engine.people
    jan = people.add("jan", name="Jan Nowak", roles=["clerk"], groups=["EK-04", "EK-02", "EK-04"], by="admin")
    people.add("sp900", name="Dyrektor SP 900", roles=["applicant"], school="12345", by="admin")
    assert people.get("jan") == jan
    assert jan.groups == ("EK-02", "EK-04")
    with pytest.raises(Conflict, match="'jan' already"):
        people.add("jan", name="Inny", by="admin")
    changed = people.change("jan", groups=["EK-04"], active=False, by="admin")
    assert (changed.name, changed.groups, changed.active) == ("Jan Nowak", ("EK-04",), False)
    assert [person.id for person in people.everybody()] == ["jan", "sp900"]
    assert [person.id for person in people.everybody(role="applicant", school="12345")] == ["sp900"]
    assert people.everybody(group="EK-02") == []
    assert people.groups() == ["EK-04"]
    assert actions(engine) == [
        ("admin", "person_added"),
        ("admin", "person_added"),
        ("admin", "person_changed"),
    ]


def test_people_that_cannot_be(engine: ProcessEngine) -> None:
    with pytest.raises(EngineError, match="expected roles of"):
        engine.people.add("jan", name="Jan", roles=["boss"], by="admin")
    with pytest.raises(EngineError, match="an id to sign in with"):
        engine.people.add(" \n", name="Jan", by="admin")
    with pytest.raises(NotFound):
        engine.people.change("nikt", name="Jan", by="admin")
    with pytest.raises(NotFound):
        engine.people.get("nikt")
    assert actions(engine) == []


def test_a_group_is_called_so_until_it_is_called_otherwise(engine: ProcessEngine) -> None:
    groups = engine.groups
    groups.call("EK-04", " Referat kadr ", by="admin")
    groups.call("EK-04", "Referat kadr", by="admin")  # unchanged: nothing to tell
    groups.call("sio-3-decyzja", "Decyzje", by="admin")
    groups.call("EK-04", "Referat systemów", by="ada")
    assert groups.names() == {"EK-04": "Referat systemów", "sio-3-decyzja": "Decyzje"}
    groups.call("EK-04", "", by="ada")
    assert groups.names() == {"sio-3-decyzja": "Decyzje"}
    told = [(each.actor, each.name) for each in groups.changes("EK-04")]
    assert told == [("ada", ""), ("ada", "Referat systemów"), ("admin", "Referat kadr")]
    assert [action for _, action in actions(engine)] == ["group_named"] * 4
    assert engine.verify().ok


@pytest.mark.parametrize(
    ("group", "name"),
    [("", "x"), (" EK-04", "x"), ("a\nb", "x"), ("g" * 121, "x"), ("g", "\u202ex"), ("g", "n" * 121)],
)
def test_a_group_that_cannot_be_called_so(engine: ProcessEngine, group: str, name: str) -> None:
    with pytest.raises(EngineError, match="expected a"):
        engine.groups.call(group, name, by="admin")
    assert actions(engine) == []


def test_groups_are_known_from_drawings_tasks_people_and_names(engine: ProcessEngine) -> None:
    drawing = (
        process("p")
        .start("s")
        .user_task("a", group="EK-04, EK-02")
        .user_task("b", group='=[organ + "-decyzja"]')
        .user_task("c")
        .end("e")
        .lane("Wnioskodawca", "c", group="wnioskodawca")
        .lane("Referat", "a", "b", group="EK-04")
        .lane("System", "s", "e", group="system")
    )
    engine.deploy(drawing.files(), by="owner")
    engine.people.add("jan", name="Jan", roles=["clerk"], groups=["EK-04", "archiwum"], by="admin")
    engine.groups.call("jutro", "Od jutra", by="admin")
    drawn = {"EK-02", "EK-04", "wnioskodawca"}
    assert {each.id for each in engine.known_groups()} == drawn | {"archiwum", "jutro"}
    case = engine.start("p", actor="anna", variables={"organ": "sio-3"})
    (first,) = engine.user_tasks(instance_key=case.key)
    engine.complete(first.key, actor="jan")
    known = {each.id: each for each in engine.known_groups()}
    assert known.keys() == drawn | {"archiwum", "jutro", "sio-3-decyzja"}
    assert (known["EK-04"].members, known["EK-04"].processes, known["jutro"].name) == (1, ("p",), "Od jutra")
    assert {id for id, each in known.items() if each.processes} == drawn


# --- parameters ------------------------------------------------------------------------------------------


def test_an_instance_keeps_the_parameters_it_started_with(engine: ProcessEngine) -> None:
    drawing = process("p").start().user_task("czekaj").script_task("licz", "parameters.stawka * 2", "kwota")
    engine.deploy(drawing.end().files(), by="owner")
    assert engine.parameters.set("p", b"stawka: {value: 1.5}", by="owner") == 1
    first = engine.start("p", actor="anna")
    assert engine.parameters.set("p", b"stawka: {value: 10, unit: z\xc5\x82}", by="owner") == 2
    assert engine.parameters.set("p", b"stawka: {value: 10, unit: z\xc5\x82}", by="owner") == 2  # unchanged
    second = engine.start("p", actor="anna")
    for task in engine.user_tasks(process_id="p"):
        engine.complete(task.key, actor="jan")
    assert (engine.variables(first.key)["kwota"], engine.variables(second.key)["kwota"]) == (3, 20)
    assert engine.parameters.values("p") == {"stawka": 10}
    assert engine.parameters.describe("p")["stawka"].unit == "zł"
    assert [each.version for each in engine.parameters.versions("p")] == [1, 2]
    assert engine.verify().ok


def test_parameters_that_cannot_be_read_are_not_stored(engine: ProcessEngine) -> None:
    with pytest.raises(InvalidVariables, match="the parameters of 'p'"):
        engine.parameters.set("p", b"stawka: 7", by="owner")
    assert engine.parameters.versions("p") == []
    assert engine.parameters.values("p") == {}
    with pytest.raises(NotFound, match="version 4"):
        engine.parameters.values("p", version=4)


# --- secrets ----------------------------------------------------------------------------------------------


def draw(engine: ProcessEngine, case: int, purpose: str = "haslo", secret: str = CANARY) -> str:
    return engine.secrets.draw(
        root_key=case, idempotency_key="step-1", purpose=purpose, make=lambda: secret, lifetime=HOUR
    )


def test_a_secret_is_drawn_once_per_step_and_purpose(engine: ProcessEngine, case: int) -> None:
    reference = draw(engine, case)
    assert draw(engine, case, secret="inne") == reference
    assert engine.secrets.read(reference, root_key=case) == CANARY
    other = draw(engine, case, purpose="klucz", secret="inne")
    assert engine.secrets.read(other, root_key=case) == "inne"
    with pytest.raises(NotFound):
        engine.secrets.read(reference, root_key=case + 1)


def test_a_secret_is_shown_once_and_that_is_audited(engine: ProcessEngine, case: int) -> None:
    reference = draw(engine, case)
    assert engine.secrets.take_once(reference, by="jan") == CANARY
    with pytest.raises(Conflict, match="shown already"):
        engine.secrets.take_once(reference, by="jan")
    assert engine.secrets.read(reference) == CANARY  # the engine's own work goes on
    assert actions(engine)[-1] == ("jan", "secret_shown")
    assert actions(engine).count(("jan", "secret_shown")) == 1


def test_eight_readers_at_once_and_one_gets_the_secret(engine: ProcessEngine, case: int) -> None:
    reference = draw(engine, case)
    outcomes: list[str] = []

    def take() -> None:
        try:
            outcomes.append(engine.secrets.take_once(reference, by="jan"))
        except Conflict:
            outcomes.append("")

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [""] * 7 + [CANARY]


def test_a_secret_ends_with_its_time_or_when_destroyed(
    engine: ProcessEngine, case: int, clock: VirtualClock
) -> None:
    destroyed, expired = draw(engine, case), draw(engine, case, purpose="klucz")
    engine.secrets.destroy(destroyed)
    engine.secrets.destroy(destroyed)
    clock.advance(HOUR)
    for reference in (destroyed, expired, "secret-0"):
        for use in (engine.secrets.read, lambda each: engine.secrets.take_once(each, by="jan")):
            with pytest.raises(NotFound):
                use(reference)
    clean(engine.parts)  # every hour, by each node
    with engine.parts.store.reading() as tx:
        kept = tx.connection.execute(text("SELECT ciphertext, wrapped FROM secret")).all()
    assert [tuple(map(bytes, row)) for row in kept] == [(b"", b"")] * 2


def test_no_secret_or_document_is_in_the_database_in_clear(
    engine: ProcessEngine, case: int, database_url: str
) -> None:
    draw(engine, case)
    engine.documents.store(root_key=case, name="pismo.txt", content=CANARY.encode(), media_type="text/plain")
    with engine.parts.store.transaction() as tx:
        engine.registers.append(
            tx, register="incydenty", instance_key=case, subject=CANARY, data={"co": CANARY}
        )
        for name in ("secret", "document", "register_entry"):
            for row in tx.connection.execute(text(f"SELECT * FROM {name}")):  # noqa: S608
                assert not any(CANARY.encode() in bytes(each) for each in row if isinstance(each, bytes))
    if database_url.startswith("sqlite"):
        file = Path(database_url.removeprefix("sqlite:///"))
        for stored in (file, file.with_name(f"{file.name}-wal")):
            assert CANARY.encode() not in stored.read_bytes()


# --- documents ----------------------------------------------------------------------------------------------


def test_a_document_is_stored_once_per_step_and_name(engine: ProcessEngine, case: int) -> None:
    def store(content: bytes, key: str = "step-1") -> str:
        return engine.documents.store(
            root_key=case,
            name="pismo.pdf",
            content=content,
            media_type="application/pdf",
            idempotency_key=key,
        )

    first = store(b"%PDF first")
    assert store(b"%PDF second") == first
    other = store(b"%PDF other", key="step-2")
    assert engine.documents.read(first, root_key=case) == b"%PDF first"
    assert {each.reference for each in engine.documents.of_case(case)} == {first, other}
    assert {each.media_type for each in engine.documents.of_case(case)} == {"application/pdf"}
    for reference, root_key in ((first, case + 1), ("document-none", case)):
        with pytest.raises(NotFound):
            engine.documents.read(reference, root_key=root_key)


def test_documents_end_with_the_case_they_belong_to(engine: ProcessEngine, case: int) -> None:
    reference = engine.documents.store(root_key=case, name="a", content=b"x", media_type="text/plain")
    with engine.parts.store.transaction() as tx:
        data_keys.destroy(tx, case)
    with pytest.raises(Conflict, match="erased"):
        engine.documents.read(reference)
    with pytest.raises(Conflict, match="erased"):
        engine.documents.store(root_key=case, name="b", content=b"x", media_type="text/plain")


# --- registers ----------------------------------------------------------------------------------------------


def note(engine: ProcessEngine, case: int | None, subject: str, *, fail: bool = False) -> int:
    with engine.parts.store.transaction() as tx:
        number = engine.registers.append(
            tx, register="incydenty", instance_key=case, subject=subject, data={"dni": 3}
        )
        if fail:
            raise RuntimeError("rolled back")
        return number


def test_a_register_is_numbered_without_gaps_and_outlives_its_case(engine: ProcessEngine, case: int) -> None:
    assert note(engine, case, "pierwszy") == 1
    with pytest.raises(RuntimeError, match="rolled back"):
        note(engine, case, "nic", fail=True)
    assert note(engine, None, "drugi") == 2
    with engine.parts.store.transaction() as tx:
        data_keys.destroy(tx, case)
    found = engine.registers.entries("incydenty")
    assert [(each.number, each.subject, each.data, each.instance_key) for each in found] == [
        (2, "drugi", {"dni": 3}, None),
        (1, "pierwszy", {"dni": 3}, case),
    ]
    assert [each.number for each in engine.registers.entries("incydenty", instance_key=case)] == [1]


def test_an_entry_is_resolved_once_with_a_reason_and_never_deleted(engine: ProcessEngine, case: int) -> None:
    note(engine, case, "pierwszy")
    with pytest.raises(EngineError, match="but it has 0"):
        engine.registers.resolve("incydenty", 1, resolution=" ", by="iod")
    engine.registers.resolve("incydenty", 1, resolution="zgłoszono do UODO", by="iod")
    with pytest.raises(Conflict, match="resolved already"):
        engine.registers.resolve("incydenty", 1, resolution="całkiem inaczej", by="iod")
    with pytest.raises(NotFound):
        engine.registers.resolve("incydenty", 9, resolution="nie ma takiego", by="iod")
    assert engine.registers.entries("incydenty")[0].resolution == "zgłoszono do UODO"
    assert engine.registers.entries("incydenty", unresolved=True) == []
    assert actions(engine)[-1] == ("iod", "register_resolved")
    for statement in ("DELETE FROM register_entry", "UPDATE register_entry SET resolved = NULL"):
        with pytest.raises((DBAPIError, EngineError)), engine.parts.store.transaction() as tx:
            tx.connection.execute(text(statement))
    assert len(engine.registers.entries("incydenty")) == 1


def test_an_entry_moved_to_another_case_does_not_open(engine: ProcessEngine, case: int) -> None:
    note(engine, case, "pierwszy")
    other = engine.start("sprawa", actor="anna").key
    with engine.parts.store.transaction() as tx:
        for statement in _without_guard(tx.dialect):
            tx.connection.execute(text(statement))
        tx.connection.execute(text("UPDATE register_entry SET instance_key = :other"), {"other": other})
    with pytest.raises(EngineError, match="to open"):
        engine.registers.entries("incydenty")


def _without_guard(dialect: str) -> list[str]:
    if dialect == "sqlite":
        return ["DROP TRIGGER register_entry_update"]
    return ["ALTER TABLE register_entry DISABLE TRIGGER USER"]
