"""``email.send``: one message from a template to one recipient, built once, sent at least once (A32, A44).

What is kept of it: template and its hash, the message's hash, the server's words and when it accepted; the
recipient and the text stay in the sealed message bytes. A plain mail never carries a password or its key: the
handler reads no secret, and templates cannot name one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine import WARSAW, BpmnError, Completed, HandlerRegistry, JobContext, JobFailure
from handlers import inputs, message, smtp, templates
from handlers.smtp import EmailSettings

REJECTED = "EMAIL_ODRZUCONY"


def register(registry: HandlerRegistry, settings: EmailSettings) -> None:
    """Register ``email.send``.

    In: header ``template`` (or variable ``szablon``); variable (or header) ``do``; optional variable
    ``zalacznik`` (a document's reference) with header ``zalacznik_nazwa``. Out: ``wyslano`` (when the
    server accepted: deadlines may start here, B35), ``wiadomosc_id``, ``wiadomosc_sha256``.
    BPMN error ``EMAIL_ODRZUCONY``, variable ``odpowiedz_serwera``.
    """
    _require_usable_sender(settings)
    folders = tuple(Path(folder) for folder in settings.messages.split(os.pathsep) if folder)

    @registry.handler("email.send", errors=(REJECTED,), deadline=dt.timedelta(seconds=settings.deadline + 60))
    def send(context: JobContext) -> Completed:
        recipient = _recipient(context)
        raw = context.once("mail", lambda: _build(context, settings, folders, recipient))
        _require_same_recipient(raw, recipient)
        kept = context.effect("smtp", lambda: _deliver(context, settings, recipient, raw))
        return Completed(
            {
                "wyslano": dt.datetime.fromisoformat(kept["accepted_at"]),
                "wiadomosc_id": kept["message_id"],
                "wiadomosc_sha256": kept["sha256"],
            }
        )


def _require_usable_sender(settings: EmailSettings) -> None:
    """Build a message to ourselves, so that a wrong setting is found at the start and not at the first
    mail.
    """
    trial = message.Draft(
        key="trial",
        sender=settings.sender,
        sender_name=settings.sender_name,
        recipient=settings.sender,
        subject="x",
        text="x",
        html="",
        date=dt.datetime(2000, 1, 1, tzinfo=dt.UTC),
    )
    try:
        message.build(trial)
    except message.UnsafeMessage as error:
        raise ValueError(f"{error}; check OBIEG_SMTP_SENDER and OBIEG_SMTP_SENDER_NAME") from None


def _recipient(context: JobContext) -> str:
    given = context.job.headers.get("do") or inputs.text(context, "do")
    try:
        return message.recipient_address(given)
    except message.UnsafeMessage as error:
        raise BpmnError(
            REJECTED, str(error), {"odpowiedz_serwera": "adres nie jest jednym adresem e-mail"}
        ) from None


def _build(context: JobContext, settings: EmailSettings, folders: tuple[Path, ...], recipient: str) -> bytes:
    template_id = _template(context)
    try:
        rendered = templates.render(folders, template_id, context.job.variables)
        return message.build(
            message.Draft(
                key=context.job.idempotency_key,
                sender=settings.sender,
                sender_name=settings.sender_name,
                recipient=recipient,
                subject=rendered.subject,
                text=rendered.text,
                html=rendered.html,
                date=context.now.astimezone(WARSAW),
                attachment=_attachment(context),
            )
        )
    except (templates.InvalidTemplate, message.UnsafeMessage) as error:
        raise JobFailure(f"{error} (template {template_id[:80]!r})", permanent=True) from None


def _template(context: JobContext) -> str:
    """Return which template to fill in: the header's, or the one a calling process gives (``szablon``)."""
    return context.job.headers.get("template") or inputs.optional_text(context, "szablon")


def _require_same_recipient(raw: bytes, recipient: str) -> None:
    """Refuse to send a message made out to one address to another (the variable was corrected between
    attempts).
    """
    if message.recipient_of(raw) != recipient:
        raise JobFailure(
            "expected the recipient the message was made for, but the variable has changed since; "
            "resolve the incident with a new effect, so that a new message is made",
            permanent=True,
        )


def _attachment(context: JobContext) -> message.Attachment | None:
    reference = inputs.optional_text(context, "zalacznik")
    if not reference:
        return None
    name = context.job.headers.get("zalacznik_nazwa", "dane-dostepowe.pdf")
    return message.Attachment(name=name, content=context.document(reference))


def _deliver(context: JobContext, settings: EmailSettings, recipient: str, raw: bytes) -> Mapping[str, Any]:
    try:
        accepted = smtp.deliver(settings, recipient, raw)
    except smtp.Lost as error:
        raise JobFailure(f"expected the mail server to accept the message, but {error}") from None
    except smtp.Refused as error:
        raise _verdict(error) from None
    return {
        "code": accepted.code,
        "text": accepted.text,
        "encrypted": accepted.encrypted,
        "accepted_at": context.now.isoformat(),
        "message_id": message.message_id(context.job.idempotency_key, settings.sender),
        "sha256": hashlib.sha256(raw).hexdigest(),
        "template": _template(context),
    }


def _verdict(refused: smtp.Refused) -> Exception:
    """Tell apart: this recipient or message is refused for good, our settings are wrong, or try again
    later.
    """
    reason = f"expected the mail server to accept the message, but it answered {refused}"
    if refused.code < 500:
        return JobFailure(reason)
    if refused.stage in ("RCPT", "DATA"):
        return BpmnError(REJECTED, reason, {"odpowiedz_serwera": f"{refused.code} {refused.text}"})
    return JobFailure(f"{reason}; check the OBIEG_SMTP_ settings", permanent=True)
