"""Small PDFs made to be expensive: the file an applicant attached is read within bounds."""

from __future__ import annotations

import tracemalloc

import pytest

from handlers.signed_pdf import MOST_FIELDS, signatures_of

CATALOG = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [3 0 R] >> >>"
PAGES = b"<< /Type /Pages /Kids [] /Count 0 >>"


def pdf(*objects: bytes) -> bytes:
    """Return a PDF of a form and these objects, the first of which is number 3 and the form's one field."""
    content, places = b"%PDF-1.7\n", []
    for number, each in enumerate((CATALOG, PAGES, *objects), start=1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % at for at in places)
    size = len(places) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(content))
    return content + b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table) + trailer


@pytest.mark.parametrize(
    "kids", [b"3 0 R " * 2_000, b"<< /Kids 5 0 R >> " * 1_000], ids=["its own kids", "one array for all"]
)
def test_a_field_named_again_and_again_is_read_once_and_the_rest_within_bounds(kids: bytes) -> None:
    signed = b"<< /FT /Sig /V << /SubFilter /ETSI.CAdES.detached >> /Kids 5 0 R >>"
    content = pdf(b"<< /Kids [4 0 R 4 0 R 3 0 R] >>", signed, b"[" + kids + b"]")
    tracemalloc.start()
    try:
        assert [each.kind for each in signatures_of(content)] == ["ETSI.CAdES.detached"]
        assert tracemalloc.get_traced_memory()[1] < MOST_FIELDS * 1_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("contents", [b"9000000000", b"true", b"[1 2]", b"/Name", b"<< /A 1 >>", b"3 0 R"])
def test_a_signature_whose_contents_are_no_text_has_no_certificate(contents: bytes) -> None:
    content = pdf(b"<< /FT /Sig /V << /SubFilter 7 /Contents " + contents + b" >> >>")
    assert [(each.kind, each.holder) for each in signatures_of(content)] == [("", "")]
