"""``package.encrypt``: login and start password as one page, sealed with AES-256 (A32, A34, §6.5).

The key is drawn once and is never the password; the document is made once in each format, so that every
attempt mails the same bytes, and what is called a PDF is one. typst sets the page with its embedded fonts,
``package_formats`` seals it: a PDF that any reader opens, unless the task or the office wants an archive.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from pathlib import Path

import msgspec
import typst

from engine import Completed, HandlerRegistry, JobContext, NotFound, draw_characters
from handlers import inputs
from handlers.connection import Connection
from handlers.package_formats import Format, is_installed, sealed
from handlers.password import ALPHABET, LONGEST_LIFE

_REMEDY = "it is not installed: install obieg[sevenzip]"
PAGE = Path(__file__).with_name("package.typ")


class PackageSettings(Connection, frozen=True, kw_only=True):
    """What the page's head says, how long the key lives, and what packages are usually sealed in."""

    office: str = "Urząd Miasta Krakowa, Wydział Edukacji"
    key_lifetime_days: int = 30
    format: Format = Format.PDF


def register(registry: HandlerRegistry, settings: PackageSettings) -> None:
    """Register ``package.encrypt``.

    In: variables ``login``, ``haslo_ref``, optional ``numer_sprawy``, ``nazwa_placowki``
    and ``format_pakietu`` (pdf, zip, 7z).
    Out: ``pakiet_ref``, ``pakiet_nazwa``, ``pakiet_format``, ``klucz_ref``, ``pakiet_sha256``. Raises
    ValueError where the settings want a format whose library is not installed.
    """
    if not 1 <= settings.key_lifetime_days <= LONGEST_LIFE:
        raise ValueError(f"expected OBIEG_PACKAGE_KEY_LIFETIME_DAYS from 1 to {LONGEST_LIFE}, but it is not")
    if not is_installed(settings.format):
        raise ValueError(f"expected py7zr for OBIEG_PACKAGE_FORMAT={settings.format}, but {_REMEDY}")

    @registry.handler("package.encrypt", concurrency=2)
    def encrypt(context: JobContext) -> Completed:
        key = context.draw("klucz_pakietu", draw_key, lifetime=dt.timedelta(days=settings.key_lifetime_days))
        wanted = _format(context, settings)
        made = context.once(
            f"pakiet.{wanted}", lambda: sealed(_page(context, settings), context.secret(key), wanted)
        )
        reference = context.store_document(wanted.file_name, made, media_type=wanted.media_type)
        return Completed(
            {
                "pakiet_ref": reference,
                "pakiet_nazwa": wanted.file_name,
                "pakiet_format": wanted.value,
                "klucz_ref": key,
                "pakiet_sha256": hashlib.sha256(made).hexdigest(),
            }
        )


def draw_key() -> str:
    """Return a key of 16 characters (93 bits) in groups of four, for reading aloud; its dashes tell it from
    a password.
    """
    return "-".join(draw_characters(ALPHABET, 4) for _ in range(4))


def _format(context: JobContext, settings: PackageSettings) -> Format:
    """Return what the task, else the office wants a package sealed in."""
    given = inputs.optional_text(context, "format_pakietu", settings.format.value)
    if given not in list(Format):
        raise inputs.refuse(context, f"a format of {', '.join(Format)}", f"got {str(given)[:20]!r}")
    if not is_installed(Format(given)):
        raise inputs.refuse(context, "py7zr for the format 7z", _REMEDY)
    return Format(given)


def _page(context: JobContext, settings: PackageSettings) -> bytes:
    reference = inputs.text(context, "haslo_ref")
    try:
        password = context.secret(reference)
    except NotFound:
        raise inputs.refuse(
            context, "haslo_ref to name a living secret", "it is destroyed or expired"
        ) from None
    return set_page(
        {
            "urzad": settings.office,
            "numer_sprawy": inputs.optional_text(context, "numer_sprawy"),
            "placowka": inputs.optional_text(context, "nazwa_placowki"),
            "login": inputs.text(context, "login"),
            "haslo": password,
        },
        made_at=context.now,
    )


def set_page(fields: Mapping[str, str], *, made_at: dt.datetime) -> bytes:
    """Return the page as a PDF; the fields go in as JSON data, so no text can become typst markup."""
    compiler = typst.Compiler(
        input=PAGE.read_bytes(),
        ignore_system_fonts=True,
        sys_inputs={"dane": msgspec.json.encode(dict(fields)).decode()},
    )
    page = compiler.compile(format="pdf", pdf_standards="ua-1", timestamp=int(made_at.timestamp()))
    if not isinstance(page, bytes):
        raise TypeError(f"expected typst to return bytes, but got {type(page).__name__}")
    return page
