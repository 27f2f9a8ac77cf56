"""The reference SEOD and ZSZO (``domain.md`` R1, R5): contact data, numbered tickets, accounts with start
passwords.

ZSZO keeps only a hash of a password. A start password works once to log in and then must be changed; setting
it again with the same Idempotency-Key changes nothing. Beside their interfaces both have pages for people.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from demo import seod_pages, zszo_pages
from demo.http_server import Answer, HttpServer, Request, basic_auth_ok
from demo.journal import Journal
from engine import SystemClock

USERNAME = "obieg"
PASSWORD = "demo-miasto"  # noqa: S105  the demo server's own, on this machine only
DATA = Path(__file__).parent / "data" / "city.json"
NOT_FOUND = Answer(404, {"blad": "nie ma takiego zasobu"})
INCIDENT = "incydent"  # why an account is locked until a new start password is set


class CityServer:
    """Both systems on one free loopback port, under ``/seod`` and ``/zszo``."""

    def __init__(
        self, directory: Path, *, now: Callable[[], dt.datetime] | None = None, drip: float = 1.0
    ) -> None:
        data = msgspec.json.decode(DATA.read_bytes())
        self.users: dict[str, dict[str, Any]] = {user["login"]: user for user in data["users"]}
        self.tickets: dict[str, dict[str, Any]] = {}
        self.zszo = Accounts(data["accounts"], now or SystemClock().now)
        self.journal = Journal(directory / "city.jsonl")
        self._now = now or SystemClock().now
        self._lock = threading.RLock()
        self.http = HttpServer("city", self._respond, self.journal, drip=drip)
        self.faults = self.http.faults
        self.start, self.stop = self.http.start, self.http.stop

    @property
    def url(self) -> str:
        """Return the address both systems live under."""
        return self.http.url

    def listed(self, system: str) -> str:
        """Return what a person exports from SEOD (tickets) or ZSZO (start passwords set), as CSV."""
        if system == "zszo":
            return "\n".join(["login;data", *(f"{login};{at:%d.%m.%Y}" for login, at in self.zszo.resets)])
        tickets = (
            (each["numer"], each.get("numer_sprawy") or "", "zamknięte" if each["zamknieto"] else "otwarte")
            for each in self.tickets.values()
        )
        return "\n".join(["numer;sprawa;stan", *map(";".join, tickets)])

    def _respond(self, request: Request) -> Answer:
        parts = request.path.strip("/").split("/")
        if parts[1:2] == ["strona"]:
            with self._lock:
                return self._page(request, parts[0], "/".join(parts[2:]))
        if parts[:2] == ["zszo", "logowanie"]:  # what a user's browser would send
            return self.zszo.log_in(request.json())
        if not basic_auth_ok(request, USERNAME, PASSWORD):
            return Answer(401, {"blad": "nieznany użytkownik"}, (("WWW-Authenticate", 'Basic realm="demo"'),))
        with self._lock:
            if parts[0] == "seod":
                return self._seod(request, parts[1:])
            if parts[:2] == ["zszo", "konta"] and len(parts) > 2:
                return self.zszo.answer(request, parts[2], parts[3:], self.journal)
        return NOT_FOUND

    def _page(self, request: Request, system: str, name: str) -> Answer:
        if system == "seod":
            return seod_pages.respond(self, request, name)
        return zszo_pages.respond(self.zszo, request, name) if system == "zszo" else NOT_FOUND

    def now(self) -> dt.datetime:
        """Return the business time."""
        return self._now()

    def _seod(self, request: Request, parts: list[str]) -> Answer:
        key = request.headers.get("idempotency-key", "")
        match request.method, parts:
            case "GET", ["uzytkownicy", login]:
                return Answer(200, self.users[login]) if login in self.users else NOT_FOUND
            case "POST", ["zgloszenia"]:
                return self.open(request.json(), key, at=self._now())
            case "POST", ["zgloszenia", number, "zamkniecie"] if number in self.tickets:
                return self.close(self.tickets[number], request.json().get("wynik"), at=self._now())
        return NOT_FOUND

    def open(self, body: Mapping[str, Any], key: str, *, at: dt.datetime) -> Answer:
        """Take a ticket up, or find the one this key made; one account has one open ticket.

        ``at`` is when it was taken up; when that was entered is kept beside it.
        """
        for ticket in self.tickets.values():
            if key and ticket["klucz"] == key:
                return Answer(200, ticket)
            if ticket["zamknieto"] is None and ticket["login"] == body.get("login"):
                return Answer(409, {"blad": "zgłoszenie dla tego konta jest już podjęte"})
        number = f"SEOD-{self._now().year}-{len(self.tickets) + 1:06d}"
        ticket = {
            **body,
            "numer": number,
            "podjeto": at.isoformat(),
            "wpisano": self._now().isoformat(),
            "zamknieto": None,
            "klucz": key,
        }
        self.tickets[number] = ticket
        self.journal.write("ticket_opened", number=number, key=key)
        return Answer(201, ticket)

    def close(self, ticket: dict[str, Any], outcome: str | None, *, at: dt.datetime) -> Answer:
        """Close a ticket; closing it again leaves the first closure as it is."""
        if ticket["zamknieto"] is None:
            entered = self._now().isoformat()
            ticket |= {"zamknieto": at.isoformat(), "zamkniecie_wpisano": entered, "wynik": outcome}
            self.journal.write("ticket_closed", number=ticket["numer"], outcome=outcome)
        return Answer(200, ticket)


class Accounts:
    """The accounts of ZSZO; ``haslo`` of an account is ``wlasne``, ``startowe`` or ``zablokowane``."""

    def __init__(self, accounts: list[dict[str, Any]], now: Callable[[], dt.datetime]) -> None:
        self.accounts = {account["login"]: {**account, "haslo": "wlasne"} for account in accounts}
        self._now = now
        self.resets: list[tuple[str, dt.datetime]] = []  # of which login, when
        self._secrets: dict[str, dict[str, Any]] = {}  # by login: hash, key, valid until

    def now(self) -> dt.datetime:
        """Return the business time."""
        return self._now()

    def until(self, login: str) -> dt.datetime | None:
        """Return how long the start password set last is good."""
        secret = self._secrets.get(login)
        return None if secret is None else secret["until"]

    def log_in(self, body: Mapping[str, Any]) -> Answer:
        """Check a login and password; a start password works until it is changed (``nowe_haslo``), locked
        or late.
        """
        login, account = str(body.get("login")), self.accounts.get(str(body.get("login")))
        secret = self._secrets.get(login)
        given = _hash(login, str(body.get("haslo")))
        if account is None or secret is None or not hmac.compare_digest(secret["hash"], given):
            return Answer(401, {"blad": "zły identyfikator lub hasło"})
        late = account["haslo"] == "startowe" and self._now() > secret["until"]
        if account["zablokowane"] or account["haslo"] == "zablokowane" or late:
            return Answer(401, {"blad": "konto lub hasło zablokowane"})
        if "nowe_haslo" in body:
            secret["hash"] = _hash(login, str(body["nowe_haslo"]))
            account["haslo"] = "wlasne"
        return Answer(200, {"login": login, "zmiana_wymagana": account["haslo"] == "startowe"})

    def answer(self, request: Request, login: str, action: list[str], journal: Journal) -> Answer:
        """Answer the engine about one account."""
        account = self.accounts.get(login)
        if account is None:
            return NOT_FOUND
        match request.method, action:
            case "GET", []:
                return Answer(200, account)
            case "PUT", ["haslo-startowe"]:
                return self._set_password(request, account, journal)
            case "POST", ["haslo-startowe", "blokada"]:
                self.lock_password(login)
                return Answer(200, account)
            case "POST", ["blokada"]:
                self.lock(login, str(request.json().get("powod")))
                return Answer(200, account)
        return NOT_FOUND

    def lock_password(self, login: str) -> None:
        """Lock a start password that has not been changed."""
        if self.accounts[login]["haslo"] == "startowe":
            self.accounts[login]["haslo"] = "zablokowane"

    def lock(self, login: str, reason: str) -> None:
        """Lock an account."""
        self.accounts[login] |= {"zablokowane": True, "powod": reason}

    def is_locked_for_good(self, login: str) -> bool:
        """Say whether an account is locked otherwise than for an incident, which a new password ends."""
        account = self.accounts[login]
        return bool(account["zablokowane"]) and account.get("powod") != INCIDENT

    def set_password(self, login: str, password: str, *, until: dt.datetime, key: str = "") -> None:
        """Set a start password; the one that waits to be changed, set again by hand, is left as it is."""
        account, known = self.accounts[login], self._secrets.get(login)
        hashed = _hash(login, password)
        account["zablokowane"] = False
        if not key and known is not None and account["haslo"] == "startowe" and known["hash"] == hashed:
            known["until"] = until
            return
        self._secrets[login] = {"hash": hashed, "key": key, "until": until, "set_at": self._now()}
        account["haslo"] = "startowe"
        self.resets.append((login, self._now()))

    def _set_password(self, request: Request, account: dict[str, Any], journal: Journal) -> Answer:
        login, body, key = account["login"], request.json(), request.headers.get("idempotency-key", "")
        if account["zablokowane"] and (self.is_locked_for_good(login) or body.get("odblokuj") is not True):
            return Answer(423, {"blad": "konto zablokowane"})
        account["zablokowane"] = False
        known = self._secrets.get(login)
        if known is None or not key or known["key"] != key:
            until = dt.datetime.fromisoformat(str(body["wazne_do"]))
            self.set_password(login, str(body["haslo"]), until=until, key=key)
            journal.write("password_set", login=login, key=key)
        kept = self._secrets[login]
        return Answer(200, {"ustawiono": kept["set_at"].isoformat(), "wazne_do": kept["until"].isoformat()})


def _hash(login: str, password: str) -> bytes:
    return hashlib.scrypt(password.encode(), salt=login.encode(), n=2**12, r=8, p=1)
