"""The reference SIO (``domain.md`` R1, R5): applications with the statuses of the city's screen (B48),
authorisations, access data fetched once by the person they are for, a login that works until it is blocked.

An application comes from the organ's case, or from the applicant on the pages; of the latter the case takes
up the number it has here.

It is not the minister's system and says so in every answer. Passwords are kept as a hash.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from demo import sio_pages
from demo.http_server import Answer, HttpServer, Request, basic_auth_ok
from demo.journal import Journal
from demo.sio_filing import PROLONG, Organ, first_day
from engine import WARSAW, SystemClock, draw_characters

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
_ENDED = ("Zaakceptowany", "Odrzucony")
_SESSION = dt.timedelta(minutes=30)
_ABOUT = (  # what an authorisation takes over from its application
    "dokument_cudzoziemca", "podstawa", "funkcja", "nazwa_podmiotu", "zakresy_wewnetrzne", "zakresy",
    "potwierdzanie", "udzielajacy",
)  # fmt: skip
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
        self.organ: Organ | None = None  # whose program applications filed on the pages go to
        self._filed: dict[str, str] = {}  # application by the key of the form
        self._numbered = 0
        self._sessions: dict[str, tuple[str, dt.datetime]] = {}  # authorisation, until when, by token
        self._now = now or SystemClock().now
        self._lock = threading.RLock()
        doors = {**self._doors(), "wniosek": self.view}
        self._pages = sio_pages.SioPages(
            self, {n: self._alone(each) for n, each in doors.items()}, self._open
        )
        self.http = HttpServer("sio", self._respond, self.journal, drip=drip)
        self.faults = self.http.faults
        self.start, self.stop = self.http.start, self.http.stop

    @property
    def url(self) -> str:
        """Return the system's address."""
        return self.http.url

    def _respond(self, request: Request) -> Answer:
        parts = request.path.strip("/").split("/")
        if parts[0] == sio_pages.ROOT:
            return self._pages.respond(request)
        person = self._doors().get(parts[0])
        with self._lock:
            if person is not None and request.method == "POST":
                return person(request.json())
            if not basic_auth_ok(request, USERNAME, PASSWORD):
                return Answer(
                    401, {"blad": "nieznany użytkownik"}, (("WWW-Authenticate", 'Basic realm="SIO"'),)
                )
            if request.method == "POST":
                return self._act(parts, request.json(), request.headers.get("idempotency-key", ""))
        return NOT_FOUND

    def _doors(self) -> dict[str, Callable[[dict[str, Any]], Answer]]:
        return {"dane-dostepowe": self.fetch, "logowanie": self.log_in, "reset": self.reset}

    def _alone(self, door: Callable[[dict[str, Any]], Answer]) -> Callable[[dict[str, Any]], Answer]:
        def answer(body: dict[str, Any]) -> Answer:
            with self._lock:
                return door(body)

        return answer

    def listed(self) -> str:
        """Return the list of authorisations as a person exports it, as CSV."""
        today = self._today()

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
        """Take an application a case brings, or let the case take up the one of the pages it names."""
        if body.get("numer_sio"):
            return self._take_up(str(body["numer_sio"]), str(body.get("numer_sprawy")))
        return self._done(self._add(body), FILED)

    def _take_up(self, number: str, case: str) -> Answer:
        found = self.applications.get(number)
        if found is None or found["numer_sprawy"] not in ("", case):
            return Answer(
                409, {"blad": f"wniosku {number} nie ma albo jest w innej sprawie", "uwaga": BANNER}
            )
        found["numer_sprawy"] = case
        at = dt.datetime.fromisoformat(found["przebieg"][0][1])
        return self._done(number, FILED, at=at)

    def _add(self, body: Mapping[str, Any], number: str = "") -> str:
        if not number:
            self._numbered += 1
            number = f"W-{self._now().year}-{self._numbered:04d}"
        course = [(FILED, self._now().isoformat())]
        own = {"numer": number, "status": FILED, "organ": "", "przebieg": course}
        self.applications[number] = {"numer_sprawy": "", **body, **own}
        return number

    def record(self, key: str, kind: str, answers: Mapping[str, Any]) -> str:
        """Keep what was filed on the pages and return its number; the same key gets the same number."""
        with self._lock:
            number = self._filed.get(key, "")
            if number not in self.applications:
                number = self._add({name: _plain(answers[name]) for name in answers}, number)
                if kind == PROLONG:
                    of = self.authorisations[str(answers["numer_upowaznienia"])]
                    self.applications[number] |= {name: of[name] for name in ("imie", "nazwisko", *_ABOUT)}
                self._filed[key] = number
            return number

    def settle(self, key: str, case: str | None) -> None:
        """Note which case a filed application is in; one in no case (None) was not filed."""
        with self._lock:
            number = self._filed[key]
            if case is None:
                del self.applications[number]  # filed again with this key it gets its number again
            else:
                self.applications[number]["numer_sprawy"] = case

    def filed(self, key: str) -> Mapping[str, Any] | None:
        """Return the application a form was filed as."""
        with self._lock:
            return self.applications.get(self._filed.get(key, ""))

    def _open(self, login: str) -> str:
        with self._lock:
            token = draw_characters(_CHARACTERS, 24)
            number = next(each["numer"] for each in self.authorisations.values() if each["login"] == login)
            self._sessions[token] = (number, self._now() + _SESSION)
            return token

    def signed_in(self, token: str) -> Mapping[str, Any] | None:
        """Return the authorisation somebody has signed in with, for half an hour."""
        with self._lock:
            number, until = self._sessions.get(token, ("", self._now()))
            return self.authorisations.get(number) if self._now() < until else None

    def why_not(self, authorisation: Mapping[str, Any]) -> str:
        """Return why an authorisation cannot be prolonged today (B49): the window, or it already is."""
        today, last = self._today(), dt.date.fromisoformat(authorisation["do"])
        with self._lock:
            same = [each for each in self.applications.values() if _prolongs(each, authorisation["numer"])]
        if authorisation["zablokowane"] or last < today:
            return "Upoważnienie się skończyło. Potrzebny jest nowy wniosek."
        if today < first_day(last):
            return f"Przedłużyć można od {first_day(last):%d.%m.%Y} do {last:%d.%m.%Y}."
        return f"Wniosek {same[0]['numer']} o przedłużenie jest już złożony." if same else ""

    def _decide(self, application: dict[str, Any], body: dict[str, Any]) -> Answer:
        """Change an application's status; only the organ that took it up, and only in the given order."""
        before, after = ACTS.get(str(body.get("czynnosc")), ((), ""))
        if application["status"] not in before or application["organ"] not in ("", body.get("organ")):
            told = f"{application['status']}, organ {application['organ']}"
            return Answer(409, {"blad": f"czynność niemożliwa: {told}", "uwaga": BANNER})
        application |= {"status": after, "organ": body.get("organ", "")}
        application["przebieg"] = [*application["przebieg"], (after, self._now().isoformat())]
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
        about = {name: application.get(name) for name in (*_SAME, *_ABOUT)}
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

    def _done(
        self, number: str, status: str, authorisation: str | None = None, *, at: dt.datetime | None = None
    ) -> Answer:
        return Answer(
            200,
            {
                "numer": number, "status": status, "zdarzenie_o": (at or self._now()).isoformat(),
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
        access = None if granted is None else self._access(granted)
        return Answer(200, {**found, "dostep": access, "uwaga": BANNER})

    def _access(self, authorisation: Mapping[str, Any]) -> str:
        if authorisation["zablokowane"]:
            return "zablokowany"
        return "wygasł" if dt.date.fromisoformat(authorisation["do"]) < self._today() else "przyznany"

    def _today(self) -> dt.date:
        return self._now().astimezone(WARSAW).date()

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
                expired = dt.date.fromisoformat(found["do"]) < self._today()
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


def _prolongs(application: Mapping[str, Any], number: str) -> bool:
    """Say whether an application is an open one to prolong this authorisation."""
    is_open = application["status"] not in _ENDED
    return is_open and application.get("numer_upowaznienia") == number


def _plain(value: Any) -> Any:
    """Return an answer of a form as JSON has it."""
    return value.isoformat() if isinstance(value, dt.date) else value


def _hash(login: str, password: str) -> bytes:
    return hashlib.scrypt(password.encode(), salt=login.encode(), n=2**12, r=8, p=1)
