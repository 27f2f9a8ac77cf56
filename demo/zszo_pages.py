"""The pages of the reference ZSZO: accounts with their start passwords, signing in, setting and locking.

A start password proves itself here: it signs its user in, who has to choose another one (R1, R5).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, Protocol
from urllib.parse import quote

from demo import page
from demo.http_server import Answer, Request
from demo.page import Field
from engine import WARSAW

ROOT = "zszo/strona"
FRAME = page.Frame(
    ROOT,
    "wzorcowe ZSZO",
    "<strong>To nie jest system ZSZO urzędu.</strong> Wzorcowe ZSZO pokazu Obiegu.",
    ((f"/{ROOT}", "Konta"), (f"/{ROOT}/logowanie", "Zaloguj się")),
)
SHORTEST = 12  # characters of a password of one's own
_LONGEST = 200
_STATES = {"wlasne": "własne", "startowe": "startowe", "zablokowane": "startowe, zablokowane"}
_SIGNING_IN = (Field("login", "Login"), Field("haslo", "Hasło", kind="password"))
_CHOOSING = (
    Field("login", "Login"),
    Field("haslo", "Hasło startowe", kind="password"),
    Field("nowe_haslo", "Nowe hasło", f"Co najmniej {SHORTEST} znaków, inne niż startowe.", kind="password"),
)
_SETTING = (
    Field("haslo", "Hasło startowe", "Takie, jakie wydał Obieg.", kind="password"),
    Field("wazne_do", "Ważne do", "Ostatni dzień, na przykład 31.12.2026."),
)


class System(Protocol):
    """What the pages need of ZSZO; each verb answers as the interface does."""

    accounts: dict[str, dict[str, Any]]
    resets: list[tuple[str, dt.datetime]]

    def now(self) -> dt.datetime:
        """Return the business time."""

    def until(self, login: str) -> dt.datetime | None:
        """Return how long the start password set last is good."""

    def log_in(self, body: Mapping[str, Any]) -> Answer:
        """Check a login and password; with ``nowe_haslo`` change it."""

    def set_password(self, login: str, password: str, *, until: dt.datetime) -> None:
        """Set a start password by hand."""

    def is_locked_for_good(self, login: str) -> bool:
        """Say whether an account is locked otherwise than for an incident."""

    def lock_password(self, login: str) -> None:
        """Lock a start password that has not been changed."""

    def lock(self, login: str, reason: str) -> None:
        """Lock an account."""


def respond(system: System, request: Request, name: str) -> Answer:
    """Return a page; ``name`` is its path below ``ROOT``."""
    if name == page.STYLE:
        return page.style()
    pages: dict[tuple[str, str], Callable[[System, Request], Answer]] = {
        ("GET", ""): _accounts,
        ("GET", "logowanie"): lambda system, _: _form("Zaloguj się", "logowanie", _SIGNING_IN, {}, {}),
        ("POST", "logowanie"): _log_in,
        ("POST", "zmiana"): _change,
        ("GET", "konto"): lambda system, request: _account(system, request.query.get("login", ""), {}, {}),
        ("POST", "haslo"): _set,
        ("POST", "blokada-hasla"): _lock_password,
        ("POST", "blokada"): _lock,
    }
    found = pages.get((request.method, name))
    return FRAME.refusal(request) or (found(system, request) if found else _not_there())


def _not_there() -> Answer:
    return FRAME.page("Nie ma takiej strony", "", status=404)


def _day(at: dt.datetime | None) -> str:
    return f"{at.astimezone(WARSAW):%d.%m.%Y %H:%M}" if at else ""


def _password(system: System, account: Mapping[str, Any]) -> str:
    until = system.until(account["login"])
    more = f" (ważne do {_last(until)})" if until is not None and account["haslo"] == "startowe" else ""
    return _STATES[account["haslo"]] + more


def _last(until: dt.datetime) -> str:
    """Return the end of a time, the end of a day as 24:00 of that day."""
    local = until.astimezone(WARSAW)
    return _day(until) if local.time() != dt.time() else f"{local - dt.timedelta(days=1):%d.%m.%Y} 24:00"


def _standing(account: Mapping[str, Any]) -> str:
    reason = account.get("powod")
    return (f"zablokowane ({reason})" if reason else "zablokowane") if account["zablokowane"] else "czynne"


def _set_at(system: System, login: str) -> str:
    return _day(next((at for whose, at in reversed(system.resets) if whose == login), None))


def _accounts(system: System, request: Request) -> Answer:
    rows = [
        (
            f'<a href="/{ROOT}/konto?login={quote(login)}">{escape(login)}</a>',
            escape(f"{each['imie']} {each['nazwisko']}"), str(each["numer_rspo"] or "–"),
            escape(_password(system, each)), _set_at(system, login) or "–", escape(_standing(each)),
        )
        for login, each in system.accounts.items()
    ]  # fmt: skip
    head = ("Login", "Osoba", "RSPO", "Hasło", "Hasło startowe ustawiono", "Konto")
    return FRAME.page("Konta użytkowników", page.table("Konta", head, rows), here=f"/{ROOT}")


def _log_in(system: System, request: Request) -> Answer:
    given = request.form()
    answer = system.log_in({"login": given.get("login", "").strip(), "haslo": given.get("haslo", "")})
    if answer.code >= 400:
        errors = {"haslo": str(answer.body["blad"]).capitalize() + "."}
        return _form("Zaloguj się", "logowanie", _SIGNING_IN, given, errors, status=answer.code)
    if not answer.body["zmiana_wymagana"]:
        return FRAME.page("Zalogowano", f'<p class="done" role="status">Witaj, {escape(given["login"])}.</p>')
    return _choose(given["login"], {})


def _choose(login: str, errors: Mapping[str, str], status: int = 200) -> Answer:
    told = '<p class="done" role="status">Hasło startowe działa. Przed dalszą pracą zmień je na własne.</p>'
    return _form(
        "Zmień hasło startowe", "zmiana", _CHOOSING, {"login": login}, errors, before=told, status=status
    )


def _change(system: System, request: Request) -> Answer:
    given = request.form()
    body = {key: given.get(key, "") for key in ("login", "haslo", "nowe_haslo")}
    if not SHORTEST <= len(body["nowe_haslo"]) <= _LONGEST or body["nowe_haslo"] == body["haslo"]:
        told = f"Hasło musi mieć co najmniej {SHORTEST} znaków i różnić się od startowego."
        return _choose(body["login"], {"nowe_haslo": told}, 422)
    answer = system.log_in(body)
    if answer.code >= 400:
        return _choose(body["login"], {"haslo": str(answer.body["blad"]).capitalize() + "."}, answer.code)
    return FRAME.page("Hasło zmieniono", '<p class="done" role="status">Hasło startowe już nie działa.</p>')


def _account(system: System, login: str, given: Mapping[str, str], errors: Mapping[str, str]) -> Answer:
    account = system.accounts.get(login)
    if account is None:
        return _not_there()
    about = {
        "Login": login, "Osoba": f"{account['imie']} {account['nazwisko']}", "RSPO": account["numer_rspo"],
        "Hasło": _password(system, account), "Hasło startowe ustawiono": _set_at(system, login),
        "Konto": _standing(account),
    }  # fmt: skip
    own = {"login": login}
    setting = page.form(f"/{ROOT}/haslo", "Ustaw hasło startowe", _SETTING, given, errors, own)
    locking = page.form(f"/{ROOT}/blokada", "Zablokuj konto", (), {}, {}, own)
    if account["haslo"] == "startowe":
        locking += page.form(f"/{ROOT}/blokada-hasla", "Zablokuj hasło startowe", (), {}, {}, own)
    content = (
        f"{page.facts(about)}<section><h2>Hasło startowe</h2>{setting}</section>"
        f"<section><h2>Blokada</h2>{locking}</section>"
    )
    title = f"Konto {login}"
    return FRAME.page(page.WRONG + title if errors else title, content, status=422 if errors else 200)


def _set(system: System, request: Request) -> Answer:
    given = request.form()
    login, password, until = given.get("login", ""), given.get("haslo", ""), _end(given.get("wazne_do", ""))
    if login not in system.accounts:
        return _not_there()
    errors = {}
    if not SHORTEST <= len(password) <= _LONGEST:
        errors["haslo"] = f"Co najmniej {SHORTEST} znaków."
    if until is None or until <= system.now():
        errors["wazne_do"] = "Podaj dzień, który jeszcze nie minął."
    if system.is_locked_for_good(login):
        errors["haslo"] = "Konto jest zablokowane."
    if errors or until is None:
        return _account(system, login, given, errors)
    system.set_password(login, password, until=until)
    return page.go_to(f"/{ROOT}/konto?login={quote(login)}")


def _end(text: str) -> dt.datetime | None:
    """Return the end of a day as people write it, None where it is none."""
    try:
        day = dt.datetime.strptime(text.strip(), "%d.%m.%Y").replace(tzinfo=WARSAW)
    except ValueError:
        return None
    return day + dt.timedelta(days=1)


def _lock_password(system: System, request: Request) -> Answer:
    return _locked(system, request, system.lock_password)


def _lock(system: System, request: Request) -> Answer:
    return _locked(system, request, lambda login: system.lock(login, "wpisano ręcznie"))


def _locked(system: System, request: Request, lock: Callable[[str], None]) -> Answer:
    login = request.form().get("login", "")
    if login not in system.accounts:
        return _not_there()
    lock(login)
    return page.go_to(f"/{ROOT}/konto?login={quote(login)}")


def _form(
    title: str,
    action: str,
    fields: Sequence[Field],
    given: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    before: str = "",
    status: int = 200,
) -> Answer:
    asked = page.form(f"/{ROOT}/{action}", title, fields, given, errors, {})
    return FRAME.page(
        page.WRONG + title if errors else title,
        f"{before}<section>{asked}</section>",
        status=status,
        here=f"/{ROOT}/logowanie",
    )
