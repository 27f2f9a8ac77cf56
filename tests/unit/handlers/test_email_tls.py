"""The way to the mail server: TLS from the first byte or STARTTLS, each certificate verified."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import time
from pathlib import Path
from typing import Any

import pytest
import trustme

from demo import smtp
from demo.context import MemoryJobContext
from engine import JobFailure, SystemClock

HOST = "127.0.0.1"


def server_with(authority: trustme.CA, folder: Path, *, implicit: bool, **issued: Any) -> smtp.SmtpServer:
    """Return a mail server with a certificate of this authority; it is not started yet."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(issued.pop("name", HOST), **issued).configure_cert(context)
    return smtp.SmtpServer(folder, implicit=implicit, context=context)


def send(office_with: Any, port: int, authority: trustme.CA, tmp_path: Path, tls: str) -> None:
    """Send one mail trusting this authority only."""
    trusted = tmp_path / "trusted.pem"
    authority.cert_pem.write_to_path(str(trusted))
    office = office_with(
        SMTP_PORT=str(port), SMTP_TLS=tls, SMTP_CA_FILE=str(trusted), SMTP_USERNAME=smtp.USERNAME,
        SMTP_PASSWORD=smtp.PASSWORD, SMTP_DEADLINE="5",
    )  # fmt: skip
    office.run(letter(office))


def letter(office: Any) -> MemoryJobContext:
    context: MemoryJobContext = office.job(
        "email.send", {"template": "pakiet"}, do="s@sp900.example", numer_sprawy="1",
        zlozono=dt.date(2026, 12, 17),
    )  # fmt: skip
    return context


@pytest.mark.parametrize(("tls", "implicit"), [("implicit", True), ("required", False)])
def test_a_mail_goes_out_encrypted_and_signed_in(
    office_with: Any, tmp_path: Path, tls: str, implicit: bool
) -> None:
    authority = trustme.CA()
    server = server_with(authority, tmp_path / "mail", implicit=implicit)
    server.start()
    try:
        send(office_with, server.port, authority, tmp_path, tls)
        (line,) = server.journal.read("mail")
        assert line["encrypted"] is True
    finally:
        server.stop()


@pytest.mark.parametrize(("tls", "implicit"), [("implicit", True), ("required", False)])
@pytest.mark.parametrize("wrong", ["authority", "name", "expired"])
def test_a_certificate_that_is_not_the_servers_ends_it(
    office_with: Any, tmp_path: Path, tls: str, implicit: bool, wrong: str
) -> None:
    authority = trustme.CA()
    past = SystemClock().now() - dt.timedelta(days=1)
    faults: dict[str, dict[str, Any]] = {"name": {"name": "inna.example"}, "expired": {"not_after": past}}
    issued = faults.get(wrong, {})
    server = server_with(authority, tmp_path / "mail", implicit=implicit, **issued)
    server.start()
    try:
        trusted = trustme.CA() if wrong == "authority" else authority
        with pytest.raises(JobFailure, match="SSLCertVerificationError") as caught:
            send(office_with, server.port, trusted, tmp_path, tls)
        assert not caught.value.permanent  # an expired certificate is renewed, and the mail goes out
        assert server.journal.read("mail") == []
    finally:
        server.stop()


def test_a_server_that_never_finishes_the_handshake_meets_the_deadline(office_with: Any) -> None:
    with socket.create_server((HOST, 0)) as listening:
        office = office_with(
            SMTP_PORT=str(listening.getsockname()[1]), SMTP_TLS="implicit", SMTP_DEADLINE="0.5"
        )
        started = time.monotonic()
        with pytest.raises(JobFailure, match=r"within 0\.5 s"):
            office.run(letter(office))
        assert time.monotonic() - started < 5.0
