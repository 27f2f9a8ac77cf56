"""Filling in forms: every kind of field without JavaScript, lists, files, drafts, what comes too late."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

import pikepdf
import pytest
from sqlalchemy import Connection, Engine, event, text

from engine import ProcessEngine
from tests.builders import process
from tests.web.conftest import Browser, form
from tests.web.files import bomb, pdf, picture

Browsers = Callable[[str | None], Browser]
START = "/start/zgloszenie"
OPTIONS = [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}]
WHOLE = form(
    "whole",
    {"type": "textfield", "id": "w_name", "key": "imie", "label": "Imię", "validate": {"required": True}},
    {
        "type": "textfield", "id": "w_nip", "key": "nip", "label": "NIP",
        "properties": {"obieg:validate": "nip"},
    },
    {"type": "textarea", "id": "w_text", "key": "opis", "label": "Opis"},
    {"type": "number", "id": "w_sum", "key": "kwota", "label": "Kwota", "decimalDigits": 2},
    {"type": "datetime", "id": "w_day", "key": "dzien", "dateLabel": "Dzień", "subtype": "date"},
    {"type": "datetime", "id": "w_hour", "key": "godzina", "timeLabel": "Godzina", "subtype": "time"},
    {"type": "datetime", "id": "w_at", "key": "chwila", "dateLabel": "Chwila", "subtype": "datetime"},
    {"type": "checkbox", "id": "w_yes", "key": "zgoda", "label": "Zgoda"},
    {"type": "checklist", "id": "w_some", "key": "zakres", "label": "Zakres", "values": OPTIONS},
    {"type": "radio", "id": "w_one", "key": "rodzaj", "label": "Rodzaj", "values": OPTIONS},
    {"type": "select", "id": "w_sel", "key": "typ", "label": "Typ", "values": OPTIONS},
    {
        "type": "text", "id": "w_told", "text": "Podaj powód w każdym wierszu.",
        "conditional": {"hide": '=rodzaj != "b"'},
    },
    {
        "type": "textfield", "id": "w_seen", "key": "numer", "label": "Numer rejestru", "readonly": True,
        "conditional": {"hide": '=rodzaj = "b"'},
    },
    {
        "type": "dynamiclist", "id": "w_list", "path": "osoby", "label": "Osoby", "allowAddRemove": True,
        "isRepeating": True, "defaultRepetitions": 1,
        "components": [
            {"type": "textfield", "id": "r_name", "key": "nazwisko", "label": "Nazwisko",
             "validate": {"required": True}},
            {"type": "textfield", "id": "r_why", "key": "powod", "label": "Powód",
             "conditional": {"hide": '=rodzaj != "b" or nazwisko = "Nowak"'}, "validate": {"required": True}},
        ],
    },
    {
        "type": "filepicker", "id": "w_files", "key": "zalaczniki", "label": "Załączniki", "multiple": True,
        "accept": ".pdf,.jpg,.png",
    },
    {"type": "button", "id": "w_send", "label": "Wyślij zgłoszenie", "action": "submit"},
)  # fmt: skip
DECISION = form(
    "taken",
    {
        "type": "textfield", "id": "t_note", "key": "notatka", "label": "Notatka",
        "validate": {"required": True},
    },
    {"type": "filepicker", "id": "t_file", "key": "pismo", "label": "Pismo", "accept": ".pdf"},
)  # fmt: skip


@pytest.fixture
def filing(office: ProcessEngine) -> ProcessEngine:
    """The office with a procedure whose form has every kind of field."""
    drawing = process("zgloszenie", name="Zgłoszenie").start("s", form="whole")
    drawing.user_task("t", name="Sprawdź", group="EK-04", form="taken").end("e")
    drawing.lane("Wnioskodawca", "s", group="wnioskodawca").lane("Urząd", "t", "e", group="EK-04")
    office.deploy([*drawing.files(), WHOLE, DECISION], by="olga")
    return office


def send(browser: Browser, path: str, files: list[tuple[str, Any]] | None = None, **fields: Any) -> Any:
    """Send the form last shown as browsers do; ``files`` are (field, (name, content, type))."""
    token = re.search(r'name="form_token" value="([^"]*)"', browser.text)
    request = re.search(r'name="request" value="([^"]*)"', browser.text)
    kept = re.findall(r'name="(kept\.[^"]+)" value="([^"]+)"', browser.text)
    rows = re.findall(r'name="(rows\.[^"]+)" value="([^"]+)"', browser.text)
    data: dict[str, Any] = {
        "form_token": token[1] if token else "",
        "request": request[1] if request else "",
        **dict(rows),
        **{key.replace("__", "."): value for key, value in fields.items()},
    }
    for name, reference in kept:
        data.setdefault(name, []).append(reference)
    answer = browser.client.post(path, data=data, files=files or {"nothing": ("", b"")})
    browser.status, browser.text = answer.status_code, answer.text
    return answer


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


ANSWERS: dict[str, Any] = {
    "field__imie": "Zofia", "field__nip": "676-101-37-17", "field__kwota": "60 000,5",
    "field__dzien": "27.11.2026", "field__godzina": "8:30", "field__chwila": "27.11.2026 08:30",
    "field__zgoda": "true", "field__zakres": ["a", "b"], "field__rodzaj": "a", "field__typ": "b",
    "field__osoby__0__nazwisko": "Nowak",
}  # fmt: skip


def test_every_kind_of_field_is_drawn_and_taken(browser: Browsers, filing: ProcessEngine) -> None:
    anna = browser("anna")
    page = anna.get(START)
    assert "Wyślij zgłoszenie" in page
    assert 'inputmode="numeric"' in page
    assert "Na przykład 27.11.2026 08:30" in page
    send(anna, START, [("field.zalaczniki", ("a.pdf", pdf(), "application/pdf"))], **ANSWERS)
    assert anna.status == 200, anna.text
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


def test_a_draft_is_kept_sealed_restored_and_gone_with_the_form(
    browser: Browsers, filing: ProcessEngine
) -> None:
    anna = browser("anna")
    anna.get(START)
    files = [("field.zalaczniki", ("a.pdf", pdf(), "application/pdf"))]
    send(anna, START, files, draft="1", field__imie="Zofia <i>", field__kwota="nie liczba",
         field__osoby__0__nazwisko="Lis")  # fmt: skip
    assert anna.status == 200
    other = browser("anna")
    page = other.get(START)
    assert "Przywróciliśmy szkic" in page
    for shown in ('value="Zofia &lt;i&gt;"', 'value="nie liczba"', 'value="Lis"', "a.pdf"):
        assert shown in page
    assert "Zofia" not in browser("inna").get(START)
    with filing.parts.store.reading() as tx:
        assert b"Zofia" not in bytes(tx.execute(text("SELECT content FROM draft")).scalar_one())
    send(other, START, **ANSWERS)
    assert other.status == 200
    assert "Przywróciliśmy" not in other.get(START)
    (case,) = filing.instances(process_id="zgloszenie")
    assert len(filing.variables(case.key)["zalaczniki"]) == 1


def test_drafts_grow_old(filing: ProcessEngine) -> None:
    assert filing.desks.keep_draft("anna", "task:1", {"a": "b"})
    assert filing.desks.purge_drafts() == 0
    assert not filing.desks.keep_draft("anna", "task:1", {"a": "x" * 1_000_001})
    with filing.parts.store.transaction() as tx:
        tx.execute(text("UPDATE draft SET saved_at = saved_at - 2592000000001"))
    assert filing.desks.purge_drafts() == 1
    assert filing.desks.draft("anna", "task:1") is None


def test_a_form_sent_after_the_session_has_ended_is_kept_for_its_person(
    browser: Browsers, filing: ProcessEngine
) -> None:
    anna = browser("anna")
    anna.get(START)
    with filing.parts.store.transaction() as tx:
        tx.execute(text("UPDATE session SET seen_at = seen_at - 1900000000"))
    send(anna, START, [("field.zalaczniki", ("a.pdf", pdf(), "application/pdf"))], **ANSWERS)
    assert "zapisaliśmy" in anna.text
    assert filing.instances(process_id="zgloszenie") == []
    back = browser("anna")
    assert 'value="Zofia"' in back.get(START)
    assert "a.pdf" in back.text
    thief = browser(None)
    thief.text = anna.text
    send(thief, START, field__imie="Zły")
    assert "Zły" not in browser("anna").get(START)


def test_a_late_form_leaves_a_newer_draft_alone(browser: Browsers, filing: ProcessEngine) -> None:
    anna = browser("anna")
    opened = anna.get(START)
    with filing.parts.store.transaction() as tx:
        tx.execute(text("UPDATE session SET seen_at = seen_at - 1900000000"))
    assert filing.desks.keep_draft("anna", "start:zgloszenie", {"imie": "z domu"})
    send(anna, START, field__imie="stare")
    draft = filing.desks.draft("anna", "start:zgloszenie")
    assert draft is not None
    assert draft.content == {"imie": "z domu"}
    with filing.parts.store.transaction() as tx:
        tx.execute(text("UPDATE draft SET saved_at = saved_at - 1900000000"))
    anna.text = opened
    send(anna, START, field__imie="nowe")
    draft = filing.desks.draft("anna", "start:zgloszenie")
    assert draft is not None
    assert draft.content["imie"] == "nowe"


def test_a_task_form_survives_its_session_and_a_stranger_keeps_nothing(
    browser: Browsers, filing: ProcessEngine
) -> None:
    anna, jan = browser("anna"), browser("jan")
    anna.get(START)
    send(anna, START, **ANSWERS)
    (task,) = filing.user_tasks(process_id="zgloszenie")
    path = f"/tasks/{task.key}"
    jan.get(path)
    with filing.parts.store.transaction() as tx:
        tx.execute(text("UPDATE session SET opened_at = opened_at - 36000000001"))
    answer = send(jan, f"{path}/complete", field__notatka="Ważne")
    assert answer.url.path == "/sign-in"
    back = browser("jan")
    assert 'value="Ważne"' in back.get(path)
    assert filing.desks.draft("ewa", f"task:{task.key}") is None
    send(back, f"{path}/complete", field__notatka="Gotowe")
    assert filing.desks.draft("jan", f"task:{task.key}") is None


def test_a_form_opened_before_signing_in_again_is_shown_once_more(
    browser: Browsers, filing: ProcessEngine
) -> None:
    anna = browser("anna")
    anna.get(START)
    anna.client.cookies.clear()
    anna.client.cookies.set("__Host-obieg", filing.accounts.open("anna"), domain="obieg.test")
    anna.client.headers["origin"] = "https://obieg.test"
    send(anna, START, **ANSWERS)
    assert anna.status == 409
    assert "przed ponownym zalogowaniem" in anna.text
    assert 'value="Zofia"' in anna.text
    assert filing.instances(process_id="zgloszenie") == []
    send(anna, START, **ANSWERS)
    assert len(filing.instances(process_id="zgloszenie")) == 1


def test_a_full_disk_is_told_and_nothing_is_lost(browser: Browsers, filing: ProcessEngine) -> None:
    if filing.parts.store.dialect != "sqlite":
        return  # PostgreSQL's full disk is simulated in tests/crash; the page is the same

    def limit(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")

    anna = browser("anna")
    anna.get(START)
    event.listen(Engine, "begin", limit)
    opis = "".join(hashlib.sha256(bytes([number])).hexdigest() for number in range(200))
    try:
        for _ in range(60):
            send(anna, START, **ANSWERS | {"field__opis": opis})
            if anna.status != 200:
                break
            anna.get(START)
        assert anna.status == 503
        assert 'value="Zofia"' in anna.text
        assert "Nie udało się teraz zapisać" in anna.text
    finally:
        event.remove(Engine, "begin", limit)
    with filing.parts.store.transaction() as tx:
        tx.execute(text("PRAGMA max_page_count = 1000000"))
    before = len(filing.instances(process_id="zgloszenie"))
    send(anna, START, **ANSWERS)
    assert len(filing.instances(process_id="zgloszenie")) == before + 1
