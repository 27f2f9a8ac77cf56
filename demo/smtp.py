"""A demo mail server (aiosmtpd): takes mails into an outbox of ``.eml`` files, with STARTTLS, AUTH and
scripted faults.

It does not de-duplicate, as real ones do not: a mail sent twice is there twice. Faults, by recipient or for
the next one: ``452``, ``550`` and other codes (answer to RCPT), ``data:451``, ``data:554`` (answer to DATA),
``drop`` (the connection ends before the answer, nothing is kept), ``lost`` (the mail is kept, but the
connection ends without the 250), ``slow`` (one byte at a time).
"""

from __future__ import annotations

import asyncio
import datetime as dt
import email.policy
import hmac
import ipaddress
import itertools
import logging
import ssl
from collections.abc import Awaitable
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from demo.journal import Faults, Journal
from engine import SystemClock

USERNAME = "obieg"
PASSWORD = "demo-poczta"  # noqa: S105  the demo server's own, on this machine only
logging.getLogger("mail.log").setLevel(
    logging.ERROR
)  # aiosmtpd warns of its own deprecations at every sign-in


class SmtpServer:
    """One mail server on a free loopback port; ``tls`` offers STARTTLS and asks for AUTH after it.

    With ``implicit`` it speaks TLS from the first byte; ``context`` has another certificate than its own.
    """

    def __init__(
        self,
        directory: Path,
        *,
        tls: bool = True,
        drip: float = 1.0,
        implicit: bool = False,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.outbox = directory / "outbox"
        self.outbox.mkdir(parents=True, exist_ok=True)
        self._numbers = itertools.count(len(list(self.outbox.iterdir())) + 1)
        self.journal = Journal(directory / "smtp.jsonl")
        self.faults = Faults()
        self.drip = drip
        self.ca_file = directory / "smtp-ca.pem"
        own = _certificate(self.ca_file, directory / "smtp-key.pem") if tls else None
        starting = tls and not implicit
        options: dict[str, Any] = {
            "auth_required": starting,  # the library offers it, but cannot see that the whole way is TLS
            "require_starttls": starting,
            "auth_require_tls": starting,
        }
        self._controller = _FreePort(
            _Receiver(self), hostname="127.0.0.1", port=0, authenticator=_authenticate, ident="demo",
            ssl_context=context or own if implicit else None,
            tls_context=context or own if starting else None, **options,
        )  # fmt: skip
        self._controller.SMTP_kwargs["hostname"] = "poczta.demo"

    @property
    def port(self) -> int:
        """Return the port it listens on."""
        return int(self._controller.port)

    def start(self) -> None:
        """Begin to answer."""
        self._controller.start()

    def stop(self) -> None:
        """Close the port and every conversation."""
        self._controller.stop()

    def mails(self) -> list[EmailMessage]:
        """Return the mails taken so far, oldest first."""
        return read_outbox(self.outbox)

    def keep(self, envelope: Envelope, *, encrypted: bool) -> str:
        """Write a mail into the outbox; returns its name there."""
        name = f"{next(self._numbers):06d}.eml"
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        (self.outbox / name).write_bytes(content)
        self.journal.write(
            "mail", file=name, mail_from=envelope.mail_from, rcpt_to=envelope.rcpt_tos, encrypted=encrypted,
            size=len(content),
        )  # fmt: skip
        return name


def read_outbox(outbox: Path) -> list[EmailMessage]:
    """Return the mails of an outbox folder, oldest first."""
    parser = BytesParser(policy=email.policy.default)
    return [parser.parsebytes(path.read_bytes()) for path in sorted(outbox.glob("*.eml"))]


class _FreePort(Controller):
    """A controller that takes any free port and then knows which."""

    async def _listen(self) -> asyncio.AbstractServer:
        server = await self.loop.create_server(
            self._factory_invoker, host=self.hostname, port=0, ssl=self.ssl_context
        )
        self.port = server.sockets[0].getsockname()[1]
        return server

    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        return self._listen()


class _Receiver:
    """aiosmtpd's hooks."""

    def __init__(self, owner: SmtpServer) -> None:
        self._owner = owner

    async def handle_RCPT(  # noqa: N802  the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept a recipient, or answer with the code scripted for it."""
        fault = self._owner.faults.take(address, str.isdigit)
        self._owner.journal.write("rcpt", address=address, fault=fault)
        if fault is not None:
            return f"{fault} 4.2.2 scripted" if fault.startswith("4") else f"{fault} 5.1.1 scripted"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  the library's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep the mail, or play the fault scripted for its recipient."""
        fault = self._owner.faults.take(envelope.rcpt_tos[0], lambda kind: not kind.isdigit())
        if fault is None:
            return f"250 2.0.0 queued as {self._owner.keep(envelope, encrypted=_is_encrypted(server))}"
        self._owner.journal.write("fault", fault=fault, rcpt_to=envelope.rcpt_tos)
        if fault.startswith("data:"):
            return f"{fault.removeprefix('data:')} scripted"
        return await self._misbehave(fault, server, session, envelope)

    async def _misbehave(self, fault: str, server: SMTP, session: Session, envelope: Envelope) -> str:
        transport = server.transport
        if not isinstance(transport, asyncio.Transport):
            raise TypeError(f"expected a socket's transport, but got {type(transport).__name__}")
        if fault == "lost":
            self._owner.keep(envelope, encrypted=_is_encrypted(server))
        if fault == "slow":
            while not transport.is_closing():
                transport.write(b"2")
                await asyncio.sleep(self._owner.drip)
        transport.abort()
        return "421 gone"


def _is_encrypted(server: SMTP) -> bool:
    return server.transport is not None and server.transport.get_extra_info("sslcontext") is not None


def _authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
) -> AuthResult:
    right = isinstance(data, LoginPassword) and hmac.compare_digest(
        bytes(data.login) + b"\0" + bytes(data.password), f"{USERNAME}\0{PASSWORD}".encode()
    )
    return AuthResult(success=right, handled=False)  # not handled: aiosmtpd shall answer 535


def _certificate(certificate_file: Path, key_file: Path) -> ssl.SSLContext:
    """Make a certificate for 127.0.0.1, write it where a client can trust it, and return the server's
    context.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "poczta.demo")])
    now = SystemClock().now()
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=365))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    key_file.chmod(0o600)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file, key_file)
    return context
