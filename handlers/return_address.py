"""Addresses that name what they are about: a mail's own return address (VERP), a case's address for letters.

A bounce names its mail whatever its text says, a letter its case whatever its subject is.

``zwroty@um.example`` becomes ``zwroty+<key>.<tag>@um.example``; the tag is a keyed hash, so nobody can make
up a bounce for a mail that was not sent to them. The mailbox must take plus-addresses (RFC 5233).
"""

from __future__ import annotations

import hashlib
import hmac
import re

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_KEY = re.compile(r"\d{1,19}(?:-\d{1,19}){1,2}")
_NUMBER = re.compile(r"[A-Z][A-Z0-9]{1,11}/\d{4}/\d{1,7}")
_CASE = re.compile(r"([a-z][a-z0-9]{1,11})-(\d{4})-(\d{1,7})")
_SHORTENED = re.compile(r"[0-9a-z]{1,13}(?:-[0-9a-z]{1,13}){1,2}")
_DETAIL = re.compile(r"([0-9a-z]{1,13}(?:-[0-9a-z]{1,13}){1,2})\.([0-9a-f]{16})")


def return_address(base: str, key: str, token: str) -> str:
    """Return the return address of the mail with this idempotency key; ``base`` itself where it has no room.

    A local part has at most 64 characters (RFC 5321 §4.5.3.1.1).
    """
    local, _, domain = base.rpartition("@")
    short = shortened(key)
    if not short:
        return base
    detailed = f"{local}+{short}.{_tag(key, token)}"
    return f"{detailed}@{domain}" if len(detailed) <= 64 else base


def key_of(address: str, base: str, token: str) -> str | None:
    """Return the idempotency key a return address was made for; None for others and for a wrong tag."""
    local, _, domain = address.strip().strip("<>").lower().rpartition("@")
    wanted, _, wanted_domain = base.lower().rpartition("@")
    name, _, detail = local.partition("+")
    match = _DETAIL.fullmatch(detail)
    if match is None or (name, domain) != (wanted, wanted_domain):
        return None
    key = restored(match[1])
    return key if key and hmac.compare_digest(match[2], _tag(key, token)) else None


def shortened(key: str) -> str:
    """Return an idempotency key in fewer letters, "" for a text that is none."""
    if _KEY.fullmatch(key) is None:
        return ""
    return "-".join(_short(int(part)) for part in key.split("-"))


def restored(short: str) -> str:
    """Return the idempotency key that ``shortened`` made this of, "" where it cannot have."""
    if _SHORTENED.fullmatch(short) is None:
        return ""
    return "-".join(str(int(part, 36)) for part in short.split("-"))


def case_address(base: str, number: str) -> str:
    """Return where letters about a case go: ``sprawy@um.example`` → ``sprawy+SIO-2026-43@um.example``.

    ``base`` itself for a case number of another shape.
    """
    local, _, domain = base.rpartition("@")
    if not base or _NUMBER.fullmatch(number) is None:
        return base
    return f"{local}+{number.replace('/', '-')}@{domain}"


def case_of(address: str, base: str) -> str | None:
    """Return the case number an address of ``case_address`` names, None for any other address."""
    local, _, domain = address.strip().strip("<>").lower().rpartition("@")
    wanted, _, wanted_domain = base.lower().rpartition("@")
    name, _, detail = local.partition("+")
    match = _CASE.fullmatch(detail)
    if match is None or (name, domain) != (wanted, wanted_domain):
        return None
    return "/".join(match.groups()).upper()


def _short(number: int) -> str:
    digits = ""
    while number or not digits:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits


def _tag(key: str, token: str) -> str:
    return hmac.new(token.encode(), f"bounce {key}".encode(), hashlib.sha256).hexdigest()[:16]
