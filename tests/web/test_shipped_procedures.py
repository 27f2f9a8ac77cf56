"""Who may start the procedures that are shipped, on the page they start them on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from commands import reading
from engine import ProcessEngine
from tests.web.conftest import Browser

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.any_database
Browsers = Callable[[str | None], Browser]
STARTERS = {
    "zszo03_haslo_startowe": {"anna"},
    "zszo03_wniosek_zastepczy": {"jan"},
    "sio_weryfikacja_dostepu": {"anna"},
    "sio_przedluzenie": {"anna"},
    "sio_cofniecie_blokada": {"anna"},
    "ocena_naruszenia": set(),
}


@pytest.fixture
def shipped(office: ProcessEngine) -> ProcessEngine:
    for procedure in ("sio", "zszo03"):
        office.deploy(reading.files([ROOT / "processes" / procedure, ROOT / "forms" / procedure]), by="olga")
    return office


@pytest.mark.parametrize("person", ["anna", "jan"])
def test_a_procedure_is_started_by_those_its_drawing_names(
    browser: Browsers, shipped: ProcessEngine, person: str
) -> None:
    """Anna is a director, jan a clerk of EK-04: the director files, the clerk enters what came on paper."""
    forms = {each.id for each in shipped.definitions() if each.kind == "process"}
    assert {each for each in forms if shipped.start_form(each)} - {"wniosek_o_dostep"} == STARTERS.keys()
    visitor = browser(person)
    for process_id, starters in STARTERS.items():
        visitor.get(f"/start/{process_id}")
        assert (visitor.status == 200) is (person in starters), process_id
