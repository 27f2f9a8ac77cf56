"""The pages of the reference SEOD: the register of tickets, taking up and closing by hand, contacts (A26).

By hand a clerk gives the time of the event; the time of the entry is SEOD's own (R1, R6).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from html import escape
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

from demo import page
from demo.http_server import Answer, Request
from demo.page import Field
from engine import WARSAW, draw_characters

ROOT = "seod/strona"
FRAME = page.Frame(
    ROOT,
    "wzorcowe SEOD",
    "<strong>To nie jest system SEOD urzędu.</strong> Wzorcowe SEOD pokazu Obiegu.",
    ((f"/{ROOT}", "Rejestr zgłoszeń"), (f"/{ROOT}/nowe", "Nowe zgłoszenie"), (f"/{ROOT}/dane", "Kontakt")),
)
BY_HAND = "wpisano ręcznie"
_WHEN = "Dzień i godzina, na przykład 17.12.2026 10:30."
_SIGNS = "abcdefghijkmnpqrstuvwxyz23456789"
_LONGEST = 200


class System(Protocol):
    """What the pages need of SEOD."""

    users: dict[str, dict[str, Any]]
    tickets: dict[str, dict[str, Any]]

    def now(self) -> dt.datetime:
        """Return the business time."""

    def open(self, body: Mapping[str, Any], key: str, *, at: dt.datetime) -> Answer:
        """Take a ticket up at a time, or find the one this key made."""

    def close(self, ticket: dict[str, Any], outcome: str, *, at: dt.datetime) -> Answer:
        """Close a ticket; one that is closed stays as it is."""


class Entered(NamedTuple):
    """What was entered in a form, and what is wrong with it."""

    given: Mapping[str, str]
    errors: Mapping[str, str]


_NOTHING = Entered({}, {})


def respond(system: System, request: Request, name: str) -> Answer:
    """Return a page; ``name`` is its path below ``ROOT``."""
    if name == page.STYLE:
        return page.style()
    pages: dict[tuple[str, str], Callable[[System, Request], Answer]] = {
        ("GET", ""): _register,
        ("GET", "nowe"): lambda system, _: _new(system, _NOTHING, draw_characters(_SIGNS, 24)),
        ("POST", "nowe"): _take_up,
        ("GET", "zgloszenie"): lambda system, request: _ticket(
            system, request.query.get("numer", ""), _NOTHING
        ),
        ("POST", "zgloszenie"): _close,
        ("GET", "dane"): _people,
        ("GET", "kontakt"): lambda system, request: _contact(system, request.query.get("login", ""), None),
        ("POST", "kontakt"): _change,
    }
    found = pages.get((request.method, name))
    return FRAME.refusal(request) or (found(system, request) if found else _not_there())


def moment(text: str) -> dt.datetime | None:
    """Return a local time as people write it, None where it is none."""
    try:
        return dt.datetime.strptime(" ".join(text.split()), "%d.%m.%Y %H:%M").replace(tzinfo=WARSAW)
    except ValueError:
        return None


def told(at: str | None) -> str:
    """Return an instant as people here write it."""
    return f"{dt.datetime.fromisoformat(at).astimezone(WARSAW):%d.%m.%Y %H:%M}" if at else ""


def _not_there() -> Answer:
    return FRAME.page("Nie ma takiej strony", "", status=404)


def _person(system: System, login: str) -> str:
    user = system.users.get(login)
    return f"{user['imie']} {user['nazwisko']} ({login})" if user else login


def _place(ticket: Mapping[str, Any]) -> str:
    return f"/{ROOT}/zgloszenie?numer={quote(ticket['numer'])}"


def _state(ticket: Mapping[str, Any]) -> str:
    return f"zamknięte: {ticket.get('wynik') or ''}" if ticket["zamknieto"] else "podjęte"


def _register(system: System, request: Request) -> Answer:
    rows = [
        (
            f'<a class="number" href="{_place(each)}">{escape(each["numer"])}</a>', told(each["podjeto"]),
            told(each["wpisano"]), escape(_person(system, str(each.get("wnioskodawca")))),
            escape(str(each.get("login") or "")), escape(str(each.get("numer_sprawy") or "")),
            escape(str(each.get("formularz") or "")), escape(_state(each)),
        )
        for each in reversed(system.tickets.values())
    ]  # fmt: skip
    head = ("Numer", "Wpłynęło", "Wpisano", "Wnioskodawca", "Konto", "Sprawa", "Załączono", "Stan")
    return FRAME.page("Rejestr zgłoszeń", page.table("Zgłoszenia", head, rows), here=f"/{ROOT}")


def _new(system: System, entered: Entered, key: str) -> Answer:
    fields = (
        Field(
            "wnioskodawca", "Wnioskodawca", options=[(each, _person(system, each)) for each in system.users]
        ),
        Field("login", "Konto w ZSZO", "Login osoby, której hasło przepadło."),
        Field("numer_sprawy", "Numer sprawy w Obiegu", "Na przykład ZSZO03/2026/17; można zostawić puste."),
        Field("podjeto", "Kiedy podjęto", _WHEN),
    )
    given = {"podjeto": told(system.now().isoformat())} | dict(entered.given)
    content = page.form(f"/{ROOT}/nowe", "Podejmij zgłoszenie", fields, given, entered.errors, {"klucz": key})
    return _shown("Nowe zgłoszenie", f"<section>{content}</section>", entered.errors, here=f"/{ROOT}/nowe")


def _take_up(system: System, request: Request) -> Answer:
    given = {key: value.strip() for key, value in request.form().items()}
    at, key = moment(given.get("podjeto", "")), given.get("klucz", "")
    errors = _wrong(system, at, "podjeto")
    if given.get("wnioskodawca") not in system.users:
        errors["wnioskodawca"] = "Wybierz osobę."
    if not 0 < len(given.get("login", "")) <= _LONGEST:
        errors["login"] = "Podaj login."
    if errors or at is None or not key:
        return _new(system, Entered(given, errors), key or draw_characters(_SIGNS, 24))
    about = {name: given.get(name, "") for name in ("wnioskodawca", "login", "numer_sprawy")}
    answer = system.open({**about, "formularz": "Wygenerowanie hasła ZSZO", "sposob": BY_HAND}, key, at=at)
    if answer.code >= 400:
        return _new(system, Entered(given, {"login": "Zgłoszenie dla tego konta jest już podjęte."}), key)
    return page.go_to(_place(answer.body))


def _ticket(system: System, number: str, entered: Entered) -> Answer:
    ticket = system.tickets.get(number)
    if ticket is None:
        return _not_there()
    about = {
        "Numer": ticket["numer"], "Stan": _state(ticket),
        "Wnioskodawca": _person(system, str(ticket.get("wnioskodawca"))), "Konto w ZSZO": ticket.get("login"),
        "Sprawa w Obiegu": ticket.get("numer_sprawy"), "Załączono": ticket.get("formularz"),
        "Podjęto": told(ticket["podjeto"]), "Podjęcie wpisano": told(ticket["wpisano"]),
        "Zamknięto": told(ticket["zamknieto"]), "Zamknięcie wpisano": told(ticket.get("zamkniecie_wpisano")),
        "Kto wpisał": ticket.get("sposob") or "Obieg",
    }  # fmt: skip
    content = page.facts(about)
    if not ticket["zamknieto"]:
        fields = (Field("wynik", "Z jakim wynikiem"), Field("zamknieto", "Kiedy zamknięto", _WHEN))
        given = {"zamknieto": told(system.now().isoformat())} | dict(entered.given)
        own = {"numer": number}
        closing = page.form(f"/{ROOT}/zgloszenie", "Zamknij zgłoszenie", fields, given, entered.errors, own)
        content += f"<section><h2>Zamknięcie</h2>{closing}</section>"
    return _shown(f"Zgłoszenie {number}", content, entered.errors)


def _close(system: System, request: Request) -> Answer:
    given = {key: value.strip() for key, value in request.form().items()}
    ticket, at = system.tickets.get(given.get("numer", "")), moment(given.get("zamknieto", ""))
    if ticket is None:
        return _not_there()
    errors = _wrong(system, at, "zamknieto")
    if at is not None and at < dt.datetime.fromisoformat(ticket["podjeto"]).replace(second=0, microsecond=0):
        errors["zamknieto"] = "Zamknąć można dopiero po podjęciu."
    if not 0 < len(given.get("wynik", "")) <= _LONGEST:
        errors["wynik"] = "Napisz, z jakim wynikiem."
    if at is None or (errors and not ticket["zamknieto"]):
        return _ticket(system, ticket["numer"], Entered(given, errors))
    system.close(ticket, given["wynik"], at=at)
    return page.go_to(_place(ticket))


def _wrong(system: System, at: dt.datetime | None, key: str) -> dict[str, str]:
    """Return what is wrong with the time of an event: it must have happened."""
    if at is None:
        return {key: _WHEN}
    return {} if at <= system.now() else {key: "Podaj chwilę, która już była."}


def _people(system: System, request: Request) -> Answer:
    rows = [
        (
            f'<a href="/{ROOT}/kontakt?login={quote(login)}">{escape(_person(system, login))}</a>',
            escape(user["rola"]), str(user["numer_rspo"]), escape(user["kontakt"]["email"]),
            escape(user["kontakt"]["telefon"]), told(user["kontakt"]["zmieniono"]),
            told(user["kontakt"]["zweryfikowano"]),
        )
        for login, user in system.users.items()
    ]  # fmt: skip
    head = ("Osoba", "Rola", "RSPO", "E-mail", "Telefon", "Zmieniono", "Zweryfikowano")
    return FRAME.page("Dane kontaktowe", page.table("Użytkownicy", head, rows), here=f"/{ROOT}/dane")


def _contact(system: System, login: str, entered: Entered | None) -> Answer:
    user = system.users.get(login)
    if user is None:
        return _not_there()
    kept, (given, errors) = user["kontakt"], entered or _NOTHING
    fields = (
        Field("lokalizacja", "Lokalizacja", "Dosłownie: Krakow KO."),
        Field("email", "Adres e-mail szkoły", "Taki jak w RSPO.", kind="email"),
        Field("telefon", "Służbowy telefon komórkowy", kind="tel"),
    )
    about = {"Zmieniono": told(kept["zmieniono"]), "Zweryfikowano": told(kept["zweryfikowano"])}
    change = page.form(f"/{ROOT}/kontakt", "Zapisz dane", fields, given or kept, errors, {"login": login})
    title = f"Zmiana danych użytkownika: {_person(system, login)}"
    return _shown(title, f"{page.facts(about)}<section>{change}</section>", errors)


def _change(system: System, request: Request) -> Answer:
    """Keep contact data as verified now, and as changed now where they differ from before."""
    given = {key: value.strip() for key, value in request.form().items()}
    user = system.users.get(given.get("login", ""))
    if user is None:
        return _not_there()
    new = {key: given.get(key, "") for key in ("lokalizacja", "email", "telefon")}
    errors = {key: "Uzupełnij to pole." for key in new if not 0 < len(new[key]) <= _LONGEST}
    if errors:
        return _contact(system, user["login"], Entered(new, errors))
    kept, now = user["kontakt"], system.now().isoformat()
    changed = now if any(kept[key] != new[key] for key in new) else kept["zmieniono"]
    user["kontakt"] = {**kept, **new, "zmieniono": changed, "zweryfikowano": now}
    return page.go_to(f"/{ROOT}/kontakt?login={quote(user['login'])}")


def _shown(title: str, content: str, errors: Mapping[str, str], *, here: str | None = None) -> Answer:
    return FRAME.page(
        page.WRONG + title if errors else title, content, status=422 if errors else 200, here=here
    )
