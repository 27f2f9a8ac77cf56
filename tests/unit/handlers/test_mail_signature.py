"""DKIM: what ``email.send`` signs is verified by dkimpy and, computed here anew from RFC 6376, by OpenSSL."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import re
import subprocess
from pathlib import Path
from typing import Any

import dkim
import pytest

from demo.servers import DemoServers


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """An RSA key made by OpenSSL."""
    path = tmp_path / "dkim.pem"
    openssl("genrsa", "-traditional", "-out", str(path), "2048")
    return path


def openssl(*arguments: str, given: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=True).stdout


def signed_mail(office_with: Any, servers: DemoServers, key_file: Path) -> bytes:
    office = office_with(SMTP_DKIM_SELECTOR="obieg2026", SMTP_DKIM_KEY_FILE=str(key_file))
    context = office.job(
        "email.send", {"template": "pakiet"}, do="s@sp900.example", numer_sprawy="SIO/2026/17",
        zlozono=dt.date(2026, 12, 17),
    )  # fmt: skip
    office.run(context)
    return sorted((servers.directory / "outbox").glob("*.eml"))[-1].read_bytes()


def dns(key_file: Path) -> Any:
    public = base64.b64encode(openssl("rsa", "-in", str(key_file), "-pubout", "-outform", "DER")).decode()

    def answer(name: bytes, timeout: int = 5) -> bytes:
        assert name == b"obieg2026._domainkey.um.krakow.example."
        return f"v=DKIM1; k=rsa; p={public}".encode()

    return answer


def test_dkimpy_verifies_it_and_refuses_any_change(
    office_with: Any, servers: DemoServers, key_file: Path
) -> None:
    mail = signed_mail(office_with, servers, key_file)
    answers = dns(key_file)
    assert dkim.verify(mail, dnsfunc=answers)
    assert not dkim.verify(mail.replace(b"dane", b"dame", 1), dnsfunc=answers)
    assert not dkim.verify(mail.replace(b"To: s@", b"To: x@"), dnsfunc=answers)
    assert not dkim.verify(b"From: minister@gov.example\r\n" + mail, dnsfunc=answers)


def test_openssl_verifies_what_rfc_6376_says_is_signed(
    office_with: Any, servers: DemoServers, key_file: Path, tmp_path: Path
) -> None:
    mail = signed_mail(office_with, servers, key_file).decode("ascii")
    head, _, body = mail.partition("\r\n\r\n")
    headers = re.split(r"\r\n(?![ \t])", head)
    signature = next(line for line in headers if line.lower().startswith("dkim-signature:"))
    tags = dict(
        re.findall(r"(\w+)=([^;]*)", re.sub(r"\s", "", signature.partition(":")[2]).replace("b=", "b=", 1))
    )
    body_lines = [re.sub(r"[ \t]+", " ", line).rstrip(" ") for line in body.split("\r\n")]
    canonical_body = "\r\n".join(body_lines).rstrip("\r\n") + "\r\n"
    assert tags["bh"] == base64.b64encode(hashlib.sha256(canonical_body.encode()).digest()).decode()
    left, lines = list(headers), []
    for name in tags["h"].split(":"):
        found = [line for line in left if line.lower().startswith(name.lower() + ":")]
        if found:
            left.remove(found[-1])
            lines.append(relaxed(found[-1]) + "\r\n")
    lines.append(re.sub(r"(;\s*b=)[^;]*", r"\1", relaxed(signature)))
    (tmp_path / "sig").write_bytes(base64.b64decode(tags["b"]))
    openssl("rsa", "-in", str(key_file), "-pubout", "-out", str(tmp_path / "public.pem"))
    verified = openssl(
        "dgst", "-sha256", "-verify", str(tmp_path / "public.pem"), "-signature", str(tmp_path / "sig"),
        given="".join(lines).encode(),
    )  # fmt: skip
    assert verified == b"Verified OK\n"
    assert {"from", "to", "subject", "date", "message-id"} <= {name.lower() for name in tags["h"].split(":")}


def relaxed(line: str) -> str:
    """Canonicalise a header (RFC 6376 §3.4.2)."""
    name, _, value = line.partition(":")
    unfolded = re.sub(r"[ \t]+", " ", value.replace("\r\n", "")).strip()
    return f"{name.strip().lower()}:{unfolded}"


@pytest.mark.parametrize("selector", ["", "a b", "x;y", "-x"])
def test_a_wrong_selector_is_found_at_the_start(office_with: Any, key_file: Path, selector: str) -> None:
    with pytest.raises(ValueError, match="OBIEG_SMTP_DKIM_SELECTOR"):
        office_with(SMTP_DKIM_SELECTOR=selector, SMTP_DKIM_KEY_FILE=str(key_file))


def test_a_key_that_is_none_is_found_at_the_start(office_with: Any, tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("-----BEGIN RSA PRIVATE KEY-----\nno\n", encoding="ascii")
    for path in (tmp_path / "no.pem", tmp_path / "absent.pem"):
        with pytest.raises(ValueError, match="OBIEG_SMTP_DKIM_KEY_FILE"):
            office_with(SMTP_DKIM_SELECTOR="a", SMTP_DKIM_KEY_FILE=str(path))
