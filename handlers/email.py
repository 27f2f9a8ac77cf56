"""``email.send``: one message from a template to one recipient, built once, sent at least once (A32, A44).

What is kept of it, sealed with the case: template, recipient, the message's hash, the server's words and when
it accepted; the text stays in the sealed message bytes. A plain mail never carries a password or its key: the
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
from handlers import inputs, mail_signature, message, return_address, smtp, templates
from handlers.smtp import EmailSettings

REJECTED = "EMAIL_ODRZUCONY"
BOUNCED = "email_zwrocony"
_MEDIA_TYPES = {"pdf": "application/pdf", "zip": "application/zip", "7z": "application/x-7z-compressed"}


def register(registry: HandlerRegistry, settings: EmailSettings) -> None:
    """Register ``email.send``.

    In: header ``template`` (or variable ``szablon``); variable ``do``; optional variables
    ``zalacznik`` (a document's reference) with ``zalacznik_nazwa``, and ``zwrot_jako``: the message a
    bounce of this mail becomes (``email_zwrocony`` unless told; ``-`` where no case waits for it). Out:
    ``wyslano`` (when the server accepted: deadlines may start here, B35), ``wiadomosc_id``,
    ``wiadomosc_sha256``.
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
        raw = message.build(trial)
        for mailbox in filter(None, (settings.bounces, settings.replies)):
            message.recipient_address(mailbox)
    except message.UnsafeMessage as error:
        raise ValueError(
            f"{error}; check OBIEG_SMTP_SENDER, …_SENDER_NAME, …_BOUNCES and …_REPLIES"
        ) from None
    try:
        _signed(settings, raw)
    except mail_signature.UnusableKey as error:
        raise ValueError(f"{error}; check OBIEG_SMTP_DKIM_SELECTOR and OBIEG_SMTP_DKIM_KEY_FILE") from None


def _signed(settings: EmailSettings, raw: bytes) -> bytes:
    if not settings.dkim_selector and not settings.dkim_key_file:
        return raw
    return mail_signature.signed(
        raw, selector=settings.dkim_selector, key_file=settings.dkim_key_file, domain=settings.domain
    )


def _recipient(context: JobContext) -> str:
    given = inputs.text(context, "do")
    try:
        return message.recipient_address(given)
    except message.UnsafeMessage as error:
        raise BpmnError(
            REJECTED, str(error), {"odpowiedz_serwera": "adres nie jest jednym adresem e-mail"}
        ) from None


def _build(context: JobContext, settings: EmailSettings, folders: tuple[Path, ...], recipient: str) -> bytes:
    template_id = _template(context)
    try:
        rendered = templates.render_for(context, folders, template_id, context.job.variables)
        raw = message.build(
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
                reply_to=return_address.case_address(
                    settings.replies, inputs.optional_text(context, "numer_sprawy")
                ),
            )
        )
        return _signed(settings, raw)
    except (templates.InvalidTemplate, message.UnsafeMessage, mail_signature.UnusableKey) as error:
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
    name = inputs.optional_text(context, "zalacznik_nazwa", "dane-dostepowe.pdf")
    kind = _MEDIA_TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")
    return message.Attachment(name=name, content=context.document(reference), media_type=kind)


def _deliver(context: JobContext, settings: EmailSettings, recipient: str, raw: bytes) -> Mapping[str, Any]:
    key = context.job.idempotency_key
    bounces = settings.bounces or settings.sender
    own = return_address.return_address(bounces, key, settings.token) if settings.token else bounces
    try:
        accepted = smtp.deliver(settings, recipient, raw, return_path=own)
    except smtp.Lost as error:
        raise JobFailure(f"expected the mail server to accept the message, but {error}") from None
    except smtp.Refused as error:
        raise _verdict(error) from None
    return {
        "code": accepted.code,
        "text": accepted.text,
        "encrypted": accepted.encrypted,
        "accepted_at": context.now.isoformat(),
        "message_id": message.message_id(key, settings.sender),
        "sha256": hashlib.sha256(raw).hexdigest(),
        "template": _template(context),
        "recipient": recipient,
        "bounce_as": inputs.optional_text(context, "zwrot_jako", BOUNCED),
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
