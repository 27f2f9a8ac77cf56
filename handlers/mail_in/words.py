"""Bytes of mails as texts: declared character sets that are wrong, encoded words that are broken, letters of
any kind.
"""

from __future__ import annotations

import codecs
import html.parser
import re
from email.errors import MessageError
from email.header import decode_header
from email.message import Message

_GUESSES = ("utf-8", "cp1250")  # what Polish mails are really written in when they say something else
_C1 = re.compile(rb"[\x80-\x9f]")
_BLANK_LINES = re.compile(r"\n{3,}")
_BLOCKS = frozenset({"p", "br", "div", "tr", "li", "h1", "h2", "h3", "blockquote"})
_UNSEEN = frozenset({"script", "style", "head", "title"})


def decoded(raw: bytes, charset: str) -> str:
    """Return bytes as text, in the declared character set where they can be; never fails."""
    for name in (_honest(raw, charset), *_GUESSES):
        try:
            return raw.decode(name)
        except (LookupError, UnicodeError):
            continue
    return raw.decode("cp1250", "replace")


def _honest(raw: bytes, charset: str) -> str:
    """Return what the bytes most likely are in, given what they are said to be in."""
    try:
        name = codecs.lookup(charset.strip() or "utf-8").name
    except (LookupError, ValueError):
        return "utf-8"
    if name in ("ascii", "iso8859-1") and not raw.isascii():
        return "utf-8"
    if name == "iso8859-2" and _C1.search(raw):
        return "cp1250"  # „ś" and „ą" of Windows under the name of ISO: control characters otherwise
    return name


def header(message: Message, name: str, *, most: int = 1_000) -> str:
    """Return the first header of a name with its encoded words (RFC 2047) decoded, on one line."""
    wanted = name.lower()
    # As it stands in the bytes: ``get`` would replace what is not ASCII.
    raw = next((str(value) for each, value in message.raw_items() if each.lower() == wanted), "")
    return shown(" ".join(encoded_words(raw[: most * 4]).split()))[:most]


def encoded_words(raw: str) -> str:
    """Return a header's text with its encoded words decoded, and bare bytes read as UTF-8 or Windows-1250."""
    if not raw.isascii():
        raw = decoded(raw.encode("utf-8", "surrogateescape"), "utf-8")
    try:
        parts = decode_header(raw)
    except (MessageError, ValueError, LookupError, AttributeError):  # broken base64 in an encoded word
        return raw
    return "".join(
        decoded(part, charset or "ascii") if isinstance(part, bytes) else part for part, charset in parts
    )


def shown(text: str) -> str:
    """Return a text without what must not reach a screen: controls, direction changes, lone surrogates."""
    clean = "".join(sign if sign.isprintable() or sign in "\n\t" else " " for sign in text)
    return clean.encode("utf-8", "replace").decode()


class _Reader(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in _UNSEEN
        if tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(0, self._hidden - (tag in _UNSEEN))

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(" ".join(data.split()) + (" " if data[-1:].isspace() else ""))


def of_html(source: str) -> str:
    """Return the words of an HTML text; nothing of it is ever shown as HTML."""
    reader = _Reader()
    reader.feed(source)
    reader.close()
    return _BLANK_LINES.sub("\n\n", "".join(reader.pieces)).strip()
