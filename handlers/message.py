"""Builds the bytes of one e-mail, the same for every attempt, and refuses whatever could add a header or a
recipient.

The guards do not trust the Python version (CVE-2024-6923): the finished bytes are read again with the
standard parser and must show exactly the headers that were meant (``security.md`` §6).
"""

from __future__ import annotations

import datetime as dt
import email.policy
import email.utils
import hashlib
import re
from email.header import Header, decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser

import msgspec

_LOCAL_PART = re.compile(r"[A-Za-z0-9_%+-]+(?:\.[A-Za-z0-9_%+-]+)*")
_DOMAIN = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
)
_SIMPLE = re.compile(r"[A-Za-z0-9/-]+(?: [A-Za-z0-9/-]+)*")
_FILE_NAME = re.compile(r"[\w .()-]{1,100}")
_HEADERS = (
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Reply-To", "MIME-Version",
    "Content-Type", "Content-Transfer-Encoding",
)  # fmt: skip


class UnsafeMessage(Exception):
    """The message was not built: a part of it could change who gets it or what its headers say."""


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file that goes with the message."""

    name: str
    content: bytes
    media_type: str = "application/pdf"


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a message is made of; ``key`` is the idempotency key its Message-ID and boundaries come
    from.
    """

    key: str
    sender: str
    sender_name: str
    recipient: str
    subject: str
    text: str
    html: str
    date: dt.datetime
    attachment: Attachment | None = None
    reply_to: str = ""


def recipient_address(address: str) -> str:
    """Return one plain ASCII address, its domain in IDNA form; raises ``UnsafeMessage`` for anything else.

    Display names, comments, quotes and lists of addresses are refused: parsers disagree about them.
    """
    local, at, domain = address.strip().rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        ascii_domain = ""
    plain = _LOCAL_PART.fullmatch(local) and _DOMAIN.fullmatch(ascii_domain) and len(local) <= 64
    if not at or not plain or len(ascii_domain) > 253:
        raise UnsafeMessage("expected one plain e-mail address, but got something else")
    return f"{local}@{ascii_domain}"


def message_id(key: str, sender: str) -> str:
    """Return the Message-ID (RFC 5322 §3.6.4) that belongs to an idempotency key, whatever the attempt."""
    return f"<{re.sub(r'[^A-Za-z0-9-]', '.', key)[:180].strip('.')}@{sender.rpartition('@')[2]}>"


def build(draft: Draft) -> bytes:
    """Return the finished message with CRLF line ends, plain text first; raises ``UnsafeMessage``."""
    recipient = recipient_address(draft.recipient)
    try:
        raw = _head(draft, recipient) + _content(draft).as_bytes()
    except ValueError as error:  # the library's own guards: text that is no Unicode, line ends in a parameter
        raise UnsafeMessage(f"expected texts that can be sent, but {type(error).__name__}") from None
    _require_as_meant(raw, draft, recipient)
    return raw


def _head(draft: Draft, recipient: str) -> bytes:
    """Return the header lines that are ours.

    They are written here because the library's folding loses spaces between encoded words: every second
    Polish subject came back different.
    """
    fields = {
        "From": f"{_encoded(draft.sender_name)} <{recipient_address(draft.sender)}>",
        "To": recipient,
        "Subject": _encoded(draft.subject),
        "Date": email.utils.format_datetime(draft.date),
        "Message-ID": message_id(draft.key, draft.sender),
        "Auto-Submitted": "auto-generated",  # RFC 3834: no out-of-office replies, please
    }
    if draft.reply_to:
        fields["Reply-To"] = recipient_address(draft.reply_to)
    return "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode("ascii")


def _encoded(text: str) -> str:
    """Return a text as it may stand in a header: simple ones plain, others in encoded words (RFC 2047)."""
    if _SIMPLE.fullmatch(text):
        return text
    if not text.isprintable():
        raise UnsafeMessage("expected printable text in a header, but it has control characters")
    return Header(text, "utf-8", maxlinelen=75, header_name="Subject").encode(linesep="\r\n")


def _decoded(text: str) -> str:
    return str(make_header(decode_header(text)))


def _content(draft: Draft) -> EmailMessage:
    message = EmailMessage(policy=email.policy.SMTP)
    message.set_content(draft.text, cte="quoted-printable")
    if draft.html:
        message.add_alternative(draft.html, subtype="html", cte="quoted-printable")
    if draft.attachment is not None:
        _attach(message, draft.attachment)
    _fix_boundaries(message, draft.key)
    return message


def recipient_of(raw: bytes) -> str:
    """Return the address a finished message is made out to."""
    return str(
        BytesParser(policy=email.policy.SMTP).parsebytes(raw, headersonly=True)["To"].addresses[0].addr_spec
    )


def _attach(message: EmailMessage, attachment: Attachment) -> None:
    if _FILE_NAME.fullmatch(attachment.name) is None:
        raise UnsafeMessage(
            "expected an attachment name of letters, digits, spaces and . ( ) -, but got more"
        )
    kind, _, subtype = attachment.media_type.partition("/")
    message.add_attachment(attachment.content, maintype=kind, subtype=subtype, filename=attachment.name)


def _fix_boundaries(message: EmailMessage, key: str) -> None:
    """Replace the library's random boundaries: a repeated message must be the same byte for byte."""
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary("=_" + hashlib.sha256(f"{key}:{number}".encode()).hexdigest()[:40])


def _require_as_meant(raw: bytes, draft: Draft, recipient: str) -> None:
    """Read the bytes back and compare: each header once, one recipient, subject and sender as given."""
    parsed = BytesParser(policy=email.policy.SMTP).parsebytes(raw)
    names = parsed.keys()
    if len(set(names)) != len(names) or not set(names) <= set(_HEADERS):
        raise UnsafeMessage("expected only the headers we set, but the message has others")
    if [address.addr_spec for address in parsed["To"].addresses] != [recipient]:
        raise UnsafeMessage("expected exactly one recipient, but the message has others")
    plain = BytesParser().parsebytes(raw, headersonly=True)  # its texts are as they stand in the bytes
    sender_name = _decoded(plain["From"].rpartition(" <")[0])
    if (_decoded(plain["Subject"]), sender_name) != (draft.subject, draft.sender_name) or parsed.defects:
        raise UnsafeMessage("expected the subject and the sender's name to survive encoding, but they do not")
    if "=?" in draft.subject or not raw.isascii() or re.search(rb"(?<!\r)\n|\r(?!\n)|\0", raw):
        raise UnsafeMessage("expected plain ASCII lines, but the message has stray bytes")
