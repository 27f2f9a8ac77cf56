"""Bounces as mail systems really write them: the standard's, and the deviations one meets (RFC 3464)."""

from __future__ import annotations

import email.policy
import re
from collections.abc import Callable
from email.message import EmailMessage
from email.parser import BytesHeaderParser

_REASON = "550 5.1.1 User unknown"


def bounce(mail: bytes, *, to: str, style: str = "postfix", recipient: str = "") -> bytes:
    """Return the bounce of a mail, sent to its return address ``to``; ``style`` is one of ``STYLES``."""
    headers = BytesHeaderParser(policy=email.policy.default).parsebytes(mail)
    original = mail.partition(b"\r\n\r\n")[0].decode("ascii", "replace")
    return STYLES[style](to, recipient or str(headers["To"]), str(headers["Message-ID"]), original)


def _report(
    to: str, recipient: str, original: str, *, action: str = "failed", status: str = "5.1.1", words: str,
    subject: str, sender: str = "MAILER-DAEMON@mx.szkola.example", returned: str = "text/rfc822-headers",
) -> bytes:  # fmt: skip
    lines = [
        f"From: Mail Delivery System <{sender}>", f"To: {to}", f"Subject: {subject}",
        "Date: Mon, 21 Dec 2026 08:00:00 +0100", "Message-ID: <dsn-1@mx.szkola.example>", "MIME-Version: 1.0",
        "Auto-Submitted: auto-replied",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="=_dsn"', "",
        "--=_dsn", "Content-Type: text/plain; charset=us-ascii", "", words, "",
        "--=_dsn", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.szkola.example", "",
        f"Final-Recipient: rfc822; {recipient}", f"Original-Recipient: rfc822;{recipient}",
        f"Action: {action}", f"Status: {status}", f"Diagnostic-Code: smtp; {_REASON}", "",
        "--=_dsn", f"Content-Type: {returned}", "", original, "", "--=_dsn--", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


def _postfix(to: str, recipient: str, message_id: str, original: str) -> bytes:
    return _report(
        to, recipient, original, words=f"<{recipient}>: host mx said: {_REASON} (in reply to RCPT TO)",
        subject="Undelivered Mail Returned to Sender",
    )  # fmt: skip


def _exchange(to: str, recipient: str, message_id: str, original: str) -> bytes:
    """Exchange: returns the whole mail, names itself ``postmaster`` and says ``Niedostarczalne``."""
    return _report(
        to, recipient, original, words="Nie można dostarczyć wiadomości do tych adresatów.",
        subject="=?utf-8?q?Niedostarczalne=3A_Dane_dost=C4=99powe?=", sender="postmaster@szkola.example",
        returned="message/rfc822",
    ).replace(b"Action: failed\r\n", b"Action: Failed\r\nX-Display-Name: sekretariat\r\n")  # fmt: skip


def _expired(to: str, recipient: str, message_id: str, original: str) -> bytes:
    """After days of trying: a status of class 4, but final."""
    return _report(
        to, recipient, original, status="4.4.7", words="delivery time expired", subject="Undeliverable mail"
    )


def _delayed(to: str, recipient: str, message_id: str, original: str) -> bytes:
    return _report(
        to, recipient, original, action="delayed", status="4.4.1", subject="Warning: message delayed 4 hours",
        words="Your message could not be delivered for more than 4 hours. It will be retried.",
    )  # fmt: skip


def _plain(to: str, sender: str, subject: str, text: str, *more: str) -> bytes:
    head = [
        f"From: {sender}", f"To: {to}", f"Subject: {subject}", "Message-ID: <text-1@mail.example>",
        "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit",
        *more,
    ]  # fmt: skip
    return ("\r\n".join(head) + "\r\n\r\n" + text.replace("\n", "\r\n")).encode()


def _gmail(to: str, recipient: str, message_id: str, original: str) -> bytes:
    """Words only, with the header that Google and Exim add and the thread of the mail."""
    return _plain(
        to, "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        "Delivery Status Notification (Failure)",
        f"** Address not found **\n\nYour message wasn't delivered to {recipient} because the address "
        f"couldn't be found.\n\nThe response was:\n{_REASON}\n",
        f"X-Failed-Recipients: {recipient}", f"In-Reply-To: {message_id}", f"References: {message_id}",
        "Auto-Submitted: auto-replied",
    )  # fmt: skip


def _qmail(to: str, recipient: str, message_id: str, original: str) -> bytes:
    """qmail: words, then the returned mail in the same text."""
    return _plain(
        to, "MAILER-DAEMON@host.example", "failure notice",
        f"Hi. This is the qmail-send program at host.example.\nI'm afraid I wasn't able to deliver your "
        f"message to the following addresses.\nThis is a permanent error; I've given up.\n\n"
        f"<{recipient}>:\n{_REASON}\n\n--- Below this line is a copy of the message.\n\n" + original,
    )  # fmt: skip


def _polish(to: str, recipient: str, message_id: str, original: str) -> bytes:
    """A portal's own words in ISO-8859-2, without any structure."""
    text = _plain(
        to, "Poczta <postmaster@portal.example>", "Zwrot wiadomosci",
        f"Wiadomość do {recipient} nie została doręczona: skrzynka jest pełna.\n\n> " + re.sub(
            "\r\n", "\n> ", original
        ),
    )  # fmt: skip
    return text.decode().replace("charset=utf-8", "charset=iso-8859-2").encode("iso-8859-2")


STYLES: dict[str, Callable[[str, str, str, str], bytes]] = {
    "postfix": _postfix, "exchange": _exchange, "expired": _expired, "delayed": _delayed, "gmail": _gmail,
    "qmail": _qmail, "polish": _polish,
}  # fmt: skip


def letter(*, to: str, sender: str, subject: str, text: str, charset: str = "utf-8", cte: str = "") -> bytes:
    """Return a person's mail in a character set, as quoted-printable, base64 or 8bit."""
    mail = EmailMessage(policy=email.policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Message-ID"] = "<osoba-1@szkola.example>"
    mail.set_content(text, charset=charset, cte=cte or "quoted-printable")
    return mail.as_bytes()
