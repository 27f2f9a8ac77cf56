"""The office's mailbox over IMAP (RFC 3501): each letter is taken in, then moved to the folder of those done.

The order is the point: only what is committed is moved. A letter too large to be kept is read by its head.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import imaplib
import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from handlers.connection import Connection, is_loopback
from handlers.mail_in import letter
from handlers.mail_in.intake import Outcome
from handlers.outbound import Watchdog
from handlers.smtp import Tls

MOST_AT_ONCE = 50
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_UID = re.compile(rb"UID (\d+)")


class MailInSettings(Connection, frozen=True, kw_only=True):
    """The mailbox letters come to; ``deadline`` is in seconds for one look at up to 50 letters."""

    host: str = ""
    port: int = 993
    tls: Tls = Tls.IMPLICIT
    ca_file: str = ""
    username: str = ""
    password: str = ""
    folder: str = "INBOX"
    done: str = "Przyjete"
    deadline: float = 120.0


class MailboxUnavailable(Exception):
    """The mailbox cannot be read now; what is in it stays there."""


Take = Callable[[bytes, dt.datetime], Outcome]


def look(settings: MailInSettings, take: Take) -> list[Outcome]:
    """Take in what is in the mailbox, oldest first, at most 50; raises ``MailboxUnavailable``."""
    _require_safe(settings)
    sockets: list[imaplib.IMAP4] = []
    with Watchdog(settings.deadline, lambda: sockets[0].sock if sockets else None) as watchdog:
        try:
            with _opened(settings) as mailbox:
                sockets.append(mailbox)
                return _all(mailbox, settings, take)
        except (imaplib.IMAP4.error, OSError) as error:
            late = f"it did not finish within {settings.deadline:g} s"
            problem = late if watchdog.expired else f"{type(error).__name__}: {str(error)[:200]}"
            raise MailboxUnavailable(
                f"expected the mailbox of OBIEG_MAIL_HOST to answer, but {problem}"
            ) from None


def _require_safe(settings: MailInSettings) -> None:
    if not settings.host:
        raise MailboxUnavailable("expected a mail server in OBIEG_MAIL_HOST, but it is empty")
    if settings.tls not in (Tls.IMPLICIT, Tls.REQUIRED) and not is_loopback(settings.host):
        raise MailboxUnavailable(
            "expected OBIEG_MAIL_TLS to be implicit or required for a server elsewhere, but it is "
            f"{settings.tls}"
        )


@contextlib.contextmanager
def _opened(settings: MailInSettings) -> Iterator[imaplib.IMAP4]:
    context = ssl.create_default_context(cafile=settings.ca_file or None)
    timeout = settings.deadline
    mailbox: imaplib.IMAP4
    if settings.tls is Tls.IMPLICIT:
        mailbox = imaplib.IMAP4_SSL(settings.host, settings.port, ssl_context=context, timeout=timeout)
    else:
        mailbox = imaplib.IMAP4(settings.host, settings.port, timeout=timeout)
    try:
        if settings.tls is Tls.REQUIRED:
            mailbox.starttls(context)
        mailbox.login(settings.username, settings.password)
        yield mailbox
    finally:
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            mailbox.logout()


def _all(mailbox: imaplib.IMAP4, settings: MailInSettings, take: Take) -> list[Outcome]:
    mailbox.create(_quoted(settings.done))  # one that is there already is refused, which is as good
    _ok(mailbox.select(_quoted(settings.folder)))
    found = _ok(mailbox.uid("SEARCH", "ALL"))
    uids = b" ".join(found).split()[:MOST_AT_ONCE]
    outcomes = []
    for uid in uids:
        fetched = _fetched(mailbox, uid)
        if fetched is None:  # somebody else was faster
            continue
        outcome = take(*fetched)
        outcomes.append(outcome)
        if outcome is not Outcome.LATER:
            _move(mailbox, uid, settings.done)
    return outcomes


def _fetched(mailbox: imaplib.IMAP4, uid: bytes) -> tuple[bytes, dt.datetime] | None:
    """Return a letter's bytes (of one too large: its head and what is known) and when the server got it."""
    told = _ok(mailbox.uid("FETCH", uid.decode(), "(RFC822.SIZE)"))
    size = _SIZE.search(told[0] if told and isinstance(told[0], bytes) else b"")
    if size is None:
        return None
    large = int(size[1]) > letter.LARGEST
    wanted = f"BODY.PEEK[]<0.{letter.LARGEST + 1}>" if large else "BODY.PEEK[]"
    answer = _ok(mailbox.uid("FETCH", uid.decode(), f"(INTERNALDATE {wanted})"))
    for each in answer:
        if isinstance(each, tuple):
            return bytes(each[1]), _received(each[0], answer)
    return None


def _received(head: bytes, answer: list[Any]) -> dt.datetime:
    """Read INTERNALDATE, wherever in the answer the server has put it."""
    for piece in (head, *(each for each in answer if isinstance(each, bytes))):
        match = re.search(rb'INTERNALDATE "([^"]{20,40})"', piece)
        if match is not None:
            return dt.datetime.strptime(match[1].decode("ascii").strip(), "%d-%b-%Y %H:%M:%S %z")
    raise imaplib.IMAP4.error("expected INTERNALDATE in the answer, but there is none")


def _move(mailbox: imaplib.IMAP4, uid: bytes, folder: str) -> None:
    """Move a letter (RFC 6851), or copy and delete it where the server cannot."""
    if "MOVE" in mailbox.capabilities:
        _ok(mailbox.uid("MOVE", uid.decode(), _quoted(folder)))
        return
    _ok(mailbox.uid("COPY", uid.decode(), _quoted(folder)))
    _ok(mailbox.uid("STORE", uid.decode(), "+FLAGS.SILENT", r"(\Deleted)"))
    if "UIDPLUS" in mailbox.capabilities:
        _ok(mailbox.uid("EXPUNGE", uid.decode()))
    else:
        _ok(mailbox.expunge())


def _ok(answer: tuple[str, Sequence[Any]]) -> list[Any]:
    status, data = answer
    if status != "OK":
        raise imaplib.IMAP4.error(f"the server answered {status}")
    return [each for each in data if each is not None]


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
