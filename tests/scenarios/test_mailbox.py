"""The office's mailbox on a real IMAP server: taken in, then moved; crashes, faults and floods in between."""

from __future__ import annotations

import datetime as dt
import imaplib
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from demo.bounces import letter
from engine import ProcessEngine, VirtualClock
from handlers.mail_in import letter as letters
from handlers.mail_in.imap import MailboxUnavailable, MailInSettings, look
from handlers.mail_in.intake import REGISTER, MailIntake, Outcome
from handlers.smtp import EmailSettings, Tls
from tests import dovecot

RECEIVED = dt.datetime(2025, 12, 26, 23, 59, tzinfo=dt.timezone(dt.timedelta(hours=1)))
EMAIL = EmailSettings(sender="sio@um.example")


class Mailbox:
    """The mailbox as its owner sees it."""

    def __init__(self, port: int, ca_file: Path) -> None:
        self.settings = MailInSettings(
            host="127.0.0.1", port=port, ca_file=str(ca_file), username=dovecot.USERNAME,
            password=dovecot.PASSWORD, deadline=20,
        )  # fmt: skip

    def opened(self) -> imaplib.IMAP4_SSL:
        context = ssl.create_default_context(cafile=self.settings.ca_file)
        mailbox = imaplib.IMAP4_SSL("127.0.0.1", self.settings.port, ssl_context=context, timeout=20)
        mailbox.login(dovecot.USERNAME, dovecot.PASSWORD)
        return mailbox

    def put(self, *mails: bytes) -> None:
        with self.opened() as mailbox:
            for raw in mails:
                assert mailbox.append("INBOX", "", imaplib.Time2Internaldate(RECEIVED), raw)[0] == "OK"

    def count(self, folder: str) -> int:
        with self.opened() as mailbox:
            return int(mailbox.select(folder, readonly=True)[1][0] or 0)

    def empty(self) -> None:
        with self.opened() as mailbox:
            for folder in ("INBOX", "Przyjete"):
                status, found = mailbox.select(folder)
                if status == "OK" and found[0] != b"0":
                    mailbox.store("1:*", "+FLAGS", r"(\Deleted)")
                    mailbox.expunge()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    """Run one IMAP server for the tests of this file."""
    authority = trustme.CA()
    ca_file = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    with dovecot.running(authority) as port:
        yield Mailbox(port, ca_file)


@pytest.fixture
def mailbox(server: Mailbox) -> Mailbox:
    """Return the mailbox, empty."""
    server.empty()
    return server


@pytest.fixture
def intake() -> Iterator[MailIntake]:
    """Return an office that takes mail in."""
    with ProcessEngine("sqlite:///:memory:", clock=VirtualClock(RECEIVED + dt.timedelta(days=1))) as engine:
        yield MailIntake(engine, EMAIL)


def mails(count: int) -> list[bytes]:
    return [
        letter(to="sio@um.example", sender="d@e.example", subject=f"Pismo {number}", text="Zażółć")
        for number in range(count)
    ]


def entries(intake: MailIntake) -> list[dict[str, object]]:
    return [entry.data for entry in intake._engine.registers.all_in(REGISTER)]


def test_mail_is_taken_in_oldest_first_and_moved(mailbox: Mailbox, intake: MailIntake) -> None:
    mailbox.put(*mails(3))
    assert look(mailbox.settings, intake.take) == [Outcome.LISTED] * 3
    assert [each.subject for each in intake._engine.registers.all_in(REGISTER)] == [
        f"Pismo {number}" for number in range(3)
    ]
    assert {each["otrzymano"] for each in entries(intake)} == {RECEIVED}
    assert (mailbox.count("INBOX"), mailbox.count("Przyjete")) == (0, 3)
    assert look(mailbox.settings, intake.take) == []


def test_a_crash_between_commit_and_move_reads_again_and_knows_it(
    mailbox: Mailbox, intake: MailIntake
) -> None:
    mailbox.put(*mails(2))

    def crash(raw: bytes, received: dt.datetime) -> Outcome:
        intake.take(raw, received)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        look(mailbox.settings, crash)
    assert (len(entries(intake)), mailbox.count("INBOX")) == (1, 2)
    assert look(mailbox.settings, intake.take) == [Outcome.REPEATED, Outcome.LISTED]
    assert (len(entries(intake)), mailbox.count("INBOX")) == (2, 0)


def test_what_is_to_come_again_stays(mailbox: Mailbox) -> None:
    mailbox.put(*mails(2))
    assert look(mailbox.settings, lambda raw, at: Outcome.LATER) == [Outcome.LATER] * 2
    assert mailbox.count("INBOX") == 2


def test_a_mail_too_large_to_be_kept_is_listed_and_stays_whole_on_the_server(
    mailbox: Mailbox, intake: MailIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letters, "LARGEST", 2_000)
    large = mails(1)[0] + b"x" * 5_000
    mailbox.put(large)
    assert look(mailbox.settings, intake.take) == [Outcome.LISTED]
    (entry,) = intake._engine.registers.entries(REGISTER, unresolved=True)
    assert (entry.data["rodzaj"], mailbox.count("Przyjete")) == ("nieczytelna", 1)


def test_a_server_that_is_not_there_or_not_ours_is_told(mailbox: Mailbox, intake: MailIntake) -> None:
    def settings(**changed: object) -> MailInSettings:
        known = {name: getattr(mailbox.settings, name) for name in MailInSettings.__struct_fields__}
        return MailInSettings(**{**known, **changed})

    for wrong, told in (
        (settings(port=1), "ConnectionRefusedError"),
        (settings(ca_file=""), "SSLCertVerificationError"),
        (settings(password="inne"), "AUTHENTICATIONFAILED"),
        (settings(host=""), "OBIEG_MAIL_HOST"),
        (settings(host="mail.example", tls=Tls.OFF), "OBIEG_MAIL_TLS"),
        (settings(folder="Nie ma"), "NO"),
    ):
        with pytest.raises(MailboxUnavailable, match=told) as caught:
            look(wrong, intake.take)
        assert "inne" not in str(caught.value)


def test_a_server_that_never_speaks_meets_the_deadline(intake: MailIntake) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        started = time.monotonic()
        with pytest.raises(MailboxUnavailable, match=r"within 0\.5 s|TimeoutError"):
            look(MailInSettings(host="127.0.0.1", port=port, tls=Tls.OFF, deadline=0.5), intake.take)
        assert time.monotonic() - started < 5.0
