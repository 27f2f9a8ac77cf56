"""Files people send: good ones and bad ones."""

from __future__ import annotations

import io
import zlib
from typing import Any

import pikepdf
from PIL import Image


def pdf(pages: int = 1, **save: Any) -> bytes:
    """A PDF file of empty pages."""
    document = pikepdf.new()
    for _ in range(pages):
        document.add_blank_page()
    written = io.BytesIO()
    document.save(written, **save)
    return written.getvalue()


def picture(kind: str = "PNG", size: tuple[int, int] = (4, 3)) -> bytes:
    """A picture."""
    written = io.BytesIO()
    Image.new("RGB", size, (10, 20, 30)).save(written, kind)
    return written.getvalue()


def bomb() -> bytes:
    """A PNG of a few kilobytes that says it has 900 million points."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = (30_000).to_bytes(4, "big") * 2 + bytes((8, 2, 0, 0, 0))
    rows = zlib.compress(bytes(1_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
