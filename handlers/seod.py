"""``seod.*``: the office's document system, built-in binding (``domain.md`` R1): contact data and the
numbered ticket.

The ticket is taken up once and closed in every end state (R2); the idempotency key goes along, so a repeated
call finds the ticket instead of making another.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from engine import BpmnError, Completed, HandlerRegistry, JobContext
from handlers import inputs, outbound
from handlers.connection import Connection, require_safe_url

REMEDY = "check OBIEG_SEOD_URL, OBIEG_SEOD_USERNAME and OBIEG_SEOD_PASSWORD"


class SeodSettings(Connection, frozen=True, kw_only=True):
    """Where the document system is and the engine's account there; ``deadline`` in seconds per call."""

    url: str = "http://127.0.0.1:8090/seod"
    username: str = ""
    password: str = ""
    deadline: float = 10.0


class _Contact(msgspec.Struct, frozen=True):
    """The contact data of "Zmiana danych użytkownika" (A26, A27)."""

    lokalizacja: str
    email: str
    telefon: str
    zmieniono: outbound.Instant
    zweryfikowano: outbound.Instant


class _User(msgspec.Struct, frozen=True):
    login: str
    imie: str
    nazwisko: str
    rola: str
    dostep_zszo: bool
    numer_rspo: int
    kontakt: _Contact


class _Ticket(msgspec.Struct, frozen=True):
    numer: str
    podjeto: outbound.Instant
    zamknieto: outbound.Instant | None = None


def register(registry: HandlerRegistry, settings: SeodSettings) -> None:
    """Register the three job types of the document system."""
    url = require_safe_url(settings.url, "OBIEG_SEOD_URL")

    def call(context: JobContext, method: str, path: str, body: Any = None) -> outbound.Reply:
        return outbound.call(
            "SEOD",
            method,
            url + path,
            json=body,
            deadline=settings.deadline,
            auth=(settings.username, settings.password),
            headers={"idempotency-key": context.job.idempotency_key},
        )

    def write(context: JobContext, path: str, body: Any) -> Mapping[str, Any]:
        return _ticket(call(context, "POST", path, body), now=context.now)

    @registry.handler("seod.load_applicant", errors=("BRAK_DOSTEPU",))
    def load_applicant(context: JobContext) -> Completed:
        """Variable ``wnioskodawca`` (login) in; ``dane_wnioskodawcy`` and ``kontakt`` out."""
        login = inputs.text(context, "wnioskodawca")
        reply = call(context, "GET", f"/uzytkownicy/{quote(login, safe='')}")
        if reply.code == 404:
            raise BpmnError("BRAK_DOSTEPU", "the applicant has no account in SEOD")
        outbound.require_success(reply, "SEOD", now=context.now, remedy=REMEDY)
        user = reply.decode(_User, "SEOD")
        if not user.dostep_zszo or user.rola != "dyrektor":
            raise BpmnError("BRAK_DOSTEPU", "the applicant is no director with access to ZSZO")
        return Completed(_applicant(user))

    @registry.handler("seod.open_ticket", errors=("ZGLOSZENIE_OTWARTE",))
    def open_ticket(context: JobContext) -> Completed:
        """Variables ``login``, ``wnioskodawca``, ``numer_sprawy`` in; ``zgloszenie_seod``, ``podjeto_seod``
        out.
        """
        body = {
            "formularz": "Wygenerowanie hasła ZSZO",
            "login": inputs.text(context, "login"),
            "wnioskodawca": inputs.text(context, "wnioskodawca"),
            "numer_sprawy": inputs.optional_text(context, "numer_sprawy"),
        }
        ticket = context.effect("seod.open", lambda: write(context, "/zgloszenia", body))
        return Completed({"zgloszenie_seod": ticket["numer"], "podjeto_seod": ticket["podjeto"]})

    @registry.handler("seod.close_ticket")
    def close_ticket(context: JobContext) -> Completed:
        """Variable ``zgloszenie_seod`` and header or variable ``wynik`` in; ``zamknieto_seod`` out."""
        number = inputs.text(context, "zgloszenie_seod")
        body = {"wynik": context.job.headers.get("wynik") or inputs.text(context, "wynik")}
        path = f"/zgloszenia/{quote(number, safe='')}/zamkniecie"
        ticket = context.effect("seod.close", lambda: write(context, path, body))
        return Completed({"zamknieto_seod": ticket["zamknieto"]})


def _ticket(answer: outbound.Reply, *, now: dt.datetime) -> Mapping[str, Any]:
    """Return the ticket SEOD answers with; an open one of the same account is an answer of the model."""
    if answer.code == 409:
        raise BpmnError("ZGLOSZENIE_OTWARTE", "SEOD has an open ticket for this account already")
    reply = outbound.require_success(answer, "SEOD", now=now, remedy=REMEDY)
    return msgspec.structs.asdict(reply.decode(_Ticket, "SEOD"))


def _applicant(user: _User) -> dict[str, Any]:
    """Return who applies, and the contact data of the school with when they were last changed (AA13)."""
    person = {name: getattr(user, name) for name in ("login", "imie", "nazwisko", "rola", "numer_rspo")}
    return {"dane_wnioskodawcy": person, "kontakt": msgspec.structs.asdict(user.kontakt)}
