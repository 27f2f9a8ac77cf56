"""What is deployed, by every way of naming a version; and what a recorded context can still be run with."""

from __future__ import annotations

import json

import msgspec
import pytest

from engine import Damaged, NotFound, ProcessEngine
from engine.catalogue import Catalogue, NotReexecutable
from engine.kernel import SEMANTICS_VERSION, CommandContext
from tests.builders import process


def model(task: str, tag: str = "") -> tuple[str, bytes]:
    (file,) = process("p", version_tag=tag).start().user_task(task, form="wniosek").end().files()
    return file


def form(key: str) -> tuple[str, bytes]:
    field = {"type": "textfield", "id": f"field_{key}", "key": key, "label": key}
    content = {"type": "default", "id": "wniosek", "schemaVersion": 16, "components": [field]}
    return "wniosek.form", json.dumps(content).encode()


def test_a_version_is_found_by_key_number_tag_deployment_and_as_the_newest(engine: ProcessEngine) -> None:
    catalogue = engine.parts.catalogue
    first = engine.deploy([model("a", "stary"), form("x")], by="owner")
    second = engine.deploy([model("b"), form("x")], by="owner")
    with engine.parts.store.reading() as tx:
        ways = [
            catalogue.latest(tx, "p"),
            catalogue.version(tx, "p", 1),
            catalogue.tagged(tx, "p", "stary"),
            catalogue.of_deployment(tx, first.key, "p"),
            catalogue.of_deployment(tx, second.key, "p"),
        ]
        assert [each.row.version for each in ways] == [2, 1, 1, 1, 2]
        assert ["a" in each.definition.elements for each in ways] == [False, True, True, True, False]
        assert catalogue.process(tx, ways[0].row.key) == ways[0]
        with pytest.raises(NotFound, match="a process 'q'"):
            catalogue.latest(tx, "q")
        with pytest.raises(NotFound, match="version 3"):
            catalogue.version(tx, "p", 3)
        with pytest.raises(NotFound, match="tagged 'nowy'"):
            catalogue.tagged(tx, "p", "nowy")
        with pytest.raises(NotFound, match="definition key 7"):
            catalogue.process(tx, 7)


def test_what_is_compiled_once_costs_no_statement(engine: ProcessEngine) -> None:
    deployed = engine.deploy([model("a"), form("x")], by="owner")
    catalogue = Catalogue(engine.parts.store)
    (key,) = (each.key for each in deployed.definitions if each.kind == "process")
    with engine.parts.store.reading() as tx:
        for _ in range(2):
            before = tx.statements
            catalogue.process(tx, key)
            catalogue.form(tx, "wniosek", deployment_key=deployed.key)
        assert tx.statements == before


def test_a_form_unchanged_in_a_later_deployment_is_still_found_there(engine: ProcessEngine) -> None:
    catalogue = engine.parts.catalogue
    first = engine.deploy([model("a"), form("x")], by="owner")
    second = engine.deploy([model("b"), form("x")], by="owner")
    third = engine.deploy([form("y")], by="owner")
    with engine.parts.store.reading() as tx:
        found = [
            catalogue.form(tx, "wniosek", deployment_key=key)
            for key in (first.key, second.key, third.key, None)
        ]
        assert [[component.key for component in each.components] for each in found if each] == [
            ["x"],
            ["x"],
            ["y"],
            ["y"],
        ]
        assert catalogue.form(tx, "nie_ma", deployment_key=None) is None


@pytest.mark.parametrize(
    ("version", "value", "error"),
    [
        ("semantics_version", SEMANTICS_VERSION + 1, NotReexecutable),
        ("definition", "0" * 64, Damaged),
        ("definition_key", 7, NotFound),
        ("parameters", 4, NotFound),
    ],
)
def test_a_recorded_context_is_only_run_with_what_it_names(
    engine: ProcessEngine, version: str, value: object, error: type[Exception]
) -> None:
    catalogue = engine.parts.catalogue
    engine.deploy([model("a"), form("x")], by="owner")
    with engine.parts.store.reading() as tx:
        row = catalogue.latest(tx, "p").row
        recorded = CommandContext(
            semantics_version=SEMANTICS_VERSION,
            now=0,
            first_key=1,
            definition_key=row.key,
            definition=row.sha256,
            calendar=catalogue.calendar_version(),
            tzdata=catalogue.tzdata_version(),
        )
        assert catalogue.context(tx, recorded, process_id="p").recorded == recorded
        with pytest.raises(error):
            catalogue.context(tx, msgspec.structs.replace(recorded, **{version: value}), process_id="p")
        with pytest.raises(Damaged):
            catalogue.context(tx, recorded, process_id="q")
