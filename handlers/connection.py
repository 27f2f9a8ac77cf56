"""What an administrator tells a handler about an outside system: frozen records, filled from ``OBIEG_``
variables.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

_HIDDEN = frozenset({"password", "token", "notify_url"})  # the last ends with a token


class Connection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of one outside system; subclasses only add fields. Passwords and tokens never show in
    ``repr``.
    """

    def __repr__(self) -> str:
        """Return the fields with credentials masked, fit for a log."""
        shown = (
            f"{name}={'***' if name in _HIDDEN else repr(getattr(self, name))}"
            for name in self.__struct_fields__
        )
        return f"{type(self).__name__}({', '.join(shown)})"


S = TypeVar("S", bound=Connection)


def read(kind: type[S], prefix: str, environment: Mapping[str, str]) -> S:
    """Build settings from variables such as ``OBIEG_SMTP_PORT`` (prefix ``OBIEG_SMTP_``).

    Raises ValueError naming the variable for one that is unknown, missing or of a wrong type.
    """
    given = {
        name.removeprefix(prefix).lower(): text
        for name, text in environment.items()
        if name.startswith(prefix)
    }
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        known = ", ".join(prefix + field.upper() for field in kind.__struct_fields__)
        raise ValueError(f"expected the settings {known}, but {error}") from None


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address cannot leave this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def require_safe_url(url: str, setting: str) -> str:
    """Return the address of a system without its last slash.

    Credentials and personal data travel over it, so it must be https, or http on this very machine;
    anything else raises ValueError naming the setting.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))):
        return url.rstrip("/")
    raise ValueError(
        f"expected {setting} to be an https:// address (http:// only on this machine), but got {url!r}"
    )
