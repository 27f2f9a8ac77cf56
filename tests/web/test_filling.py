"""Filling in forms: every kind of field without JavaScript, lists, files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

import pikepdf
import pytest
from sqlalchemy import text

from engine import ProcessEngine
from tests.builders import process
from tests.web.conftest import Browser, form
from tests.web.files import bomb, pdf, picture
from tests.web.whole_form import ANSWERS, START, file_with_it, send

Browsers = Callable[[str | None], Browser]


@pytest.fixture
def filing(office: ProcessEngine) -> ProcessEngine:
    """The office with a procedure whose form has every kind of field."""
    file_with_it(office)
    return office


def test_a_declaration_is_never_ticked_for_anybody(browser: Browsers, office: ProcessEngine) -> None:
    box = {"type": "checkbox", "id": "d_yes", "key": "mam", "label": "Mam upoważnienie"}
    declared = form("declared", box | {"validate": {"required": True}})
    told = form("told", box)
    drawing = process("dwoje", name="Dwoje").start("s").user_task("t", group="EK-04", form="declared")
    drawing.user_task("u", group="EK-04", form="told").end("e")
    office.deploy([*drawing.files(), declared, told], by="olga")
    office.start("dwoje", variables={"mam": True}, actor="olga")
    jan = browser("jan")
    boxes = []
    for _ in range(2):
        (task,) = office.user_tasks()
        office.claim(task.key, actor="jan")
        boxes += re.findall(r'<input[^>]*name="field.mam"[^>]*>', jan.get(f"/tasks/{task.key}"))
        send(jan, f"/tasks/{task.key}/complete", field__mam="true")
        assert jan.status == 200, jan.text
    assert [" checked" in each for each in boxes] == [False, True]


def test_every_kind_of_field_is_drawn_and_taken(browser: Browsers, filing: ProcessEngine) -> None:
    anna = browser("anna")
    page = anna.get(START)
    assert "Wyślij zgłoszenie" in page
    assert 'inputmode="numeric"' in page
    assert "Na przykład 27.11.2026 08:30" in page
    send(anna, START, [("field.zalaczniki", ("a.pdf", pdf(), "application/pdf"))], **ANSWERS)
    assert anna.status == 200, anna.text
    for said in ("<td>A; B</td>", "<td>A</td>", "<td>60 000,5</td>"):
        assert said in anna.text.replace("\xa0", " ")
    (case,) = filing.instances(process_id="zgloszenie")
    found = filing.variables(case.key)
    assert str(found["kwota"]) == "60000.5"
    assert str(found["dzien"]) == "2026-11-27"
    assert (found["nip"], str(found["godzina"]), found["zakres"]) == ("6761013717", "08:30:00", ["a", "b"])
    assert found["osoby"] == [{"nazwisko": "Nowak", "powod": None}]
    (file,) = found["zalaczniki"]
    assert (file["name"], file["type"], file["size"]) == ("a.pdf", "application/pdf", len(pdf()))
    assert hashlib.sha256(filing.documents.read(file["id"], root_key=case.key)).hexdigest() == file["sha256"]
    assert filing.uploads.known("anna", [file["id"]]) == []


def test_rows_are_added_and_removed_without_javascript(browser: Browsers, filing: ProcessEngine) -> None:
    anna = browser("anna")
    anna.get(START)
    assert ("Podaj powód w każdym" in anna.text, "Numer rejestru" in anna.text) == (False, True)
    send(anna, START, add_row="osoby", field__rodzaj="b", field__osoby__0__nazwisko="Nowak")
    assert ("Podaj powód w każdym" in anna.text, "Numer rejestru" in anna.text) == (True, False)
    assert 'value="Nowak"' in anna.text
    assert 'name="rows.osoby" value="2"' in anna.text
    send(anna, START, **ANSWERS | {"field__rodzaj": "b", "field__osoby__1__nazwisko": "Lis"})
    assert anna.status == 422
    assert '<a href="#r_why-osoby-1">Powód (2)</a>' in anna.text
    assert 'id="r_why-osoby-1-error"' in anna.text
    send(anna, START, remove_row="osoby.0", field__rodzaj="b",
         field__osoby__0__nazwisko="Nowak", field__osoby__1__nazwisko="Lis")  # fmt: skip
    assert 'value="Nowak"' not in anna.text
    assert 'value="Lis"' in anna.text
    assert filing.instances(process_id="zgloszenie") == []
    send(anna, START, rows__osoby="9" * 50, **ANSWERS)
    assert anna.status == 200


def test_files_stay_where_the_rest_is_wrong_and_can_be_taken_back(
    browser: Browsers, filing: ProcessEngine
) -> None:
    anna = browser("anna")
    anna.get(START)
    both = [
        ("field.zalaczniki", ("../../<b>skan</b>\u202e.pdf", pdf(), "text/html")),
        ("field.zalaczniki", ("zdjęcie.png", picture(), "image/png")),
    ]
    send(anna, START, both, field__kwota="dużo", field__opis="Ala ma kota")
    assert anna.status == 422
    assert "Ala ma kota" in anna.text
    assert "&lt;b&gt;skan&lt;/b&gt;.pdf" not in anna.text  # what is before the last slash is a folder
    assert "b&gt;.pdf" in anna.text
    assert "zdjęcie.png" in anna.text
    first = re.findall(r'name="remove_file" value="([^"]+)"', anna.text)[0]
    send(anna, START, remove_file=first)
    assert anna.text.count('name="remove_file"') == 1
    send(anna, START, **ANSWERS)
    (case,) = filing.instances(process_id="zgloszenie")
    (file,) = filing.variables(case.key)["zalaczniki"]
    assert file["name"] == "zdjęcie.png"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("duzy.pdf", b"%PDF-1.7" + bytes(11_000_000), "jest za duży"),
        ("pusty.pdf", b"", ""),
        ("zly.pdf", b"%PDF-1.7 nic", "nie można odczytać"),
        ("haslo.pdf", pdf(encryption=pikepdf.Encryption(owner="x", user="y")), "zabezpieczony hasłem"),
        ("wlasciciel.pdf", pdf(encryption=pikepdf.Encryption(owner="x", user="")), "zabezpieczony hasłem"),
        ("dwa.pdf", pdf() + b"PK\x03\x04<html><script>alert(1)</script>", "nie można odczytać"),
        ("strona.pdf", b"<html>%PDF-1.7", "ma inny format"),
        ("obraz.pdf", picture(), "nie pasuje do zawartości"),
        ("bomba.png", bomb(), "za dużo punktów"),
        ("polowa.jpg", picture("JPEG", (200, 200))[:300], "nie można odczytać"),
        ("strony.pdf", pdf(201), "za dużo stron"),
        ("program.exe", b"MZ\x90", "ma inny format"),
        ("plik.xml", b"<a/>", "ma inny format"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_taken_is_told_and_nothing_else_is_lost(
    browser: Browsers, filing: ProcessEngine, name: str, content: bytes, told: str
) -> None:
    anna = browser("anna")
    anna.get(START)
    send(anna, START, [("field.zalaczniki", (name, content, "application/pdf"))], **ANSWERS)
    assert anna.status == 422
    assert (told or "jest pusty") in anna.text
    assert 'value="Zofia"' in anna.text
    assert 'value="27.11.2026"' in anna.text
    assert filing.instances(process_id="zgloszenie") == []
    assert anna.text.count('name="remove_file"') == 0


def test_a_form_sent_twice_says_twice_that_it_was_filed(browser: Browsers, office: ProcessEngine) -> None:
    scan = form(
        "scan",
        {
            "type": "filepicker", "id": "x", "key": "skan", "label": "Skan", "accept": ".pdf",
            "validate": {"required": True},
        },
        {"type": "textfield", "id": "y", "key": "imie", "label": "Imię", "validate": {"required": True}},
    )  # fmt: skip
    drawing = process("ze_skanem").start("s", form="scan").user_task("t", group="EK-04").end("e")
    drawing.lane("Wnioskodawca", "s", group="wnioskodawca").lane("Urząd", "t", "e", group="EK-04")
    office.deploy([*drawing.files(), scan], by="olga")
    anna = browser("anna")
    anna.get("/start/ze_skanem")
    assert (
        send(anna, "/start/ze_skanem", [("field.skan", ("a.pdf", pdf(), "application/pdf"))]).status_code
        == 422
    )
    shown = anna.text
    first = send(anna, "/start/ze_skanem", field__imie="Zofia")
    anna.text = shown
    second = send(anna, "/start/ze_skanem", field__imie="Zofia")
    assert (second.status_code, str(second.url)) == (200, str(first.url))
    assert len(office.instances(process_id="ze_skanem")) == 1


def test_somebody_elses_file_is_nobodys(browser: Browsers, filing: ProcessEngine) -> None:
    theirs = filing.uploads.keep(person_id="inna", name="a.pdf", content=pdf(), media_type="application/pdf")
    anna = browser("anna")
    anna.get(START)
    send(anna, START, kept__zalaczniki=theirs.reference, **ANSWERS)
    (case,) = filing.instances(process_id="zgloszenie")
    assert filing.variables(case.key)["zalaczniki"] is None
    assert len(filing.uploads.known("inna", [theirs.reference])) == 1


def test_what_no_form_took_is_removed(filing: ProcessEngine) -> None:
    kept = filing.uploads.keep(person_id="anna", name="a.pdf", content=pdf(), media_type="application/pdf")
    assert filing.uploads.purge() == 0
    with filing.parts.store.transaction() as tx:
        tx.execute(text("UPDATE upload SET saved_at = saved_at - 604800000001"))
        stored = [
            bytes(each) for row in tx.execute(text("SELECT about, content FROM upload")) for each in row
        ]
    assert not any(b"a.pdf" in each or b"%PDF" in each for each in stored)
    assert filing.uploads.purge() == 1
    assert filing.uploads.known("anna", [kept.reference]) == []
