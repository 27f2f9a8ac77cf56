"""DKIM (RFC 6376): the office's domain signs what it sends, so that a receiver can tell it from a forgery.

The public half of the key stands in DNS at ``<selector>._domainkey.<the sender's domain>``; the private half
is a PEM file that only the worker may read. The signature is part of the message's bytes: made once, the same
in every attempt.
"""

from __future__ import annotations

import re
from pathlib import Path

import dkim

_SELECTOR = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9-]{1,63}){0,3}")
# From stands twice: a second From added on the way breaks the signature (RFC 6376 §8.15).
_SIGNED = (
    b"from", b"from", b"to", b"subject", b"date", b"message-id", b"auto-submitted", b"reply-to",
    b"mime-version", b"content-type", b"content-transfer-encoding",
)  # fmt: skip


class UnusableKey(Exception):
    """Nothing can be signed with these settings; the text says why, without the key."""


def signed(raw: bytes, *, selector: str, key_file: str, domain: str) -> bytes:
    """Return the message with a ``DKIM-Signature`` before its headers (rsa-sha256, relaxed/relaxed).

    Raises ``UnusableKey`` for a selector that is no DNS name, or a key file that cannot be read or is none.
    """
    if _SELECTOR.fullmatch(selector) is None:
        raise UnusableKey(f"expected a DKIM selector such as obieg2026, but got {selector[:60]!r}")
    present = {line.partition(b":")[0].strip().lower() for line in raw.partition(b"\r\n\r\n")[0].splitlines()}
    try:
        header = dkim.sign(
            raw, selector.encode(), domain.encode("idna"), Path(key_file).read_bytes(),
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[name for name in _SIGNED if name in present],
        )  # fmt: skip
    except (OSError, dkim.DKIMException, ValueError) as error:
        raise UnusableKey(
            f"expected an RSA private key (PEM) for DKIM in {key_file}, but {type(error).__name__}"
        ) from None
    return bytes(header) + raw
