"""A form with every kind of field, what is entered in it, and sending it as browsers do."""

from __future__ import annotations

import re
from typing import Any

from engine import ProcessEngine
from tests.builders import process
from tests.web.conftest import Browser, form

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
ANSWERS: dict[str, Any] = {
    "field__imie": "Zofia", "field__nip": "676-101-37-17", "field__kwota": "60 000,5",
    "field__dzien": "27.11.2026", "field__godzina": "8:30", "field__chwila": "27.11.2026 08:30",
    "field__zgoda": "true", "field__zakres": ["a", "b"], "field__rodzaj": "a", "field__typ": "b",
    "field__osoby__0__nazwisko": "Nowak",
}  # fmt: skip


def file_with_it(office: ProcessEngine) -> None:
    """Deploy a procedure whose start has that form."""
    drawing = process("zgloszenie", name="Zgłoszenie").start("s", form="whole")
    drawing.user_task("t", name="Sprawdź", group="EK-04", form="taken").end("e")
    drawing.lane("Wnioskodawca", "s", group="wnioskodawca").lane("Urząd", "t", "e", group="EK-04")
    office.deploy([*drawing.files(), WHOLE, DECISION], by="olga")


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
