"""One mail from outside, read within bounds: nobody promised that it is well-formed or means well.

Limits come before the parser: it recurses into nested parts and takes quadratic time over bad headers. What
is beyond them is not dropped but kept whole and marked ``unreadable``, for a person to look at.
"""

from __future__ import annotations

import email.utils
import hashlib
import re
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32

import msgspec

from handlers.mail_in import words

LARGEST = 20_000_000  # bytes of a mail; its attachments are a third smaller
LARGEST_HEAD = 65_536
MOST_PARTS = 100
DEEPEST = 10
LONGEST_TEXT = 50_000  # characters kept of what the mail says
MOST_ATTACHMENTS = 20
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
_BOUNDARY = re.compile(rb"^--[^\r\n]", re.MULTILINE)
_UNSAFE_NAME = re.compile(r"[^\w .()+-]")
_TO = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file in a mail; its name is fit to be shown, its type is what the sender says."""

    name: str
    media_type: str
    content: bytes


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail says. ``kind`` is its MIME type, ``reports`` the fields of its delivery status (RFC 3464),
    ``returned`` the text of the returned mail's headers; ``unreadable`` says why nothing more was read.
    ``passed_on`` is a sign of a list or of a robot that does not prove one.
    """

    raw: bytes
    message_id: str = ""
    sender: str = ""
    recipients: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    answers: tuple[str, ...] = ()
    automatic: str = ""
    passed_on: str = ""
    return_path: str | None = None
    failed_recipients: str = ""
    kind: str = ""
    reports: tuple[dict[str, str], ...] = ()
    returned: str = ""
    attachments: tuple[Attachment, ...] = ()
    unreadable: str = ""

    @property
    def identity(self) -> str:
        """Return what tells this mail from every other, wherever else it was delivered too.

        Its Message-ID alone could be made up by somebody who wants a later mail to be overlooked.
        """
        says = "\0".join((self.message_id, self.sender, self.subject, self.text, self.unreadable))
        content = self.raw if self.unreadable or not self.message_id else says.encode()
        files = b"".join(hashlib.sha256(each.content).digest() for each in self.attachments)
        return hashlib.sha256(content + files).hexdigest()


def read(raw: bytes) -> Letter:
    """Return what a mail says; whatever the bytes are, it returns."""
    reason = _beyond_limits(raw)
    if reason:
        return Letter(raw=raw, unreadable=reason)
    try:
        message = BytesParser(policy=compat32).parsebytes(raw)
        parts = _parts(message)
        return _letter(raw, message, parts)
    except (RecursionError, _TooDeep):
        return Letter(raw=raw, unreadable="za głęboko zagnieżdżone części")
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, AssertionError) as error:
        return Letter(raw=raw, unreadable=f"nie da się odczytać ({type(error).__name__})")


class _TooDeep(Exception):
    pass


def _beyond_limits(raw: bytes) -> str:
    if len(raw) > LARGEST:
        return f"większa niż {LARGEST // 1_000_000} MB"
    ends = [at for at in (raw.find(b"\r\n\r\n"), raw.find(b"\n\n")) if at >= 0]
    if min(ends, default=len(raw)) > LARGEST_HEAD:
        return "za długie nagłówki"
    boundaries = raw.lower().count(b"boundary")
    if boundaries > MOST_PARTS or (boundaries and len(_BOUNDARY.findall(raw)) > MOST_PARTS * 20):
        return "za dużo części"
    return ""


def _parts(message: Message) -> list[Message]:
    """Return the parts that are no containers; a mail within a mail is one part."""
    found: list[Message] = []
    left = [(message, 0)]
    while left:
        part, depth = left.pop()
        if depth > DEEPEST:
            raise _TooDeep
        inside = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inside, list):
            left += [(each, depth + 1) for each in reversed(inside) if isinstance(each, Message)]
        else:
            found.append(part)
        if len(found) + len(left) > MOST_PARTS:
            raise _TooDeep
    return found


def _letter(raw: bytes, message: Message, parts: list[Message]) -> Letter:
    identifiers = _MESSAGE_ID.findall(words.header(message, "Message-ID"))
    answers = words.header(message, "In-Reply-To") + words.header(message, "References", most=4_000)
    path = message.get("Return-Path")
    return Letter(
        raw=raw,
        message_id=identifiers[0] if identifiers else "",
        sender=_addresses(message, ("From",))[0] if _addresses(message, ("From",)) else "",
        recipients=tuple(_addresses(message, _TO)),
        subject=words.header(message, "Subject", most=300),
        text=_text(parts),
        answers=tuple(dict.fromkeys(_MESSAGE_ID.findall(answers))),
        automatic=_automatic(message),
        passed_on=_passed_on(message),
        return_path=None if path is None else str(path).strip().strip("<>"),
        failed_recipients=words.header(message, "X-Failed-Recipients"),
        kind=message.get_content_type(),
        reports=_reports(parts),
        returned=_returned(parts),
        attachments=tuple(_attachments(parts)),
    )


