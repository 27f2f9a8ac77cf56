"""Opening the package as its addressee would: with a PDF reader and the key from the SMS.

It reads the text of the pages handlers/package.py makes (one- or two-byte codes with a ToUnicode table), not
of any PDF there is.
"""

from __future__ import annotations

import io
import re

import pikepdf

_BLOCK = re.compile(r"beginbfchar(.*?)endbfchar", re.DOTALL)
_PAIR = re.compile(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")
_SHOWS = ("Tj", "TJ")


def open_text(content: bytes, key: str) -> str | None:
    """Return the text on the pages, a line per line, or None where the key does not open the document."""
    try:
        with pikepdf.open(io.BytesIO(content), password=key) as document:
            return "\n".join(_page_text(page) for page in document.pages)
    except pikepdf.PasswordError:
        return None


def encryption(content: bytes, key: str) -> tuple[int, int]:
    """Return the revision (6 is AES-256, PDF 2.0) and the bits of the key."""
    with pikepdf.open(io.BytesIO(content), password=key) as document:
        return int(document.encryption.R), int(document.encryption.bits)


def _page_text(page: pikepdf.Page) -> str:
    fonts = {str(name): _characters(font) for name, font in page.resources.Font.items()}
    lines: list[str] = [""]
    codes: dict[int, str] = {}
    for instruction in pikepdf.parse_content_stream(page):
        operator = str(instruction.operator)
        if operator == "Tf":
            codes = fonts[str(instruction.operands[0])]
        elif operator == "Tm":
            lines.append("")
        elif operator in _SHOWS:
            lines[-1] += _shown(instruction.operands[0], codes)
    return "\n".join(line.strip() for line in lines if line.strip())


def _characters(font: pikepdf.Object) -> dict[int, str]:
    """Return the texts that a font's two-byte codes stand for (PDF 32000-1 §9.10.3)."""
    table = bytes(font.ToUnicode.read_bytes()).decode("ascii", "replace")
    pairs = (pair for block in _BLOCK.findall(table) for pair in _PAIR.findall(block))
    return {int(code, 16): bytes.fromhex(text).decode("utf-16-be") for code, text in pairs}


def _shown(operand: object, codes: dict[int, str]) -> str:
    pieces = operand if isinstance(operand, pikepdf.Array) else [operand]
    raw = b"".join(bytes(piece) for piece in pieces if isinstance(piece, pikepdf.String))
    pairs = zip(raw[::2], raw[1::2], strict=True)
    return "".join(codes.get(high << 8 | low, "") for high, low in pairs)
