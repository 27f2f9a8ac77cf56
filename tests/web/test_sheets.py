"""Form F-01 of a pick-up: given blank and filled in, its signed scan sent with the task (§5 pkt 8)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from commands.serve import sheets_of
from demo.pdf import open_text
from engine import ProcessEngine
from engine.store import audit
from tests.builders import process
from tests.web.conftest import Browser
from tests.web.files import pdf
from tests.web.whole_form import send
from web import create_application

FORM = Path(__file__).parents[2] / "forms/zszo03/zszo03_wydanie.form"
FIELDS = {"login": "jkowalska", "numer_sprawy": "ZSZO/2026/17", "placowka": {"nazwa": "Szkoła nr 900"}}
pytestmark = pytest.mark.any_database
Browsers = Callable[[str | None], Browser]


@pytest.fixture
def key(office: ProcessEngine) -> int:
    """A case that waits for whoever comes to collect."""
    drawn = process("odbior").start().user_task("wydaj", group="EK-04", form="zszo03_wydanie").end()
    office.deploy([*drawn.files(), (FORM.name, FORM.read_bytes())], by="olga")
    return office.start("odbior", variables=FIELDS, actor="anna").key


@pytest.fixture
def clerk(office: ProcessEngine, key: int) -> Browser:
    """A clerk's browser on the page of the case, where sheets are made."""
    made = create_application(office, sheets=sheets_of("Wydział Edukacji"))
    jan = Browser.of(made, office.accounts.open("jan"))
    jan.get(f"/instances/{key}")
    return jan


def shown(office: ProcessEngine) -> list[str]:
    with office.parts.store.reading() as tx:
        return [row.actor for row in audit.read(tx) if row.action == "personal_data_shown"]


def taken(browser: Browser, place: str, **fields: str) -> str:
    """Return the text of the PDF a button of the page gives."""
    token = browser.text.split('name="form_token" value="')[1].split('"')[0]
    answer = browser.client.post(place, data={"form_token": token, **fields})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    return open_text(answer.content, "") or ""


def test_form_f01_is_given_blank_and_filled_in(office: ProcessEngine, clerk: Browser, key: int) -> None:
    place = f"/instances/{key}/sheets/F-01"
    assert f'action="{place}"' in clerk.text
    blank = taken(clerk, place)
    assert "Pełnomocnik" in blank
    assert "jkowalska" not in blank
    assert shown(office) == []
    filled = taken(clerk, place, filled="1")
    for text in ("jkowalska", "ZSZO/2026/17", "Szkoła nr 900", "Wydział Edukacji"):
        assert text in filled
    assert "{" not in filled
    assert shown(office) == ["jan"]


def test_a_sheet_is_only_where_a_form_names_it_and_for_who_may_see(
    browser: Browsers, office: ProcessEngine, clerk: Browser, key: int
) -> None:
    other = office.start("wniosek_o_dostep", variables={"imie": "Z"}, actor="anna").key
    for place in (f"/instances/{other}/sheets/F-01", f"/instances/{key}/sheets/F-02"):
        clerk.get(f"/instances/{key}")
        clerk.post(place)
        assert clerk.status == 404, place
    assert "/sheets/" not in clerk.get(f"/instances/{other}")
    jan = browser("jan")
    assert "/sheets/" not in jan.get(f"/instances/{key}")  # this installation makes none
    made = create_application(office, sheets=sheets_of("Wydział Edukacji"))
    for person in ("anna", "oskar"):
        visitor = Browser.of(made, office.accounts.open(person))
        assert "/sheets/" not in visitor.get(f"/instances/{key}")
        visitor.post(f"/instances/{key}/sheets/F-01")
        assert visitor.status == 404, person


def test_the_signed_scan_becomes_a_document_of_the_case(
    office: ProcessEngine, clerk: Browser, key: int
) -> None:
    (task,) = office.user_tasks(instance_key=key)
    scan = pdf()
    now = office.now().astimezone(ZoneInfo("Europe/Warsaw"))
    clerk.get(f"/tasks/{task.key}")
    send(
        clerk, f"/tasks/{task.key}/complete", [("field.f01_skan", ("jan kowalski.pdf", scan, ""))],
        field__kto_odbiera="pelnomocnik", field__wynik_wydania="wydano", field__rodzaj_dokumentu="dowod",
        field__koncowka_numeru="AB12", field__dokument_wazny_do="31.12.2090", field__tozsamosc_zgodna="true",
        field__f01_data=f"{now:%d.%m.%Y}", field__f01_mocodawca="Joanna Kowalska",
        field__f01_pelnomocnik="Jan Kowalski", field__f01_zakres="odbiór danych", field__f01_oryginal="true",
        field__f01_wazne_do="31.12.2090", field__pokwitowano="true", field__wydano_o=f"{now:%d.%m.%Y %H:%M}",
    )  # fmt: skip
    assert clerk.status == 200, clerk.text
    (kept,) = office.documents.of_case(key)
    assert office.documents.read(kept.reference, root_key=key) == scan
    (said,) = office.variables(key)["f01_skan"]
    assert said["sha256"] == hashlib.sha256(scan).hexdigest()
    page = clerk.get(f"/instances/{key}")
    assert kept.reference in page
    assert "jan kowalski.pdf" not in page
