"""``zszo.*``: accounts of the integrated system ZSZO, built-in binding (``domain.md`` R1, R2, R5).

The start password is read from its reference here, sent once over the connection the administrator named, and
kept nowhere. Whether the account exists, belongs to the applicant's school and is not blocked are answers of
the model (AA2, A8), not failures.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from engine import WARSAW, BpmnError, Completed, HandlerRegistry, JobContext
from handlers import inputs, outbound
from handlers.connection import Connection, require_safe_url

REMEDY = "check OBIEG_ZSZO_URL, OBIEG_ZSZO_USERNAME and OBIEG_ZSZO_PASSWORD"
ACCOUNT_ERRORS = ("BRAK_KONTA", "KONTO_ZABLOKOWANE", "NIE_TA_SAMA_PLACOWKA")


class ZszoSettings(Connection, frozen=True, kw_only=True):
    """Where ZSZO's accounts are kept and the engine's account there; ``deadline`` in seconds per call."""

    url: str = "http://127.0.0.1:8090/zszo"
    username: str = ""
    password: str = ""
    deadline: float = 10.0
    validity_days: int = 14


class _Account(msgspec.Struct, frozen=True):
    """An account; ``haslo`` is ``wlasne``, ``startowe`` or ``zablokowane``."""

    login: str
    imie: str
    nazwisko: str
    numer_rspo: int
    zablokowane: bool
    haslo: str


class _PasswordSet(msgspec.Struct, frozen=True):
    ustawiono: outbound.Instant
    wazne_do: outbound.Instant


class _Accounts:
    """The accounts of one ZSZO, spoken to over HTTP."""

    def __init__(self, settings: ZszoSettings) -> None:
        self._settings = settings
        self._url = require_safe_url(settings.url, "OBIEG_ZSZO_URL")

    def call(self, context: JobContext, method: str, action: str = "", body: Any = None) -> outbound.Reply:
        """Ask about or change the account in the variable ``login``; raises the BPMN errors an account can
        give.
        """
        login = inputs.text(context, "login")
        reply = outbound.call(
            "ZSZO",
            method,
            f"{self._url}/konta/{quote(login, safe='')}{action}",
            json=body,
            deadline=self._settings.deadline,
            auth=(self._settings.username, self._settings.password),
            headers={"idempotency-key": context.job.idempotency_key},
        )
        if reply.code == 404:
            raise BpmnError("BRAK_KONTA", "ZSZO has no such account")
        if reply.code == 423:
            raise BpmnError("KONTO_ZABLOKOWANE", "the account is blocked in ZSZO")
        return outbound.require_success(reply, "ZSZO", now=context.now, remedy=REMEDY)

    def change(self, context: JobContext, action: str, body: Any) -> Mapping[str, Any]:
        """Change the account and return it as it is then."""
        return msgspec.structs.asdict(self.call(context, "POST", action, body).decode(_Account, "ZSZO"))


def register(registry: HandlerRegistry, settings: ZszoSettings) -> None:
    """Register ``zszo.check_account``, ``.set_password``, ``.block_account`` and ``.lock_start_password``."""
    accounts = _Accounts(settings)

    @registry.handler("zszo.check_account", errors=ACCOUNT_ERRORS)
    def check_account(context: JobContext) -> Completed:
        """Variables ``login`` and ``numer_rspo`` (the applicant's school) in; ``konto`` out.

        An account this case itself has blocked (``blokada_w_sprawie``) may go on.
        """
        account = accounts.call(context, "GET").decode(_Account, "ZSZO")
        if account.numer_rspo != inputs.number(context, "numer_rspo"):
            raise BpmnError("NIE_TA_SAMA_PLACOWKA", "the account belongs to another school")
        if account.zablokowane and context.job.variables.get("blokada_w_sprawie") is not True:
            raise BpmnError("KONTO_ZABLOKOWANE", "the account is blocked in ZSZO")
        return Completed({"konto": msgspec.structs.asdict(account)})

    @registry.handler("zszo.set_password", errors=("BRAK_KONTA", "KONTO_ZABLOKOWANE"))
    def set_password(context: JobContext) -> Completed:
        """Variables ``login``, ``haslo_ref`` in (header ``waznosc_dni``); ``haslo_ustawiono``,
        ``haslo_wazne_do`` out.
        """
        usual = inputs.parameter_number(context, "waznosc_hasla", settings.validity_days)
        days = inputs.header_number(context, "waznosc_dni", usual, least=1, most=90)
        reference = inputs.text(context, "haslo_ref")

        def perform() -> Mapping[str, Any]:
            until = (context.now.astimezone(WARSAW) + dt.timedelta(days=days)).astimezone(dt.UTC)
            unblock = context.job.variables.get("blokada_w_sprawie") is True
            body = {"haslo": context.secret(reference), "wazne_do": until.isoformat(), "odblokuj": unblock}
            reply = accounts.call(context, "PUT", "/haslo-startowe", body)
            return msgspec.structs.asdict(reply.decode(_PasswordSet, "ZSZO"))

        kept = context.effect("zszo.password", perform)
        return Completed({"haslo_ustawiono": kept["ustawiono"], "haslo_wazne_do": kept["wazne_do"]})

    @registry.handler("zszo.block_account", errors=("BRAK_KONTA",))
    def block_account(context: JobContext) -> Completed:
        """Variable ``login`` in; ``konto`` out. Blocking twice is no error."""
        body = {"powod": context.job.headers.get("powod", "incydent")}
        kept = context.effect("zszo.block", lambda: accounts.change(context, "/blokada", body))
        return Completed({"konto": kept})

    @registry.handler("zszo.lock_start_password", errors=("BRAK_KONTA",))
    def lock_start_password(context: JobContext) -> Completed:
        """Variable ``login`` in; ``konto`` out. Locks only a start password that was never changed (R2)."""
        kept = context.effect("zszo.lock", lambda: accounts.change(context, "/haslo-startowe/blokada", {}))
        return Completed({"konto": kept})
