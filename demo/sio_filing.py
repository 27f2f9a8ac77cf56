"""Filing on the reference SIO's own pages: an application, and after signing in a prolongation (B10, B49).

The organ's program asks the questions and refuses answers (``Organ``); SIO numbers what was filed and hands
it over, and the organ's case then takes up that application under its number. A form carries a key, so that
one sent twice is filed once.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Any, NamedTuple, Protocol

from demo import form_page, page
from demo.form_page import File, Filled, Sent
from demo.http_server import Answer, Request
from engine import ComponentType, EngineError, Form, InvalidSubmission, draw_characters

NEW, PROLONG = "nowy", "przedluzenie"
WINDOW_MONTHS = 3  # before the end of an authorisation one may prolong it (B49)
_KEY = re.compile("[a-z0-9]{24}")
_SIGNS = "abcdefghijkmnpqrstuvwxyz23456789"
_AFTERWARDS = (
    "<p>Na adres e-mail z wniosku przyjdzie wiadomość o wpływie wniosku. Organ wyznacza się sam, na "
    "podstawie danych we wniosku. Status wniosku zobaczysz na stronie „Mój wniosek”.</p>"
)
_NOT_TAKEN = (
    "<p>Organ nie może teraz przyjąć wniosku. Nic nie zostało złożone; wróć do poprzedniej strony i wyślij "
    "formularz jeszcze raz za chwilę.</p>"
)


class Organ(Protocol):
    """The program of the organs that grant access."""

    def form(self, kind: str) -> Form:
        """Return the questions of an application (``NEW``) or a prolongation (``PROLONG``)."""

    def hidden(self, kind: str, given: Mapping[str, object]) -> set[str]:
        """Return what need not be asked."""

    def checked(self, kind: str, given: Mapping[str, object]) -> dict[str, Any]:
        """Return the answers; raises ``InvalidSubmission`` with what is wrong by field."""

    def kept(self, kind: str, name: str, content: bytes, accept: tuple[str, ...]) -> dict[str, Any]:
        """Keep a file that is to be filed; raises ``ValueError`` with what is wrong."""

    def standing(self, case: str) -> str:
        """Return how a case stands, in words."""

    def file(self, kind: str, given: Mapping[str, object], *, number: str, key: str) -> str:
        """Begin a case about what was filed under a number of SIO, once per key; return the case's number."""


class System(Protocol):
    """What filing needs of SIO itself."""

    organ: Organ | None

    def record(self, key: str, kind: str, answers: Mapping[str, Any]) -> str:
        """Keep an application and return its number; the same key gets the same number."""

    def settle(self, key: str, case: str | None) -> None:
        """Note the number of the case begun; None: there is none, and so no application."""

    def filed(self, key: str) -> Mapping[str, Any] | None:
        """Return the application a form was filed as."""

    def signed_in(self, token: str) -> Mapping[str, Any] | None:
        """Return the authorisation somebody has signed in with."""

    def why_not(self, authorisation: Mapping[str, Any]) -> str:
        """Return why an authorisation cannot be prolonged today, "" if it can."""


class Asked(NamedTuple):
    """One form being filled in: of which kind, with what the person sent and what SIO answers itself."""

    kind: str
    key: str
    sent: Sent
    fixed: Mapping[str, object]
    token: str = ""


