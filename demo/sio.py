"""The reference SIO (``domain.md`` R1, R5): applications with the statuses of the city's screen (B48),
authorisations, access data fetched once by the person they are for, a login that works until it is blocked.

It is not the minister's system and says so in every answer. Passwords are kept as a hash.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from demo import sio_pages
from demo.http_server import Answer, HttpServer, Request, basic_auth_ok
from demo.journal import Journal
from engine import SystemClock, draw_characters

USERNAME = "organ"
PASSWORD = "demo-sio"  # noqa: S105  the demo server's own, on this machine only
BANNER = sio_pages.BANNER
NOT_FOUND = Answer(404, {"blad": "nie ma takiego zasobu", "uwaga": BANNER})
FILED, CONSIDERED, FORMALLY = "Złożony", "Rozpatrywany", "Zaakceptowany formalnie"
FETCHED, NOT_FETCHED = "Pobrano dane", "Nie pobrano danych"
# act → statuses it may follow, status it makes
ACTS = {
    "ROZPATRYWANY": ((FILED,), CONSIDERED),
    "FORMALNIE": ((CONSIDERED,), FORMALLY),
    "ODRZUCONY": ((CONSIDERED, FORMALLY), "Odrzucony"),
    "ZAAKCEPTOWANY": ((FORMALLY,), "Zaakceptowany"),
    "PRZEDLUZONY": ((FORMALLY,), "Zaakceptowany"),
}
_CHARACTERS = "abcdefghijkmnpqrstuvwxyz"
_SAME = ("imie", "nazwisko", "pesel", "adres_email")  # what a reset asks for (B51)


class SioServer:
    """The reference SIO on a free loopback port.

    The office's acts need its account; what a person's browser would send (``/dane-dostepowe``,
    ``/logowanie``, ``/reset``) is also there as methods.
    """

    def __init__(
        self, directory: Path, *, now: Callable[[], dt.datetime] | None = None, drip: float = 1.0
    ) -> None:
        self.applications: dict[str, dict[str, Any]] = {}
        self.authorisations: dict[str, dict[str, Any]] = {}
        self.journal = Journal(directory / "sio.jsonl")
        self._answers: dict[str, dict[str, Any]] = {}  # by idempotency key
        self._now = now or SystemClock().now
        self._lock = threading.Lock()
        self.http = HttpServer("sio", self._respond, self.journal, drip=drip)
        self.faults = self.http.faults
        self.start, self.stop = self.http.start, self.http.stop

    @property
    def url(self) -> str:
        """Return the system's address."""
        return self.http.url

    def _respond(self, request: Request) -> Answer:
        parts = request.path.strip("/").split("/")
        doors = {"dane-dostepowe": self.fetch, "logowanie": self.log_in, "reset": self.reset}
        person = doors.get(parts[0])
        with self._lock:
            if parts[0] == sio_pages.ROOT:
                return sio_pages.respond(request, doors | {"wniosek": self.view})
            if person is not None and request.method == "POST":
                return person(request.json())
            if not basic_auth_ok(request, USERNAME, PASSWORD):
                return Answer(
                    401, {"blad": "nieznany użytkownik"}, (("WWW-Authenticate", 'Basic realm="SIO"'),)
                )
            if request.method == "POST":
                return self._act(parts, request.json(), request.headers.get("idempotency-key", ""))
        return NOT_FOUND

    def listed(self) -> str:
        """Return the list of authorisations as a person exports it, as CSV."""
        today = self._now().date()

        def state(each: dict[str, Any]) -> str:
            if each["zablokowane"]:
                return "zablokowane"
            return "aktywne" if dt.date.fromisoformat(each["do"]) >= today else "wygasłe"

        rows = [f"{each['numer']};{each['do']};{state(each)}" for each in self.authorisations.values()]
        return "\n".join(["numer;do;stan", *rows])

    def _act(self, parts: list[str], body: dict[str, Any], key: str) -> Answer:
        if key in self._answers:
            return Answer(200, self._answers[key])
        match parts:
            case ["wnioski"]:
                answer = self._file(body)
            case ["wnioski", number, "czynnosci"] if number in self.applications:
                answer = self._decide(self.applications[number], body)
            case ["upowaznienia", number, "czynnosci"] if number in self.authorisations:
                answer = self._end(self.authorisations[number], body)
            case _:
                return NOT_FOUND
        if key and answer.code < 300:
            self._answers[key] = answer.body
            self.journal.write("act", act=body.get("czynnosc"), number=answer.body["numer"], key=key)
        return answer

    def _file(self, body: dict[str, Any]) -> Answer:
        number = f"W-{self._now().year}-{len(self.applications) + 1:04d}"
        self.applications[number] = {**body, "numer": number, "status": FILED, "organ": ""}
        return self._done(number, FILED)

    def _decide(self, application: dict[str, Any], body: dict[str, Any]) -> Answer:
        """Change an application's status; only the organ that took it up, and only in the given order."""
        before, after = ACTS.get(str(body.get("czynnosc")), ((), ""))
        if application["status"] not in before or application["organ"] not in ("", body.get("organ")):
            told = f"{application['status']}, organ {application['organ']}"
            return Answer(409, {"blad": f"czynność niemożliwa: {told}", "uwaga": BANNER})
        application |= {"status": after, "organ": body.get("organ", "")}
        number = None
        if body["czynnosc"] == "ZAAKCEPTOWANY":
            number = self._grant(application)
            application["numer_upowaznienia"] = number
        elif body["czynnosc"] == "PRZEDLUZONY":
            number = str(application["numer_upowaznienia"])
            self.authorisations[number]["do"] = application["upowaznienie_do"]
        return self._done(application["numer"], after, number)

    def _grant(self, application: dict[str, Any]) -> str:
        number = f"U-{self._now().year}-{len(self.authorisations) + 1:04d}"
        about = {name: application.get(name) for name in (*_SAME, "dokument_cudzoziemca")}
        self.authorisations[number] = {
            **about, "numer": number, "do": application["upowaznienie_do"], "zablokowane": False,
            "login": f"sio{len(self.authorisations) + 1:06d}", "hash": b"", "pobrano": False,
        }  # fmt: skip
        return number

    def _end(self, authorisation: dict[str, Any], body: dict[str, Any]) -> Answer:
        act = body.get("czynnosc")
        if act == "POBRANIE":
            fetched = FETCHED if authorisation["pobrano"] else NOT_FETCHED
            return self._done(authorisation["numer"], fetched)
        if act not in ("WYGASLY", "ZABLOKOWANY"):
            return NOT_FOUND
        authorisation["zablokowane"] = True
        return self._done(authorisation["numer"], "Wygasłe" if act == "WYGASLY" else "Zablokowany")

    def _done(self, number: str, status: str, authorisation: str | None = None) -> Answer:
        return Answer(
            200,
            {
                "numer": number, "status": status, "zdarzenie_o": self._now().isoformat(),
                "numer_upowaznienia": authorisation, "uwaga": BANNER,
            },
        )  # fmt: skip

    def view(self, body: dict[str, Any]) -> Answer:
        """Show an application and what became of it to the person who has filed it, and to nobody else."""
        found = self.applications.get(str(body.get("numer")), {})
        identity = found.get("pesel") or found.get("dokument_cudzoziemca")
        if not identity or identity != body.get("pesel"):
            return Answer(404, {"blad": "nie ma takiego wniosku tej osoby", "uwaga": BANNER})
        granted = self.authorisations.get(str(found.get("numer_upowaznienia")))
        access = None if granted is None else "zablokowany" if granted["zablokowane"] else "przyznany"
        return Answer(200, {**found, "dostep": access, "uwaga": BANNER})

    def fetch(self, body: dict[str, Any]) -> Answer:
        """Give login and password to the person they are for, once: 403 for anybody else, 410 afterwards."""
        found = self.authorisations.get(str(body.get("numer_upowaznienia")))
        if found is None or found["zablokowane"]:
            return NOT_FOUND
        identity = found["pesel"] or found["dokument_cudzoziemca"]
        if identity != body.get("pesel"):
            return Answer(403, {"blad": "dane pobiera tylko osoba upoważniona", "uwaga": BANNER})
        if found["pobrano"]:
            return Answer(410, {"blad": "dane dostępowe zostały już pobrane", "uwaga": BANNER})
        password = "Aa1" + draw_characters(_CHARACTERS, 12)  # ≥ 12 characters, upper, lower, digit (B51)
        found |= {"pobrano": True, "hash": _hash(found["login"], password)}
        return Answer(200, {"login": found["login"], "haslo": password, "uwaga": BANNER})

    def log_in(self, body: dict[str, Any]) -> Answer:
        """Let a person in whose authorisation is in force; blocked and expired ones are not."""
        for found in self.authorisations.values():
            if found["login"] == body.get("login"):
                given = _hash(found["login"], str(body.get("haslo")))
                expired = dt.date.fromisoformat(found["do"]) < self._now().date()
                if hmac.compare_digest(found["hash"], given) and not found["zablokowane"] and not expired:
                    return Answer(200, {"login": found["login"], "uwaga": BANNER})
        return Answer(401, {"blad": "zły login lub hasło albo dostęp zablokowany", "uwaga": BANNER})

    def reset(self, body: dict[str, Any]) -> Answer:
        """Let a person fetch new access data who gives exactly the data of the application (B51)."""
        found = self.authorisations.get(str(body.get("numer_upowaznienia")))
        if found is None or any(found[name] != body.get(name) for name in _SAME):
            return Answer(403, {"blad": "dane różnią się od danych z wniosku", "uwaga": BANNER})
        found |= {"pobrano": False, "hash": b""}
        return Answer(200, {"numer": found["numer"], "uwaga": BANNER})


def _hash(login: str, password: str) -> bytes:
    return hashlib.scrypt(password.encode(), salt=login.encode(), n=2**12, r=8, p=1)
