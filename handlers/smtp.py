"""One SMTP conversation (RFC 5321) about one message to one recipient, within one deadline for everything."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from enum import StrEnum

import msgspec

from handlers.connection import Connection, is_loopback
from handlers.outbound import Watchdog


class Tls(StrEnum):
    """How the conversation is encrypted: from its first byte (RFC 8314) or by STARTTLS (RFC 3207)."""

    IMPLICIT = "implicit"
    REQUIRED = "required"
    OPTIONAL = "optional"
    OFF = "off"


class EmailSettings(Connection, frozen=True, kw_only=True):
    """The office's mail server and sender. ``messages`` are folders of templates, joined as in PATH.

    ``deadline`` is in seconds for the whole conversation; ``ca_file`` replaces the system's list of
    authorities. With ``dkim_selector`` and ``dkim_key_file`` mails are signed. ``bounces`` is the mailbox for
    what cannot be delivered; with ``token`` every mail gets a return address of its own there. ``replies`` is
    the mailbox of letters about cases: mails ask for answers to its address for their case.
    """

    sender: str
    host: str = "localhost"
    port: int = 587
    tls: Tls = Tls.REQUIRED
    ca_file: str = ""
    username: str = ""
    password: str = ""
    sender_name: str = "Wydział Edukacji"
    messages: str = "processes/zszo03/messages"
    deadline: float = 60.0
    dkim_selector: str = ""
    dkim_key_file: str = ""
    bounces: str = ""
    replies: str = ""
    token: str = ""

    @property
    def domain(self) -> str:
        """Return the sender's domain."""
        return self.sender.rpartition("@")[2]


class Refused(Exception):
    """The server answered, and the answer was no; ``code`` is 0 where the answer could not be read."""

    def __init__(self, stage: str, code: int, text: bytes | str) -> None:
        self.stage = stage
        self.code = code if 400 <= code < 600 else 0
        self.text = readable(text)
        super().__init__(f"{code} {self.text} to {stage}")


class Lost(Exception):
    """The conversation broke off or was late; whether the message was taken is unknown."""


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """The server took responsibility for the message (RFC 5321 §4.2.5)."""

    code: int
    text: str
    encrypted: bool


class _Encrypted(smtplib.SMTP):
    """Speaks TLS from the first byte; its socket is known before the handshake, so the watchdog can end that
    too.
    """

    def __init__(self, context: ssl.SSLContext, *, timeout: float, local_hostname: str) -> None:
        super().__init__(timeout=timeout, local_hostname=local_hostname)
        self._context = context

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        self.sock = socket.create_connection((host, port), timeout)
        return self._context.wrap_socket(self.sock, server_hostname=host)


def deliver(settings: EmailSettings, recipient: str, raw: bytes, *, return_path: str = "") -> Accepted:
    """Send the bytes to one recipient; raises ``Refused`` or ``Lost``. Bounces go to ``return_path``, else to
    the sender.

    Returns as soon as the server's 250 is read: waiting for its goodbye would only widen the gap in which a
    crash makes the mail go out twice.
    """
    _require_safe(settings)
    client = _client(settings)
    client._host = settings.host  # type: ignore[attr-defined]  # what starttls checks the certificate against
    with Watchdog(settings.deadline, lambda: client.sock) as watchdog:
        try:
            return _converse(client, settings, (return_path or settings.sender, recipient), raw, watchdog)
        except smtplib.SMTPResponseException as error:
            raise Refused("AUTH or STARTTLS", error.smtp_code, error.smtp_error) from None
        except (smtplib.SMTPException, OSError) as error:
            if watchdog.expired or isinstance(error, TimeoutError):  # a socket waits as long as the whole
                raise Lost(f"it did not finish within {settings.deadline:g} s") from None
            raise Lost(f"{type(error).__name__}: {readable(str(error))}") from None
        finally:
            client.close()


def _client(settings: EmailSettings) -> smtplib.SMTP:
    if settings.tls is Tls.IMPLICIT:
        return _Encrypted(_context(settings), timeout=settings.deadline, local_hostname=settings.domain)
    return smtplib.SMTP(timeout=settings.deadline, local_hostname=settings.domain)


def _context(settings: EmailSettings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=settings.ca_file or None)


def _converse(
    client: smtplib.SMTP, settings: EmailSettings, envelope: tuple[str, str], raw: bytes, watchdog: Watchdog
) -> Accepted:
    _expect("greeting", 220, client.connect(settings.host, settings.port), watchdog)
    encrypted = _introduce(client, settings, watchdog)
    if settings.username:
        client.login(settings.username, settings.password)
    _expect("MAIL", 250, client.mail(envelope[0]), watchdog)
    _expect("RCPT", 250, client.rcpt(envelope[1]), watchdog)
    try:
        code, text = client.data(raw)
    except smtplib.SMTPDataError as error:
        code, text = error.smtp_code, error.smtp_error if isinstance(error.smtp_error, bytes) else b""
    _expect("DATA", 250, (code, text), watchdog)
    with contextlib.suppress(smtplib.SMTPException, OSError):
        client.putcmd("QUIT")
    return Accepted(code=code, text=readable(text), encrypted=encrypted)


def _introduce(client: smtplib.SMTP, settings: EmailSettings, watchdog: Watchdog) -> bool:
    """Say EHLO and switch encryption on; tells whether the conversation is encrypted now."""
    _expect("EHLO", 250, client.ehlo(), watchdog)
    if settings.tls is Tls.IMPLICIT:
        return True
    if settings.tls is Tls.OFF or (settings.tls is Tls.OPTIONAL and not client.has_extn("starttls")):
        return False
    if not client.has_extn("starttls"):
        raise Refused("EHLO", 530, "the server offers no STARTTLS")
    client.starttls(context=_context(settings))
    _expect("EHLO", 250, client.ehlo(), watchdog)
    return True


def _expect(stage: str, wanted: int, answer: tuple[int, bytes], watchdog: Watchdog) -> None:
    """Refuse any other code; a line cut off by the watchdog is no answer, whatever its first digits say."""
    watchdog.check()
    code, text = answer
    if code != wanted and not (stage == "RCPT" and code == 251):
        raise Refused(stage, code, text)


def _require_safe(settings: EmailSettings) -> None:
    """Refuse to show the office's mail password to anyone who listens."""
    safe = settings.tls in (Tls.REQUIRED, Tls.IMPLICIT) or is_loopback(settings.host)
    if settings.username and not safe:
        raise Refused(
            "settings", 530, "OBIEG_SMTP_TLS must be required or implicit where OBIEG_SMTP_USERNAME is given"
        )


def readable(text: bytes | str) -> str:
    """Return a server's words as one short printable line."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return "".join(sign if sign.isprintable() else " " for sign in words)[:200].strip()
