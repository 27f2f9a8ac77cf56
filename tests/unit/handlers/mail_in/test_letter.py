"""Mails as they come: Polish in every encoding, files with hostile names, and MIME that means harm."""

from __future__ import annotations

import time
from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demo.bounces import bounce, letter
from handlers.mail_in import letter as letters
from handlers.mail_in.sorting import Kind, own_words, sort, wanted_day
from handlers.smtp import EmailSettings

SETTINGS = EmailSettings(sender="sio@um.example", replies="sprawy@um.example")
TEXT = "Zażółć gęślą jaźń – proszę o przedłużenie terminu do 4 stycznia 2027."


@pytest.mark.parametrize(
    ("charset", "cte"),
    [("utf-8", "quoted-printable"), ("utf-8", "base64"), ("utf-8", "8bit"), ("cp1250", "quoted-printable"),
     ("cp1250", "base64"), ("cp1250", "8bit")],
)  # fmt: skip
def test_polish_survives_every_encoding(charset: str, cte: str) -> None:
    raw = letter(
        to="a@b.example", sender="c@d.example", subject="Wniosek – ś", text=TEXT, charset=charset, cte=cte
    )
    read = letters.read(raw)
    assert (read.text, read.subject, read.unreadable) == (TEXT, "Wniosek – ś", "")


@pytest.mark.parametrize("declared", ["iso-8859-2", "us-ascii", "iso-8859-1", "x-unknown", "", "utf-8"])
@pytest.mark.parametrize("real", ["iso-8859-2", "cp1250", "utf-8"])
def test_a_wrong_character_set_is_seen_through(declared: str, real: str) -> None:
    text = "Zażółć gęślą jaźń, środa"
    head = f"From: a@b.example\r\nContent-Type: text/plain; charset={declared}\r\n\r\n".encode()
    read = letters.read(head + text.encode(real)).text
    honest = {("iso-8859-2", "iso-8859-2"), ("iso-8859-2", "cp1250")}
    if real == "iso-8859-2" and (declared, real) not in honest:
        assert "Zażółć" in read  # ś, ą and ź differ between ISO and Windows: nobody can tell them apart
    elif (declared, real) == ("iso-8859-2", "utf-8"):
        assert read  # every byte is a letter of ISO-8859-2: believed
    else:
        assert read == text


def test_words_of_html_without_its_scripts() -> None:
    raw = (
        b"From: a@b.example\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        b"<html><head><style>p{}</style></head><body><p>Prosz\xc4\x99 o <b>inny termin</b>.</p>"
        b"<script>alert(1)</script><div>Anna &amp; Jan</div>"
    )
    assert letters.read(raw).text.split("\n") == ["Proszę o inny termin.", "Anna & Jan"]


def test_a_subject_in_bare_bytes_is_read() -> None:
    for charset in ("utf-8", "cp1250"):
        raw = b"From: a@b.example\r\nSubject: " + "Wniosek Żółci".encode(charset) + b"\r\n\r\nx"
        assert letters.read(raw).subject == "Wniosek Żółci"


def test_files_lose_their_folders_and_hostile_signs() -> None:
    content = b64encode(b"\x00plik").decode()
    names = ["../../etc/passwd", "C:\\x\\zwolnienie ą.pdf", 'a"\u202egpj.exe', "", "." * 300]
    parts = "".join(
        f'--b\r\nContent-Type: application/pdf; name="{name.replace(chr(34), "")}"\r\n'
        f"Content-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n{content}\r\n"
        for name in names
    )
    raw = f'From: a@b.example\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n{parts}--b--\r\n'.encode()
    read = letters.read(raw)
    assert [each.content for each in read.attachments] == [b"\x00plik"] * 5
    assert [each.name for each in read.attachments[:2]] == ["passwd", "zwolnienie ą.pdf"]
    assert all(set('/\\"\u202e') & set(each.name) == set() for each in read.attachments)
    assert [each.name for each in read.attachments[3:]] == ["zalacznik-4", "zalacznik-5"]


def nested(depth: int) -> bytes:
    opening = "".join(
        f'Content-Type: multipart/mixed; boundary="b{i}"\r\n\r\n--b{i}\r\n' for i in range(depth)
    )
    return f"From: a@b.example\r\n{opening}\r\nx\r\n".encode()


