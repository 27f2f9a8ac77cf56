"""Bounces in the shapes they really come in: which mail, whose mailbox, is it final."""

from __future__ import annotations

import pytest

from demo.bounces import STYLES, bounce
from handlers.mail_in import bounces, letter
from handlers.mail_in.bounces import Fate
from handlers.mail_in.sorting import Kind, sort
from handlers.return_address import return_address
from handlers.smtp import EmailSettings

SETTINGS = EmailSettings(sender="sio@um.example", bounces="zwroty@um.example", token="t")
MAIL = (
    b"From: =?utf-8?q?Urz=C4=85d?= <sio@um.example>\r\nTo: dyrektor@sp900.example\r\nSubject: Dane\r\n"
    b"Message-ID: <123-456@um.example>\r\n\r\ntekst\r\n"
)
FINAL = sorted(set(STYLES) - {"delayed"})


@pytest.mark.parametrize("style", FINAL)
def test_a_final_failure_names_mail_and_mailbox(style: str) -> None:
    read = letter.read(bounce(MAIL, to="sio@um.example", style=style))
    found = bounces.read(read)
    assert found is not None
    assert found.fate is Fate.FAILED
    assert "dyrektor@sp900.example" in found.recipients
    assert found.message_ids[0] == "<123-456@um.example>"
    result = sort(read, SETTINGS)
    assert (result.kind, result.keys, result.certain) == (Kind.BOUNCE, ("123-456",), False)


@pytest.mark.parametrize("style", FINAL)
def test_its_own_return_address_names_the_mail_for_certain(style: str) -> None:
    to = return_address("zwroty@um.example", "123-789", "t")
    result = sort(letter.read(bounce(MAIL, to=to, style=style)), SETTINGS)
    assert (result.keys[0], result.certain) == ("123-789", True)
    forged = to.replace("0", "1") if "0" in to.rpartition(".")[0] else to.replace(".", ".f", 1)
    assert not sort(letter.read(bounce(MAIL, to=forged, style=style)), SETTINGS).certain


def test_a_delay_is_no_bounce() -> None:
    result = sort(letter.read(bounce(MAIL, to="sio@um.example", style="delayed")), SETTINGS)
    assert (result.kind, result.why) == (Kind.REPORT, "delayed 4.4.1")


def test_a_report_of_delivery_is_no_bounce() -> None:
    raw = bounce(MAIL, to="sio@um.example").replace(b"Action: failed", b"Action: delivered")
    assert sort(letter.read(raw), SETTINGS).kind is Kind.REPORT


def test_a_mailing_system_that_is_silent_about_failure_reports_nothing() -> None:
    raw = b"From: postmaster@um.example\r\nTo: sio@um.example\r\nSubject: Przerwa\r\n\r\nW czwartek.\r\n"
    assert bounces.read(letter.read(raw)) is None


def test_bounces_of_others_mails_name_none_of_ours() -> None:
    other = MAIL.replace(b"123-456@um.example", b"123-456@inny.example")
    result = sort(letter.read(bounce(other, to="sio@um.example")), SETTINGS)
    assert (result.kind, result.keys) == (Kind.BOUNCE, ())


def test_a_person_who_quotes_a_failure_is_no_bounce() -> None:
    raw = (
        b"From: dyrektor@sp900.example\r\nTo: sio@um.example\r\nSubject: Undelivered mail\r\n\r\n"
        b"User unknown? Message-ID: <123-456@um.example>\r\n"
    )
    assert sort(letter.read(raw), SETTINGS).kind is Kind.UNKNOWN