def _addresses(message: Message, names: tuple[str, ...]) -> list[str]:
    texts = [str(each)[:4_000] for name in names for each in (message.get_all(name) or [])[:5]]
    found = (address.strip().lower() for _, address in email.utils.getaddresses(texts))
    return list(dict.fromkeys(words.shown(address)[:254] for address in found if "@" in address))[:50]


def _automatic(message: Message) -> str:
    """Return the header that says that no person wrote this (RFC 3834 §5), or nothing."""
    said = words.header(message, "Auto-Submitted").partition(";")[0].strip().lower()
    return "" if said in ("", "no") else f"Auto-Submitted: {said[:40]}"


def _passed_on(message: Message) -> str:
    """Return a header that robots send, and so does a person whose mail goes through a group's address."""
    precedence = words.header(message, "Precedence").strip().lower()
    if precedence in ("bulk", "junk", "list", "auto_reply"):
        return f"Precedence: {precedence}"
    for name in ("X-Autoreply", "X-Autorespond", "List-Id", "X-Loop", "X-Auto-Reply"):
        if message.get(name) is not None:
            return name
    return ""


def _content(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _spoken(part: Message) -> bool:
    """Return whether a part is what the mail says, rather than a file it brings."""
    named = part.get_filename() is not None or part.get_content_disposition() == "attachment"
    return part.get_content_type() in ("text/plain", "text/html") and not named


def _text(parts: list[Message]) -> str:
    """Return the plain text, or the words of the HTML where there is none."""
    spoken = [part for part in parts if _spoken(part)]
    plain = [part for part in spoken if part.get_content_type() == "text/plain"]
    texts = []
    for part in plain or spoken[:1]:
        text = words.decoded(_content(part), _charset(part))[: LONGEST_TEXT * 4]
        texts.append(text if plain else words.of_html(text))
    return words.shown("\n\n".join(texts).replace("\r\n", "\n")).strip()[:LONGEST_TEXT]


def _charset(part: Message) -> str:
    given = part.get_param("charset", "utf-8")
    return str(given[2] if isinstance(given, tuple) else given)


def _reports(parts: list[Message]) -> tuple[dict[str, str], ...]:
    """Return the blocks of the delivery status: of the message first, then of each recipient."""
    blocks: list[dict[str, str]] = []
    for part in parts:
        if part.get_content_type() == "message/delivery-status":
            inside = part.get_payload()
            messages = inside if isinstance(inside, list) else []
            for each in messages[:MOST_PARTS]:
                if isinstance(each, Message):
                    blocks.append({name.lower(): words.header(each, name) for name in each})
    return tuple(blocks)


def _returned(parts: list[Message]) -> str:
    """Return the headers of the mail that came back, as text."""
    for part in parts:
        kind = part.get_content_type()
        inside = part.get_payload()
        if (
            kind == "message/rfc822"
            and isinstance(inside, list)
            and inside
            and isinstance(inside[0], Message)
        ):
            return "\n".join(f"{name}: {words.header(inside[0], name)}" for name in inside[0])[:20_000]
        if kind in ("text/rfc822-headers", "message/global-headers", "message/rfc822"):
            return words.decoded(_content(part), "utf-8")[:20_000]
    return ""


def _attachments(parts: list[Message]) -> list[Attachment]:
    files = [part for part in parts if not _spoken(part) and part.get_content_maintype() not in ("message",)]
    return [
        Attachment(name=_name(part, number), media_type=part.get_content_type(), content=_content(part))
        for number, part in enumerate(files[:MOST_ATTACHMENTS], start=1)
    ]


def _file_name(part: Message) -> str:
    """Return the name a part gives itself as it stands in the bytes (RFC 2231 or as it should not be)."""
    for header, parameter in (("content-disposition", "filename"), ("content-type", "name")):
        plain = Message()
        for name, value in part.raw_items():
            if name.lower() == header:
                plain[header] = str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
                given = plain.get_param(parameter, header=header)
                if given:
                    return email.utils.collapse_rfc2231_value(given)
    return ""


def _name(part: Message, number: int) -> str:
    """Return a file's name without folders and without signs that a screen or a disk could trip over."""
    given = words.shown(words.encoded_words(_file_name(part))).replace("\\", "/").rpartition("/")[2]
    clean = _UNSAFE_NAME.sub("_", " ".join(given.split())).strip(". ")[-100:]
    return clean or f"zalacznik-{number}"