HOSTILE = {
    "deep containers": nested(60),
    "very deep containers": nested(50_000),
    "mails in mails": b"Content-Type: message/rfc822\r\n\r\n" * 20_000,
    "many parts": b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\nx\r\n" * 200_000,
    "a head without end": b"X-A: b\r\n" * 100_000,
    "one endless header": b"Subject: " + b"=?utf-8?q?x?= " * 100_000 + b"\r\n\r\n",
    "too large": b"From: a@b.example\r\n\r\n" + b"x" * 20_000_001,
    "nothing": b"",
    "zeros": b"\0" * 10_000,
    "addresses": b"To: " + b"(" * 30_000 + b"a@b" + b"\r\n\r\nx",
    "base64 of one letter": b"Subject: =?utf-8?b?A?=\r\nFrom: a@b.example\r\n\r\nx",
    "broken words": b"Subject: =?utf-8?b?\xff\xff=?= =?x?q?=ZZ?=\r\nFrom: =?\r\n\r\nx",
    "broken parameters": b"Content-Type: text/plain; charset*0*=x''%; charset=\"\r\n\r\nx",
    "a boundary of itself": b'Content-Type: multipart/mixed; boundary="--"\r\n\r\n----\r\n' * 50,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mime_is_read_or_refused_soon(name: str) -> None:
    started = time.monotonic()
    read = letters.read(HOSTILE[name])
    assert read.raw == HOSTILE[name]
    assert len(read.text) <= letters.LONGEST_TEXT
    assert sort(read, SETTINGS).kind in (Kind.UNKNOWN, Kind.UNREADABLE)
    assert time.monotonic() - started < 3.0


MUTATED = [bounce(b"To: x@y.example\r\nMessage-ID: <1-2@um.example>\r\n\r\n", to="sio@um.example"), nested(5)]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_the_bytes_are_it_returns(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(MUTATED)))
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(raw)))
        raw[at : at + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=8))
    read = letters.read(bytes(raw))
    sort(read, SETTINGS)
    assert read.text.encode() is not None


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("Auto-Submitted: auto-replied", Kind.ROBOT),
        ("Auto-Submitted: auto-generated", Kind.ROBOT),
        ("Auto-Submitted: no\r\nPrecedence: bulk", Kind.ABOUT_CASE),
        ("Precedence: list", Kind.ABOUT_CASE),
        ("List-Id: <szkola.example>", Kind.ABOUT_CASE),
        ("Auto-Submitted: no", Kind.EXTENSION),
        ("X-Nothing: 1", Kind.EXTENSION),
    ],
)
def test_robots_and_people(header: str, kind: Kind) -> None:
    raw = letter(to="sprawy+SIO-2026-43@um.example", sender="d@e.example", subject="Termin", text=TEXT)
    result = sort(letters.read(header.encode() + b"\r\n" + raw), SETTINGS)
    assert (result.kind, result.number) == (kind, "SIO/2026/43")


@pytest.mark.parametrize(
    ("to", "subject", "number"),
    [
        ("sprawy+SIO-2026-43@um.example", "x", "SIO/2026/43"),
        ("sio@um.example", "Re: Sprawa SIO/2026/43: dane poprawne", "SIO/2026/43"),
        ("sio@um.example", "SIO/2026/43 i SIO/2026/44", ""),
        ("sio@um.example", "ASIO/2026/43/7", ""),
        ("inny+SIO-2026-43@um.example", "x", ""),
    ],
)
def test_the_case_is_named_by_address_or_subject(to: str, subject: str, number: str) -> None:
    read = letters.read(letter(to=to, sender="d@e.example", subject=subject, text=TEXT))
    assert sort(read, SETTINGS).number == number


@pytest.mark.parametrize("word", ["zmian", "inn"])
def test_a_text_of_one_syllable_is_sorted_soon(word: str) -> None:
    text = word * (letters.LONGEST_TEXT // len(word))
    raw = letter(to="sprawy+SIO-2026-43@um.example", sender="d@e.example", subject="x", text=text)
    started = time.monotonic()
    assert sort(letters.read(raw), SETTINGS).kind is Kind.ABOUT_CASE
    assert time.monotonic() - started < 3.0


def test_our_own_mail_that_comes_back_goes_nowhere() -> None:
    raw = letter(to="sprawy@um.example", sender="sio@um.example", subject="SIO/2026/43", text=TEXT)
    assert sort(letters.read(raw), SETTINGS).kind is Kind.OWN


def test_what_the_sender_wrote_and_the_day_wanted() -> None:
    text = "Proszę o 4 stycznia 2027.\n\n> termin 28.12.2026\n> x"
    assert own_words(text) == "Proszę o 4 stycznia 2027."
    assert wanted_day(text) == "4 stycznia 2027"
    assert wanted_day("2027-01-04 albo 5.01.2027") is None
    assert wanted_day("kiedyś") is None


def test_a_copy_of_a_mail_is_known_and_a_forged_identity_is_not() -> None:
    one = letter(to="a@b.example", sender="c@d.example", subject="x", text="y")
    copy = b"Received: from elsewhere\r\n" + one
    forged = letter(to="a@b.example", sender="c@d.example", subject="x", text="coś innego")
    assert letters.read(one).identity == letters.read(copy).identity
    assert letters.read(one).identity != letters.read(forged).identity
