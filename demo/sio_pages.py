"""The applicant's own pages of the reference SIO: file, see the application, fetch login and password once,
log in, prolong.

No JavaScript, no cookies: each form is answered by one page. Like the whole reference SIO they say that they
are not the minister's (``domain.md`` R1).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from html import escape
from typing import Any, NamedTuple

from demo import form_page, page
from demo.http_server import Answer, Request
from demo.sio_filing import NEW, Filing, Organ, System
from engine import WARSAW

BANNER = "To nie jest system SIO ministra"
ROOT = "strona"
FRAME = page.Frame(
    ROOT,
    "wzorcowe SIO",
    f"<strong>{BANNER}.</strong> Wzorcowe SIO pokazu Obiegu.",
    ((f"/{ROOT}", "Strony wnioskującego"), (f"/{ROOT}/{NEW}", "Nowy wniosek")),
)
ORGANS = {
    "sio-1": "Minister",
    "sio-2": "Kurator oświaty (poziom II)",
    "sio-3": "Wójt, burmistrz, prezydent miasta, starosta albo marszałek (poziom III)",
    "sio-jednostka": "Kierownik jednostki",
}
_LABELS = {
    "numer": "Numer wniosku", "numer_upowaznienia": "Numer upoważnienia",
    "pesel": "PESEL albo numer dokumentu cudzoziemca", "login": "Login", "haslo": "Hasło", "imie": "Imię",
    "nazwisko": "Nazwisko", "adres_email": "Adres e-mail",
}  # fmt: skip
_TOLD = {
    "numer": "Numer wniosku", "status": "Status", "organ": "Organ", "numer_sprawy": "Sprawa w urzędzie",
    "imie": "Imię", "nazwisko": "Nazwisko", "adres_email": "Adres e-mail", "funkcja": "Funkcja",
    "nazwa_podmiotu": "Podmiot", "rodzaj_podmiotu": "Rodzaj podmiotu", "upowaznienie_od": "Od",
    "upowaznienie_do": "Do", "zakresy_wewnetrzne": "Upoważnienie wewnętrzne", "zakresy": "Zakresy",
    "potwierdzanie": "Potwierdzanie prawdziwości danych", "udzielajacy": "Udzielił",
    "sposob_potwierdzenia": "Tożsamość", "numer_upowaznienia": "Numer upoważnienia", "dostep": "Dostęp",
    "przebieg": "Przebieg", "login": "Login", "haslo": "Hasło",
}  # fmt: skip
_CODED = ("funkcja", "rodzaj_podmiotu", "zakresy_wewnetrzne", "zakresy", "sposob_potwierdzenia")
_FIRST = (
    f'<p><a href="/{ROOT}/{NEW}">Złóż nowy wniosek</a>. Wniosek o przedłużenie składa się po zalogowaniu.</p>'
)
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


class SioPages:
    """Answers every page; ``doors`` are what a browser may ask of SIO, ``opens`` signs a login in."""

    def __init__(self, system: System, doors: Mapping[str, Door], opens: Callable[[str], str]) -> None:
        self._system = system
        self._doors = doors
        self._opens = opens
        self._filing = Filing(system, FRAME)

    def respond(self, request: Request) -> Answer:
        """Return a page: all forms, the form of an application, or what came of one that was sent."""
        name = request.path.strip("/").partition("/")[2]
        if name == page.STYLE:
            return page.style()
        refused = FRAME.refusal(request)
        if refused is not None:
            return refused
        if request.method == "GET" and not name:
            return FRAME.page("Strony wnioskującego", _FIRST + "".join(map(_form, FORMS)), here=f"/{ROOT}")
        filed = self._filing.respond(request, name)
        if filed is not None:
            return filed
        if request.method != "POST" or name not in self._doors:
            return FRAME.page("Nie ma takiej strony", "", status=404)
        return self._answered(name, request.form())

    def _answered(self, name: str, given: Mapping[str, str]) -> Answer:
        answer = self._doors[name]({field: given.get(field, "").strip() for field in FORMS[name].fields})
        if answer.code >= 300:
            return FRAME.page(
                "Nie udało się", f"<p>{escape(str(answer.body.get('blad', '')))}</p>", status=answer.code
            )
        shown = _told(answer.body, self._system.organ)
        if name == "logowanie":
            token = self._opens(answer.body["login"])
            authorisation = self._system.signed_in(token) or {}
            about = {**authorisation, "numer_upowaznienia": authorisation["numer"]}
            shown |= _told({**about, "upowaznienie_do": about.pop("do"), "numer": ""}, self._system.organ)
            offered = self._filing.offer(token, authorisation)
            return FRAME.page(FORMS[name].done, f"{page.facts(shown)}<h2>Przedłużenie</h2>{offered}")
        return FRAME.page(FORMS[name].done, page.facts(shown))


def _told(found: Mapping[str, Any], organ: Organ | None) -> dict[str, object]:
    """Return what a person is told of an application or an authorisation, in words."""
    names = form_page.labels(organ.form(NEW)) if organ is not None else {}
    told: dict[str, object] = {_TOLD[key]: _said(key, found[key], names) for key in _TOLD if found.get(key)}
    if organ is not None and found.get("numer_sprawy"):
        told[_TOLD["numer_sprawy"]] = f"{found['numer_sprawy']}, {organ.standing(found['numer_sprawy'])}"
    return told


def _said(key: str, value: Any, names: Mapping[str, str]) -> str:
    if key == "przebieg":
        return "; ".join(f"{status} ({_moment(at)})" for status, at in value)
    if key == "organ":
        return ORGANS.get(str(value), str(value))
    if key == "potwierdzanie":
        return "tak"
    if key in ("upowaznienie_od", "upowaznienie_do"):
        return f"{dt.date.fromisoformat(value):%d.%m.%Y}"
    if key not in _CODED:
        return str(value)
    codes = value if isinstance(value, list) else [value]
    return ", ".join(names.get(str(each), str(each)) for each in codes)


def _moment(at: str) -> str:
    return f"{dt.datetime.fromisoformat(at).astimezone(WARSAW):%d.%m.%Y, %H:%M}"


def _form(name: str) -> str:
    form = FORMS[name]
    inputs = "".join(
        f'<div class="field"><label for="{name}-{key}">{escape(_LABELS[key])}</label> '
        f'<input id="{name}-{key}" name="{key}" autocomplete="off"'
        f' type="{"password" if key == "haslo" else "text"}" required></div>'
        for key in form.fields
    )
    return (
        f'<section><h2>{escape(form.title)}</h2><form method="post" action="/{ROOT}/{name}">{inputs}'
        f"<button>{escape(form.title)}</button></form></section>"
    )
