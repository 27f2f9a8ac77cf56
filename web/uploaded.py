"""Files people send: what they really are, whether they can be read, cleaned of what they need not carry.

The one door of the pages to pikepdf and Pillow. A refusal is a sentence for the person; nothing of a refused
file is kept. Pictures are written anew (no metadata, nothing after the picture); PDF and XML stay byte for
byte, because a signature would not survive.
"""

from __future__ import annotations

import io
import unicodedata
from typing import Any, NamedTuple
from xml.parsers import expat

import pikepdf
from PIL import Image

from web.translation import N_, Table, _

MOST_BYTES = 10_000_000
MOST_PAGES = 200
MOST_PIXELS = 40_000_000
_LONGEST_NAME = 120
_AFTER_THE_END = 1024  # bytes: white space some programs write after a PDF's end
_JPEG_QUALITY = 88
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
_EXTENSIONS = {
    "application/pdf": (".pdf",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "application/xml": (".xml", ".xades", ".sig"),
}
NAMES = Table({"application/pdf": "PDF", "image/jpeg": "JPEG", "image/png": "PNG", "application/xml": "XML"})
_BROKEN = N_("Tego pliku nie można odczytać: jest uszkodzony albo niepełny. Zapisz go ponownie i dołącz.")

_LOCKED = N_("Ten PDF jest zabezpieczony hasłem. Zapisz go bez hasła i dołącz jeszcze raz.")


class Refused(Exception):
    """A file that cannot be taken; the text says why and what to do."""


class Checked(NamedTuple):
    """A file as it will be kept."""

    name: str
    media_type: str
    content: bytes


def checked(name: str, content: bytes, accept: tuple[str, ...]) -> Checked:
    """Return a file that is what its name says, can be read and is taken here; raises ``Refused``."""
    shown = clean_name(name)
    if not content:
        raise Refused(_("Plik „%(name)s” jest pusty.", name=shown))
    if len(content) > MOST_BYTES:
        raise Refused(_("Plik „%(name)s” jest za duży: przyjmujemy pliki do 10 MB.", name=shown))
    media_type = _type_of(content)
    if media_type not in accept:
        taken = ", ".join(NAMES[each] for each in accept)
        raise Refused(
            _("Plik „%(name)s” ma inny format. Przyjmujemy: %(formats)s.", name=shown, formats=taken)
        )
    if not shown.lower().endswith(_EXTENSIONS[media_type]):
        raise Refused(
            _(
                "Nazwa „%(name)s” nie pasuje do zawartości: to jest plik %(format)s. Popraw nazwę i dołącz.",
                name=shown,
                format=NAMES[media_type],
            )
        )
    return Checked(shown, media_type, _READERS[media_type](content))


def clean_name(name: str) -> str:
    """Return a file's name without folders and without what cannot be seen; long ones keep their ending."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    seen = "".join(each for each in last if unicodedata.category(each)[0] not in "CZ" or each == " ")
    tidy = " ".join(seen.split()).lstrip(".")
    stem, dot, ending = tidy.rpartition(".")
    if len(tidy) > _LONGEST_NAME and dot:
        tidy = f"{stem[: _LONGEST_NAME - len(ending) - 1]}.{ending}"
    return tidy[:_LONGEST_NAME] or "plik"


def _type_of(content: bytes) -> str:
    for start, media_type in _STARTS:
        if content.startswith(start):
            return media_type
    if content[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return "application/xml"
    return ""


_STARTS = (
    (b"%PDF-", "application/pdf"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
)


def _pdf(content: bytes) -> bytes:
    end = content.rfind(b"%%EOF")
    if end < 0 or content[end + 5 :].strip(b"\r\n\t \0") or len(content) - end > _AFTER_THE_END:
        raise Refused(_(_BROKEN))
    try:
        with pikepdf.open(io.BytesIO(content)) as document:
            if document.is_encrypted:
                raise Refused(
                    _("Ten PDF jest zabezpieczony hasłem. Zapisz go bez hasła i dołącz jeszcze raz.")
                )
            pages, active = len(document.pages), _is_active(document.Root)
    except pikepdf.PasswordError:
        raise Refused(_(_LOCKED)) from None
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, RecursionError):
        raise Refused(_(_BROKEN)) from None
    if not 0 < pages <= MOST_PAGES:
        raise Refused(_("Ten PDF ma za dużo stron albo żadnej: przyjmujemy do 200 stron."))
    if active:
        raise Refused(_("Ten PDF zawiera skrypty lub inne pliki. Wydrukuj go do PDF i dołącz jeszcze raz."))
    return content


def _is_active(root: Any) -> bool:
    """Say whether a document does something by itself, or carries other files."""
    names = root.get("/Names", {})
    inside = any(name in names for name in ("/JavaScript", "/EmbeddedFiles"))
    opening = root.get("/OpenAction")
    acts = isinstance(opening, pikepdf.Dictionary) and opening.get("/S") not in (None, "/GoTo")
    return inside or acts or "/AA" in root


def _picture(content: bytes, kind: str) -> bytes:
    try:
        with Image.open(io.BytesIO(content), formats=(kind,)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Refused(_("Ten obraz ma za dużo punktów: przyjmujemy do 40 milionów. Zmniejsz go."))
            upright = _upright(image)
            plain = upright.convert("RGB") if kind == "JPEG" or upright.mode not in _PLAIN else upright
            written = io.BytesIO()
            Image.frombytes(plain.mode, plain.size, plain.tobytes()).save(
                written, kind, **({"quality": _JPEG_QUALITY} if kind == "JPEG" else {})
            )
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused(_("Ten obraz ma za dużo punktów: przyjmujemy do 40 milionów. Zmniejsz go.")) from None
    except (OSError, ValueError, SyntaxError, EOFError):
        raise Refused(_(_BROKEN)) from None
    if written.tell() > MOST_BYTES:
        raise Refused(_("Ten obraz jest za duży. Zmniejsz go albo dołącz jako JPEG."))
    return written.getvalue()


def _upright(image: Image.Image) -> Image.Image:
    """Return a picture as it is to be seen; Pillow's own way writes its EXIF anew, which may be broken."""
    image.load()
    turn = _TURNS.get(image.getexif().get(_ORIENTATION))
    return image if turn is None else image.transpose(turn)


_ORIENTATION = 0x0112
_TURNS: dict[object, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_PLAIN = ("L", "LA", "RGB", "RGBA")


def _xml(content: bytes) -> bytes:
    def refuse(*_declared: object) -> None:
        raise Refused(_("Ten plik XML ma deklarację DOCTYPE, a takich nie przyjmujemy."))

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise Refused(_(_BROKEN)) from None
    return content


_READERS = {
    "application/pdf": _pdf,
    "image/jpeg": lambda content: _picture(content, "JPEG"),
    "image/png": lambda content: _picture(content, "PNG"),
    "application/xml": _xml,
}
