"""``package.encrypt``: login and start password as one page, an AES-256 PDF that any reader opens (A32, A34,
§6.5).

The key is drawn once and is never the password; the document is made once, so that every attempt mails the
same bytes. typst sets the page with its embedded fonts, pikepdf (qpdf) encrypts it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pikepdf
import typst

from engine import Completed, HandlerRegistry, JobContext, NotFound, draw_characters
from handlers import inputs
from handlers.connection import Connection
from handlers.password import ALPHABET

PAGE = Path(__file__).with_name("package.typ")
FILE_NAME = "dane-dostepowe.pdf"


class PackageSettings(Connection, frozen=True, kw_only=True):
    """What the page's head says and how long the key lives."""

    office: str = "Urząd Miasta Krakowa, Wydział Edukacji"
    key_lifetime_days: int = 30


def register(registry: HandlerRegistry, settings: PackageSettings) -> None:
    """Register ``package.encrypt``.

    In: variables ``login``, ``haslo_ref``, optional ``numer_sprawy`` and ``nazwa_placowki``.
    Out: ``pakiet_ref``, ``klucz_ref``, ``pakiet_sha256``.
    """

    @registry.handler("package.encrypt", concurrency=2)
    def encrypt(context: JobContext) -> Completed:
        key = context.draw("klucz_pakietu", draw_key, lifetime=dt.timedelta(days=settings.key_lifetime_days))
        package = context.once("pakiet", lambda: _make(context, settings, key))
        reference = context.store_document(FILE_NAME, package, media_type="application/pdf")
        return Completed(
            {
                "pakiet_ref": reference,
                "klucz_ref": key,
                "pakiet_sha256": hashlib.sha256(package).hexdigest(),
            }
        )


def draw_key() -> str:
    """Return a key of 16 characters (93 bits) in groups of four, for reading aloud; its dashes tell it from
    a password.
    """
    return "-".join(draw_characters(ALPHABET, 4) for _ in range(4))


def _make(context: JobContext, settings: PackageSettings, key: str) -> bytes:
    reference = inputs.text(context, "haslo_ref")
    try:
        password = context.secret(reference)
    except NotFound:
        raise inputs.refuse(
            context, "haslo_ref to name a living secret", "it is destroyed or expired"
        ) from None
    page = set_page(
        {
            "urzad": settings.office,
            "numer_sprawy": inputs.optional_text(context, "numer_sprawy"),
            "placowka": inputs.optional_text(context, "nazwa_placowki"),
            "login": inputs.text(context, "login"),
            "haslo": password,
        },
        made_at=context.now,
    )
    return encrypt_pdf(page, context.secret(key))


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


def encrypt_pdf(page: bytes, key: str) -> bytes:
    """Return the document encrypted with AES-256 (PDF 2.0, revision 6), metadata included.

    The owner's password is thrown away: nobody but the key's holder opens the file.
    """
    sealed = io.BytesIO()
    with pikepdf.open(io.BytesIO(page)) as document:
        document.save(
            sealed,
            encryption=pikepdf.Encryption(
                owner=draw_characters(ALPHABET, 32), user=key, R=6, aes=True, metadata=True
            ),
        )
    return sealed.getvalue()
