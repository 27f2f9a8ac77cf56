"""``sio.perform``: one act in the educational information system SIO, built-in binding (R1, B48).

The manual binding has a clerk do the same in the minister's SIO, which has no public interface. Either way
the answer is one record: number, status, when it happened there and when it was entered here. The
idempotency key goes along, so a repeated call changes nothing. A case of an application filed on SIO's own
pages starts with its ``numer_sio``: filing then takes that application up.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import quote

import msgspec

from engine import Completed, HandlerRegistry, JobContext
from handlers import inputs, outbound
from handlers.connection import Connection, require_safe_url

REMEDY = "check OBIEG_SIO_URL, OBIEG_SIO_USERNAME and OBIEG_SIO_PASSWORD, and the status in SIO"
FILED = ("ZLOZONY", "PRZEDLUZENIE")
OF_AUTHORISATION = ("WYGASLY", "ZABLOKOWANY", "POBRANIE")
ACTS = (*FILED, "ROZPATRYWANY", "FORMALNIE", "ODRZUCONY", "ZAAKCEPTOWANY", "PRZEDLUZONY", *OF_AUTHORISATION)
_TOLD = (
    "podstawa", "rodzaj_podmiotu", "numer_rspo", "regon", "nazwa_podmiotu", "imie", "drugie_imie", "nazwisko",
    "pesel", "dokument_cudzoziemca", "adres_email", "funkcja", "upowaznienie_od", "upowaznienie_do",
    "sposob_potwierdzenia", "numer_upowaznienia", "zakresy_wewnetrzne", "zakresy", "potwierdzanie",
    "udzielajacy", "numer_sio",
)  # fmt: skip


class SioSettings(Connection, frozen=True, kw_only=True):
    """Where the reference SIO is and the office's account there; ``deadline`` in seconds per call."""

    url: str = "http://127.0.0.1:8090"
    username: str = ""
    password: str = ""
    deadline: float = 10.0


class _Done(msgspec.Struct, frozen=True):
    """What SIO says after an act."""

    numer: str
    status: str
    zdarzenie_o: outbound.Instant
    numer_upowaznienia: str | None = None


def register(registry: HandlerRegistry, settings: SioSettings) -> None:
    """Register ``sio.perform``."""
    url = require_safe_url(settings.url, "OBIEG_SIO_URL")

    @registry.handler("sio.perform")
    def perform(context: JobContext) -> Completed:
        """Variables ``czynnosc``, ``numer_sprawy`` and what the act is about in; ``sio`` out."""
        act = inputs.text(context, "czynnosc")
        if act not in ACTS:
            raise inputs.refuse(context, f"czynnosc to be one of {', '.join(ACTS)}", f"got {act[:40]!r}")
        kept = context.effect("sio", lambda: _call(context, settings, url + _place(context, act), act))
        done = {**kept, "zdarzenie_o": dt.datetime.fromisoformat(kept["zdarzenie_o"])}
        return Completed({"sio": {**done, "wpisano_o": context.now}})


def _place(context: JobContext, act: str) -> str:
    """Return the path of what the act changes: a new application, an application, an authorisation."""
    if act in FILED:
        return "/wnioski"
    kind, name = (
        ("upowaznienia", "numer_upowaznienia") if act in OF_AUTHORISATION else ("wnioski", "numer_sio")
    )
    return f"/{kind}/{quote(inputs.text(context, name), safe='')}/czynnosci"


def _call(context: JobContext, settings: SioSettings, url: str, act: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "czynnosc": act,
        "organ": inputs.optional_text(context, "grupa_czynnosci").rpartition("-")[0],
        "numer_sprawy": inputs.optional_text(context, "numer_sprawy"),
    }
    if act in FILED:
        body |= {name: context.job.variables.get(name) for name in _TOLD}
    reply = outbound.call(
        "SIO", "POST", url, json=body, deadline=settings.deadline,
        auth=(settings.username, settings.password),
        headers={"idempotency-key": context.job.idempotency_key},
    )  # fmt: skip
    outbound.require_success(reply, "SIO", now=context.now, remedy=REMEDY)
    done = reply.decode(_Done, "SIO")
    return msgspec.structs.asdict(done) | {"zdarzenie_o": done.zdarzenie_o.isoformat()}
