"""The applicant's own pages of the reference SIO: see the application, fetch login and password once, log in.

No JavaScript, no cookies: each form is answered by one page. Like the whole reference SIO they say that they
are not the minister's (``domain.md`` R1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any, NamedTuple

from demo.http_server import Answer, Request

BANNER = "To nie jest system SIO ministra"
ROOT = "strona"
_HEADERS = (("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store"))
_LABELS = {
    "numer": "Numer wniosku", "numer_upowaznienia": "Numer upoważnienia", "pesel": "PESEL", "login": "Login",
    "haslo": "Hasło", "imie": "Imię", "nazwisko": "Nazwisko", "adres_email": "Adres e-mail",
}  # fmt: skip
_TOLD = {
    "numer": "Numer wniosku", "status": "Status", "organ": "Organ", "imie": "Imię", "nazwisko": "Nazwisko",
    "funkcja": "Funkcja", "nazwa_podmiotu": "Podmiot", "upowaznienie_od": "Od", "upowaznienie_do": "Do",
    "numer_upowaznienia": "Numer upoważnienia", "dostep": "Dostęp",
}  # fmt: skip
Door = Callable[[dict[str, Any]], Answer]


class Form(NamedTuple):
    """One form: its title, its fields, what a good answer is called."""

    title: str
    fields: tuple[str, ...]
    done: str


FORMS = {
    "wniosek": Form("Mój wniosek", ("numer", "pesel"), "Twój wniosek"),
    "dane-dostepowe": Form(
        "Pobierz dane dostępowe", ("numer_upowaznienia", "pesel"),
        "Zapisz login i hasło: tej strony nie da się otworzyć drugi raz",
    ),
    "logowanie": Form("Zaloguj się", ("login", "haslo"), "Zalogowano do bazy danych SIO"),
    "reset": Form(
        "Odzyskaj dostęp", ("numer_upowaznienia", "imie", "nazwisko", "pesel", "adres_email"),
        "Możesz pobrać nowe dane dostępowe",
    ),
}  # fmt: skip


def respond(request: Request, doors: Mapping[str, Door]) -> Answer:
    """Return a page: all forms, or what came of the one that was sent."""
    name = request.path.strip("/").partition("/")[2]
    if request.method == "GET" and not name:
        return _page(200, "Strony wnioskującego", "".join(map(_form, FORMS)))
    if request.method != "POST" or name not in doors:
        return _page(404, "Nie ma takiej strony", "")
    given = request.form()
    answer = doors[name]({field: given.get(field, "").strip() for field in FORMS[name].fields})
    if answer.code >= 300:
        return _page(answer.code, "Nie udało się", f"<p>{escape(str(answer.body.get('blad', '')))}</p>")
    shown = {**_LABELS, **_TOLD}
    rows = [
        f"<dt>{escape(shown[key])}</dt><dd>{escape(str(value))}</dd>"
        for key, value in answer.body.items()
        if key in shown and value
    ]
    return _page(200, FORMS[name].done, f"<dl>{''.join(rows)}</dl>")


def _form(name: str) -> str:
    form = FORMS[name]
    inputs = "".join(
        f'<p><label for="{name}-{key}">{escape(_LABELS[key])}</label> '
        f'<input id="{name}-{key}" name="{key}" autocomplete="off"'
        f' type="{"password" if key == "haslo" else "text"}" required></p>'
        for key in form.fields
    )
    return (
        f'<section><h2>{escape(form.title)}</h2><form method="post" action="/{ROOT}/{name}">{inputs}'
        f"<button>{escape(form.title)}</button></form></section>"
    )


def _page(code: int, title: str, content: str) -> Answer:
    text = (
        f'<!doctype html><html lang="pl"><head><meta charset="utf-8"><title>{escape(title)}</title></head>'
        f'<body><p role="note"><strong>{BANNER}.</strong> Wzorcowe SIO pokazu Obiegu.</p>'
        f'<main><h1>{escape(title)}</h1>{content}</main><p><a href="/{ROOT}">Strony wnioskującego</a></p>'
        "</body></html>"
    )
    return Answer(code, text.encode(), _HEADERS)
