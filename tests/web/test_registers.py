"""Registers on pages: found, taken along safely, closed once with a resolution, never deleted."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from engine import Entry, ProcessEngine
from engine.kernel.codec import decode_values
from engine.store import audit
from handlers import sheet
from tests.web.conftest import Browser
from web import create_application, register_tables
from web.pages import registers
from web.pages.registers import neutral

Browsers = Callable[[str | None], Browser]
ENTRIES = [
    ("ZSZO/2026/1", "utrata_hasla_startowego", False),
    ('=HYPERLINK("http://zly.example")', "inne", False),
    ("ZSZO/2026/3", "nieuprawniony_dostep", True),
]


@pytest.fixture
def filled(office: ProcessEngine) -> ProcessEngine:
    with office.parts.store.transaction() as tx:
        for case, category, assessed in ENTRIES:
            data: dict[str, Any] = {
                "case": case, "category": category, "account": "ab12", "breach_assessment": assessed,
                "discovered_at": "2026-10-12T08:00:00+02:00",
            }  # fmt: skip
            office.registers.append(tx, register="incydenty", instance_key=None, subject="k", data=data)
    return office


@pytest.mark.parametrize(
    ("register", "column", "kept", "said"),
    [
        ("incydenty", "category", "utrata_hasla_startowego", "utrata hasła startowego"),
        ("incydenty", "category", "czego_jeszcze_nie_bylo", "czego_jeszcze_nie_bylo"),
        ("incydenty", "discovered_at", "2026-10-12", "12.10.2026"),
        ("incydenty", "discovered_at", "2026-10-12T08:00:00+02:00", "12.10.2026, 08:00"),
        ("rozmowy", "tresc", "2026-13-45", "2026-13-45"),
        ("rozmowy", "tresc", "2026-13-45T08:00:00+02:00", "2026-13-45T08:00:00+02:00"),
        ("wnioski_sio", "zdarzenie", "zlozony", "wniosek złożono"),
        ("upowaznienia", "funkcja", "po", "p.o. kierownika"),
    ],
)
def test_codes_and_dates_are_told_in_words(register: str, column: str, kept: str, said: str) -> None:
    at = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    entry = Entry(register, 1, None, at, "s", {column: kept}, None)
    assert said in register_tables.line(register, entry).cells


def table(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))


def test_a_register_is_searched_and_its_open_entries_counted(
    browser: Browsers, filled: ProcessEngine
) -> None:
    jan = browser("jan")
    assert "Rejestr incydentów" in jan.get("/registers")
    jan.get("/registers/incydenty")
    assert "3 wpisy" in jan.text
    assert "12.10.2026, 08:00" in jan.text
    assert "1 wpis" in jan.get("/registers/incydenty?q=NIEUPRAWNIONY+zszo/2026/3")
    assert "ZSZO/2026/1" not in jan.text
    assert "Nie ma takich wpisów" in jan.get("/registers/incydenty?q=nieuprawniony+zszo/2026/1")
    jan.get("/registers/nosuch")
    assert jan.status == 404


def test_an_entry_is_closed_once_and_only_with_a_resolution(browser: Browsers, filled: ProcessEngine) -> None:
    jan = browser("jan")
    jan.get("/registers/incydenty")
    for resolution, status in (("", 422), ("  krótko ", 422), ("Hasło zmieniono, nikt nie skorzystał.", 200)):
        jan.post("/registers/incydenty/1/resolve", resolution=resolution)
        assert jan.status == status
        jan.get("/registers/incydenty")
    assert "nikt nie skorzystał" in jan.text
    jan.post("/registers/incydenty/1/resolve", resolution="Jeszcze raz i inaczej.")
    assert jan.status == 409
    assert [entry.resolution for entry in filled.registers.all_in("incydenty")] == [
        "Hasło zmieniono, nikt nie skorzystał.", None, None,
    ]  # fmt: skip
    assert "2 wpisy" in jan.get("/registers/incydenty?open=1")
    jan.post("/registers/incydenty/99/resolve", resolution="Nie ma takiego wpisu.")
    assert jan.status == 404
    jan.get("/registers")
    jan.post("/registers/upowaznienia/1/resolve", resolution="Tego się nie zamyka ręcznie.")
    assert jan.status == 404


def test_an_auditor_sees_and_closes_nothing(browser: Browsers, filled: ProcessEngine) -> None:
    aldona = browser("aldona")
    aldona.get("/registers/incydenty")
    assert (aldona.status, "Zamknij wpis" in aldona.text) == (200, False)
    aldona.post("/registers/incydenty/1/resolve", resolution="Hasło zmieniono, nikt nie skorzystał.")
    assert aldona.status == 404
    assert filled.registers.entries("incydenty", unresolved=True, limit=9)[-1].number == 1


def test_a_spreadsheet_gets_no_formula(browser: Browsers, filled: ProcessEngine) -> None:
    jan = browser("jan")
    answer = jan.client.get("/registers/incydenty/csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = table(answer.content.decode("utf-8"))
    assert [row[0] for row in rows] == ["Nr", "3", "2", "1"]
    assert rows[2][2] == '\'=HYPERLINK("http://zly.example")'
    assert not any(cell[:1] in "=+-@" for row in rows for cell in row if cell)
    assert len(table(jan.client.get("/registers/incydenty/csv?q=inne").text)) == 2


def test_letters_nobody_waited_for_are_listed_and_settled_with_the_post(
    browser: Browsers, office: ProcessEngine
) -> None:
    with office.parts.store.transaction() as tx:
        data = {"nadawca": "x@szkola.example", "rodzaj": "inne", "numer_sprawy": ""}
        office.registers.append(
            tx, register="poczta_przychodzaca", instance_key=None, subject="=cmd|' /C calc'!A0", data=data
        )
    jan = browser("jan")
    jan.get("/registers/poczta_przychodzaca")
    assert "x@szkola.example" in jan.text
    rows = table(jan.client.get("/registers/poczta_przychodzaca/csv").text)
    assert "'=cmd|' /C calc'!A0" in rows[1]
    jan.post("/registers/poczta_przychodzaca/1/resolve", resolution="Odpowiedziano telefonicznie.")
    assert jan.status == 404
    assert 'href="/letters/poczta_przychodzaca/1"' in jan.get("/registers/poczta_przychodzaca")
    assert "/letters/" not in browser("aldona").get("/registers/poczta_przychodzaca")
    jan.get("/letters/poczta_przychodzaca/1")
    jan.post("/letters/poczta_przychodzaca/1/close", resolution="Odpowiedziano telefonicznie.")
    assert "Odpowiedziano telefonicznie" in jan.get("/registers/poczta_przychodzaca")
    assert "/letters/poczta" not in jan.text


@pytest.mark.parametrize("start", ["=", "+", "-", "@", " =", "\t=", "\r=", "\n", "\tx"])
def test_whatever_a_formula_begins_with_is_neutralised(start: str) -> None:
    assert neutral(f"{start}1+1").startswith("'")
    assert neutral(f"zł {start}") == f"zł {start}"


def test_the_extract_is_a_pdf_where_the_installation_makes_them(
    browser: Browsers, filled: ProcessEngine
) -> None:
    jan = browser("jan")
    assert jan.client.get("/registers/incydenty/pdf").status_code == 404
    assert "Wyciąg (PDF)" not in jan.get("/registers/incydenty")

    def extract(title: str, columns: Any, rows: Any, made_at: Any) -> bytes:
        return sheet.set_extract(title, columns, rows, office="Urząd", made_at=made_at)

    with TestClient(create_application(filled, extract=extract), base_url="https://obieg.test") as client:
        client.cookies.set("__Host-obieg", filled.accounts.open("jan"), domain="obieg.test")
        answer = client.get("/registers/incydenty/pdf?q=zszo")
    assert (answer.headers["content-type"], answer.content[:5]) == ("application/pdf", b"%PDF-")


def test_a_register_takes_a_bounded_number_of_statements(browser: Browsers, filled: ProcessEngine) -> None:
    jan = browser("jan")
    jan.get("/registers/incydenty")
    counts = []
    for _ in range(2):
        before = filled.statements
        jan.get("/registers/incydenty")
        counts.append(filled.statements - before)
        with filled.parts.store.transaction() as tx:
            for _ in range(20):
                filled.registers.append(tx, register="incydenty", instance_key=None, subject="k", data={})
    assert counts[0] == counts[1]


def test_a_page_opens_a_bounded_number_of_entries_and_the_next_goes_on(
    browser: Browsers, office: ProcessEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with office.parts.store.transaction() as tx:
        for number in range(1, 26):
            data = {"case": f"ZSZO/{number:02}", "category": "inne" if number % 5 else "zgubienie"}
            office.registers.append(tx, register="incydenty", instance_key=None, subject="k", data=data)
    monkeypatch.setattr(registers, "PAGE", 4)
    monkeypatch.setattr(registers, "LOOKED_AT", 10)
    opened: list[int] = []
    read = register_tables.line

    def counted(name: str, entry: Entry) -> register_tables.Line:
        opened.append(entry.number)
        return read(name, entry)

    monkeypatch.setattr(register_tables, "line", counted)
    jan = browser("jan")
    for query, most in (("", 4), ("q=zgubienie", 10)):
        seen: list[str] = []
        address: str | None = f"/registers/incydenty?{query}"
        while address is not None:
            opened.clear()
            seen += re.findall(r"<td>(ZSZO/\d\d)", jan.get(address))
            assert len(opened) <= most
            older = re.search(r'rel="next" href="([^"]+)"', jan.text)
            address = None if older is None else older[1].replace("&amp;", "&")
        wanted = [number for number in range(25, 0, -1) if not query or number % 5 == 0]
        assert seen == [f"ZSZO/{number:02}" for number in wanted]
    assert len(table(jan.client.get("/registers/incydenty/csv").text)) == 26


def test_taking_a_register_along_leaves_a_trace(browser: Browsers, filled: ProcessEngine) -> None:
    jan = browser("jan")
    jan.get("/registers/incydenty/csv?q=Kowalska")
    assert jan.status == 200
    with filled.parts.store.reading() as tx:
        (row,) = (each for each in audit.read(tx) if each.action == "personal_data_shown")
    assert (row.actor, decode_values(row.payload)) == ("jan", {"what": "register incydenty csv"})
