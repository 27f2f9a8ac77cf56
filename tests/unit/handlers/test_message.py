"""Whatever comes in as variables, a finished message has our headers and one recipient, or there is no
message.
"""

from __future__ import annotations

import datetime as dt
import email
import re
from email.header import decode_header, make_header

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import WARSAW
from handlers import message, templates

SENDER = "edukacja@um.krakow.example"
HEADERS = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"}
WORDS = ("\r\nBcc: x@evil.example", "\nX: y", "=?utf-8?q?a=0ABcc=3A_x@evil?=", ",b@evil.example")
SIGNS = ("\x0b", "\x85", "\u2028", "\0", "\ud800")
ATTACKS = st.sampled_from(WORDS + SIGNS)
HOSTILE = st.lists(st.one_of(ATTACKS, st.text(max_size=20)), max_size=4).map("".join)


def draft(**changes: object) -> message.Draft:
    fields: dict[str, object] = {
        "key": "7:9",
        "sender": SENDER,
        "sender_name": "Wydział Edukacji",
        "recipient": "a@szkola.example",
        "subject": "Sprawa ZSZO/1",
        "text": "Dzień dobry",
        "html": "",
        "date": dt.datetime(2026, 12, 17, 10, tzinfo=WARSAW),
    }
    return message.Draft(**{**fields, **changes})  # type: ignore[arg-type]


def require_harmless(raw: bytes) -> None:
    """Read the message with the parser's oldest policy, which hides nothing."""
    parsed = email.message_from_bytes(raw)
    assert set(parsed.keys()) - {"Content-Transfer-Encoding"} == HEADERS
    assert len(parsed.keys()) == len(set(parsed.keys()))
    assert re.fullmatch(r"[!-~]+@[!-~]+", parsed["To"])
    assert "," not in parsed["To"]
    assert re.search(rb"(?im)^(bcc|cc|x):", raw.partition(b"\r\n\r\n")[0]) is None


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(number=HOSTILE, recipient=st.one_of(st.just("a@szkola.example"), HOSTILE), text=HOSTILE, name=HOSTILE)
def test_no_variable_adds_a_header_or_a_recipient(number: str, recipient: str, text: str, name: str) -> None:
    try:
        subject = templates.checked_subject("t", f"Sprawa {number}")
        attachment = message.Attachment(name=name, content=b"x") if name else None
        raw = message.build(draft(subject=subject, recipient=recipient, text=text, attachment=attachment))
    except (message.UnsafeMessage, templates.InvalidTemplate):
        return
    require_harmless(raw)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.text(max_size=400), html=st.text(max_size=100))
def test_ordinary_texts_survive_and_give_the_same_bytes_twice(text: str, html: str) -> None:
    try:
        raw = message.build(draft(text=text, html=html))
    except message.UnsafeMessage:
        assert re.search("[\0\r\ud800-\udfff]", text + html)
        return
    assert raw == message.build(draft(text=text, html=html))
    require_harmless(raw)


POLISH = st.text(alphabet="aąćęłńóśźżŻZ09 .,:()/–-", min_size=1, max_size=120)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(subject=POLISH, name=POLISH)
def test_every_subject_a_template_may_have_arrives_as_written(subject: str, name: str) -> None:
    name = " ".join(name.split()) or "x"
    try:
        subject = templates.checked_subject("t", subject)
    except templates.InvalidTemplate:
        assert not subject.strip()
        return
    raw = message.build(draft(subject=subject, sender_name=name))
    parsed = email.message_from_bytes(raw)
    assert str(make_header(decode_header(parsed["Subject"]))) == subject
    assert max(len(line) for line in raw.split(b"\r\n")) <= 100


@pytest.mark.parametrize("subject", ["a\r\nBcc: x@y.pl", "=?utf-8?q?a=0ABcc=3A_x?=", "a\nb"])
def test_the_last_fence_holds_even_if_the_subject_was_not_checked(subject: str) -> None:
    with pytest.raises(message.UnsafeMessage):
        message.build(draft(subject=subject))


@pytest.mark.parametrize("name", ["a\r\nX: y.pdf", 'a"b.pdf', "../x.pdf", "a;b.pdf", ""])
def test_attachment_names_are_plain(name: str) -> None:
    with pytest.raises(message.UnsafeMessage):
        message.build(draft(attachment=message.Attachment(name=name, content=b"")))


def test_message_ids_follow_the_idempotency_key() -> None:
    assert message.message_id("12:34", SENDER) == "<12.34@um.krakow.example>"
    assert re.fullmatch(r"<[\w.-]+@um\.krakow\.example>", message.message_id(">\r\nX: y <", SENDER))