class Filing:
    """Answers what is about filing."""

    def __init__(self, system: System, frame: page.Frame) -> None:
        self._system = system
        self._frame = frame

    def respond(self, request: Request, name: str) -> Answer | None:
        """Return the page of a name, None for a page that is not about filing."""
        pages: dict[tuple[str, str], Callable[[Request], Answer]] = {
            ("GET", NEW): self._begin,
            ("POST", NEW): self._application,
            ("POST", PROLONG): self._prolongation,
            ("GET", "zlozono"): self._filed,
        }
        found = pages.get((request.method, name))
        return None if found is None else found(request)

    def offer(self, token: str, authorisation: Mapping[str, Any]) -> str:
        """Return how somebody who has signed in gets to the form of a prolongation, or why not."""
        why = self._system.why_not(authorisation)
        if self._system.organ is None or why:
            return f"<p>{escape(why or 'Wnioski przyjmuje organ.')}</p>"
        return (
            f'<form method="post" action="/{self._frame.root}/{PROLONG}" enctype="multipart/form-data">'
            f'<input type="hidden" name="sesja" value="{token}"><input type="hidden" name="pokaz" value="1">'
            "<button>Złóż wniosek o przedłużenie</button></form>"
        )

    def _begin(self, request: Request) -> Answer:
        organ = self._system.organ
        if organ is None:
            return self._frame.page(
                "Nowy wniosek", "<p>Wnioski przyjmuje organ, w Obiegu.</p>", here=self._here
            )
        asked = Asked(NEW, draw_characters(_SIGNS, 24), Sent({}, {}), {})
        return self._form(organ, asked, {})

    def _application(self, request: Request) -> Answer:
        given = form_page.sent(request)
        return self._answer(Asked(NEW, given.one("klucz"), given, {}))

    def _prolongation(self, request: Request) -> Answer:
        given = form_page.sent(request)
        token, key = given.one("sesja"), given.one("klucz") or draw_characters(_SIGNS, 24)
        authorisation = self._system.signed_in(token)
        if authorisation is None:
            told = "<p>Zaloguj się jeszcze raz: od zalogowania minęło za dużo czasu.</p>"
            return self._frame.page("Trzeba się zalogować", told, status=403)
        if self._system.filed(key) is not None:
            return self._done(key)
        why = self._system.why_not(authorisation)
        if why:
            return self._frame.page("Nie można złożyć wniosku", f"<p>{escape(why)}</p>", status=409)
        fixed = {
            "numer_upowaznienia": authorisation["numer"],
            "adres_email": authorisation["adres_email"],
            "bez_pesel": "" if authorisation["pesel"] else "true",
            "pesel": authorisation["pesel"] or "",
            "dokument_cudzoziemca": authorisation["dokument_cudzoziemca"] or "",
        }
        if authorisation.get("podstawa") != "wewnetrzne":
            fixed["udzielajacy"] = ""
        return self._answer(Asked(PROLONG, key, given, fixed, token))

    def _answer(self, asked: Asked) -> Answer:
        """File what was sent, or show it once more: to see further questions, or what is wrong."""
        organ = self._system.organ
        if organ is None or not _KEY.fullmatch(asked.key):
            return self._frame.page("Nie ma takiej strony", "", status=404)
        if self._system.filed(asked.key) is not None:
            return self._done(asked.key)
        if asked.sent.one("pokaz"):
            return self._form(organ, asked, {})
        given, errors = self._entered(organ, asked)
        try:
            answers = organ.checked(asked.kind, given)
        except InvalidSubmission as refused:
            errors = {**refused.fields, **errors}
        if errors:
            return self._form(organ, asked, errors)
        return self._file(organ, asked, given, answers)

    def _file(
        self, organ: Organ, asked: Asked, given: Mapping[str, object], answers: Mapping[str, Any]
    ) -> Answer:
        number = self._system.record(asked.key, asked.kind, answers)
        try:
            case = organ.file(asked.kind, given, number=number, key=asked.key)
        except EngineError:
            self._system.settle(asked.key, None)
            return self._frame.page("Wniosku nie złożono", _NOT_TAKEN, status=503, here=self._here)
        self._system.settle(asked.key, case)
        return self._done(asked.key)

    def _entered(self, organ: Organ, asked: Asked) -> tuple[dict[str, object], dict[str, str]]:
        """Return what was entered with the files, and what is wrong with those."""
        form, errors = organ.form(asked.kind), dict[str, str]()
        given = form_page.submission(form, asked.sent) | dict(asked.fixed)
        for field in form.fields:
            file = form_page.file_of(field, asked.sent) if field.type is ComponentType.FILEPICKER else None
            if file is not None:
                errors |= self._keep(organ, asked.kind, field.key, file, field.accept, given)
        return given, errors

    def _keep(
        self, organ: Organ, kind: str, key: str, file: File, accept: tuple[str, ...], given: dict[str, object]
    ) -> dict[str, str]:
        try:
            given[key] = [organ.kept(kind, file.name, file.content, accept)]
        except ValueError as refused:
            return {key: str(refused)}
        return {}

    def _form(self, organ: Organ, asked: Asked, errors: Mapping[str, str]) -> Answer:
        form = organ.form(asked.kind)
        given = form_page.submission(form, asked.sent) | dict(asked.fixed)
        filled = Filled(
            form, given, errors, frozenset(organ.hidden(asked.kind, given)), frozenset(asked.fixed)
        )
        own = {"klucz": asked.key, **({"sesja": asked.token} if asked.token else {})}
        hidden = "".join(f'<input type="hidden" name="{name}" value="{own[name]}">' for name in own)
        told = {"Numer upoważnienia": asked.fixed.get("numer_upowaznienia")}
        told["Adres e-mail"] = asked.fixed.get("adres_email")
        content = (
            f'{page.facts(told) if asked.fixed else ""}<form class="sheet" method="post" '
            f'action="/{self._frame.root}/{asked.kind}" enctype="multipart/form-data" novalidate>{hidden}'
            f"{form_page.html(filled)}<p>Dalsze pytania zależą od odpowiedzi.</p>"
            '<button class="quiet" name="pokaz" value="1">Pokaż dalsze pytania</button>'
            "<button>Złóż wniosek</button></form>"
        )
        title = form_page.title(form)
        return self._frame.page(
            page.WRONG + title if errors else title, content, status=422 if errors else 200, here=self._here
        )

    def _done(self, key: str) -> Answer:
        return page.go_to(f"/{self._frame.root}/zlozono?klucz={key}")

    def _filed(self, request: Request) -> Answer:
        found = self._system.filed(request.query.get("klucz", ""))
        if found is None:
            return self._frame.page("Nie ma takiego wniosku", "", status=404)
        told = {"Numer wniosku": found["numer"], "Status": found["status"]}
        done = '<p class="done" role="status">Wniosek złożono. Zapisz jego numer.</p>'
        return self._frame.page("Wniosek złożony", f"{done}{page.facts(told)}{_AFTERWARDS}")

    @property
    def _here(self) -> str:
        return f"/{self._frame.root}/{NEW}"


def first_day(end: dt.date) -> dt.date:
    """Return from which day an authorisation that ends then may be prolonged (B49)."""
    month = end.month - WINDOW_MONTHS
    year, month = (end.year, month) if month > 0 else (end.year - 1, month + 12)
    return dt.date(year, month, min(end.day, calendar.monthrange(year, month)[1]))
