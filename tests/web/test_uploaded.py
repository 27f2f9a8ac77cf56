"""What a file really is, and what is kept of it."""

from __future__ import annotations

import io

import pikepdf
import pytest
from PIL import Image

from web.uploaded import Refused, checked, clean_name


def test_pictures_are_written_anew_and_scripts_in_pdf_refused() -> None:
    exif = Image.Exif()
    exif[0x010E] = "SEKRET-GPS"
    written = io.BytesIO()
    Image.new("RGB", (5, 7)).save(written, "JPEG", exif=exif)
    kept = checked("a.jpg", written.getvalue() + b"<script>ogon</script>", ("image/jpeg",))
    assert b"SEKRET" in written.getvalue()
    assert b"SEKRET" not in kept.content
    assert b"ogon" not in kept.content
    with Image.open(io.BytesIO(kept.content)) as image:
        assert image.size == (5, 7)
    document = pikepdf.new()
    document.add_blank_page()
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
    active = io.BytesIO()
    document.save(active)
    with pytest.raises(Refused, match="skrypty"):
        checked("a.pdf", active.getvalue(), ("application/pdf",))
    for content in (b"<!DOCTYPE a><a/>", b"<a>", b"<a>&b;</a>", "\ufeff<a".encode("utf-16")):
        with pytest.raises(Refused):
            checked("a.xml", content, ("application/xml",))
    assert checked("a.XML", b"<a>\xc5\x82</a>", ("application/xml",)).content == b"<a>\xc5\x82</a>"


def test_a_picture_is_turned_although_the_rest_of_its_exif_is_broken() -> None:
    orientation = bytes.fromhex("1201 0300 01000000 06000000".replace(" ", ""))
    unit = bytes.fromhex("2801 0200 04000000 61620000".replace(" ", ""))  # a text where a number belongs
    tiff = b"II*\0" + bytes((8, 0, 0, 0, 2, 0)) + orientation + unit + bytes(4)
    written = io.BytesIO()
    Image.new("RGB", (5, 7)).save(written, "JPEG", exif=b"Exif\0\0" + tiff)
    kept = checked("a.jpg", written.getvalue(), ("image/jpeg",))
    with Image.open(io.BytesIO(kept.content)) as image:
        assert (image.size, dict(image.getexif())) == ((7, 5), {})


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("C:\\Users\\anna\\skan.pdf", "skan.pdf"),
        ("../../etc/passwd", "passwd"),
        ("\u202efdp.exe", "fdp.exe"),
        ("a\0b\n.pdf", "ab.pdf"),
        ("", "plik"),
        ("...", "plik"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("Z\u0307o\u0301ł\u0301c\u0301.pdf", "Żół\u0301ć.pdf"),
    ],
)
def test_names_of_files_are_only_names(name: str, clean: str) -> None:
    assert clean_name(name) == clean
