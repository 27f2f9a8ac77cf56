"""``email.send`` against a mail server with STARTTLS, AUTH and every fault of its script."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from demo.context import START, Crash, MemoryJobContext
from demo.servers import DemoServers
from engine import BpmnError, JobFailure

ADDRESS = "sekretariat@sp900.example"


def letter(office: Any, **variables: Any) -> MemoryJobContext:
    given = {"do": ADDRESS, "numer_sprawy": "ZSZO/2026/17", "zlozono": dt.date(2026, 12, 17), **variables}
    context: MemoryJobContext = office.job("email.send", {"template": "pakiet"}, **given)
    return context


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_a_mail_arrives_as_meant(office: Any, servers: DemoServers) -> None:
    package = office.job("x").store_document("p.pdf", b"%PDF-1.7 \x00\xff", media_type="application/pdf")
    done = office.run(letter(office, zalacznik=package, uwagi="<script>"))
    (mail,) = servers.mails()
    assert (mail["To"], mail["Subject"]) == (ADDRESS, "Dane dostępowe – sprawa ZSZO/2026/17")
    assert str(mail["From"]) == "Wydział Edukacji <edukacja@um.krakow.example>"
    assert mail["Message-ID"] == done.variables["wiadomosc_id"] == "<77.email.send@um.krakow.example>"
    assert mail["Date"].datetime == START
    assert "z dnia 17.12.2026 przesyłamy zaszyfrowane dane. Zażółć gęślą jaźń.\n.kropka na" in body(
        mail, "plain"
    )
    assert "&lt;script&gt;" in body(mail, "html")
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("dane-dostepowe.pdf", b"%PDF-1.7 \x00\xff")
    (line,) = servers.lines("smtp", "mail")
    assert (line["rcpt_to"], line["mail_from"], line["encrypted"]) == (
        [ADDRESS],
        "edukacja@um.krakow.example",
        True,
    )
    assert done.variables["wyslano"] == START
    raw = (servers.directory / "outbox" / line["file"]).read_bytes()
    assert done.variables["wiadomosc_sha256"] == hashlib.sha256(raw).hexdigest()


def test_a_kept_reply_is_never_sent_again(office: Any, servers: DemoServers) -> None:
    context = letter(office)
    first = office.run(context)
    assert office.run(context.again()).variables == first.variables
    assert len(servers.mails()) == 1


def test_a_crash_after_250_repeats_the_same_bytes(office: Any, servers: DemoServers) -> None:
    context = letter(office)
    context.lose_replies = True
    with pytest.raises(Crash):
        office.run(context)
    office.run(context.again())
    one, two = sorted((servers.directory / "outbox").iterdir())
    assert one.read_bytes() == two.read_bytes()


def test_a_message_made_for_one_address_never_goes_to_another(office: Any, servers: DemoServers) -> None:
    servers.fault("smtp", "452")
    context = letter(office)
    with pytest.raises(JobFailure):
        office.run(context)
    corrected = context.again()
    corrected.job.variables["do"] = "inny@sp900.example"
    with pytest.raises(JobFailure, match="new effect") as caught:
        office.run(corrected)
    assert caught.value.permanent
    assert servers.mails() == []


@pytest.mark.parametrize("fault", ["452", "421", "data:451", "data:354", "drop"])
def test_passing_trouble_is_a_failure_and_the_next_attempt_sends(
    office: Any, servers: DemoServers, fault: str
) -> None:
    servers.fault("smtp", fault, match=ADDRESS)
    context = letter(office)
    with pytest.raises(JobFailure) as caught:
        office.run(context)
    assert not caught.value.permanent
    assert servers.mails() == []
    office.run(context.again())
    assert len(servers.mails()) == 1


def test_a_lost_250_sends_twice_with_one_message_id(office: Any, servers: DemoServers) -> None:
    servers.fault("smtp", "lost")
    context = letter(office)
    with pytest.raises(JobFailure):
        office.run(context)
    office.run(context.again())
    one, two = servers.mails()
    assert one["Message-ID"] == two["Message-ID"]
    assert one.as_bytes() == two.as_bytes()


@pytest.mark.parametrize(("fault", "told"), [("550", "550 5.1.1 scripted"), ("data:554", "554 scripted")])
def test_a_refusal_for_good_is_a_bpmn_error(office: Any, servers: DemoServers, fault: str, told: str) -> None:
    servers.fault("smtp", fault)
    with pytest.raises(BpmnError) as caught:
        office.run(letter(office))
    assert caught.value.code == "EMAIL_ODRZUCONY"
    assert caught.value.variables == {"odpowiedz_serwera": told}


def test_a_dripping_server_meets_the_overall_deadline(office_with: Any, servers: DemoServers) -> None:
    servers.fault("smtp", "slow")
    started = time.monotonic()
    office = office_with(SMTP_DEADLINE="0.5")
    with pytest.raises(JobFailure, match=r"within 0\.5 s"):
        office.run(letter(office))
    assert time.monotonic() - started < 5.0  # without the watchdog it would never end


def test_a_wrong_mail_password_is_permanent_and_not_told(office_with: Any) -> None:
    office = office_with(SMTP_PASSWORD="not-this-one")
    with pytest.raises(JobFailure, match="OBIEG_SMTP_") as caught:
        office.run(letter(office))
    assert caught.value.permanent
    assert "not-this-one" not in caught.value.reason


def test_an_unknown_certificate_is_refused(office_with: Any, servers: DemoServers) -> None:
    office = office_with(SMTP_CA_FILE="")
    with pytest.raises(JobFailure, match="certificate"):
        office.run(letter(office))
    assert servers.lines("smtp", "rcpt") == []


def test_a_password_is_not_shown_to_a_server_without_encryption(office_with: Any) -> None:
    office = office_with(SMTP_HOST="mail.example", SMTP_TLS="optional")
    with pytest.raises(JobFailure, match="OBIEG_SMTP_TLS"):
        office.run(letter(office))


@pytest.mark.parametrize("tls", ["off", "optional"])
def test_a_server_without_encryption_on_this_machine(
    tmp_path: Path, templates: Path, office_class: Any, tls: str
) -> None:
    with DemoServers(tmp_path / "plain", tls=False) as plain:
        settings = {**plain.environment, "OBIEG_SMTP_MESSAGES": str(templates), "OBIEG_SMTP_TLS": tls}
        office = office_class(settings)
        office.run(letter(office))
        assert plain.lines("smtp", "mail")[0]["encrypted"] is False
        insisting = office_class({**settings, "OBIEG_SMTP_TLS": "required"})
        with pytest.raises(JobFailure, match="no STARTTLS"):
            insisting.run(letter(insisting))


def test_nobody_listening_is_a_failure(office_with: Any) -> None:
    office = office_with(SMTP_PORT="1")
    with pytest.raises(JobFailure, match="ConnectionRefusedError"):
        office.run(letter(office))


@pytest.mark.parametrize(
    "address",
    [
        "a@szkola.pl,b@evil.example",
        "a@szkola.pl;b@evil.example",
        '"a b"@szkola.pl',
        "Anna <a@szkola.pl>",
        "a@szkola.pl\r\nBcc: x@evil.example",
        "=?utf-8?q?a=0ABcc=3A_x@evil?=@szkola.pl",
        "a@localhost",
        "ą@szkola.pl",
        "a..b@szkola.pl",
        "a@[127.0.0.1]",
        "a@szkola.pl.",
        "@szkola.pl",
    ],
)
def test_anything_but_one_plain_address_is_rejected(office: Any, servers: DemoServers, address: str) -> None:
    with pytest.raises(BpmnError, match="EMAIL_ODRZUCONY"):
        office.run(letter(office, do=address))
    assert servers.lines("smtp") == []


def test_a_polish_domain_goes_out_in_idna_form(office: Any, servers: DemoServers) -> None:
    office.run(letter(office, do="a@żółw.example"))
    assert servers.lines("smtp", "mail")[0]["rcpt_to"] == ["a@xn--w-uga1v8h.example"]


@pytest.mark.parametrize(
    "number",
    [
        "17\r\nBcc: x@evil.example",
        "17\nBcc: x@evil.example",
        "=?utf-8?q?a=0ABcc=3A_x@evil?=",
        "17\x0bBcc: x@evil.example",
        "17\u2028Bcc: x",
        "x" * 130,
        "<b>",
    ],
)
def test_a_subject_takes_no_headers(office: Any, servers: DemoServers, number: str) -> None:
    with pytest.raises(JobFailure, match="subject") as caught:
        office.run(letter(office, numer_sprawy=number))
    assert caught.value.permanent
    assert servers.mails() == []
