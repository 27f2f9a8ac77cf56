"""What a package is sealed in: AES-256 as PDF (the default), ZIP or 7z.

A PDF opens in any reader and needs no other program. The content of a ZIP (WinZip's AE-2) and of a 7z is the
same page, unprotected once it is unpacked; both need 7-Zip or the like, Windows' own explorer opens neither
with AES. 7z also hides the file's name, and stretches its key half a million times over, which takes ten
times as long as the whole rest. The libraries are loaded when they are needed.
"""

from __future__ import annotations

import importlib.util
import io
from enum import StrEnum

import pikepdf

from engine import draw_characters
from handlers.password import ALPHABET

PAGE_NAME = "dane-dostepowe.pdf"


class Format(StrEnum):
    """How a package is sealed; the value is what its file's name ends with."""

    PDF = "pdf"
    ZIP = "zip"
    SEVEN_ZIP = "7z"

    @property
    def file_name(self) -> str:
        """Return the package's name, which says nothing of what is inside."""
        return f"dane-dostepowe.{self.value}"

    @property
    def media_type(self) -> str:
        """Return the media type of such a file."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    Format.PDF: "application/pdf",
    Format.ZIP: "application/zip",
    Format.SEVEN_ZIP: "application/x-7z-compressed",
}


def is_installed(wanted: Format) -> bool:
    """Return whether a format's library is here: that of 7z comes with the extra ``sevenzip``."""
    return wanted is not Format.SEVEN_ZIP or importlib.util.find_spec("py7zr") is not None


def sealed(page: bytes, key: str, wanted: Format) -> bytes:
    """Return a PDF sealed with a key; whoever has not the key opens nothing of it."""
    if wanted is Format.ZIP:
        return zipped(page, key)
    return seven_zipped(page, key) if wanted is Format.SEVEN_ZIP else encrypt_pdf(page, key)


def encrypt_pdf(page: bytes, key: str) -> bytes:
    """Return the document encrypted with AES-256 (PDF 2.0, revision 6), metadata included.

    The owner's password is thrown away: nobody but the key's holder opens the file.
    """
    made = io.BytesIO()
    with pikepdf.open(io.BytesIO(page)) as document:
        document.save(
            made,
            encryption=pikepdf.Encryption(
                owner=draw_characters(ALPHABET, 32), user=key, R=6, aes=True, metadata=True
            ),
        )
    return made.getvalue()


def zipped(page: bytes, key: str) -> bytes:
    """Return the page in a ZIP of WinZip's AES-256, stored as it is: a PDF is compressed already."""
    import pyzipper

    made = io.BytesIO()
    with pyzipper.AESZipFile(made, "w", compression=pyzipper.ZIP_STORED) as archive:
        archive.setpassword(key.encode())
        archive.setencryption(pyzipper.WZ_AES, nbits=256)
        archive.writestr(PAGE_NAME, page)
    return made.getvalue()


def seven_zipped(page: bytes, key: str) -> bytes:
    """Return the page in a 7z of AES-256, its list of files encrypted too."""
    import py7zr

    stored = [{"id": py7zr.FILTER_COPY}, {"id": py7zr.FILTER_CRYPTO_AES256_SHA256}]
    made = io.BytesIO()
    with py7zr.SevenZipFile(made, "w", filters=stored, password=key, header_encryption=True) as archive:
        archive.writestr(page, PAGE_NAME)
    return made.getvalue()
